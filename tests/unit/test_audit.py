import pandas as pd
import pytest

from mie_x_lib.audit import audit_row, fold_leaks, trace, training_leaks


@pytest.fixture
def folds():
    return pd.DataFrame(
        {
            "dataset": ["samm", "samm", "smic", "smic"],
            "subject": ["006", "007", "s1", "s1"],
            "clip": ["a", "b", "c", "d"],
            "label": [0, 1, 2, 0],
            "fold": [0, 1, 1, 1],
        }
    )


def samples(*rows):
    return pd.DataFrame(rows, columns=["au_dataset", "au_subject", "id_dataset", "identity"])


def test_clean_folds_have_no_leak(folds):
    assert fold_leaks(folds) == []
    clean = samples(("samm", "007", "celeba", "1"), ("smic", "s1", "celeba", "2"), ("expert", "", "celeba", "3"))
    assert training_leaks(folds, "0", clean) == []


def test_a_subject_in_two_folds_is_found(folds):
    folds.loc[2, "fold"] = 0
    assert fold_leaks(folds) == ["subject smic/s1 is in 2 folds"]


def test_a_clip_listed_twice_is_found(folds):
    assert fold_leaks(pd.concat([folds, folds[:1]])) == ["clip samm/006/a is listed twice"]


@pytest.mark.parametrize("fold", ["0", "all"])
def test_action_units_of_a_test_subject_are_found(folds, fold):
    planted = samples(("samm", "006", "celeba", "1"), ("mmew", "S01", "celeba", "1"), ("samm", "006", "celeba", "2"))
    assert training_leaks(folds, fold, planted) == ["test subject samm/006 is the AU source of 2 samples"]


def test_the_face_of_a_test_subject_is_found(folds):
    planted = samples(("expert", "", "smic", "s1"), ("expert", "", "celeba", "s1"))
    assert training_leaks(folds, "1", planted) == ["test subject smic/s1 is the identity of 1 samples"]
    assert training_leaks(folds, "0", planted) == []


def test_a_subject_whose_name_looks_like_a_number_is_found():
    folds = pd.DataFrame({"dataset": ["own"], "subject": [6], "clip": ["a"], "label": [0], "fold": [0]})
    assert training_leaks(folds, "0", samples(("own", "6", "celeba", "1")))


def test_the_same_people_under_another_name_are_found(folds):
    planted = samples(("samm_whole", "006", "celeba", "1"), ("samm_whole", "007", "celeba", "1"))
    assert training_leaks(folds, "0", planted) == []
    found = training_leaks(folds, "0", planted, people={"samm_whole": "samm", "samm": "samm"})
    assert found == ["test subject samm_whole/006 is the AU source of 1 samples"]


def test_whoever_is_of_a_dataset_that_is_held_out_whole_is_found(folds):
    planted = samples(("samm", "099", "celeba", "1"), ("smic", "s1", "celeba", "1"))
    assert training_leaks(folds, "0", planted) == []
    found = training_leaks(folds, "0", planted, whole_datasets=True)
    assert found == ["samm/099, of a dataset that is held out, is the AU source of 1 samples"]


def test_samples_are_traced_to_what_the_shards_hold():
    shards = {
        "a.h5": samples(*(("samm", str(number), "celeba", "1") for number in range(4))),
        "b.h5": samples(("smic", "s1", "celeba", "2")),
    }
    training_set = pd.DataFrame({"shard_path": ["a.h5", "b.h5", "a.h5"], "position": [3, 0, 1]})
    found = trace(training_set, shards)
    assert sorted(found["au_subject"]) == ["1", "3", "s1"]
    assert audit_row(found, ["x"]) == {"samples": 3, "au_subjects": 3, "identities": 2, "leaks": 1, "found": "x"}
