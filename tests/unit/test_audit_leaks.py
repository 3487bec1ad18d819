import ast

import pandas as pd
import pytest

from mie_x_lib.audit.leaks import (
    Learned,
    audited,
    fold_leaks,
    held_out_leaks,
    shown_by_clips,
    shown_by_samples,
    trace,
    training_leaks,
)
from mie_x_lib.audit.register import register
from mie_x_lib.provenance import ROOT
from tests.people import entry

SAID = {name: entry() for name in ("samm", "smic", "mmew", "celeba")} | {
    "samm_whole": entry(same_people_as="samm"),
    "mine": entry(layout="videos", root="data/mine"),
    "portraits": entry(layout="videos", root="data/portraits"),
}
NO_CLIPS = pd.DataFrame(columns=["dataset", "subject", "path"], dtype="string")


@pytest.fixture
def folds():
    return pd.DataFrame(
        {
            "dataset": ["samm", "samm", "smic", "smic", "mine"],
            "subject": ["006", "007", "s1", "s1", "nora"],
            "clip": ["a", "b", "c", "d", "e"],
            "label": [0, 1, 2, 0, 1],
            "fold": [0, 1, 1, 1, 0],
        }
    )


def samples(*rows):
    return pd.DataFrame(rows, columns=["au_dataset", "au_subject", "id_dataset", "identity"])


def real(*rows):
    return pd.DataFrame(rows, columns=["dataset", "subject"])


def everybody(*tables, clips=NO_CLIPS):
    return register(pd.concat(tables), clips, SAID)


def found(folds, fold, shown, whole_datasets=False):
    return training_leaks(folds, fold, shown, everybody(folds, shown), whole_datasets)


def test_the_audit_shares_no_code_with_what_it_checks():
    for path in (ROOT / "mie_x_lib/audit").glob("*.py"):
        imported = {
            alias.name if isinstance(node, ast.Import) else node.module
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert {name for name in imported if name.startswith("mie_x_lib")} <= {"mie_x_lib.audit.register"}


def test_clean_folds_have_no_leak(folds):
    assert fold_leaks(folds, everybody(folds)) == []
    clean = samples(("samm", "007", "celeba", "1"), ("smic", "s1", "celeba", "2"), ("expert", "", "celeba", "3"))
    assert found(folds, "0", shown_by_samples(clean)) == []
    assert found(folds, "0", shown_by_clips(folds[folds["fold"] == 1], "real training clips")) == []


def test_a_person_in_two_folds_is_found(folds):
    folds.loc[2, "fold"] = 0
    assert fold_leaks(folds, everybody(folds)) == ["one person (smic/s1) is in 2 folds"]
    folds.loc[1, ["dataset", "subject"]] = ["samm_whole", "6"]
    folds.loc[2, "fold"] = 1
    assert fold_leaks(folds, everybody(folds)) == ["one person (samm/006, samm_whole/6) is in 2 folds"]
    assert fold_leaks(folds, everybody(folds), whole_datasets=True) == []


def test_a_clip_listed_twice_is_found(folds):
    assert fold_leaks(pd.concat([folds, folds[:1]]), everybody(folds)) == ["clip samm/006/a is listed twice"]


@pytest.mark.parametrize("fold", ["0", "all"])
def test_action_units_of_a_test_subject_are_found(folds, fold):
    planted = samples(("samm", "006", "celeba", "1"), ("mmew", "S01", "celeba", "1"), ("samm", "006", "celeba", "2"))
    assert found(folds, fold, shown_by_samples(planted)) == ["test subject samm/006 is the AU source of 2 samples"]


def test_the_face_of_a_test_subject_is_found(folds):
    planted = samples(("expert", "", "smic", "s1"), ("expert", "", "celeba", "s1"))
    assert found(folds, "1", shown_by_samples(planted)) == ["test subject smic/s1 is the face of 1 samples"]
    assert found(folds, "0", shown_by_samples(planted)) == []


def test_the_face_of_a_test_subject_is_found_in_another_folder_of_the_users(folds):
    planted = samples(("expert", None, "portraits", "Nora "), ("expert", None, "portraits", "ben"))
    (leak,) = found(folds, "0", shown_by_samples(planted))
    assert leak == "test subject mine/nora, as portraits/Nora , is the face of 1 samples"


def test_a_real_training_clip_of_a_test_subject_is_found(folds):
    planted = shown_by_clips(real(("samm_whole", "06"), ("samm_whole", "06"), ("smic", "s1")), "real training clips")
    (leak,) = found(folds, "0", planted)
    assert leak == "test subject samm/006, as samm_whole/06, is the subject of 2 real training clips"


def test_people_of_whom_the_generator_learned_and_who_are_tested_are_found(folds):
    planted = shown_by_clips(real(*[("portraits", "nora")] * 3), "crops that the generator learned from")
    (leak,) = found(folds, "all", planted)
    assert leak.endswith("portraits/nora, is the subject of 3 crops that the generator learned from")


def test_a_subject_whose_name_looks_like_a_number_is_found():
    folds = pd.DataFrame({"dataset": ["mine"], "subject": ["6"], "clip": ["a"], "label": [0], "fold": [0]})
    assert found(folds, "0", shown_by_samples(samples(("mine", "006", "celeba", "1"))))


def test_whoever_is_of_a_dataset_that_is_held_out_whole_is_found(folds):
    planted = shown_by_samples(samples(("samm_whole", "099", "celeba", "1"), ("smic", "s1", "celeba", "1")))
    assert found(folds, "0", planted) == []
    leaks = found(folds, "0", planted, whole_datasets=True)
    assert leaks == ["samm_whole/099, of a dataset that is held out, is the AU source of 1 samples"]
    # Ben has no clip in the test, but is of the dataset.
    shown = shown_by_clips(real(("portraits", "ben")), "real training clips")
    known = everybody(folds, shown, real(("mine", "ben")))
    (leak,) = training_leaks(folds, "0", shown, known, whole_datasets=True)
    assert leak.startswith("portraits/ben, of a dataset that is held out")


def held_out(chooses=(), left_out=()):
    return pd.DataFrame(
        [(row, "chooses") for row in chooses] + [(row, "left_out") for row in left_out], columns=["number", "use"]
    )


def test_who_is_trained_on_and_chooses_the_epoch_is_found():
    clips = real(("mine", "nora"), ("mine", "Nora"), ("mine", "ben"))
    assert held_out_leaks(clips, held_out([2]), everybody(clips)) == []
    (leak,) = held_out_leaks(clips, held_out([2, 0]), everybody(clips))
    assert leak == "one person (mine/Nora, mine/nora) is trained on and chooses the epoch"
    rendered = samples(("mine", "nora", "celeba", "1"), ("expert", "", "portraits", "nora"))
    known = everybody(shown_by_samples(rendered))
    assert held_out_leaks(rendered, held_out([1]), known) == [
        "one person (mine/nora, portraits/nora) is trained on and chooses the epoch"
    ]
    assert held_out_leaks(rendered, held_out(), known) == []


def test_a_face_of_who_chooses_the_epoch_is_found_where_it_is_trained_on():
    rendered = samples(("mine", "nora", "celeba", "1"), ("mine", "ben", "portraits", "nora"))
    known = everybody(shown_by_samples(rendered))
    assert held_out_leaks(rendered, held_out([0]), known) == [
        "one person (mine/nora, portraits/nora) is trained on and chooses the epoch"
    ]
    assert held_out_leaks(rendered, held_out([0], left_out=[1]), known) == []


def test_samples_are_traced_to_what_the_shards_hold():
    shards = {
        "a.h5": samples(*(("samm", str(number), "celeba", "1") for number in range(4))),
        "b.h5": samples(("smic", "s1", "celeba", "2")),
    }
    training_set = pd.DataFrame({"shard_path": ["a.h5", "b.h5", "a.h5"], "position": [3, 0, 1]})
    seen = trace(training_set, shards)
    assert seen["au_subject"].tolist() == ["3", "s1", "1"]


def test_the_report_has_a_row_for_all_that_was_learned(folds):
    rendered = shown_by_samples(samples(("samm", "007", "celeba", "1"), ("samm", "006", "celeba", "2")))
    learned = shown_by_clips(real(("celeba", "9")), "crops")
    parts = [Learned("rendered pairs", "0", 2, rendered), Learned("generator", "all", 1, learned)]
    report = audited(folds, parts, everybody(folds, rendered, learned))
    assert report.to_dict("list") == {
        "trained_on": ["rendered pairs", "generator"],
        "fold": ["0", "all"],
        "samples": [2, 1],
        "people": [4, 1],
        "leaks": [1, 0],
        "found": ["test subject samm/006 is the AU source of 1 samples", ""],
    }
