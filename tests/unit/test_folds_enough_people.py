import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mie_x_lib.errors import InputError
from mie_x_lib.folds.enough_people import people_needed, refuse_many_folds, refuse_too_few, size_line
from mie_x_lib.folds.training_sets import WhoIsTested, compose_training_set
from mie_x_lib.people import People

LABEL_SET = {"negative": ["disgust"], "positive": ["happiness"], "surprise": ["surprise"]}
FIVE = {name: [name] for name in ("happiness", "surprise", "disgust", "fear", "sadness")}


@pytest.mark.parametrize(
    ("samples", "folds", "label_set", "needed"),
    [
        (15000, {"oulu": None}, LABEL_SET, 5000),
        # A third of CompMiE's are those of people whom a fold tests.
        (15000, {"compmie": 3}, LABEL_SET, 7500),
        (45000, {"compmie": 3, "ckplus": None, "expert": None}, LABEL_SET, 7500),
        (10, {"oulu": None}, LABEL_SET, 4),
        (15000, {"compmie": 68}, LABEL_SET, 5075),
        # Three of the five classes share the samples of a label.
        (6000, {"oulu": None, "expert": None}, FIVE, 1800),
        # Classes of several labels have the samples of these.
        (300, {"oulu": None}, {"rise": ["happiness", "surprise"], "fall": ["disgust"]}, 150),
        (300, {"oulu": None}, {"rise": ["happiness", "surprise"], "all": ["disgust", "positive"]}, 100),
    ],
)
def test_needed_are_as_many_people_as_the_worst_cell_and_fold_have_to_have(samples, folds, label_set, needed):
    assert people_needed(samples, folds, label_set) == needed


def composed(people, folds, samples):
    """Whether every fold has a training set, where folds share the action units as evenly as can be."""
    rows = [
        (
            f"{source}.h5",
            position,
            number,
            source,
            source,
            str(number // 3 % (folds or 1)),
            emotions[0],
            "faces",
            str(number // 3),
        )
        for source in ("a", "b")
        for position, number in enumerate(range(3 * people))
        for emotions in [list(LABEL_SET.values())[number % 3]]
    ]
    names = ("shard_path", "position", "sample", "au_source", "au_dataset", "au_subject", "au_emotion")
    index = pd.DataFrame(rows, columns=[*names, "id_dataset", "identity"]).assign(au_clip="c", id_source="faces")
    try:
        for fold in range(folds or 1):
            tested = pd.DataFrame({"dataset": ["a" if folds else "nobody"], "subject": [str(fold)]})
            compose_training_set(index, WhoIsTested(tested, People(), {}), LABEL_SET, samples, seed=0)
    except InputError:
        return False
    return True


@pytest.mark.slow
@given(samples=st.integers(1, 60), folds=st.sampled_from([None, 2, 3, 5]))
@settings(max_examples=30, deadline=None)
def test_with_as_many_people_training_sets_can_be_composed_and_with_one_fewer_they_never_can(samples, folds):
    needed = people_needed(samples, {"a": folds, "b": None}, LABEL_SET)
    assert composed(needed, folds, samples)
    assert needed == 1 or not composed(needed - 1, folds, samples)


def test_too_few_people_are_refused_in_one_line():
    refuse_too_few(["faces"], 7500, 7500, 7500)
    refuse_too_few(["faces"], 7500, 7500, None)
    with pytest.raises(
        InputError, match=r"^faces and celeba: .* 7500 people, and 7499 are asked for; raise id_sources"
    ):
        refuse_too_few(["faces", "celeba"], 7500, 7499, None)
    with pytest.raises(InputError, match=r"^faces: 9000 people are asked for, and photographs of 8999 are there"):
        refuse_too_few(["faces"], 7500, 9000, 8999)


@pytest.mark.parametrize(("there", "found"), [(9100, "9100 there"), (None, "an unknown number there")])
def test_the_user_hears_how_many_are_needed_asked_for_and_there_and_how_many_may_be_lost(there, found):
    line = size_line(["faces"], 7500, 9000, there)
    assert f"photographs of 7500 people; 9000 are asked for, {found}. The run stops if 16 % " in line


@pytest.mark.parametrize(
    ("folds", "there"), [(3, 3), (5, None), ("leave_one_subject_out", 3), ("leave_one_dataset_out", 3)]
)
def test_as_many_people_as_folds_are_enough(folds, there):
    refuse_many_folds("megc", folds, there)


def test_more_folds_than_people_are_refused_in_one_line():
    with pytest.raises(InputError, match=r"^evaluations\.megc\.folds is 5, and its datasets show 3 people; ask for"):
        refuse_many_folds("megc", 5, 3)
