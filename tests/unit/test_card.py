import json

import pandas as pd
import pytest
import yaml

from mie_x_lib import card, variant_card
from mie_x_lib.corpora import LAYOUTS
from mie_x_lib.errors import InputError
from mie_x_lib.provenance import ROOT, sha256
from mie_x_lib.quality.gate import MEASURES, judge
from mie_x_lib.terms import LABEL_NAMES

CHECKS = judge(dict.fromkeys(MEASURES, 0.5), dict.fromkeys(MEASURES))


def dataset(name, simulated=False):
    return {"name": name, "layout": name, "simulated": simulated}


def source_card(id_source="celeba", simulated=False, au_source="mmew", kind="micro", licences=None):
    expert = kind == "expert"
    return card.source_card(
        {"name": id_source, "datasets": [dataset(id_source, simulated)]},
        {
            "name": au_source,
            "kind": kind,
            "table": "mmew.csv" if expert else None,
            "datasets": [] if expert else [dataset(au_source, simulated)],
        },
        card.generator_facts(ROOT / "resources/generator.safetensors"),
        {"seed": 7, "code": "0123"},
        {id_source: None, au_source: None} | (licences or {}),
    )


def quality(id_source="celeba", au_source="mmew", pairs=(4, 5, 6)):
    rows = pd.DataFrame({"label": [*LABEL_NAMES, "all"], "pairs": [*pairs, sum(pairs)]})
    rows = rows.assign(id_source=id_source, au_source=au_source, identities=6, unchanged=0)
    measures = [name for name in variant_card._QUALITY if name not in rows]
    return rows.assign(**dict.fromkeys(measures, 0.25))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_the_user_says_of_a_licence_takes_precedence(layout):
    assert card.licence(layout, "ours", simulated=True) == "ours"
    assert card.licence(layout, None, simulated=True) == "drawn by this project: no person"
    known = card.licence(layout, None, simulated=False)
    assert "research" in known if layout != "videos" else known == "see the dataset's agreement"


def test_facts_of_a_generator_are_read_from_its_header():
    path = ROOT / "resources/generator.safetensors"
    facts = card.generator_facts(path)
    assert facts["file"] == "generator.safetensors"
    assert facts["sha256"] == sha256(path)
    assert facts["metadata"]["kind"] == "generator"
    assert facts["metadata"]["training"]["steps"] > 0


@pytest.mark.parametrize("content", [b"", b"no weights", bytes(100), b"\xff" * 100])
def test_a_file_that_holds_no_weights_is_named(tmp_path, content):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"weights\.safetensors"):
        card.generator_facts(path)


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
    assert table == {"name": "mmew.csv", "layout": "table", "simulated": False, "licence": card.EXPERT}


def test_drawn_people_are_said_to_be_drawn():
    assert card.SIMULATED_LIMIT not in source_card(simulated=False)["limits"]
    assert source_card(simulated=True)["limits"][0] == card.SIMULATED_LIMIT


@pytest.fixture
def whole():
    cards = [source_card("celeba"), source_card("celeba", au_source="oulu"), source_card("emotionnet", simulated=True)]
    rows = [quality("celeba"), quality("celeba", "oulu"), quality("emotionnet", pairs=(400, 300, 300))]
    checks = {"celeba": CHECKS, "emotionnet": CHECKS}
    return variant_card.variant_card("mixed", cards, checks, pd.concat(rows, ignore_index=True))


def test_the_card_of_a_variant_counts_pairs_and_people(whole):
    assert whole["pairs"] == 15 + 15 + 1000
    assert whole["counts"][0] == {
        "id_source": "celeba",
        "au_source": "mmew",
        "negative": 4,
        "positive": 5,
        "surprise": 6,
    }
    assert whole["identities"] == {"celeba": 6, "emotionnet": 6}
    assert len(whole["sources"]) == 3
    # The check of the generator once for each source of faces.
    assert len(whole["generator"]["checks"]) == 2 * len(MEASURES)
    assert whole["generator"]["checks"][0] == {
        "id_source": "celeba", "measure": "au_fidelity", "value": 0.5, "least": None, "most": None, "result": "off",
    }  # fmt: skip
    checks = variant_card.markdown(whole).partition("## Generator")[2].partition("## Made with")[0]
    assert (checks.count("| off"), checks.count("| passed")) == (2 * len(MEASURES), 0)
    assert card.SIMULATED_LIMIT in whole["limits"]
    assert json.loads(json.dumps(whole)) == whole


def test_markdown_has_front_matter_and_every_section(whole):
    text = variant_card.markdown(whole)
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
    made = variant_card.variant_card("one", [source_card()], {"celeba": CHECKS}, quality(pairs=(pairs, 0, 0)))
    assert f"- {size}\n" in variant_card.markdown(made)


@pytest.mark.parametrize(
    ("kind", "simulated", "people"), [("micro", False, "real"), ("micro", True, "drawn"), ("expert", False, "none")]
)
def test_the_card_says_whose_action_units_they_are(kind, simulated, people):
    whole = variant_card.variant_card("x", [source_card(simulated=simulated, kind=kind)], {"celeba": CHECKS}, quality())
    (line,) = [line for line in variant_card.markdown(whole).splitlines() if line.startswith("| mmew")]
    assert line.split("|")[5].strip() == people
