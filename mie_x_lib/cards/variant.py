"""The card of a variant: those of its renders together, with what was measured of them, for people and for programs."""

import json
from collections.abc import Iterable, Mapping

import pandas as pd

from mie_x_lib.action_units.instruments import SCALES, in_words
from mie_x_lib.tables.markup import escape_markdown, markdown_table
from mie_x_lib.terms import LABEL_NAMES

READING = (
    "Images are lossless RGB, `uint8`: onset first, apex last.",
    "`sample` names a pair, `label` is 0 negative, 1 positive, 2 surprise; `identity` is the photograph, `au_dataset`, "
    "`au_subject` and `au_clip` are where the action units came from. Do not test on a subject whose action units were "
    "trained on.",
)
CITATIONS = (
    "Y. Liu, Z. Wang, T. Gedeon, L. Zheng: How to Synthesize a Large-Scale and Trainable Micro-Expression Dataset? "
    "ECCV 2022.",
    "A. Pumarola, A. Agudo, A. M. Martinez, A. Sanfeliu, F. Moreno-Noguer: GANimation: Anatomically-aware Facial "
    "Animation from a Single Image. ECCV 2018.",
    "The datasets named under Sources, as their owners ask.",
)
_INHERITED = "Renders show the people of the photographs: the terms of the faces' source hold for them too."
_CHECKED = (
    "Before anything was rendered, it was checked on pairs with random action units; measures marked off were not "
    "checked:"
)
_MEASURED = (
    "AU fidelity is the correlation between the change of action units asked for and measured, AU strength the share "
    "of it that shows; sharpness is 1 where it is the photograph's; changes are in grey levels. The AU distance is "
    "that to real clips of the same label, beside that between two halves of those. The JSON card has every measure."
)
_DRAWN = (
    "The program that measures action units errs too: on faces drawn with the action units asked for, which show them "
    "in full, it finds the fidelity and strength that stand in brackets."
)
# Columns of the quality table that stand on the card, and their headings.
_QUALITY = {
    "id_source": "faces",
    "au_source": "action units",
    "label": "label",
    "pairs": "pairs",
    "unchanged": "without change",
    "au_fidelity": "AU fidelity",
    "au_fidelity_drawn": "(fidelity of drawn faces)",
    "au_strength": "AU strength",
    "au_strength_drawn": "(strength of drawn faces)",
    "identity_kept": "identity kept",
    "sharpness": "sharpness",
    "change_p95": "change (95 %)",
    "border_change": "border change",
    "effective_clips": "effective clips",
    "au_wasserstein": "AU distance",
    "au_wasserstein_real": "(of real halves)",
}
# The largest number of pairs of each size category of the Hugging Face hub.
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"))


def variant_card(
    name: str,
    cards: Iterable[Mapping],
    checks: Mapping[str, pd.DataFrame],
    quality: pd.DataFrame,
    samples: pd.DataFrame,
) -> dict:
    """Return the card of a variant from those of its pairs of sources, and from what was measured.

    cards: of `source_card`. checks: of the generator on each identity source, as of `quality.gate.judge`. quality:
    rows of `quality.rows.quality_rows` with id_source and au_source, of the variant's pairs of sources. samples: one
    row a rendered pair, with id_source and identity.
    """
    cards = list(cards)
    total = quality[quality["label"] == "all"]
    limits = dict.fromkeys(limit for card in cards for limit in card["limits"])
    return {
        "name": name,
        "what": cards[0]["what"],
        "pairs": int(total["pairs"].sum()),
        "counts": _counts(quality[quality["label"].isin(LABEL_NAMES)]),
        "identities": _identities(samples),
        "sources": [{key: card[key] for key in ("identities", "action_units")} for card in cards],
        "generator": cards[0]["generator"] | {"checks": _checks(checks)},
        "made": cards[0]["made"],
        "quality": json.loads(quality.to_json(orient="records")),
        "limits": list(limits),
        "intended_use": cards[0]["intended_use"],
        "forbidden_use": cards[0]["forbidden_use"],
        "how_to_read": [*READING, _units_read(cards)],
        "how_to_cite": list(CITATIONS),
    }


def of_part(card: Mapping, samples: pd.DataFrame, which: str) -> dict:
    """Return the card of some samples of a variant: it counts these, and what was measured is of all.

    card: of `variant_card`. samples: one row a sample, with id_source, au_source, identity and label_name. which: what
    they are, as the end of a sentence.
    """
    by_label = (
        samples.groupby(["id_source", "au_source", "label_name"], sort=False).size().rename("pairs").reset_index()
    )
    part = f"Here are {len(samples)} of {card['pairs']} pairs, {which}. What was measured is of all {card['pairs']}."
    return {
        **card,
        "part": part,
        "pairs": len(samples),
        "counts": _counts(by_label.rename(columns={"label_name": "label"})),
        "identities": _identities(samples),
    }


def _identities(samples: pd.DataFrame) -> dict[str, int]:
    """How many people of each source of faces are in some samples, whatever the action units."""
    numbers = samples.groupby("id_source", sort=False)["identity"].nunique()
    return {str(source): int(number) for source, number in numbers.items()}


def _counts(by_label: pd.DataFrame) -> list[dict]:
    """How many pairs each two sources have of each label; by_label: with id_source, au_source, label and pairs."""
    counts = by_label.pivot_table(
        index=["id_source", "au_source"], columns="label", values="pairs", aggfunc="sum", sort=False, fill_value=0
    )
    counts = counts.reindex(columns=list(LABEL_NAMES), fill_value=0).reset_index()
    return json.loads(counts.to_json(orient="records"))


def _units_read(cards: Iterable[Mapping]) -> str:
    """What the numbers of the action units asked for are, by their sources."""
    names: dict[str, dict[str, None]] = {}
    for source in (card["action_units"] for card in cards):
        names.setdefault(SCALES[source["measured_by"]["scale"]], {})[source["name"]] = None
    scales = "; ".join(f"{scale} (of {', '.join(map(escape_markdown, of))})" for scale, of in names.items())
    return f"`onset_AU01` ... `apex_AU45` are the action units asked for, 0 to 1: {scales}."


def _checks(checks: Mapping[str, pd.DataFrame]) -> list[dict]:
    """The checks of the generator on every identity source, as they are stored."""
    rows = [table.assign(id_source=source) for source, table in checks.items()]
    table = pd.concat(rows, ignore_index=True)
    return json.loads(table[["id_source", *table.columns.drop("id_source")]].to_json(orient="records"))


def as_json(card: Mapping) -> str:
    """Return a variant's card as the text of a JSON file."""
    return json.dumps(card, indent=2, ensure_ascii=False) + "\n"


def markdown(card: Mapping) -> str:
    """Return a variant's card as Markdown, with the front matter that the Hugging Face hub reads."""
    sources = {"id_source": "faces", "au_source": "action units"}
    generator, quality = card["generator"], pd.DataFrame(card["quality"])
    checks = _table(pd.DataFrame(generator["checks"]), sources)
    sections = {
        "What it must not be used for": _list(card["forbidden_use"]),
        "What it is for": _list(card["intended_use"]),
        "Known limits": _list(map(escape_markdown, card["limits"])),
        "Pairs by label": _table(pd.DataFrame(card["counts"]), sources),
        "Sources and licences": f"{_table(_sources(card))}\n{_INHERITED}\n",
        "Action units": _table(_instruments(card, quality)),
        "Generator": f"{_table(_generator(generator))}\n{_CHECKED}\n\n{checks}",
        "Made with": _table(pd.DataFrame(card["made"].items(), columns=["what", "value"])),
        "Measured quality": _measured(quality),
        "How to read it": _list(card["how_to_read"]),
        "How to cite it": _list(card["how_to_cite"]),
    }
    people = ", ".join(f"{number} of {escape_markdown(source)}" for source, number in card["identities"].items())
    part = f"{card['part']}\n\n" if "part" in card else ""
    opening = f"{card['what']}\n\n{part}{card['pairs']} pairs, with the faces of {people}. Every frame is synthetic.\n"
    title = f"# {escape_markdown(card['name'])}: synthetic micro-expressions\n"
    parts = [f"## {name}\n\n{text}" for name, text in sections.items()]
    return "\n".join([_front_matter(card), title, opening, *parts])


def _front_matter(card: Mapping) -> str:
    size = next((name for most, name in _SIZES if card["pairs"] < most), "n>10M")
    lines = [
        "license: other",
        "license_name: terms-of-the-sources",
        f'pretty_name: "{card["name"]}: synthetic micro-expressions"',
        "task_categories:",
        "- image-classification",
        "- video-classification",
        "tags:",
        *(f"- {tag}" for tag in ("micro-expression", "facial-action-units", "synthetic", "affective-computing")),
        "annotations_creators:",
        "- machine-generated",
        "size_categories:",
        f"- {size}",
    ]
    return "\n".join(["---", *lines, "---", ""])


def _list(texts: Iterable[str]) -> str:
    return "".join(f"- {text}\n" for text in texts)


def _table(table: pd.DataFrame, headings: Mapping[str, str] | None = None) -> str:
    texts = table.map(
        lambda value: "" if pd.isna(value) else f"{value:.3g}" if isinstance(value, float) else str(value)
    )
    return markdown_table(texts.rename(columns=headings or {}))


def _sources(card: Mapping) -> pd.DataFrame:
    rows = {}
    for source in card["sources"]:
        for role, entry in source.items():
            kind = "photographs" if role == "identities" else entry["kind"]
            for dataset in entry["datasets"]:
                rows[entry["name"], dataset["name"]] = {
                    "source": entry["name"],
                    "kind": kind,
                    "dataset": dataset["name"],
                    "layout": dataset["layout"],
                    "people": "none" if kind == "expert" else "drawn" if dataset["simulated"] else "real",
                    "licence": dataset["licence"],
                }
    return pd.DataFrame(rows.values())


def _instruments(card: Mapping, quality: pd.DataFrame) -> pd.DataFrame:
    """Who says how strong action units are: of each source, to the generator, and of renders."""
    sources = [source["action_units"] for source in card["sources"]]
    rows = {f"asked for, {source['name']}": in_words(source["measured_by"]) for source in sources}
    rows["what the generator learned from"] = SCALES.get(card["generator"]["metadata"].get("au_scale"), "not told")
    measured_by = quality["au_measured_by"].fillna("").replace("", "nothing")
    rows["measured on renders"] = ", ".join(dict.fromkeys(measured_by))
    return pd.DataFrame(rows.items(), columns=["action units", "by"])


def _measured(quality: pd.DataFrame) -> str:
    """The table of quality, and what is to be said of it."""
    drawn = [name for name in _QUALITY if name.endswith("_drawn")]
    has_drawn = quality[drawn].notna().any(axis=None)
    shown = [name for name in _QUALITY if has_drawn or name not in drawn]
    remarks = [f"{remark}." for remark in dict.fromkeys(quality["au_remark"].dropna()) if remark]
    text = " ".join([_MEASURED, *([_DRAWN] if has_drawn else []), *remarks])
    return f"{_table(quality[shown], _QUALITY)}\n{text}\n"


def _generator(generator: Mapping) -> pd.DataFrame:
    metadata = generator["metadata"]
    facts = {"file": generator["file"], "sha256": generator["sha256"]}
    facts |= {key: _text(value) for key, value in metadata.items()}
    return pd.DataFrame(facts.items(), columns=["what", "value"])


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items())
    return str(value)
