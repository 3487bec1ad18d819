"""py-feat's own classes, with freshly initialised weights that they load as they load the published ones."""

import numpy as np
import pytest

from mie_x_lib.action_units.sources import pyfeat
from mie_x_lib.errors import InputError
from tests import pyfeat_weights

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*does not regress 6DoF head pose")]
BLACK = 2


@pytest.fixture
def installed(pyfeat_package, monkeypatch):
    """The weights are where py-feat looks for them, and a look at the network, or a wait for it, is a fault."""
    import feat

    waited = []
    monkeypatch.setattr(feat, "__path__", [str(pyfeat_package), *feat.__path__])
    monkeypatch.setattr("mie_x_lib.action_units.pyfeat_hub._answers", waited.append)
    monkeypatch.setattr("time.sleep", waited.append)
    yield
    assert waited == []


def pictures():
    """Four pictures of 64 pixels, one of them black."""
    coarse = np.random.default_rng(0).integers(0, 255, (4, 8, 8, 3), dtype=np.uint8)
    images = coarse.repeat(8, axis=1).repeat(8, axis=2)
    images[BLACK] = 0
    return images


@pytest.mark.parametrize("detector", ["v2", "v1"])
def test_real_detectors_measure_what_has_a_face(installed, detector):
    import torch

    aus = pyfeat.estimate(pictures(), detector, batch_size=3)
    assert aus.shape == (4, 17)
    assert aus.dtype == np.float32
    assert np.isnan(aus).all(axis=1).tolist() == [False, False, True, False]
    found = np.delete(aus, BLACK, axis=0)
    assert ((found >= 0) & (found <= 1)).all()
    # Units and faces differ, so that a wrong order would show.
    assert len(np.unique(found[0])) > 10
    assert not (found[0] == found[1]).all()
    np.testing.assert_allclose(pyfeat.estimate(pictures(), detector, batch_size=1), aus, atol=1e-5)
    # py-feat switches gradients off for the whole process.
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("detector", ["v2", "v1"])
def test_the_columns_are_those_of_the_largest_face(installed, detector):
    import torch

    images = pictures()[:1]
    faces = pyfeat.load(detector).detect
    with pyfeat.offline():
        table = faces(torch.from_numpy(images.transpose(0, 3, 1, 2).copy()), data_type="tensor", progress_bar=False)
    table["area"] = table["FaceRectWidth"] * table["FaceRectHeight"]
    assert len(table) > 1
    units = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 43)
    expected = table.sort_values("area").iloc[-1][[f"AU{unit:02}" for unit in units]].to_numpy(np.float32)
    np.testing.assert_allclose(pyfeat.estimate(images, detector)[0], expected, atol=1e-5)


@pytest.mark.parametrize("detector", ["v2", "v1"])
def test_without_weights_and_network_one_sentence_says_so(tmp_path, monkeypatch, detector):
    import feat

    monkeypatch.setattr(feat, "__path__", [str(pyfeat_weights.shadow(tmp_path)), *feat.__path__])
    monkeypatch.setattr("mie_x_lib.action_units.pyfeat_hub._answers", lambda address: False)
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail("waited for the network"))
    with pytest.raises(InputError, match=rf"py-feat's Detector{detector}: the weights are not here.*fetch_weights"):
        pyfeat.estimate(pictures(), detector)
