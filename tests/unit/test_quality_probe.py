import numpy as np
import pandas as pd
import pytest

from mie_x_lib.errors import InputError
from mie_x_lib.ganimation.networks import Generator
from mie_x_lib.quality import gate
from mie_x_lib.quality.probe import measure_generator

FACES = np.random.default_rng(0).integers(40, 200, (3, 16, 16, 3), dtype=np.uint8)
RENDER = {"batch_size": 4, "precision": "float32", "visible_change": 4}


def test_every_check_is_measured_and_each_photograph_is_taken_as_often_as_the_others():
    tables = []

    def estimate(images, table):
        tables.append(table)
        return np.random.default_rng(len(tables)).random((len(images), 17))

    photographs = pd.DataFrame({"identity": list("abc")})
    values = measure_generator(
        Generator(width=4, residual_blocks=1), photographs, FACES, estimate, 7, 2022, "celeba", RENDER
    )
    assert set(gate.MEASURES) <= set(values)
    assert not np.isnan([values[name] for name in gate.MEASURES]).any()
    assert [list(table["identity"]) for table in tables] == [list("abcabca")] * 2


def test_a_generator_that_fails_is_refused_with_what_to_do():
    thresholds = dict.fromkeys(gate.MEASURES) | {"sharpness": 0.8}
    values = dict.fromkeys(gate.MEASURES, 0.9)
    gate.refuse_failed(gate.judge(values, thresholds), "g.safetensors", "celeba", 96)
    with pytest.raises(
        InputError, match=r"^g\.safetensors, checked on 96 pairs of celeba: sharpness is 0\.5.*quality\."
    ):
        gate.refuse_failed(gate.judge(values | {"sharpness": 0.5}, thresholds), "g.safetensors", "celeba", 96)
