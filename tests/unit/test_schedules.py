import numpy as np

from mie_x_lib.schedules import falling


def test_a_rate_falls_to_nothing_over_the_last_part():
    factors = [falling(step, 30, 1 / 3) for step in range(31)]
    assert factors[:21] == [1.0] * 21
    np.testing.assert_allclose(factors[21:], np.linspace(0.9, 0, 10), atol=1e-12)


def test_a_rate_that_falls_over_no_part_is_constant():
    assert [falling(step, 30, 0) for step in range(30)] == [1.0] * 30
