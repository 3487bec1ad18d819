import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mie_x_lib.errors import InputError
from mie_x_lib.figures.claims import claims_figure
from mie_x_lib.tables import claims
from mie_x_lib.tables.metrics import uf1
from mie_x_lib.tables.significance import bootstrap_interval, contrast, paired_test, resample, subject_confusions

pytestmark = pytest.mark.slow

BEATS = {"name": "sources", "claim": "All beat each.", "source": "the paper", "kind": "beats"}
GROWS = {"name": "growth", "claim": "More is better.", "source": "the paper", "kind": "grows", "of": "faces"}


def network(row, tables, training_sets=(), steps=210, epochs=7):
    """Networks of a row, one a fold of two; steps and epochs: of each fold, or of all."""
    trained = {"training_samples": 960, "training_steps": steps, "training_epochs": epochs}
    fold = tables[0].groupby("subject").ngroup() % 2
    trained = {name: fold.map(dict(enumerate(np.broadcast_to(number, 2)))) for name, number in trained.items()}
    return claims.Network(row, "apex", [table.assign(fold=fold, **trained) for table in tables], training_sets)


def predicted(right, seeds=3, seed=0, subjects=30):
    """Predictions of six clips of each subject, of which about the share `right` is right."""
    tables = []
    for number in range(seeds):
        random = np.random.default_rng((seed, number))
        clips = pd.DataFrame({"dataset": "a", "subject": np.repeat(np.arange(subjects), 6).astype(str)})
        clips["person"] = "a/" + clips["subject"]
        clips["clip"] = [str(clip) for clip in range(len(clips))]
        clips["label"] = np.arange(len(clips)) % 3
        wrong = random.random(len(clips)) >= right
        clips["predicted"] = (clips["label"] + wrong * random.integers(1, 3, len(clips))) % 3
        tables.append(clips)
    return tables


@pytest.mark.parametrize(
    ("alone", "verdicts"),
    [
        ({"low": 0.4, "lower": 0.35}, ["agrees", "agrees"]),
        ({"low": 0.4, "same": 0.8}, ["agrees", "undecided"]),
        ({"low": 0.4, "higher": 0.99}, ["agrees", "contradicts"]),
    ],
)
def test_a_row_beats_those_that_are_certainly_worse(alone, verdicts):
    rows = {name: predicted(right, seed=place) for place, (name, right) in enumerate(alone.items())}
    rows["all"] = predicted(0.8, seed=9)
    found = claims.judge(BEATS | {"together": "all", "alone": list(alone)}, {"apex": rows})
    assert list(found) == list(claims.COLUMNS)
    assert found["compared"].tolist() == list(alone)
    assert found["verdict"].tolist() == verdicts
    assert (found["p_holm"] >= found["p"]).all()
    assert found["low"].lt(found["value"]).all()
    assert found["high"].gt(found["value"]).all()
    counts = {name: subject_confusions(tables) for name, tables in rows.items()}
    expected = [100 * (uf1(counts["all"].sum(0)).mean() - uf1(counts[name].sum(0)).mean()) for name in alone]
    np.testing.assert_allclose(found["value"], expected)


def test_holm_is_over_the_comparisons_of_all_classifiers():
    rows = {"all": predicted(0.8, seed=1), "one": predicted(0.4, seed=2)}
    claim = BEATS | {"together": "all", "alone": ["one"]}
    found = claims.judge(claim, {"branches": rows, "apex": rows, "third": rows})
    np.testing.assert_allclose(found["p_holm"], 3 * found["p"])


@pytest.mark.parametrize(
    ("right", "verdict"),
    [((0.4, 0.6, 0.8), "agrees"), ((0.8, 0.6, 0.4), "contradicts"), ((0.6, 0.6, 0.6), "undecided")],
)
def test_growth_is_judged_by_its_slope(right, verdict):
    rows = {f"{size}": predicted(share, seed=size) for size, share in zip((1, 4, 16), right, strict=True)}
    found = claims.judge(GROWS | {"sizes": {"1": 1, "4": 4, "16": 16}}, {"apex": rows})
    scores = [100 * uf1(subject_confusions(tables).sum(0)).mean() for tables in rows.values()]
    assert found["value"].tolist() == [pytest.approx(np.polyfit([0, 2, 4], scores, 1)[0])]
    assert found["verdict"].tolist() == [verdict]
    assert found["p"].isna().all()


@given(st.lists(st.floats(1, 1e4), min_size=2, max_size=6, unique=True), st.floats(-5, 5), st.floats(-5, 5))
def test_slopes_are_those_of_straight_lines(sizes, slope, start):
    doublings = np.log2(sizes)
    if np.ptp(doublings) > 1e-3:
        assert claims.slope_weights(sizes) @ (start + slope * doublings) == pytest.approx(slope, abs=1e-6)


def trainings(random, spread, seeds=5, persons=38, clips=7):
    """Counts of trainings that are right about as often, but for a normal deviation of each of them.

    Most subjects are easier or harder than others, for all trainings alike.
    """
    person, label = np.repeat(np.arange(persons), clips), np.arange(persons * clips) % 3
    easy = random.uniform(-0.2, 0.2, persons)[person]
    counts = np.zeros((persons, seeds, 3, 3), np.int64)
    for seed in range(seeds):
        wrong = random.random(len(label)) >= 0.7 + random.normal(0, spread) + easy
        np.add.at(counts, (person, seed, label, (label + wrong * random.integers(1, 3, len(label))) % 3), 1)
    return counts


def contrast_of(counts, weights, draws=10000):
    return contrast([resample(table, draws) for table in counts], weights)


def test_intervals_hold_what_seeds_differ_by():
    """Predictions of the same subjects whose seeds differ much are less certain than those whose seeds are alike."""
    alike = subject_confusions([predicted(0.6)[0]] * 4)
    apart = subject_confusions([predicted(share, seeds=1)[0] for share in (0.2, 0.5, 0.7, 1.0)])
    intervals = [contrast_of([counts], [1]) for counts in (alike, apart)]
    widths = [found.high - found.low for found in intervals]
    assert widths[1] > 2 * widths[0] > 0


def test_noise_of_trainings_alone_widens_the_interval_as_much_as_their_mean_varies():
    """All subjects are alike, so that the seeds are all that differs."""
    right = np.array([301, 322, 337, 371, 388])
    one = np.eye(3, dtype=np.int64)
    counts = np.stack([number * one + (400 - number) * np.roll(one, 1, axis=1) for number in right])
    counts = np.broadcast_to(counts, (40, 5, 3, 3))
    of_one, of_two, of_all = (contrast_of([counts[:, seeds]], [1]) for seeds in ([2], [0, 4], [0, 1, 2, 3, 4]))
    assert of_one.low == pytest.approx(of_one.high)
    assert (of_two.low, of_two.high) == pytest.approx((301 / 400, 388 / 400))
    # Five drawn of five would vary by a ninth less.
    expected = 2 * 1.96 * (right / 400).std(ddof=1) / np.sqrt(5)
    assert of_all.high - of_all.low == pytest.approx(expected, rel=0.06)


def test_one_training_has_the_interval_over_subjects():
    counts = subject_confusions(predicted(0.6, seeds=1))
    found = contrast_of([counts], [1], draws=500)
    assert (found.low, found.high) == pytest.approx(bootstrap_interval(counts, draws=500))


def test_equal_rows_differ_by_nothing_but_their_seeds():
    counts = subject_confusions([predicted(0.6)[0]])
    assert contrast_of([counts, counts], [1, -1]) == (0, 0, 0, 1)


def test_rows_of_other_clips_are_refused():
    one, other = (subject_confusions(predicted(0.6, subjects=subjects)) for subjects in (30, 29))
    relabelled = subject_confusions([table.assign(label=(table["label"] + 1) % 3) for table in predicted(0.6)])
    relabelled[0, 0, 0] += 1
    for rows in ([one, other], [one, relabelled]):
        with pytest.raises(ValueError, match="same test clips"):
            contrast_of(rows, [1, -1])


def test_p_is_twice_the_share_of_draws_on_the_other_side_and_never_0():
    good, bad = (subject_confusions(predicted(right, seed=7)) for right in (0.95, 0.3))
    sure = contrast_of([good, bad], [1, -1], draws=999)
    assert sure.p == pytest.approx(2 / 1000)
    assert contrast_of([bad, good], [1, -1], draws=999).p == pytest.approx(2 / 1000)
    near = contrast_of([good, subject_confusions(predicted(0.9, seed=8))], [1, -1])
    assert (near.p < 0.05) == (near.low > 0)
    assert 0.001 < near.p < 0.9


@pytest.mark.parametrize(("subjects", "least"), [(2, 1 / 2), (5, 1 / 16), (30, 2 / 1000)])
def test_few_subjects_are_never_sure(subjects, least):
    good, bad = (subject_confusions(predicted(right, subjects=subjects)) for right in (1.0, 0.0))
    assert contrast_of([good, bad], [1, -1], draws=999).p == pytest.approx(least)


@pytest.mark.parametrize("spread", [0.0, 0.06])
def test_no_difference_is_found_as_seldom_as_it_should_whatever_trainings_differ_by(spread):
    """The test over subjects alone takes the chance of a training for a difference."""
    found, by_subjects = [], []
    for number in range(150):
        random = np.random.default_rng((number, 1))
        rows = [trainings(random, spread) for _ in range(2)]
        found.append(contrast_of(rows, [1, -1], draws=500).p < 0.2)
        by_subjects.append(paired_test(*rows, draws=200) < 0.2)
    assert np.mean(found) < 0.27
    if spread:
        assert np.mean(found) > 0.08
        assert np.mean(by_subjects) > 0.35


@pytest.mark.parametrize(
    ("seeds", "remark"), [(1, "few trainings: 1 of"), (4, "few trainings: 4 of"), (5, ""), (6, "")]
)
def test_a_verdict_of_few_trainings_says_so(seeds, remark):
    rows = {"all": predicted(0.8, seeds, seed=1), "one": predicted(0.4, 5, seed=2)}
    beats = claims.judge(BEATS | {"together": "all", "alone": ["one"]}, {"apex": rows})
    grows = claims.judge(GROWS | {"sizes": {"one": 15, "all": 60}}, {"apex": rows})
    for found in (*beats["remark"], *grows["remark"]):
        assert found.startswith(remark)
        assert bool(found) == bool(remark)


def test_a_claim_agrees_where_all_of_it_does_and_contradicts_where_any_does():
    assert claims.verdict(["agrees", "agrees"]) == "agrees"
    assert claims.verdict(["agrees", "undecided"]) == "undecided"
    assert claims.verdict(["agrees", "undecided", "contradicts"]) == "contradicts"


@pytest.fixture
def answered():
    """Two claims of two classifiers, judged and scored."""
    rows = {"one": predicted(0.4, seed=1), "all": predicted(0.9, seed=2)}
    by_classifier = {"branches": rows, "apex": {"one": rows["all"], "all": rows["one"]}}
    claimed = [BEATS | {"together": "all", "alone": ["one"]}, GROWS | {"sizes": {"one": 15, "all": 60}}]
    judged = pd.concat([claims.judge(claim, by_classifier) for claim in claimed], ignore_index=True)
    scored = claims.scores(by_classifier).assign(
        samples=960, steps=210, distinct_samples=[np.nan, 900] * 2, identities=15
    )
    return claimed, judged, scored


def test_scores_are_uf1_of_each_row_and_classifier(answered):
    _, _, scored = answered
    assert scored[["row", "classifier"]].to_numpy().tolist() == [
        ["one", "branches"],
        ["all", "branches"],
        ["one", "apex"],
        ["all", "apex"],
    ]
    assert scored["uf1"].iloc[0] == scored["uf1"].iloc[3] < scored["uf1"].iloc[1]
    assert scored[["seeds", "subjects", "clips"]].drop_duplicates().to_numpy().tolist() == [[3, 30, 180]]


def test_what_networks_were_trained_on_stands_beside_their_scores():
    samples = pd.DataFrame({"shard_path": "a.h5", "position": [0, 0, 1], "identity": ["x", "x", "y"]})
    networks = [network("all", predicted(0.6), [samples, samples[:2]]), network("one", predicted(0.6))]
    judged, scored = claims.judge_all([BEATS | {"together": "all", "alone": ["one"]}], networks)
    assert judged["verdict"].tolist() == ["undecided"]
    assert scored["samples"].tolist() == [960, 960]
    assert scored["steps"].tolist() == [210, 210]
    assert scored["distinct_samples"].fillna(-1).tolist() == [1.5, -1]
    assert scored["identities"].fillna(-1).tolist() == [1.5, -1]


@pytest.mark.parametrize(("steps", "epochs"), [([210, 210], [35, 30]), ([207, 213], [34, 35]), (192, 6), (180, 5)])
def test_rows_whose_steps_differ_by_rounding_alone_are_compared(steps, epochs):
    """Half an epoch of each row: 15 steps of one that has 30 an epoch, 18 of one that has 36."""
    networks = [network("all", predicted(0.6)), network("clips", predicted(0.6), steps=steps, epochs=epochs)]
    assert len(claims.judge_all([BEATS | {"together": "all", "alone": ["clips"]}], networks)[0]) == 1


@pytest.mark.parametrize(
    ("steps", "epochs", "words"),
    [
        (96, 16, r"row clips \(apex\) took 96 steps and those of row all 210, .* the 18 that"),
        ([80, 96], 16, r"row clips \(apex\) took 88 steps and those of row all 210, .* the 18 that"),
        (240, 30, r"row all \(apex\) took 210 steps and those of row clips 240, .* the 19 that"),
    ],
)
def test_rows_that_were_not_trained_for_as_long_are_refused(steps, epochs, words):
    networks = [
        network("all", predicted(0.6)),
        network("some", predicted(0.6)),
        network("clips", predicted(0.6), steps=steps, epochs=epochs),
    ]
    wrong = BEATS | {"together": "all", "alone": ["some", "clips"]}
    with pytest.raises(InputError, match=f"^claim sources: networks of {words}.*evaluations") as fault:
        claims.judge_all([wrong], networks)
    assert "\n" not in str(fault.value)
    # Rows that no claim compares may be as they are.
    fair = BEATS | {"together": "all", "alone": ["some"]}
    assert len(claims.judge_all([fair], networks)[0]) == 1
    grows = GROWS | {"sizes": {"clips": 1, "all": 2}}
    with pytest.raises(InputError, match=r"claim growth: .*clips"):
        claims.judge_all([fair, grows], networks)


def test_the_report_says_what_came_out_and_of_how_much(answered):
    text = claims.report(*answered)
    assert "180 test clips of 30 subjects; 3 trainings of each network." in text
    assert "- Agrees with the paper: sources (branches), growth (branches)." in text
    assert "- Contradicts the paper: sources (apex), growth (apex)." in text
    assert "Undecided:" not in text
    _, judged, scored = answered
    first = judged.iloc[0]
    assert f"- branches: all {scored['uf1'][1]:.1f}, one {scored['uf1'][0]:.1f}; {first['value']:+.1f} points" in text
    assert "at 15, " in text
    assert "at 60 faces" in text
    assert text.count("(few trainings: 3 of a network, where 5 or more tell how much they differ by chance.)") == 4
    assert "| all" in text


def test_a_single_subject_decides_no_claim(answered):
    claimed, _, _ = answered
    rows = {name: predicted(right, seeds=5, subjects=1) for name, right in (("one", 0.0), ("all", 1.0))}
    judged = pd.concat([claims.judge(claim, {"apex": rows}) for claim in claimed], ignore_index=True)
    assert judged["verdict"].tolist() == ["undecided"] * 2
    scored = claims.scores({"apex": rows}).assign(samples=960, steps=210, distinct_samples=np.nan, identities=15)
    text = claims.report(claimed, judged, scored)
    assert "- apex: all 100.0, one 0.0; +100.0 points, no p of a single subject: **undecided**." in text
    assert "nan" not in text
    claims_figure(claimed, judged, scored)


def test_no_sign_of_a_name_is_a_mark_of_the_report(answered):
    claimed, judged, scored = answered
    names = {"all": "a|b $x$", "one": "~c~ <b>", "apex": "_mine"}
    judged, scored = judged.replace(names), scored.replace(names)
    beats = claimed[0] | {"claim": "*All*.", "source": "we|you", "together": names["all"], "alone": [names["one"]]}
    grows = claimed[1] | {"of": "faces~", "sizes": {names["one"]: 15, names["all"]: 60}}
    text = claims.report([beats, grows], judged, scored)
    assert r"\*All\*. (we\|you)" in text
    assert r"- Contradicts the paper: sources (\_mine), growth (\_mine)." in text
    assert r"- \_mine: a\|b \$x\$ " in text
    assert r", \~c\~ \<b> " in text
    assert r" at 60 faces\~; " in text
    assert r"| \~c\~ \<b> | \_mine" in " ".join(text.split())
