import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mie_x_lib.errors import InputError
from mie_x_lib.files import read_csv, write_csv
from mie_x_lib.folds.division import (
    leave_one_dataset_out,
    leave_one_subject_out,
    make_folds,
)
from mie_x_lib.folds.training_sets import (
    REAL_COLUMNS,
    SAMPLE_COLUMNS,
    WhoIsTested,
    compose_training_set,
    held_out_rows,
    held_out_subjects,
    places_of,
    real_training_sets,
    untrained_classes,
)
from mie_x_lib.people import People, find_links
from tests.people import shown
from tests.unit.test_folds_division import EMOTIONS, LABEL_SET, clips, spelled


@pytest.mark.slow
def test_each_fold_trains_on_the_clips_of_all_others():
    table = clips()
    folds = make_folds(table, 3, 0)
    sets = real_training_sets(folds, People())
    assert tuple(sets.columns) == REAL_COLUMNS
    for fold in range(3):
        keys = ["dataset", "subject", "clip", "label", "person"]
        expected = folds.loc[folds["fold"] != fold, keys].reset_index(drop=True)
        pd.testing.assert_frame_equal(sets.loc[sets["fold"] == fold, keys].reset_index(drop=True), expected)


def test_a_class_that_one_person_shows_is_missing_where_this_person_is_tested():
    table = clips(3, 4, datasets=("samm",))
    alone = (table["subject"] == "001") & (table["clip"] == "c0")
    table = table.assign(label=np.where(alone, 2, table["label"] % 2)).assign(
        emotion=lambda rows: [EMOTIONS[label] for label in rows["label"]]
    )
    folds = leave_one_subject_out(table)
    found = untrained_classes(folds, real_training_sets(folds, People()), LABEL_SET)
    assert found == ["fold 1 has no real clip of surprise to train on"]
    whole = leave_one_subject_out(clips(4, 4, datasets=("samm",)))
    assert untrained_classes(whole, real_training_sets(whole, People()), LABEL_SET) == []


def test_people_of_a_dataset_that_is_held_out_are_not_trained_on_in_others():
    table, people = spelled()
    table = pd.concat([table, clips(2, datasets=("c",)).assign(person=lambda rows: rows["dataset"] + rows["subject"])])
    folds = leave_one_dataset_out(table, ["a", "b", "c"])
    sets = real_training_sets(folds, people, {name: [name] for name in "abc"})
    assert sets.groupby("fold")["dataset"].unique().map(set).to_dict() == {0: {"c"}, 1: {"c"}, 2: {"a", "b"}}
    apart = real_training_sets(folds, People(), {"a": ["a", "c"], "b": ["b"], "c": ["c"]})
    assert apart.groupby("fold")["dataset"].unique().map(set).to_dict()[0] == {"b"}


NAMES = st.sampled_from(["1", "01", "nora", "Nora", "ben", "０１", "ben "])
CLIPS = st.lists(st.tuples(st.sampled_from("abc"), NAMES, st.integers(0, 6)), min_size=6, max_size=40, unique=True)


@pytest.mark.slow
@given(
    rows=CLIPS,
    tied=st.sets(st.sampled_from(["ab", "bc", "ac"])),
    faces=st.lists(st.tuples(st.sampled_from("bd"), NAMES), min_size=1, max_size=8, unique=True),
    kind=st.sampled_from(["two", "each", "dataset"]),
)
@settings(max_examples=50)
def test_no_person_is_on_both_sides_whatever_ties_and_spellings(rows, tied, faces, kind):
    """Two names are one person where they are alike and their datasets tied, or both have one file."""
    videos = pd.DataFrame(
        [(dataset, subject, f"{number}.mp4") for dataset, subject, number in rows],
        columns=["dataset", "subject", "path"],
        dtype="string",
    )
    portraits = pd.DataFrame([(*face, f"{face}.jpg") for face in faces], columns=videos.columns, dtype="string")
    everybody = pd.concat([videos, portraits], ignore_index=True)
    by_dataset = {name: group for name, group in everybody.groupby("dataset")}
    links = [find_links(group, group, "itself", False) for group in by_dataset.values()]
    for pair in [*tied, "ad"]:
        if set(pair) <= set(by_dataset):
            links.append(find_links(by_dataset[pair[0]], by_dataset[pair[1]], "tied", False))
    people = People(*links)
    table = videos.assign(
        clip=[f"{row}" for row in range(len(videos))],
        label=np.arange(len(videos)) % 2,
        emotion="",
        person=people.persons(videos["dataset"], videos["subject"]),
    ).drop(columns="path")
    datasets, held_out = sorted(set(table["dataset"])), None
    if kind == "dataset":
        folds, held_out = leave_one_dataset_out(table, datasets), {name: [name] for name in datasets}
    elif kind == "each":
        folds = leave_one_subject_out(table)
    else:
        try:
            folds = make_folds(table, 2, 0)
        except InputError:
            assert table["person"].nunique() < 3
            return

    sets = real_training_sets(folds, people, held_out)
    for fold, tested in folds.groupby("fold"):
        names = {name for person in set(tested["person"]) for name in people.names(*person.split("/"))}
        trained = sets[sets["fold"] == fold]
        assert not names & set(zip(trained["dataset"], trained["subject"], strict=True))
        who = WhoIsTested(tested, people, held_out)
        is_tested = who.among(everybody["dataset"], everybody["subject"])
        left = everybody[~is_tested]
        assert not names & set(zip(left["dataset"], left["subject"], strict=True))
        # Nobody is left out for nothing.
        if kind != "dataset":
            assert names >= set(everybody[is_tested][["dataset", "subject"]].itertuples(index=False, name=None))
            assert len(trained) + len(tested) == len(folds)


@pytest.mark.slow
@given(
    subjects=st.lists(st.integers(0, 8), min_size=4, max_size=60),
    share=st.floats(0.05, 0.5),
    seed=st.integers(0, 5),
    labels=st.integers(1, 5),
)
@settings(max_examples=60)
def test_held_out_subjects_are_on_one_side_only(subjects, share, seed, labels):
    people = np.array([f"{'a' if n % 2 else 'b'}/{n // 2}" for n in subjects])
    label = np.arange(len(subjects)) % labels
    if len(set(subjects)) < 2:
        with pytest.raises(InputError, match="cannot spare one"):
            held_out_subjects(people, label, share, seed)
        return
    if np.bincount(label).max() < 2:
        return
    out = held_out_subjects(people, label, share, seed)
    assert 0 < out.sum() < len(people)
    assert not set(people[out]) & set(people[~out])
    np.testing.assert_array_equal(out, held_out_subjects(people, label, share, seed))


def test_samples_with_the_face_of_who_chooses_the_epoch_are_not_trained_on(tmp_path):
    persons = [f"mine/{number % 5}" for number in range(40)]
    faces = [f"mine/{number // 8}" for number in range(40)]
    table = pd.DataFrame({"person": persons, "face": faces, "label": [number % 3 for number in range(40)]})
    out = held_out_rows(table.set_index(pd.Index(range(100, 140))), 0.2, 0)
    # As the trainings get it.
    write_csv(out, tmp_path / "out.csv")
    out = read_csv(tmp_path / "out.csv")
    chooses = set(out.loc[out["use"] == "chooses", "person"])
    trained = table.drop(index=out["number"] - 100)
    assert chooses
    assert not chooses & {*trained["person"], *trained["face"]}
    # No more is left out than has to be.
    left_out = table.loc[out.loc[out["use"] == "left_out", "number"] - 100]
    assert set(left_out["face"]) <= chooses
    assert not set(left_out["person"]) & chooses
    real = held_out_rows(table.drop(columns="face"), 0.2, 0)
    assert set(real["use"]) == {"chooses"}
    assert set(real["person"]) == chooses


def test_half_of_the_people_may_be_held_out():
    out = held_out_subjects([str(number // 3) for number in range(18)], [number % 3 for number in range(18)], 0.5, 0)
    assert out.sum() == 9


def test_about_the_share_is_held_out_with_every_label():
    table = clips(20)
    out = held_out_subjects(table["person"], table["label"], 0.2, 0)
    assert 0.15 < out.mean() < 0.25
    assert set(table.loc[out, "label"]) == {0, 1, 2}
    others = [held_out_subjects(table["person"], table["label"], 0.2, seed) for seed in range(1, 4)]
    assert any((out != other).any() for other in others)


def shard_index(identities=40, au_sources=("compmie", "ckplus"), subjects=4, path="{source}/{shard}.h5", size=10):
    rows = [
        {
            "shard_path": path.format(source=source, shard=number // size),
            "position": 3 * (number % size) + label,
            "sample": 3 * number + label,
            "label": label,
            "id_source": "faces",
            "au_source": source,
            "au_dataset": source,
            "au_subject": f"{(7 * number + label) % subjects:02d}",
            "au_clip": f"c{(5 * number) % 11}",
            "au_emotion": EMOTIONS[label],
            "id_dataset": "faces",
            "identity": f"face {number}",
        }
        for source in au_sources
        for number in range(identities)
        for label in range(3)
    ]
    return pd.DataFrame(rows)


def clips_of(*subjects):
    """The clips of a fold, of these (dataset, subject)."""
    return pd.DataFrame(list(subjects), columns=["dataset", "subject"], dtype="string")


def compose(index, subjects, samples, seed, people=None, held_out=None, **limits):
    tested = WhoIsTested(clips_of(*subjects), people or People(), held_out)
    return compose_training_set(index, tested, LABEL_SET, samples, seed, **limits)


SUBJECTS = st.sets(st.tuples(st.sampled_from(["compmie", "ckplus", "samm"]), st.sampled_from(["00", "01", "02"])))


@pytest.mark.slow
@given(test_subjects=SUBJECTS, samples=st.integers(1, 60), seed=st.integers(0, 3), sources=st.integers(1, 2))
@settings(max_examples=40)
def test_a_training_set_is_leak_free_even_and_of_the_size_asked_for(test_subjects, samples, seed, sources):
    index = shard_index(au_sources=("compmie", "ckplus")[:sources])
    try:
        picked = compose(index, test_subjects, samples, seed)
    except InputError:
        left = [key not in test_subjects for key in zip(index["au_dataset"], index["au_subject"], strict=True)]
        assert index[left].groupby(["au_source", "label"]).size().min() < samples
        return
    assert tuple(picked.columns) == SAMPLE_COLUMNS
    assert len(picked) == samples
    assert not picked.duplicated(["shard_path", "position"]).any()
    assert not set(zip(picked["au_dataset"], picked["au_subject"], strict=True)) & test_subjects
    for column, values in (("label", range(3)), ("au_dataset", set(index["au_source"]))):
        counts = picked[column].value_counts().reindex(list(values), fill_value=0)
        assert counts.max() - counts.min() <= 1
    known = picked.merge(index, on=[name for name in SAMPLE_COLUMNS if name not in ("person", "face")])
    assert len(known) == samples


@pytest.mark.parametrize("sources", range(1, 8))
@pytest.mark.parametrize("samples", [30, 31, 35, 38, 44])
def test_remainders_stay_even_for_any_number_of_sources(sources, samples):
    index = shard_index(au_sources=tuple(f"s{number}" for number in range(sources)))
    picked = compose(index, set(), samples, 0)
    assert len(picked) == samples
    for column in ("label", "au_dataset"):
        counts = picked[column].value_counts()
        assert counts.max() - counts.min() <= 1


def test_more_samples_keep_the_first_ones():
    key = ["shard_path", "position"]
    small, large = (compose(shard_index(), set(), samples, 0) for samples in (30, 60))
    assert len(small.merge(large, on=key)) == 30
    grown = compose(shard_index(identities=80), set(), 60, 0)
    assert len(grown.merge(large, on=key)) > 10


@pytest.mark.parametrize("size", [1, 40])
def test_the_size_of_shards_does_not_matter(size):
    ten_a_shard, other = (compose(shard_index(size=each), set(), 60, 0) for each in (10, size))
    places = ["shard_path", "position"]
    pd.testing.assert_frame_equal(other.drop(columns=places), ten_a_shard.drop(columns=places))


def test_folds_share_what_they_may():
    one, other = (compose(shard_index(), {("compmie", subject)}, 60, 0) for subject in ("00", "01"))
    assert len(one.merge(other, on=["shard_path", "position"])) > 30


def test_the_choice_depends_on_the_seed_and_not_on_the_place_or_order_of_the_shards():
    here = compose(shard_index(), set(), 60, 0)
    assert not here.equals(compose(shard_index(), set(), 60, 1))
    pd.testing.assert_frame_equal(here, compose(shard_index().sample(frac=1, random_state=2), set(), 60, 0))
    moved = compose(shard_index(path="elsewhere/{source}-{shard}.h5"), set(), 60, 0)
    assert set(moved["sample"]) == set(here["sample"])


def test_too_few_samples_are_counted():
    index = shard_index()
    # How many another source has does not matter.
    fewer = index[(index["au_source"] == "ckplus") | (index["sample"] < 60)]
    for part, counts in ((index, r"30 .*\(40 made, 10 with"), (fewer, r"15 .*\(20 made, 5 with")):
        message = f"AU source compmie: {counts} AUs or the.*expected 40.*render more identities or train on fewer"
        with pytest.raises(InputError, match=message):
            compose(part, {("compmie", "00")}, 240, 0)
    with pytest.raises(InputError, match=r"0 samples .*all of them show people whom the fold tests"):
        compose(index, {("compmie", f"{subject:02d}") for subject in range(100)}, 240, 0)


def test_with_a_limit_one_sample_is_enough_and_is_repeated():
    index = shard_index(au_sources=("compmie",), identities=1)
    picked = compose(index, set(), 30, 0, identities=1)
    assert picked["label"].value_counts().tolist() == [10, 10, 10]
    assert len(picked.drop_duplicates(["shard_path", "position"])) == len(index) == 3


def test_labels_are_those_of_the_evaluation_and_other_emotions_are_not_used():
    index = shard_index()
    index.loc[index["sample"] % 6 == 0, "au_emotion"] = "contempt"
    classes = {"surprise": ["surprise"], "disgust": ["disgust"], "happiness": ["happiness"]}
    picked = compose_training_set(index, WhoIsTested(clips_of(), People()), classes, 60, 0)
    emotions = picked.merge(index[["shard_path", "position", "au_emotion"]], on=["shard_path", "position"])
    assert (emotions["au_emotion"] == emotions["label"].map(dict(enumerate(classes)))).all()
    assert picked["label"].value_counts().tolist() == [20, 20, 20]
    with pytest.raises(InputError, match="of label disgust for training"):
        compose_training_set(index, WhoIsTested(clips_of(), People()), classes, 180, 0)
    with pytest.raises(InputError, match="0 samples of label fear"):
        compose_training_set(index, WhoIsTested(clips_of(), People()), classes | {"fear": ["fear"]}, 60, 0)


def linked(*pairs):
    """People of whom each pair of (dataset, subject) is one."""
    return People(
        *(find_links(shown(*one, paths=["x"]), shown(*other, paths=["x"]), "own", False) for one, other in pairs)
    )


def test_the_action_units_of_a_test_subject_under_another_name_are_left_out():
    tested = {("casme2", "someone")}
    picked = compose(shard_index(), tested, 60, 0, people=linked((("casme2", "someone"), ("compmie", "01"))))
    assert "01" not in set(picked.loc[picked["au_dataset"] == "compmie", "au_subject"])
    assert "01" in set(picked.loc[picked["au_dataset"] == "ckplus", "au_subject"])
    assert "01" in set(compose(shard_index(), tested, 60, 0).query("au_dataset == 'compmie'")["au_subject"])


def test_the_face_of_a_test_subject_is_left_out_whosever_the_action_units_are():
    index = shard_index(identities=12)
    tested = {("mine", "nora")}
    assert "face 3" in set(compose(index, tested, 60, 0)["identity"])
    picked = compose(index, tested, 60, 0, people=linked((("mine", "nora"), ("faces", "face 3"))))
    assert "face 3" not in set(picked["identity"])
    with pytest.raises(InputError, match=r"12 made, 1 with AUs or the face of test subjects"):
        compose(index, tested, 72, 0, people=linked((("mine", "nora"), ("faces", "face 3"))))


def test_a_sample_is_of_the_person_of_its_action_units_or_of_its_face():
    index = shard_index(au_sources=("compmie", "expert"))
    index["au_subject"] = index["au_subject"].mask(index["au_source"] == "expert", "")
    picked = compose(index, set(), 240, 0, people=linked((("compmie", "01"), ("faces", "face 1"))))
    from_clips = picked["au_subject"] != ""
    assert (picked["person"] == "compmie/" + picked["au_subject"])[from_clips].all()
    is_shown = picked["identity"] == "face 1"
    assert set(picked.loc[~from_clips & is_shown, "person"]) == {"compmie/01"}
    assert (picked["person"] == "faces/" + picked["identity"])[~from_clips & ~is_shown].all()


def test_a_dataset_that_is_held_out_whole_gives_nothing():
    alone, both = {"compmie": ["compmie"]}, {"compmie": ["ckplus", "compmie"]}
    with pytest.raises(InputError, match="AU source compmie: 0 samples"):
        compose(shard_index(), {("compmie", "elsewhere")}, 60, 0, held_out=alone)
    index = shard_index().assign(au_source="both")
    picked = compose(index, {("compmie", "elsewhere")}, 60, 0, held_out=alone)
    assert set(picked["au_dataset"]) == {"ckplus"}
    with pytest.raises(InputError, match="AU source both: 0 samples"):
        compose(index, {("compmie", "elsewhere")}, 60, 0, held_out=both)
    with pytest.raises(InputError, match=": 0 samples"):
        compose(index.assign(id_dataset="compmie"), {("compmie", "elsewhere")}, 60, 0, held_out=alone)


def test_people_of_a_dataset_that_is_held_out_are_left_out_of_others_with_a_test_clip_or_without():
    index = shard_index().query("au_source == 'ckplus'")
    people = linked((("compmie", "nobody's clip"), ("ckplus", "01")))
    picked = compose(index, {("compmie", "00")}, 30, 0, people=people, held_out={"compmie": ["compmie"]})
    assert set(picked["au_subject"]) == {"00", "02", "03"}
    assert "01" in set(compose(index, {("compmie", "00")}, 30, 0, people=people)["au_subject"])


def of_limit(picked, index, column):
    """The distinct triplets or faces that a training set shows, by AU source."""
    rows = picked[["shard_path", "position"]].merge(index, on=["shard_path", "position"])
    return set(zip(rows["au_source"], rows["label"], rows[column], strict=True))


@given(
    limits=st.lists(st.integers(4, 12), min_size=2, max_size=2, unique=True).map(sorted),
    kind=st.sampled_from(["identities", "clips"]),
    # So many that all are taken which a limit admits.
    samples=st.integers(300, 600),
    subjects=st.sets(st.sampled_from([("compmie", "00"), ("ckplus", "01")])),
)
@settings(max_examples=40)
@pytest.mark.slow
def test_samples_repeat_evenly_where_a_limit_leaves_too_few_and_growing_limits_are_nested(
    limits, kind, samples, subjects
):
    index = shard_index(subjects=40, identities=40)
    columns = {"identities": "identity", "clips": "au_clip"}
    sets = []
    for limit in limits:
        picked = compose(index, subjects, samples, 0, **{kind: limit})
        assert len(picked) == samples
        for (_, _), cell in picked.merge(index[["shard_path", "position", "au_source"]]).groupby(
            ["au_source", "label"]
        ):
            counts = cell[["shard_path", "position"]].value_counts()
            assert counts.max() - counts.min() <= 1
        names = of_limit(picked, index, columns[kind])
        assert pd.Series([name[:2] for name in names]).value_counts().max() <= limit
        sets.append(names)
    assert sets[0] <= sets[1]


def test_a_limit_of_photographs_takes_the_first_ones():
    picked = compose(shard_index(), set(), 120, 0, identities=4)
    assert set(picked["identity"]) == {f"face {number}" for number in range(4)}
    assert len(picked) == 120
    assert compose(shard_index(), set(), 120, 0, identities=40).equals(compose(shard_index(), set(), 120, 0))


def test_a_limit_of_clips_counts_the_triplets_of_expert_knowledge():
    index = shard_index(au_sources=("expert",)).assign(au_dataset="expert", au_subject=None)
    index["au_clip"] = index["au_emotion"] + " " + (index["sample"] // 3 % 8).astype(str)
    # Each of the 40 faces shows one of the eight triplets of a label.
    for most in (1, 3):
        picked = compose(index, set(), 120, 0, clips=most).merge(index)
        assert picked.groupby("label")["au_clip"].nunique().tolist() == [most] * 3
        assert picked.groupby("label")["identity"].nunique().tolist() == [5 * most] * 3


def test_a_limit_of_clips_tells_those_of_one_name_of_several_subjects_apart():
    index = shard_index(subjects=40).assign(au_clip="c")
    picked = compose(index, set(), 60, 0, clips=3).merge(index)
    assert picked.groupby(["au_source", "label"])["au_subject"].nunique().tolist() == [3] * 6


def test_a_limit_of_clips_tells_those_of_one_name_of_several_datasets_apart():
    index = shard_index(au_sources=("both",)).assign(au_clip="c", au_subject="1")
    index["au_dataset"] = [f"d{row // 3}" for row in range(len(index))]
    picked = compose(index, set(), 60, 0, clips=3).merge(index)
    assert picked.groupby("label")["au_dataset"].nunique().tolist() == [3] * 3


def test_a_limit_that_leaves_nothing_of_a_label_is_named():
    index = shard_index().query("label != 1 or sample > 60")
    with pytest.raises(InputError, match="0 samples of label positive"):
        compose(index, set(), 60, 0, identities=10)


def test_clips_to_train_on_are_found_among_all_by_dataset_subject_and_name():
    table = clips(subjects=3, per_subject=2)
    wanted = [7, 0, 3]
    assert places_of(table.iloc[wanted], table).tolist() == wanted
    assert places_of(table, table).tolist() == list(range(len(table)))
    for place, name in ((0, "casme2/000/other"), (2, "casme2/001/other")):
        other = table.copy()
        other.loc[place, "clip"] = "other"
        with pytest.raises(InputError, match=f"training set: {name} is no clip of the folds"):
            places_of(other, table)


@pytest.mark.parametrize("seed", range(4))
def test_as_much_is_held_out_as_is_nearest_to_the_share(seed):
    # One part has ten of the fifteen rows, since they are of one person; a third is asked for.
    people = np.array(["big"] * 10 + list("abcde"))
    out = held_out_subjects(people, np.zeros(15, int), 1 / 3, seed)
    assert not out[:10].any()
    assert 2 <= out.sum() <= 3


def test_the_part_that_is_nearest_to_the_share_is_held_out_and_not_the_smallest():
    people = np.array(["a"] * 5 + ["b"] * 4 + ["c"])
    assert people[held_out_subjects(people, np.zeros(10, int), 1 / 3, 0)].tolist() == ["b"] * 4


def test_a_share_between_two_numbers_of_parts_takes_the_nearer_one():
    out = held_out_subjects(list("abcdef"), np.zeros(6, int), 0.35, 0)
    assert out.sum() == 2


def test_which_clips_a_limit_keeps_depends_on_the_seed_and_not_on_those_of_another_source():
    index = shard_index(subjects=1)
    kept = [of_limit(compose(index, set(), 120, seed, clips=3), index, "au_clip") for seed in range(3)]
    assert len(set(map(frozenset, kept))) > 1
    for names in kept:
        assert pd.Series([name[:2] for name in names]).value_counts().tolist() == [3] * 6


def test_samples_of_one_number_keep_their_order_whichever_identity_source_comes_first():
    index = pd.concat([shard_index().assign(id_source=name, id_dataset=name) for name in ("celeba", "faces")])
    backwards = pd.concat([index[index["id_source"] == name] for name in ("faces", "celeba")])
    pd.testing.assert_frame_equal(compose(index, set(), 61, 0), compose(backwards, set(), 61, 0))


def test_rows_of_a_training_set_stand_by_source_and_number():
    index = shard_index()
    rows = compose(index, set(), 60, 0).merge(index, on=["shard_path", "position"], suffixes=("", "_there"))
    order = list(zip(rows["id_source"], rows["au_source"], rows["sample"], strict=True))
    assert order == sorted(order)
