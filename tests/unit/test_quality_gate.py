"""The generator that is shipped passes, and a broken one of each kind does not, by the default thresholds."""

import cv2
import numpy as np
import pytest
import torch

from mie_x_lib import weights
from mie_x_lib.action_units import estimate
from mie_x_lib.frames.detectors.haar import find_faces
from mie_x_lib.frames.faces import crop
from mie_x_lib.ganimation.networks import Generator
from mie_x_lib.ganimation.render import arithmetic_error, render_pairs
from mie_x_lib.provenance import ROOT
from mie_x_lib.quality.fidelity import au_fidelity, identity_kept
from mie_x_lib.quality.gate import MEASURES, complaint, judge, probe_action_units, summary
from mie_x_lib.quality.pictures import change_measures, picture_measures
from mie_x_lib.settings.quality import Thresholds
from tests.drawn_faces import photographs

pytestmark = pytest.mark.slow

THRESHOLDS = Thresholds().model_dump()
PAIRS = 96
CPU = torch.device("cpu")


def test_every_measure_has_a_threshold():
    assert THRESHOLDS.keys() == MEASURES.keys()


def test_the_probe_is_as_strong_as_a_micro_expression():
    onset, apex = probe_action_units(200, 7, "celeba")
    assert not onset.any()
    active = apex > 0
    assert active.any(axis=1).all()
    assert 0.2 < active.mean() < 0.35
    assert 0.1 <= apex[active].min() < apex.max() <= 0.4
    assert active.any(axis=0).all()


def test_a_probed_pair_depends_on_seed_and_source_and_is_the_same_however_many_there_are():
    np.testing.assert_array_equal(probe_action_units(3, 7, "celeba")[1], probe_action_units(9, 7, "celeba")[1][:3])
    for other in ((7, "emotionnet"), (8, "celeba")):
        assert (probe_action_units(3, *other)[1] != probe_action_units(3, 7, "celeba")[1]).any()


def test_a_threshold_is_a_least_or_a_most():
    values = dict(THRESHOLDS)
    checks = judge(values, THRESHOLDS)
    assert checks["measure"].tolist() == list(MEASURES)
    assert set(checks["result"]) == {"passed"}
    assert complaint(checks) == ""
    worse = {name: value + (-0.01 if MEASURES[name].least else 0.01) for name, value in values.items()}
    assert set(judge(worse, THRESHOLDS)["result"]) == {"failed"}


def test_what_could_not_be_measured_fails_and_what_is_switched_off_neither_passes_nor_fails():
    values = THRESHOLDS | {"au_fidelity": np.nan, "saturated": 1.0}
    checks = judge(values, THRESHOLDS | {"saturated": None})
    found = checks.set_index("measure")
    expected = dict.fromkeys(MEASURES, "passed") | {"au_fidelity": "failed", "saturated": "off"}
    assert found["result"].to_dict() == expected
    assert np.isnan(found.loc["saturated", "most"])
    assert complaint(checks).startswith("au_fidelity is nan")
    assert "saturated" not in complaint(checks)
    all_off = judge(dict.fromkeys(MEASURES, np.nan), dict.fromkeys(MEASURES))
    assert set(all_off["result"]) == {"off"}
    assert complaint(all_off) == ""


def test_a_complaint_names_each_measure_its_value_and_the_threshold():
    found = complaint(judge(THRESHOLDS | {"sharpness": 0.5123, "border_change": 7}, THRESHOLDS))
    assert found == (
        "sharpness is 0.512, expected at least 0.8 (renders are blurred); border_change is 7, expected at most 3 "
        "(there is noise, or change where no face is)"
    )


def test_a_summary_has_every_measure_beside_its_threshold():
    values = THRESHOLDS | {"au_fidelity": 0.6123, "change_p95": np.nan, "saturated": 0.0}
    found = summary(judge(values, THRESHOLDS | {"change_p95": None})).split("; ")
    assert [words.partition(" ")[0] for words in found] == list(MEASURES)
    assert found[0] == "au_fidelity 0.612 (at least 0.3)"
    assert found[3] == "change_p95 nan (off)"
    assert found[7] == "saturated 0 (at most 0.02)"


@pytest.fixture(scope="module")
def faces():
    found = [(picture, find_faces(picture)) for picture in photographs(24)]
    return np.stack([crop(picture, faces[0].box, 0.05, 64) for picture, faces in found if faces])


@pytest.fixture(scope="module")
def rendered(faces):
    """Photographs, action units and renders of the shipped generator."""
    torch.set_num_threads(1)
    onset, apex = probe_action_units(PAIRS, 2022, "drawn")
    people = np.arange(PAIRS) % len(faces)
    generator = weights.load(ROOT / "resources/generator.safetensors", "generator", Generator)
    return people, onset, apex, render_pairs(generator, faces[people], onset, apex, device=CPU)


def measured(pairs) -> list[np.ndarray]:
    """Action units at onset and apex."""
    network = ROOT / "resources/au_network.safetensors"
    return [estimate("embedded", pairs[:, frame], None, weights=network) for frame in (0, 1)]


def failing(pairs, faces, rendered) -> set[str]:
    """The measures that pairs fail by the default thresholds."""
    people, onset, apex, _ = rendered
    values = au_fidelity(onset, apex, *measured(pairs)) | {"identity_kept": identity_kept(pairs, people, faces).mean()}
    values |= change_measures(pairs, 4).mean().to_dict() | picture_measures(pairs, faces[people]).mean().to_dict()
    checks = judge(values | {"arithmetic_error": 0.0}, THRESHOLDS)
    return set(checks.loc[checks["result"] == "failed", "measure"])


def each(change, pairs):
    return np.stack([[change(frame) for frame in pair] for pair in pairs]).astype(np.uint8)


def test_the_shipped_generator_passes_with_a_margin(faces, rendered):
    people, onset, apex, pairs = rendered
    assert failing(pairs, faces, rendered) == set()
    fidelity = au_fidelity(
        onset,
        apex,
        *(estimate("embedded", pairs[:, i], None, weights=ROOT / "resources/au_network.safetensors") for i in (0, 1)),
    )["au_fidelity"]
    assert fidelity > 1.5 * THRESHOLDS["au_fidelity"]
    assert picture_measures(pairs, faces[people])["sharpness"].mean() > 1.1 * THRESHOLDS["sharpness"]
    assert change_measures(pairs, 4)["border_change"].mean() < 0.6 * THRESHOLDS["border_change"]


def test_half_the_digits_are_enough_for_the_shipped_generator(faces, rendered):
    people, onset, apex, _ = rendered
    generator = weights.load(ROOT / "resources/generator.safetensors", "generator", Generator)
    some = slice(24)
    error, rounding = arithmetic_error(generator, faces[people[some]], onset[some], apex[some], "bfloat16", device=CPU)
    assert error < THRESHOLDS["arithmetic_error"] < rounding


@pytest.mark.parametrize("settings", [{}, {"modulated": True, "residual": True}])
def test_an_untrained_generator_fails(faces, rendered, settings):
    people, onset, apex, _ = rendered
    torch.manual_seed(0)
    pairs = render_pairs(Generator(width=16, residual_blocks=2, **settings), faces[people], onset, apex, device=CPU)
    assert {"au_fidelity", "border_change"} <= failing(pairs, faces, rendered)


def test_a_generator_that_returns_its_input_fails(faces, rendered):
    photos = faces[rendered[0]]
    assert failing(np.stack([photos, photos], axis=1), faces, rendered) == {"au_fidelity", "change_p95"}


def test_a_generator_that_ignores_the_action_units_fails(faces, rendered):
    people, *_, pairs = rendered
    # Every face with the expression that another was asked for.
    order = np.argsort(people, kind="stable")
    mixed = pairs.copy()
    mixed[order] = pairs[order[np.arange(PAIRS) - 1]]
    same = people[order] == people[order[np.arange(PAIRS) - 1]]
    assert same.mean() > 0.7
    assert "au_fidelity" in failing(mixed, faces, rendered)


def test_blurred_renders_fail(faces, rendered):
    assert failing(each(lambda frame: cv2.GaussianBlur(frame, (0, 0), 1), rendered[3]), faces, rendered) == {
        "sharpness"
    }


def test_noisy_renders_fail(faces, rendered):
    random = np.random.default_rng(0)
    noisy = each(lambda frame: np.clip(np.rint(frame + random.normal(0, 5, frame.shape)), 0, 255), rendered[3])
    assert "border_change" in failing(noisy, faces, rendered)


def test_a_checkerboard_fails(faces, rendered):
    rows, columns = np.indices((64, 64)) // 2
    pattern = np.where((rows + columns) % 2, 3, -3)[..., None]
    board = each(lambda frame: np.clip(frame.astype(int) + pattern, 0, 255), rendered[3])
    assert "checkerboard" in failing(board, faces, rendered)


def test_saturated_colours_fail(faces, rendered):
    hard = each(lambda frame: np.clip((frame.astype(float) - 128) * 2 + 128, 0, 255), rendered[3])
    assert "saturated" in failing(hard, faces, rendered)


def test_somebody_elses_face_fails(faces, rendered):
    assert {"identity_kept", "au_fidelity"} <= failing(np.roll(rendered[3], 1, axis=0), faces, rendered)
