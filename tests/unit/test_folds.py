import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mie_x_lib.errors import InputError
from mie_x_lib.folds import COLUMNS, TRAINING_COLUMNS, compose_training_set, leave_one_subject_out, make_folds


def clips(subjects=9, per_subject=4, datasets=("casme2", "samm")):
    rows = [
        {"dataset": dataset, "subject": f"{subject:03d}", "clip": f"c{clip}", "label": (subject * clip + clip) % 3}
        for dataset in datasets
        for subject in range(subjects)
        for clip in range(per_subject)
    ]
    return pd.DataFrame(rows)


@given(n_folds=st.integers(2, 5), seed=st.integers(0, 10))
@settings(max_examples=20, deadline=None)
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
    pd.testing.assert_frame_equal(make_folds(clips(), 3, 0), make_folds(clips().sample(frac=1, random_state=1), 3, 0))


def test_the_seed_counts():
    assert any(not make_folds(clips(), 3, 0).equals(make_folds(clips(), 3, seed)) for seed in range(1, 5))


@pytest.mark.parametrize("n_folds", [1, 19])
def test_folds_that_cannot_be_made(n_folds):
    with pytest.raises(InputError, match=rf"{n_folds} folds of 18 subjects"):
        make_folds(clips(), n_folds, 0)


def test_more_folds_than_clips_of_any_label():
    few = clips(3, 1, datasets=("samm",)).assign(label=[0, 1, 2])
    with pytest.raises(InputError, match="at most 1 clips of one label"):
        make_folds(few, 2, 0)


@pytest.mark.parametrize("label", [-1, np.nan, 3])
def test_a_clip_without_a_label(label):
    table = clips().astype({"label": float})
    table.loc[5, "label"] = label
    for make in (lambda: make_folds(table, 3, 0), lambda: leave_one_subject_out(table)):
        with pytest.raises(InputError, match="casme2/001/c1 has no label"):
            make()


def test_a_clip_that_stands_twice():
    with pytest.raises(InputError, match="casme2/000/c0 stands there twice"):
        make_folds(pd.concat([clips(), clips()[:1]]), 3, 0)


def test_leave_one_subject_out():
    folds = leave_one_subject_out(clips())
    assert folds.groupby(["dataset", "subject"])["fold"].nunique().max() == 1
    assert folds.groupby("fold")["subject"].nunique().max() == 1
    assert set(folds["fold"]) == set(range(18))
    assert folds.sort_values(["dataset", "subject"])["fold"].is_monotonic_increasing


def shard_index(identities=40, au_sources=("compmie", "ckplus"), subjects=4, path="{source}/{shard}.h5"):
    rows = [
        {
            "shard_path": path.format(source=source, shard=number // 10),
            "position": 3 * (number % 10) + label,
            "sample": 3 * number + label,
            "label": label,
            "au_source": source,
            "au_dataset": source,
            "au_subject": f"{(7 * number + label) % subjects:02d}",
        }
        for source in au_sources
        for number in range(identities)
        for label in range(3)
    ]
    return pd.DataFrame(rows)


SUBJECTS = st.sets(st.tuples(st.sampled_from(["compmie", "ckplus", "samm"]), st.sampled_from(["00", "01", "02"])))


@given(test_subjects=SUBJECTS, samples=st.integers(1, 60), seed=st.integers(0, 3), sources=st.integers(1, 2))
@settings(max_examples=40, deadline=None)
def test_a_training_set_is_leak_free_even_and_of_the_size_asked_for(test_subjects, samples, seed, sources):
    index = shard_index(au_sources=("compmie", "ckplus")[:sources])
    try:
        picked = compose_training_set(index, test_subjects, samples, seed)
    except InputError:
        left = [key not in test_subjects for key in zip(index["au_dataset"], index["au_subject"], strict=True)]
        assert index[left].groupby(["au_source", "label"]).size().min() < samples
        return
    assert tuple(picked.columns) == TRAINING_COLUMNS
    assert len(picked) == samples
    assert not picked.duplicated(["shard_path", "position"]).any()
    assert not set(zip(picked["au_dataset"], picked["au_subject"], strict=True)) & test_subjects
    for column, values in (("label", range(3)), ("au_dataset", set(index["au_source"]))):
        counts = picked[column].value_counts().reindex(list(values), fill_value=0)
        assert counts.max() - counts.min() <= 1
    known = picked.merge(index, on=list(TRAINING_COLUMNS))
    assert len(known) == samples


@pytest.mark.parametrize("sources", range(1, 8))
@pytest.mark.parametrize("samples", [30, 31, 35, 38, 44])
def test_remainders_stay_even_for_any_number_of_sources(sources, samples):
    index = shard_index(au_sources=[f"s{number}" for number in range(sources)])
    picked = compose_training_set(index, set(), samples, 0)
    assert len(picked) == samples
    for column in ("label", "au_dataset"):
        counts = picked[column].value_counts()
        assert counts.max() - counts.min() <= 1


def test_more_samples_keep_the_first_ones():
    key = ["shard_path", "position"]
    small, large = (compose_training_set(shard_index(), set(), samples, 0) for samples in (30, 60))
    assert len(small.merge(large, on=key)) == 30
    grown = compose_training_set(shard_index(identities=80), set(), 60, 0)
    assert len(grown.merge(large, on=key)) > 10


def test_folds_share_what_they_may():
    one, other = (compose_training_set(shard_index(), {("compmie", subject)}, 60, 0) for subject in ("00", "01"))
    assert len(one.merge(other, on=["shard_path", "position"])) > 30


def test_the_choice_depends_on_the_seed_and_not_on_the_place_or_order_of_the_shards():
    here = compose_training_set(shard_index(), set(), 60, 0)
    assert not here.equals(compose_training_set(shard_index(), set(), 60, 1))
    pd.testing.assert_frame_equal(
        here, compose_training_set(shard_index().sample(frac=1, random_state=2), set(), 60, 0)
    )
    moved = compose_training_set(shard_index(path="elsewhere/{source}-{shard}.h5"), set(), 60, 0)
    assert set(moved["sample"]) == set(here["sample"])


def test_too_few_samples_are_counted():
    message = r"AU source compmie: 30 samples of label \w+ for training \(40 made, 10 with AUs of test.*expected 40"
    with pytest.raises(InputError, match=message):
        compose_training_set(shard_index(), {("compmie", "00")}, 240, 0)
