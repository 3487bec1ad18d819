import inspect
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mie_x_lib.errors import InputError
from mie_x_lib.files import write_csv
from mie_x_lib.provenance import ROOT
from mie_x_lib.settings.triplets import Triplets
from mie_x_lib.terms import APEX_AUS, AU_NAMES, EMOTION_LABELS, ONSET_AUS
from mie_x_lib.triplets import COLUMNS, Expert, draw, macro_pool, micro_pool, read_expert_table, read_pool
from tests.pools import pool

EXPERT_TABLE = ROOT / "config" / "expert_table.csv"


def au_row(clip, label, frame, role, value, dataset="casme2", subject="sub01"):
    return {
        "dataset": dataset,
        "subject": subject,
        "clip": clip,
        "emotion": f"emotion of {clip}",
        "label": label,
        "frame": frame,
        "role": role,
    } | dict.fromkeys(AU_NAMES, value)


def micro_aus(clips=6, apex=0.3):
    rows = []
    for clip in range(clips):
        rows.append(au_row(f"c{clip}", clip % 3, 4, "onset", 0.1))
        rows.append(au_row(f"c{clip}", clip % 3, 9 + clip, "apex", apex + clip / 100))
    return pd.DataFrame(rows)


def macro_aus(lengths, onset=0):
    rows = []
    for clip, n in enumerate(lengths):
        rows.append(au_row(f"m{clip}", clip % 3, onset, "onset", 0.0) | {"frames": n})
        places = np.unique(np.floor(n * np.linspace(0.25, 0.5, 5000, endpoint=False)).astype(int))
        early = [au_row(f"m{clip}", clip % 3, onset + place, "early", place / 100) for place in places.tolist()]
        rows += [row | {"frames": n} for row in early]
    return pd.DataFrame(rows)


def test_rows_are_the_samples_of_the_shard():
    table = draw(micro_pool(micro_aus()), "casme2", 2, 5, seed=0)
    assert tuple(table.columns) == COLUMNS
    assert list(table["sample"]) == list(range(30, 45))
    assert (table["label"] == table["sample"] % 3).all()
    assert set(table["dataset"]) == {"casme2"}
    assert set(table["subject"]) == {"sub01"}


def test_micro_triplets_are_those_of_the_clips():
    table = draw(micro_pool(micro_aus()), "casme2", 0, 40, seed=0)
    clip = table["clip"].str[1:].astype(int)
    assert set(clip) == set(range(6))
    assert (clip % 3 == table["label"]).all()
    assert (table["emotion"] == "emotion of " + table["clip"]).all()
    np.testing.assert_allclose(table[list(ONSET_AUS)], 0.1, rtol=1e-6)
    np.testing.assert_allclose(table["apex_AU45"], 0.3 + clip / 100, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("clips", [None, 2])
@pytest.mark.parametrize("source", [micro_pool(micro_aus(12)), read_expert_table(EXPERT_TABLE)])
@given(shard=st.integers(0, 5), size=st.integers(1, 6), other=st.integers(1, 9))
@settings(max_examples=10, deadline=None)
def test_a_sample_does_not_depend_on_shard_size_or_neighbours(source, clips, shard, size, other):
    table = draw(source, "x", shard, size, seed=1, clips=clips)
    shards = range((shard + 1) * size // other + 1)
    everything = pd.concat([draw(source, "x", s, other, seed=1, clips=clips) for s in shards])
    same = everything[everything["sample"].isin(table["sample"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(same, table)


def test_seed_and_source_change_the_draw():
    expert = read_expert_table(EXPERT_TABLE)
    first = draw(expert, "expert", 0, 10, seed=1)
    assert not first.equals(draw(expert, "expert", 0, 10, seed=2))
    assert not first.equals(draw(expert, "other", 0, 10, seed=1))


def test_the_order_of_the_au_table_does_not_count():
    aus = micro_aus(12)
    pd.testing.assert_frame_equal(
        draw(micro_pool(aus), "x", 0, 9, seed=0),
        draw(micro_pool(aus.sample(frac=1, random_state=3)), "x", 0, 9, seed=0),
    )


def test_unlabelled_clips_are_left_out():
    aus = pd.concat([micro_aus(), micro_aus().assign(clip="u", label=-1), micro_aus().assign(clip="v", label=np.nan)])
    assert not set(draw(micro_pool(aus), "x", 0, 60, seed=0)["clip"]) & {"u", "v"}


def test_a_clip_with_a_frame_that_was_not_measured_is_left_out_and_told(tmp_path):
    aus = micro_aus()
    aus.loc[(aus["clip"] == "c4") & (aus["role"] == "apex"), "AU12"] = np.nan
    paths = [tmp_path / "first.csv", tmp_path / "second.csv"]
    write_csv(aus[:6], paths[0])
    write_csv(aus[6:], paths[1])
    told = []
    found = read_pool("micro", paths, told.append)
    assert [clip for *_, clip in found.clips] == ["c0", "c1", "c2", "c3", "c5"]
    assert told == ["Warning: 1 clips left out, whose action units could not be measured in every frame"]
    np.testing.assert_array_equal(found.apex, micro_pool(aus[aus["clip"] != "c4"]).apex)


@pytest.mark.parametrize(
    ("source", "most"),
    [(micro_pool(micro_aus(36)), 12), (macro_pool(macro_aus([40] * 24)), 8), (read_expert_table(EXPERT_TABLE), 99)],
)
def test_a_limited_source_shows_few_clips_of_each_label_on_many_faces(source, most):
    """A larger limit keeps the clips of a smaller one."""
    before = set()
    for clips in (1, 2, 6, 20):
        table = draw(source, "x", 0, 200, seed=3, clips=clips)
        shown = set(zip(table["label"], table["clip"], strict=True))
        assert pd.Series([label for label, _ in shown]).value_counts().tolist() == [min(clips, most)] * 3
        assert before <= shown
        before = shown
        counts = table.groupby(["label", "clip"]).size()
        assert counts.min() > 200 / clips / 5


def test_a_clip_of_expert_knowledge_is_one_triplet_with_a_name():
    table = draw(read_expert_table(EXPERT_TABLE), "expert", 0, 100, seed=0, min_change=0.15, clips=3)
    assert len(table[["clip", *APEX_AUS]].drop_duplicates()) == table["clip"].nunique() == 9
    assert (table["clip"].str.rsplit(" ", n=1).str[0] == table["emotion"]).all()
    assert (table[list(APEX_AUS)].max(axis=1) >= 0.15).all()
    assert table.attrs["rejected"] == 0
    assert table[["dataset", "subject"]].drop_duplicates().to_numpy().tolist() == [["expert", ""]]


def test_a_clip_of_a_macro_expression_keeps_all_of_its_early_frames():
    table = draw(macro_pool(macro_aus([40] * 24)), "x", 0, 200, seed=0, clips=1)
    assert set(table.groupby("label")["apex_AU01"].nunique()) == {10}


def test_a_clip_in_which_nothing_changes_is_none_of_the_few():
    still = micro_aus(30)
    still.loc[:, list(AU_NAMES)] = 0.1
    table = draw(micro_pool(pd.concat([micro_aus(3), still.assign(subject="still")])), "x", 0, 9, seed=0, clips=1)
    assert set(table["subject"]) == {"sub01"}


def test_a_label_without_a_clip_is_named_however_few_are_asked_for():
    aus = micro_aus()
    with pytest.raises(InputError, match=r"mmew.*surprise"):
        draw(micro_pool(aus[aus["label"] != 2]), "mmew", 0, 2, seed=0, clips=1)
    with pytest.raises(InputError, match=r"expert.*negative"):
        draw(read_expert_table(EXPERT_TABLE), "expert", 0, 2, seed=0, min_change=0.5, clips=1)


def test_no_triplet_without_a_change_and_each_rejection_is_counted():
    still = micro_aus(3, apex=0.1).assign(AU01=0.1, subject="still")
    still.loc[:, list(AU_NAMES)] = 0.1
    table = draw(micro_pool(pd.concat([micro_aus(3), still])), "x", 0, 100, seed=0)
    assert set(table["subject"]) == {"sub01"}
    # Half of the candidates are still: as many rejections as triplets are expected, with a spread of about 25.
    assert 200 < table.attrs["rejected"] < 400


def test_clips_that_are_never_drawn_are_counted():
    """A macro clip of twelve frames has early ones 3, 4 and 5, at 0.03, 0.04 and 0.05."""
    still = micro_aus(2).assign(subject="still", **dict.fromkeys(AU_NAMES, 0.1))
    assert micro_pool(pd.concat([micro_aus(3), still])).never_drawn(0.02) == 2
    assert [macro_pool(macro_aus([12, 40])).never_drawn(least) for least in (0.03, 0.05, 0.06)] == [0, 0, 1]


@pytest.mark.parametrize("wanting", ["no clip", "no change"])
def test_a_label_without_a_changing_triplet(wanting):
    aus = micro_aus()
    aus = aus[aus["label"] != 2] if wanting == "no clip" else aus
    aus.loc[aus["label"] == 2, list(AU_NAMES)] = 0.1
    with pytest.raises(InputError, match=r"mmew.*surprise"):
        draw(micro_pool(aus), "mmew", 0, 2, seed=0)


@cache
def chances(n):
    """How often each place of a clip of n frames is drawn."""
    places = np.floor(n * (0.25 + 0.25 * (np.arange(100_000) + 0.5) / 100_000)).astype(int)
    return pd.Series(places).value_counts(normalize=True).sort_index()


@pytest.mark.parametrize("onset", [0, 1, 7, 5000])
@pytest.mark.parametrize("n", [*range(1, 14), 16, 19, 20, 150])
def test_macro_frames_have_the_chances_that_the_formula_gives_them(n, onset):
    pool = macro_pool(macro_aus([n] * 3, onset))
    expected = chances(n)
    for label in range(3):
        rows = pool.labels == label
        assert (pool.apex[rows, 0] * 100).round().astype(int).tolist() == expected.index.tolist()
        np.testing.assert_allclose(pool.weights[rows] / pool.weights[rows].sum(), expected, atol=1e-4)


def test_macro_frames_are_drawn_by_their_chances():
    table = draw(macro_pool(macro_aus([5] * 3, onset=3)), "x", 0, 1000, seed=0, min_change=0)
    assert (table["apex_AU01"].round(2) == 0.01).mean() == pytest.approx(0.6, abs=0.03)


def test_a_macro_table_of_an_earlier_version_is_told_which_files_to_make_again(tmp_path):
    for name, aus in {"new": macro_aus([8] * 3), "old": macro_aus([8] * 3).drop(columns="frames")}.items():
        write_csv(aus.assign(dataset=name), tmp_path / f"{name}.csv")
    with pytest.raises(InputError, match=r"old\.csv: no column frames, .* delete it and the crops of old"):
        read_pool("macro", [tmp_path / "new.csv", tmp_path / "old.csv"])


@pytest.mark.slow
def test_each_macro_clip_has_the_same_chance_whatever_its_length():
    table = draw(macro_pool(macro_aus([8, 8, 8, 100, 8, 8])), "x", 0, 2000, seed=0)
    share = (table.loc[table["label"] == 0, "clip"] == "m3").mean()
    assert 0.45 < share < 0.55


@pytest.mark.slow
def test_expert_triplets_follow_the_table():
    table = draw(read_expert_table(EXPERT_TABLE), "expert", 0, 1500, seed=0)
    assert set(table["dataset"]) == {"expert"}
    assert set(table["subject"]) == {""}
    assert (table[list(ONSET_AUS)] == 0).all(axis=None)
    assert (table["emotion"].map(EMOTION_LABELS) == table["label"]).all()
    assert (table["clip"] == table["emotion"]).all()
    active = table[list(APEX_AUS)] > 0
    values = table[list(APEX_AUS)].to_numpy()
    assert values[values > 0].min() == pytest.approx(0.1, abs=0.001)
    assert values.max() == pytest.approx(0.3, abs=0.001)
    expected = pd.read_csv(EXPERT_TABLE)
    for emotion, rows in table.groupby("clip"):
        wanted = dict(expected.loc[expected["emotion"] == emotion, ["au", "probability"]].to_numpy())
        # Fear without any AU is drawn again.
        whole = 1 - 0.5**4 if emotion == "fear" else 1
        for au in AU_NAMES:
            share = active.loc[rows.index, f"apex_{au}"].mean()
            assert share == pytest.approx(wanted.get(au, 0) / whole, abs=0.1 if wanted.get(au, 0) % 1 else 0)
    shares = table.loc[table["label"] == 0, "clip"].value_counts(normalize=True)
    assert len(shares) == 5
    assert shares.between(0.15, 0.25).all()
    assert table.attrs["rejected"] > 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("AU12", "AU13", "line 2: AU AU13"),
        ("fear,0,AU05,0.5", "fear,0,AU05,1.5", "line 13: probability 1.5"),
        ("fear,0,AU05,0.5", "fear,0,AU05,0", "line 13: probability 0"),
        ("fear,0,AU05,0.5", "fear,0,AU05,", "line 13: probability is"),
        ("fear,0,AU05,0.5", "fear,2,AU05,0.5", "line 13: emotion fear with label 2"),
        ("happiness,1,AU12", "joy,1,AU12", "line 2: emotion joy"),
        ("anger,0,AU07", "anger,0,AU04", "line 18: anger has AU04 twice"),
        ("probability", "chance", "columns"),
    ],
)
def test_a_fault_in_the_expert_table_is_named(tmp_path, old, new, message):
    path = tmp_path / "expert.csv"
    text = EXPERT_TABLE.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=rf"expert\.csv.*{message}"):
        read_expert_table(path)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda aus: aus.drop(index=1), "casme2/sub01/c0: no apex"),
        (lambda aus: aus.drop(index=2), "casme2/sub01/c1: no onset"),
        (lambda aus: pd.concat([aus, aus[:1].assign(frame=5)]), "casme2/sub01/c0: two onset"),
        (lambda aus: pd.concat([aus, aus[1:2].assign(frame=5)]), "casme2/sub01/c0: two apex"),
        (lambda aus: aus.assign(AU12=aus["AU12"].where(aus["clip"] != "c1")), "casme2/sub01/c1, frame 4: AU12 is nan"),
        (lambda aus: aus.assign(AU12=1.5), "casme2/sub01/c0, frame 4: AU12 is 1.5"),
    ],
)
def test_a_fault_in_the_au_table_is_named(spoil, message):
    with pytest.raises(InputError, match=message):
        micro_pool(spoil(micro_aus()))


def test_a_macro_clip_without_early_frames():
    aus = macro_aus([8, 8, 8])
    with pytest.raises(InputError, match="m1: no early frame"):
        macro_pool(aus[(aus["clip"] != "m1") | (aus["role"] != "early")])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda aus: aus.drop(index=5),
        lambda aus: aus.assign(frames=aus["frames"].mask(aus["clip"] == "m1", 9)),
        lambda aus: aus.assign(frame=aus["frame"].mask((aus["clip"] == "m1") & (aus["role"] == "onset"), 1)),
    ],
)
def test_early_frames_that_are_not_those_of_the_clip_are_told(spoil):
    with pytest.raises(InputError, match=r"sub01/m1: early frames .*, expected .* extract the frames"):
        macro_pool(spoil(macro_aus([8, 8, 8], onset=2)))


def test_expert_knowledge_can_change_where_one_emotion_of_the_label_can():
    expert = Expert({0: {"calm": np.zeros(17), "fear": np.ones(17)}, 1: {"calm": np.zeros(17)}})
    assert expert.can_change(0, 0.1)
    assert not expert.can_change(1, 0.1)
    assert not expert.can_change(2, 0.1)


def test_a_unit_may_be_as_strong_as_can_be():
    table = draw(micro_pool(micro_aus(3, apex=0.98)), "x", 0, 3, seed=0)
    assert table["apex_AU01"].max() == 1


def test_a_pool_is_drawn_from_as_numpy_chooses():
    draws = np.random.default_rng(0)
    weights, labels = draws.random(50) ** 3, draws.integers(0, 3, 50)
    source = pool([("samm", str(row), "a") for row in range(50)], labels, draws.random(50), weights)
    for label in range(3):
        rows = np.flatnonzero(labels == label)
        chosen, drawn = np.random.default_rng(1), np.random.default_rng(1)
        for _ in range(100):
            row = chosen.choice(rows, p=weights[rows] / weights[rows].sum())
            origin, _, apex = source.candidate(drawn, label)
            assert origin[2] == str(row)
            np.testing.assert_array_equal(apex, source.apex[row])


@pytest.mark.parametrize(("chance", "min_change"), [(1e-9, 0.1), (0.5, 0.2999), (1e-4, 0.02)])
def test_expert_knowledge_that_changes_next_to_never_is_refused_and_not_waited_for(chance, min_change):
    chances = {label: {"fear": np.eye(17)[0] * (1.0 if label else chance)} for label in range(3)}
    with pytest.raises(InputError, match=r"expert: no triplet of label negative .* fewer than one in a thousand"):
        draw(Expert(chances), "expert", 0, 2, seed=0, min_change=min_change)


def test_clips_without_a_label_are_not_counted_among_those_left_out(tmp_path):
    aus = micro_aus(3)
    aus.loc[aus["clip"] == aus["clip"].iloc[0], "label"] = np.nan
    aus.loc[aus["label"].isna(), list(AU_NAMES)] = np.nan
    write_csv(aus, tmp_path / "mmew.csv")
    told = []
    read_pool("micro", [tmp_path / "mmew.csv"], told.append)
    assert told == []


def test_which_few_clips_are_kept_depends_on_the_seed():
    source = micro_pool(micro_aus(36))
    kept = {frozenset(draw(source, "x", 0, 30, seed, clips=2)["clip"]) for seed in range(4)}
    assert len(kept) == 4


def test_few_clips_of_equal_names_in_two_datasets_are_counted_as_two():
    source = micro_pool(pd.concat([micro_aus(3), micro_aus(3).assign(dataset="samm")]))
    table = draw(source, "x", 0, 40, seed=0, clips=1)
    assert table.groupby("label")["dataset"].nunique().tolist() == [1] * 3


def test_few_triplets_of_expert_knowledge_are_others_for_another_seed_source_or_label():
    source = Expert({label: {"fear": np.ones(17)} for label in range(3)})
    shown = [
        draw(source, name, 0, 9, seed, clips=1)[["label", *APEX_AUS]].drop_duplicates()
        for name, seed in (("expert", 0), ("expert", 1), ("other", 0))
    ]
    assert [len(part) for part in shown] == [3] * 3
    assert len(pd.concat(shown)[list(APEX_AUS)].drop_duplicates()) == 9


def test_a_unit_that_grows_weaker_is_a_change_too():
    table = draw(micro_pool(micro_aus(3, apex=0.0)), "x", 0, 3, seed=0, min_change=0.08)
    np.testing.assert_allclose(table["onset_AU01"], 0.1, rtol=1e-6)
    assert (table["apex_AU01"] < 0.1).all()


def test_the_order_of_a_macro_table_does_not_count():
    aus = macro_aus([8, 12, 16, 20, 9, 10])
    pd.testing.assert_frame_equal(
        draw(macro_pool(aus), "x", 0, 20, seed=0),
        draw(macro_pool(aus.sample(frac=1, random_state=3)), "x", 0, 20, seed=0),
    )


def test_early_frames_of_few_clips_keep_their_chances():
    table = draw(macro_pool(macro_aus([5] * 6, onset=3)), "x", 0, 1000, seed=0, min_change=0, clips=1)
    assert (table["apex_AU01"].round(2) == 0.01).mean() == pytest.approx(0.6, abs=0.03)


def test_the_order_of_the_expert_table_does_not_count():
    source = read_expert_table(EXPERT_TABLE)
    backwards = Expert({label: dict(reversed(emotions.items())) for label, emotions in source.emotions.items()})
    pd.testing.assert_frame_equal(*(draw(each, "expert", 0, 20, seed=0) for each in (source, backwards)))


def test_the_least_change_is_that_of_the_settings_unless_another_is_asked_for():
    assert inspect.signature(draw).parameters["min_change"].default == Triplets().min_change == 0.02
