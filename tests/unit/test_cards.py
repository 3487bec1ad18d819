import json
import re

import pandas as pd
import pytest
import yaml

from mie_x_lib import plugins
from mie_x_lib.cards import renders, variant
from mie_x_lib.errors import InputError
from mie_x_lib.provenance import ROOT, sha256
from mie_x_lib.quality.gate import MEASURES, judge
from mie_x_lib.terms import LABEL_NAMES

CHECKS = judge(dict.fromkeys(MEASURES, 0.5), dict.fromkeys(MEASURES))


def dataset(name, simulated=False):
    return {"name": name, "layout": name, "simulated": simulated}


PYFEAT = {"source": "pyfeat", "options": {"detector": "v2"}}
OPENFACE = {"source": "openface", "options": {"binary": None}}


def source_card(
    id_source="celeba",
    simulated=False,
    au_source="mmew",
    kind="micro",
    licences=None,
    measured_by=OPENFACE,
    generator=None,
):
    expert = kind == "expert"
    return renders.source_card(
        {"name": id_source, "datasets": [dataset(id_source, simulated)]},
        {
            "name": au_source,
            "kind": kind,
            "table": "mmew.csv" if expert else None,
            "datasets": [] if expert else [dataset(au_source, simulated)],
            **({} if expert else {"measured_by": measured_by}),
        },
        generator or renders.generator_facts(ROOT / "resources/generator.safetensors"),
        {"seed": 7, "code": "0123"},
        {id_source: None, au_source: None} | (licences or {}),
    )


def quality(id_source="celeba", au_source="mmew", pairs=(4, 5, 6)):
    rows = pd.DataFrame({"label": [*LABEL_NAMES, "all"], "pairs": [*pairs, sum(pairs)]})
    rows = rows.assign(id_source=id_source, au_source=au_source, identities=6, unchanged=0)
    rows = rows.assign(au_measured_by="py-feat 2.1.5", au_remark="")
    measures = [name for name in variant._QUALITY if name not in rows]
    return rows.assign(**dict.fromkeys(measures, 0.25))


def people(id_source="celeba", identities="abcdef"):
    return pd.DataFrame({"id_source": id_source, "identity": list(identities)})


@pytest.mark.parametrize("layout", plugins.names("mie_x_lib.corpora.layouts"))
def test_what_the_user_says_of_a_licence_takes_precedence(layout):
    assert renders.licence(layout, "ours", simulated=True) == "ours"
    assert renders.licence(layout, None, simulated=True) == "drawn by this project: no person"
    known = renders.licence(layout, None, simulated=False)
    assert "research" in known if layout != "videos" else known == "see the dataset's agreement"


def test_facts_of_a_generator_are_read_from_its_header():
    path = ROOT / "resources/generator.safetensors"
    facts = renders.generator_facts(path)
    assert facts["file"] == "generator.safetensors"
    assert facts["sha256"] == sha256(path)
    assert facts["metadata"]["kind"] == "generator"
    assert facts["metadata"]["training"]["steps"] > 0


@pytest.mark.parametrize("content", [b"", b"no weights", bytes(100), b"\xff" * 100])
def test_a_file_that_holds_no_weights_is_named(tmp_path, content):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"weights\.safetensors"):
        renders.generator_facts(path)


def test_the_card_of_renders_says_what_they_are_made_of_and_can_be_stored():
    made = source_card()
    assert json.loads(json.dumps(made)) == made
    assert made["identities"]["datasets"][0]["name"] == "celeba"
    assert made["action_units"]["kind"] == "micro"
    assert "checks" not in made["generator"]
    assert made["made"] == {"seed": 7, "code": "0123"}
    assert any("Judging people" in use for use in made["forbidden_use"])


def test_the_card_of_renders_says_under_what_terms_its_sources_may_be_used():
    made = source_card(licences={"mmew": "ours"})
    assert [entry["licence"] for entry in made["action_units"]["datasets"]] == ["ours"]
    assert "Chinese University of Hong Kong" in made["identities"]["datasets"][0]["licence"]
    (table,) = source_card(kind="expert")["action_units"]["datasets"]
    assert table == {"name": "mmew.csv", "layout": "table", "simulated": False, "licence": renders.BY_EXPERTS}


def test_drawn_people_are_said_to_be_drawn():
    assert renders.SIMULATED_LIMIT not in source_card(simulated=False)["limits"]
    assert source_card(simulated=True)["limits"][0] == renders.SIMULATED_LIMIT


@pytest.fixture
def whole():
    cards = [source_card("celeba"), source_card("celeba", au_source="oulu"), source_card("emotionnet", simulated=True)]
    rows = [quality("celeba"), quality("celeba", "oulu"), quality("emotionnet", pairs=(400, 300, 300))]
    checks = {"celeba": CHECKS, "emotionnet": CHECKS}
    # With the second source of action units celeba has a face that it lacks with the first, and lacks one.
    samples = pd.concat([people("celeba", "abcdef"), people("celeba", "bcdefg"), people("emotionnet", "uvwxyz")])
    return variant.variant_card("mixed", cards, checks, pd.concat(rows, ignore_index=True), samples)


def test_the_card_of_a_variant_counts_pairs_and_people(whole):
    assert whole["pairs"] == 15 + 15 + 1000
    assert whole["counts"][0] == {
        "id_source": "celeba",
        "au_source": "mmew",
        "negative": 4,
        "positive": 5,
        "surprise": 6,
    }
    assert whole["identities"] == {"celeba": 7, "emotionnet": 6}
    assert len(whole["sources"]) == 3
    # The check of the generator once for each source of faces.
    assert len(whole["generator"]["checks"]) == 2 * len(MEASURES)
    assert whole["generator"]["checks"][0] == {
        "id_source": "celeba", "measure": "au_fidelity", "value": 0.5, "least": None, "most": None, "result": "off",
    }  # fmt: skip
    checks = variant.markdown(whole).partition("## Generator")[2].partition("## Made with")[0]
    assert (checks.count("| off"), checks.count("| passed")) == (2 * len(MEASURES), 0)
    assert renders.SIMULATED_LIMIT in whole["limits"]
    assert json.loads(json.dumps(whole)) == whole


def test_markdown_has_front_matter_and_every_section(whole):
    text = variant.markdown(whole)
    _, front, body = text.split("---\n", maxsplit=2)
    matter = yaml.safe_load(front)
    assert matter["pretty_name"] == "mixed: synthetic micro-expressions"
    assert matter["size_categories"] == ["1K<n<10K"]
    assert matter["license"] == "other"
    for part in (
        *("# mixed", "## What it must not be used for", "## Known limits", "## Sources and licences", "## Generator"),
        *("## Measured quality", "## How to read it", "## How to cite it", whole["generator"]["sha256"], "ECCV 2022"),
        *whole["forbidden_use"],
        *whole["limits"],
    ):
        assert part in body
    assert "drawn by this project: no person" in body
    assert "Chinese University of Hong Kong" in body


@pytest.mark.parametrize(("pairs", "size"), [(5, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (45000, "10K<n<100K")])
def test_size_categories_are_those_of_the_hub(pairs, size):
    made = variant.variant_card("one", [source_card()], {"celeba": CHECKS}, quality(pairs=(pairs, 0, 0)), people())
    assert f"- {size}\n" in variant.markdown(made)


@pytest.mark.parametrize(
    ("kind", "simulated", "people"), [("micro", False, "real"), ("micro", True, "drawn"), ("expert", False, "none")]
)
def test_the_card_says_whose_action_units_they_are(kind, simulated, people):
    whole = of_sources(source_card(simulated=simulated, kind=kind))
    (line,) = [line for line in variant.markdown(whole).splitlines() if line.startswith("| mmew")]
    assert line.split("|")[5].strip() == people


def section(whole, name):
    """The text below a heading of the card in Markdown."""
    return variant.markdown(whole).partition(f"## {name}\n")[2].partition("\n## ")[0]


def of_sources(*cards, rows=None):
    return variant.variant_card("x", cards, {"celeba": CHECKS}, quality() if rows is None else rows, people())


def test_the_card_names_what_measured_action_units_its_version_and_its_scale():
    whole = of_sources(source_card(measured_by=PYFEAT), source_card(au_source="expert", kind="expert"))
    measured_by = [source["action_units"]["measured_by"] for source in whole["sources"]]
    assert measured_by == [
        {"source": "pyfeat", "models": "", "version": "py-feat 2.1.5, detector v2", "scale": "probability"},
        {"source": "expert", "models": "", "version": "the expert table", "scale": "intensity"},
    ]
    table = section(whole, "Action units")
    for row in (
        r"asked for, mmew +\| py-feat 2\.1\.5, detector v2 \(probabilities that a unit is active\)",
        r"asked for, expert +\| the expert table \(intensities, OpenFace's 0 to 5 divided by 5\)",
        r"the generator learned from +\| intensities",
        r"measured on renders +\| py-feat 2\.1\.5",
    ):
        assert re.search(row, table), row
    reading = section(whole, "How to read it")
    assert (
        "probabilities that a unit is active (of mmew); intensities, OpenFace's 0 to 5 divided by 5 (of expert)"
        in reading
    )
    assert "intensities asked for" not in reading


@pytest.mark.parametrize(
    ("kind", "measured_by", "learned", "mixed"),
    [
        ("micro", PYFEAT, "intensity", True),
        ("expert", None, "probability", True),
        ("micro", OPENFACE, "intensity", False),
        ("micro", PYFEAT, "probability", False),
        ("expert", None, "intensity", False),
        ("micro", PYFEAT, None, False),
    ],
)
def test_the_card_says_where_two_scales_meet(kind, measured_by, learned, mixed):
    notes = {} if learned is None else {"au_scale": learned}
    made = source_card(kind=kind, measured_by=measured_by, generator={"file": "g", "sha256": "0", "metadata": notes})
    assert any("two scales meet" in limit for limit in made["limits"]) == mixed


def test_the_card_says_what_is_empty_and_why():
    rows = quality().assign(au_strength=float("nan"), au_remark="au_strength is empty: two instruments")
    text = section(of_sources(source_card(), rows=rows), "Measured quality")
    assert "The JSON card has every measure." in text
    assert text.rstrip().endswith("au_strength is empty: two instruments.")
    nothing = of_sources(source_card(), rows=quality().assign(au_measured_by=float("nan")))
    assert re.search(r"measured on renders +\| nothing", section(nothing, "Action units"))


def test_figures_of_drawn_faces_stand_beside_those_of_renders_where_there_are_any():
    text = section(of_sources(source_card()), "Measured quality")
    assert "(strength of drawn faces)" in text
    assert "stand in brackets" in text
    real = quality().assign(au_fidelity_drawn=float("nan"), au_strength_drawn=float("nan"))
    assert "drawn" not in section(of_sources(source_card(), rows=real), "Measured quality")


def test_no_sign_of_a_name_is_a_mark_of_the_card():
    terms = "only for ~research~ | $see$ <b>"
    sources = [source_card("_faces", au_source="_units", licences={"_faces": terms, "_units": terms})]
    made = variant.variant_card("_v_", sources, {"_faces": CHECKS}, quality("_faces", "_units"), people("_faces"))
    text = variant.markdown(made)
    assert r"# \_v\_: synthetic" in text
    assert r"with the faces of 6 of \_faces." in text
    assert r"| only for \~research\~ \| \$see\$ \<b> |" in " ".join(text.split())
    assert r"(of \_units)" in text
