import pytest

from mie_x_lib import plugins
from mie_x_lib.action_units import instruments
from mie_x_lib.action_units.instruments import EXPERT, compared, in_words, instrument, scale_of
from mie_x_lib.provenance import ROOT, sha256

NETWORK = ROOT / "resources/au_network.safetensors"


@pytest.mark.parametrize("source", plugins.names("mie_x_lib.action_units.sources"))
def test_every_source_has_a_known_scale_and_a_name(source):
    assert scale_of(source) in instruments.SCALES
    module = plugins.load("mie_x_lib.action_units.sources", source, "source")
    assert (scale_of(source), instrument(source, {})["version"]) == (module.SCALE, module.PROGRAM)


def test_a_probability_is_no_intensity():
    assert [scale_of(source) for source in ("openface", "embedded", "pyfeat")] == [
        "intensity",
        "intensity",
        "probability",
    ]


def test_an_instrument_has_its_version_and_what_decides_on_its_numbers(tmp_path):
    binary = tmp_path / "FeatureExtraction"
    binary.write_text("#!/bin/sh\n")
    pyfeat = instrument("pyfeat", {"detector": "v1", "batch_size": 16})
    assert pyfeat == {"source": "pyfeat", "models": "", "version": "py-feat 2.1.5, detector v1", "scale": "probability"}
    network = instrument("embedded", {"weights": str(NETWORK)})
    assert network["version"] == f"the embedded network, sha256 {sha256(NETWORK)[:16]}"
    assert instrument("openface", {"files": "x", "binary": None})["version"] == "OpenFace 2"
    assert instrument("openface", {"binary": binary})["version"] == f"OpenFace 2, sha256 {sha256(binary)[:16]}"
    assert in_words(pyfeat) == "py-feat 2.1.5, detector v1 (probabilities that a unit is active)"


def test_the_version_of_py_feat_is_the_one_that_is_installed():
    lines = (ROOT / "envs/requirements.txt").read_text(encoding="utf-8").splitlines()
    assert instrument("pyfeat", {})["version"].replace(" ", "==") in lines


def test_what_a_module_states_is_read_without_loading_it(tmp_path, monkeypatch):
    (tmp_path / "package").mkdir()
    (tmp_path / "package/heavy.py").write_text("import nothing_there\n\nSCALE = 'intensity'\n")
    monkeypatch.setattr(plugins, "_ROOT", tmp_path)
    assert plugins.stated("package", "heavy", "SCALE") == "intensity"
    with pytest.raises(ValueError, match=r"package\.heavy states no PROGRAM"):
        plugins.stated("package", "heavy", "PROGRAM")


OPENFACE = instrument("openface", {"binary": None})
PYFEAT = instrument("pyfeat", {"detector": "v2"})
EMBEDDED = instrument("embedded", {})
STATIC, DYNAMIC = (instrument("openface", {"binary": None, "static": static}) for static in (True, False))


@pytest.mark.parametrize(
    ("asked", "clips", "renders", "strength", "distance"),
    [
        (OPENFACE, OPENFACE, OPENFACE, True, True),
        (PYFEAT, PYFEAT, PYFEAT, True, True),
        (EXPERT, EMBEDDED, EMBEDDED, True, True),
        (EXPERT, PYFEAT, PYFEAT, False, True),
        (OPENFACE, OPENFACE, PYFEAT, False, False),
        (EXPERT, OPENFACE, PYFEAT, False, False),
        (OPENFACE, OPENFACE, None, False, False),
        (STATIC, STATIC, STATIC, True, True),
        (DYNAMIC, DYNAMIC, STATIC, False, False),
        (EXPERT, DYNAMIC, STATIC, True, False),
    ],
)
def test_only_figures_of_one_instrument_are_compared(asked, clips, renders, strength, distance):
    found = compared(asked, clips, renders)
    assert (found.strength, found.distance) == (strength, distance)
    assert ("au_strength" in found.remark, "au_wasserstein" in found.remark) == (
        renders is not None and not strength,
        renders is not None and not distance,
    )
    assert bool(found.remark) == (not (strength and distance))
    assert found.measured_by == ("" if renders is None else in_words(renders))


def test_a_remark_names_both_instruments():
    remark = compared(OPENFACE, OPENFACE, PYFEAT).remark
    assert "clips were measured by OpenFace 2, renders by py-feat 2.1.5, detector v2" in remark
    assert "asked for by OpenFace 2 (intensities" in remark
    assert "clips were measured by OpenFace 2, dynamic models, renders by OpenFace 2, static models" in (
        compared(DYNAMIC, DYNAMIC, STATIC).remark
    )
    assert "quality.thresholds.au_fidelity" in compared(OPENFACE, OPENFACE, None).remark


def test_a_scale_that_nobody_knows_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "mie_x_lib/action_units/sources"
    folder.mkdir(parents=True)
    (folder / "grey.py").write_text("SCALE = 'share of light'\n")
    monkeypatch.setattr(plugins, "_ROOT", tmp_path)
    with pytest.raises(ValueError, match=r"grey: SCALE is 'share of light', expected one of intensity, probability"):
        scale_of("grey")
