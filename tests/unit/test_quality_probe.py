import numpy as np
import pytest

from mie_x_lib.action_units import unmeasured
from mie_x_lib.errors import InputError
from mie_x_lib.ganimation import render
from mie_x_lib.ganimation.networks import Generator
from mie_x_lib.quality import gate, probe
from mie_x_lib.quality.probe import measure_generator

FACES = np.random.default_rng(0).integers(40, 200, (3, 16, 16, 3), dtype=np.uint8)
RENDER = {"batch_size": 4, "precision": "float32", "visible_change": 4}


def measure(estimate):
    generator = Generator(width=4, residual_blocks=1)
    return measure_generator(generator, FACES, estimate, 7, 2022, "celeba", RENDER)


def test_every_check_is_measured_and_each_photograph_is_taken_as_often_as_the_others(monkeypatch):
    shown = []

    def render_pairs(generator, faces, *args, **options):
        assert faces is FACES
        shown.append(options["shown"].tolist())
        return render.render_pairs(generator, faces, *args, **options)

    monkeypatch.setattr(probe, "render_pairs", render_pairs)
    # Onset and apex are never measured alike: the fidelity of units that do not change is not defined.
    measured = np.random.default_rng(1)
    values = measure(lambda images: measured.random((len(images), 17)))
    assert set(gate.MEASURES) <= set(values)
    assert not np.isnan([values[name] for name in gate.MEASURES]).any()
    assert shown == [[0, 1, 2, 0, 1, 2, 0]]


def test_the_fidelity_of_a_generator_that_does_what_is_asked_is_one():
    onset_then_apex = iter(gate.probe_action_units(7, 2022, "celeba"))
    assert measure(lambda images: next(onset_then_apex))["au_fidelity"] == pytest.approx(1)


def test_what_is_measured_is_rendered_in_the_precision_of_the_renders_whose_error_is_that_of_every_pair(monkeypatch):
    asked, checked = [], []

    def render_pairs(*args, precision="", **options):
        asked.append(precision)
        return render.render_pairs(*args, precision=precision, **options)

    def arithmetic_error(generator, faces, *args):
        checked.append(faces)
        return render.arithmetic_error(generator, faces, *args)

    monkeypatch.setattr(probe, "render_pairs", render_pairs)
    monkeypatch.setattr(probe, "arithmetic_error", arithmetic_error)
    generator = Generator(width=4, residual_blocks=1)
    measure_generator(generator, FACES, unmeasured, 7, 2022, "celeba", RENDER | {"precision": "bfloat16"})
    assert asked == ["bfloat16"]
    np.testing.assert_array_equal(checked, [FACES[[0, 1, 2, 0, 1, 2, 0]]])


def test_the_arithmetic_of_the_renders_is_checked():
    generator = Generator(width=4, residual_blocks=1)
    exact, other = (
        measure_generator(generator, FACES, unmeasured, 7, 2022, "celeba", RENDER | {"precision": precision})
        for precision in ("float32", "bfloat16")
    )
    assert exact["arithmetic_error"] == 0 < other["arithmetic_error"]
    checks = gate.judge(other, dict.fromkeys(gate.MEASURES) | {"arithmetic_error": other["arithmetic_error"] / 2})
    assert "set render.precision to float32" in gate.complaint(checks)


def test_where_nothing_measures_action_units_all_else_is_measured():
    values = measure(unmeasured)
    assert np.isnan(values["au_fidelity"])
    assert not np.isnan([values[name] for name in gate.MEASURES if name != "au_fidelity"]).any()


def test_a_generator_that_fails_is_refused_with_what_to_do():
    thresholds = dict.fromkeys(gate.MEASURES) | {"sharpness": 0.8}
    values = dict.fromkeys(gate.MEASURES, 0.9)
    gate.refuse_failed(gate.judge(values, thresholds), "g.safetensors", "celeba", 96)
    with pytest.raises(
        InputError, match=r"^g\.safetensors, checked on 96 pairs of celeba: sharpness is 0\.5.*quality\."
    ):
        gate.refuse_failed(gate.judge(values | {"sharpness": 0.5}, thresholds), "g.safetensors", "celeba", 96)
