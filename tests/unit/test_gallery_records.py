import numpy as np
import pandas as pd
import pytest

from mie_x_lib.errors import InputError
from mie_x_lib.gallery.records import (
    ASKED,
    COLUMNS,
    MEASURED,
    clip_records,
    clips_tested,
    fidelity,
    pair_records,
    row_predictions,
)
from mie_x_lib.gallery.samples import list_pairs
from mie_x_lib.terms import AU_NAMES
from tests.tiny_gallery import HOSTILE, clip_table, said_of_clips, table_row
from tests.tiny_variant import write_variant

SOURCES = (("emotionnet", "mmew"), ("emotionnet", "expert"))


@pytest.fixture
def pairs(tmp_path):
    return list_pairs(write_variant(tmp_path)[0], None)


def measured_of(pairs, samples=range(6)):
    """Action units that say whose they are: of every source, the sample and the column."""
    return {
        source: pd.DataFrame(
            {"sample": samples, **{name: [number + row / 10 for row in samples] for name in ASKED}}
        ).sample(frac=1, random_state=0)
        for number, source in enumerate(SOURCES)
    }


def test_a_pair_says_whose_face_it_has_and_where_its_units_come_from(pairs):
    records = pair_records(pairs, measured_of(pairs), np.arange(12.0))
    assert tuple(records) == COLUMNS
    row = records.iloc[10]
    assert row[["id", "kind", "name", "faces", "units"]].tolist() == [
        *("pair/emotionnet/expert/4", "pair", "é b.c", "emotionnet", "expert")
    ]
    assert row[["subject", "clip", "emotion", "label", "change"]].tolist() == [
        *("expert/006", "c4", "positive", "positive", 10.0)
    ]
    np.testing.assert_array_equal(records[list(ASKED)], pairs[list(ASKED)])


def test_what_was_measured_stands_beside_its_own_sample_in_whatever_order_it_comes(pairs):
    records = pair_records(pairs, measured_of(pairs), np.zeros(12))
    wanted = np.array([number + row / 10 for number in (0, 1) for row in range(6)])
    np.testing.assert_allclose(records[list(MEASURED)], np.repeat(wanted[:, None], 34, axis=1))


def test_a_sample_that_was_not_measured_is_named(pairs):
    with pytest.raises(InputError, match=r"results/quality/emotionnet/mmew\.action_units\.csv: sample 5 is missing"):
        pair_records(pairs, measured_of(pairs, range(5)), np.zeros(12))


def test_without_a_shard_there_is_no_record():
    records = pair_records(list_pairs([], None), {}, np.zeros(0))
    assert tuple(records) == COLUMNS
    assert records.empty


def test_a_clip_has_its_own_units_and_none_where_it_was_not_measured():
    clips = clip_table()
    units = clips.iloc[[2, 2, 0, 0]].assign(role=["apex", "onset", "onset", "apex"])
    units = units.assign(**{name: [0.1, 0.2, 0.3, 0.4] for name in AU_NAMES})
    other = units.iloc[:2].assign(subject="nobody")
    records = clip_records(clips, [other, units], np.ones(4))
    found = records[list(MEASURED)].to_numpy()
    np.testing.assert_allclose(found[0], [0.3] * 17 + [0.4] * 17)
    np.testing.assert_allclose(found[2], [0.2] * 17 + [0.1] * 17)
    assert np.isnan(found[[1, 3]]).all()
    assert records[list(ASKED)].isna().all(axis=None)
    assert records["label"].tolist() == ["negative", "positive", "surprise", ""]
    assert records["subject"].tolist() == ["samm/006", "samm/006", "samm/007", "smic/s1"]


def test_links_are_unique_and_fit_behind_the_sign_of_a_url():
    rows = [("a/b", "c", "d", "anger"), ("a", "b/c", "d", "anger"), ("a", "b", HOSTILE, "anger")]
    clips = pd.DataFrame(rows, columns=["dataset", "subject", "clip", "emotion"])
    links = clip_records(clips, [], np.zeros(3))["id"]
    assert links.is_unique
    assert links.str.fullmatch(r"clip(/[\w.~%-]+){3}").all()


def test_fidelity_is_the_correlation_of_the_changes_of_a_pair():
    random = np.random.default_rng(0)
    asked, measured = random.random((2, 5, 34))
    found = fidelity(asked, measured)
    for row in range(5):
        changes = [units[row, 17:] - units[row, :17] for units in (asked, measured)]
        assert found[row] == pytest.approx(np.corrcoef(changes)[0, 1])
    measured[1] = np.nan
    measured[2] = 0.5
    assert np.isnan(fidelity(asked, measured)).tolist() == [False, True, True, False, False]


def test_every_tested_clip_is_there_once():
    clips = clips_tested(said_of_clips()[::-1])
    assert clips[["dataset", "clip"]].to_numpy().tolist() == [
        *(["samm", "a"], ["samm", "b"], ["samm", HOSTILE], ["smic", "a"])
    ]


def test_what_networks_said_is_kept_by_row_clip_and_seed():
    clips = clips_tested(said_of_clips())
    first, second = row_predictions([table_row("first"), table_row("second")], said_of_clips()[:2], clips)
    assert first["name"] == "1: first, synthetic, branches"
    assert first["truth"] == [0, 1, 2, 0]
    assert first["predicted"] == [[0, 0], [1, 1], [0, 2], [1, 1]]
    assert first["confidence"] == [[900, 700]] * 4
    # A clip that the second row does not test.
    assert (second["truth"][3], second["predicted"][3], second["confidence"][3]) == (None, [], [])
    assert second["predicted"][:3] == [[1, 1], [1, 2], [1, 1]]


@pytest.mark.parametrize(
    "scores", [np.full((4, 3), np.nan), np.eye(4, 3) * 12.5, np.eye(4, 3) - 1, np.full((4, 3), 0.7)]
)
def test_what_is_no_probability_is_no_confidence(scores):
    names = [f"score_{name}" for name in ("negative", "positive", "surprise")]
    sure = said_of_clips()[0][0]
    other = sure.assign(**dict(zip(names, scores.T, strict=True)))
    (row,) = row_predictions([table_row("mine")], [[sure, other]], clips_tested([[sure]]))
    assert row["confidence"] == [[900, None]] * 4
    assert row["predicted"] == [[0, 0], [1, 1], [0, 0], [1, 1]]


def test_probabilities_may_be_rounded():
    names = [f"score_{name}" for name in ("negative", "positive", "surprise")]
    table = said_of_clips()[0][0].assign(**dict.fromkeys(names, 0.33))
    (row,) = row_predictions([table_row("mine")], [[table]], clips_tested([[table]]))
    assert row["confidence"] == [[330]] * 4
