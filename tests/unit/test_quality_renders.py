from functools import partial

import numpy as np
import pandas as pd

from mie_x_lib.people import LINK, People
from mie_x_lib.quality import pictures, renders
from mie_x_lib.quality.pairs import pair_measures
from mie_x_lib.quality.renders import measure_real, measure_renders
from mie_x_lib.quality.rows import Rendered, quality_rows
from mie_x_lib.terms import APEX_AUS, AU_NAMES, ONSET_AUS
from mie_x_lib.triplets import Pool
from tests.unit.test_quality_rows import ONE_INSTRUMENT

FACES = np.random.default_rng(0).integers(40, 200, (2, 32, 32, 3), dtype=np.uint8)


def shard(number=0):
    """Three renders of each of two people, brighter at the apex, and their table."""
    samples = pd.DataFrame({"sample": np.arange(6) + 6 * number, "label": np.arange(6) % 3})
    samples = samples.assign(identity=["b", "a"] * 3, au_dataset="mmew", au_subject="s1", au_clip="c1")
    samples[[*ONSET_AUS, *APEX_AUS]] = np.linspace(0, 1, 6)[:, None] * np.linspace(0.1, 1, 34)
    pairs = np.stack([FACES[[1, 0] * 3], FACES[[1, 0] * 3] + 9], axis=1)
    return samples, pairs


def estimate(images):
    """Brightness, in every unit; no face in the last image."""
    found = np.repeat(images.mean(axis=(1, 2, 3))[:, None] / 255, len(AU_NAMES), axis=1)
    found[-1] = np.nan
    return found


def rendered(number=0):
    samples, pairs = shard(number)
    return measure_renders(samples, pairs.__getitem__, ["a", "b"], FACES, estimate, visible=4)


def test_a_render_is_measured_beside_its_own_photograph():
    found = rendered()
    assert (found.measures["identity_kept"] == 1).all()
    np.testing.assert_allclose(found.measures["change_mean"], 9)
    np.testing.assert_allclose(found.measured[:5, 1] - found.measured[:5, 0], 9 / 255, rtol=1e-5)
    samples, _ = shard()
    np.testing.assert_allclose(found.wanted[:, 1], samples[list(APEX_AUS)])


def test_every_measure_of_a_pair_is_in_the_table_of_quality(monkeypatch):
    def one_more(frames, photographs):
        return np.full(len(frames), 7.0)

    monkeypatch.setattr(pictures, "MEASURES", (*pictures.MEASURES, one_more))
    measures = pair_measures(shard()[1], np.array([1, 0] * 3), FACES, 4)
    assert "one_more" in measures
    rows = quality_rows(rendered(), None, sampled=6, comparison=ONE_INSTRUMENT)
    assert set(measures) <= set(rows)
    assert rows["one_more"].tolist() == [7, 7, 7, 7]


def test_pairs_are_measured_alike_however_many_at_a_time(monkeypatch):
    samples, pairs = shard()

    def read_at_most(rows, most):
        assert len(rows) <= most
        return pairs[rows]

    found = {}
    for most in (6, 4, 1):
        monkeypatch.setattr(renders, "_AT_A_TIME", most)
        read = partial(read_at_most, most=most)
        found[most] = measure_renders(samples, read, ["a", "b"], FACES, lambda frames: frames[:, 0, 0, :1] / 255, 4)
    for most in (4, 1):
        pd.testing.assert_frame_equal(found[most].samples, found[6].samples)
        for name in ("wanted", "measured", "measures", "motion"):
            np.testing.assert_allclose(getattr(found[most], name), getattr(found[6], name), rtol=1e-12)


def test_shards_stand_one_behind_the_other():
    parts = [rendered(0), rendered(1)]
    both = Rendered.together(parts)
    assert both.samples["sample"].tolist() == list(range(12))
    assert len(both.measures) == len(both.motion) == len(both.measured) == 12
    units = both.action_units()
    assert list(units)[:6] == ["sample", "label", "identity", "au_dataset", "au_subject", "au_clip"]
    np.testing.assert_allclose(units["apex_AU01"][:5], both.measured[:5, 1, 0])
    assert units.loc[[5, 11], "onset_AU45"].isna().all()
    assert both.of_label(1).action_units()["sample"].tolist() == [1, 4, 7, 10]


def test_real_clips_are_measured_in_the_order_of_their_pool():
    onset, apex = np.full((2, 17), 0.25, np.float32), np.full((2, 17), 0.75, np.float32)
    clips = [("samm", "006", "x"), ("smic", "s1", "y")]
    pool = Pool(clips, ["anger", "surprise"], np.array([0, 2]), onset, apex, np.ones(2))
    tables = []

    def read_pairs(table):
        tables.append(table)
        return np.stack([FACES, FACES], axis=1)

    real = measure_real(pool, read_pairs, People())
    assert tables[0].to_numpy().tolist() == [["samm", "006", "x"], ["smic", "s1", "y"]]
    assert real.subjects.tolist() == ["samm/006", "smic/s1"]
    np.testing.assert_allclose(real.change, 0.5)
    assert real.motion.shape == (2, 16)
    one = People(pd.DataFrame([("samm", "006", "smic", "s1", "file")], columns=list(LINK)))
    assert measure_real(pool, read_pairs, one).subjects.tolist() == ["samm/006", "samm/006"]
