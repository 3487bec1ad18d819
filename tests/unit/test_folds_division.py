import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mie_x_lib.errors import InputError
from mie_x_lib.folds.division import (
    COLUMNS,
    label_clips,
    leave_one_dataset_out,
    leave_one_subject_out,
    make_folds,
)
from mie_x_lib.people import People, find_links
from tests.people import shown

EMOTIONS = ("disgust", "happiness", "surprise")
LABEL_SET = {"negative": ["disgust", "fear"], "positive": ["happiness"], "surprise": ["surprise"]}


def clips(subjects=9, per_subject=4, datasets=("casme2", "samm")):
    rows = [
        {
            "dataset": dataset,
            "subject": f"{subject:03d}",
            "clip": f"c{clip}",
            "emotion": EMOTIONS[(subject * clip + clip) % 3],
            "label": (subject * clip + clip) % 3,
            "person": f"{dataset}/{subject:03d}",
        }
        for dataset in datasets
        for subject in range(subjects)
        for clip in range(per_subject)
    ]
    return pd.DataFrame(rows)


def test_clips_get_the_class_of_their_emotion_and_others_are_left_out():
    table = clips(2, 3, datasets=("samm",)).assign(emotion=["surprise", "fear", "others", "", "happiness", "disgust"])
    labelled = label_clips(table.sample(frac=1, random_state=0), LABEL_SET, People())
    assert tuple(labelled.columns) == COLUMNS[:-1]
    assert labelled["label"].tolist() == [2, 0, 1, 0]
    assert labelled["clip"].tolist() == ["c0", "c1", "c1", "c2"]
    swapped = dict(reversed(LABEL_SET.items()))
    assert label_clips(table, swapped, People())["label"].tolist() == [0, 2, 1, 2]


def test_a_class_without_a_clip_is_named():
    found = (
        r"none of class calm, whose emotions are others, tense; the clips that were cut have disgust.*report\.csv says"
    )
    with pytest.raises(InputError, match=found):
        label_clips(clips(), LABEL_SET | {"calm": ["others", "tense"]}, People())


@pytest.mark.slow
@given(n_folds=st.integers(2, 5), seed=st.integers(0, 10))
@settings(max_examples=20)
def test_no_subject_is_in_two_folds(n_folds, seed):
    folds = make_folds(clips(), n_folds, seed)
    assert tuple(folds.columns) == COLUMNS
    assert set(folds["fold"]) == set(range(n_folds))
    assert folds.groupby(["dataset", "subject"])["fold"].nunique().max() == 1
    assert len(folds) == len(clips())


def test_labels_are_shared_out():
    folds = make_folds(clips(12), 3, seed=0)
    counts = folds.pivot_table(index="fold", columns="label", aggfunc="size")
    assert (counts.max() - counts.min()).max() <= 6


def test_equal_names_in_two_datasets_are_two_people():
    found = {
        tuple(make_folds(clips(6), 3, seed).drop_duplicates(["dataset", "subject"])["fold"].tolist())
        for seed in range(5)
    }
    assert any(folds[:6] != folds[6:] for folds in found)


def test_the_order_of_the_clips_does_not_count():
    shuffled = clips().sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        *(make_folds(label_clips(table, LABEL_SET, People()), 3, 0) for table in (clips(), shuffled))
    )


def test_the_seed_counts():
    assert any(not make_folds(clips(), 3, 0).equals(make_folds(clips(), 3, seed)) for seed in range(1, 5))


@pytest.mark.parametrize("n_folds", [1, 19])
def test_folds_that_cannot_be_made(n_folds):
    with pytest.raises(InputError, match=rf"{n_folds} folds, but the clips show 18 people"):
        make_folds(clips(), n_folds, 0)


def test_more_folds_than_clips_of_any_label():
    few = clips(3, 1, datasets=("samm",)).assign(label=[0, 1, 2])
    with pytest.raises(InputError, match="at most 1 clips of one label"):
        make_folds(few, 2, 0)


def test_a_label_of_fewer_clips_than_folds_is_in_some_of_them():
    rare = clips(6, 1, datasets=("samm",)).assign(label=[0, 0, 0, 0, 0, 1])
    assert sorted(make_folds(rare, 3, 0)["fold"].value_counts()) == [2, 2, 2]


def test_people_who_leave_a_fold_without_a_clip():
    labels = {"a": [1, 1], "b": [0], "c": [1, 1], "d": [1], "e": [0], "f": [1, 1], "g": [1]}
    uneven = pd.DataFrame(
        [(person, label) for person, of in labels.items() for label in of], columns=["person", "label"]
    )
    with pytest.raises(InputError, match="7 folds of 7 people leave one without a clip"):
        make_folds(uneven, 7, 0)


def test_a_clip_that_stands_twice():
    with pytest.raises(InputError, match="casme2/000/c0 stands there twice"):
        label_clips(pd.concat([clips(), clips()[:1]]), LABEL_SET, People())


def test_leave_one_subject_out():
    folds = leave_one_subject_out(clips())
    assert folds.groupby(["dataset", "subject"])["fold"].nunique().max() == 1
    assert folds.groupby("fold")["subject"].nunique().max() == 1
    assert set(folds["fold"]) == set(range(18))
    assert folds.sort_values(["dataset", "subject"])["fold"].is_monotonic_increasing


def spelled():
    """Clips of two datasets that show four people each, whose names are spelled in two ways; and who is who."""
    subjects = ["01", "1", "Nora", "nora", "ben", "dora"]
    table = pd.DataFrame(
        [
            {"dataset": dataset, "subject": subject, "clip": f"c{clip}", "emotion": EMOTIONS[(place + clip) % 3]}
            for dataset in ("a", "b")
            for place, subject in enumerate(subjects)
            for clip in range(3)
        ]
    )
    names = [shown(dataset, *subjects) for dataset in ("a", "b")]
    kinds = ((names[0], names[0], "itself"), (names[1], names[1], "itself"), (*names, "tied"))
    people = People(*(find_links(one, other, kind, False) for one, other, kind in kinds))
    return label_clips(table, LABEL_SET, people), people


def test_one_person_under_several_names_is_in_one_fold():
    table, _ = spelled()
    assert table["person"].nunique() == 4
    for folds in (make_folds(table, 3, 0), make_folds(table, 4, 1), leave_one_subject_out(table)):
        assert folds.groupby("person")["fold"].nunique().max() == 1
    assert leave_one_subject_out(table)["fold"].nunique() == 4
    with pytest.raises(InputError, match="5 folds, but the clips show 4 people"):
        make_folds(table, 5, 0)


DATASETS = st.lists(st.sampled_from(["casme2", "samm", "smic", "mmew"]), min_size=2, unique=True)


@given(datasets=DATASETS, subjects=st.integers(1, 5))
@settings(max_examples=20)
def test_leave_one_dataset_out_holds_out_each_whole(datasets, subjects):
    table = clips(subjects, datasets=sorted(datasets))
    folds = leave_one_dataset_out(table, datasets)
    assert tuple(folds.columns) == COLUMNS
    assert len(folds) == len(table)
    for number, name in enumerate(datasets):
        assert set(folds.loc[folds["fold"] == number, "dataset"]) == {name}


def test_a_dataset_without_a_clip_makes_no_fold():
    with pytest.raises(InputError, match="none of smic is of a class"):
        leave_one_dataset_out(clips(), ["casme2", "smic", "samm"])


def test_every_seed_has_a_division_of_its_own():
    found = {tuple(make_folds(clips(), 3, seed)["fold"]) for seed in range(8)}
    assert len(found) > 4
