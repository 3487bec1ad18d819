"""What is written from the models of the config: its JSON schema, and the page with every key."""

import json
from collections.abc import Iterator, Mapping

from pydantic import TypeAdapter

from mie_x_lib.settings.section import Section
from rules.configuration.experiment import Experiment
from rules.configuration.messages import described, resolved, type_of

_OPENING = """# What can be set?

Every key of the config, with what it takes, its default and what it means. This page and `schemas/config.schema.json`
are written from the models in `mie_x_lib/settings/` by `python -m rules.configuration`; a test holds them equal.

- `config.yaml` is the default experiment. A file given with `--configfile` is laid over it, key by key; lists, and
  the `labels` of an evaluation, take the place of those below.
- Null stands for the default, takes an entry with a name of yours away (`simulated: {samm: null}`), and switches off
  what says so.
- A dataset of your own needs one line, `datasets: {samm: {root: data/SAMM}}`: where there is a root, nothing is drawn.
- An editor that checks YAML does so for a file that begins with `# yaml-language-server: $schema=` and the path of
  `schemas/config.schema.json`.
"""


def schema() -> str:
    """The JSON schema of a whole config, as text."""
    return json.dumps(Experiment.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def page() -> str:
    """The page with every key, in Markdown."""
    whole = Experiment.model_json_schema()
    return "\n".join([_OPENING, *_sections("", whole, whole)])


def _sections(where: str, node: Mapping, whole: Mapping) -> Iterator[str]:
    """A table of the keys of a section, then its inner sections."""
    yield f"## {f'`{where}`' if where else 'Top level'}\n"
    if where:
        yield f"{described(node, whole)}\n"
    yield "| key | takes | default | meaning |\n|---|---|---|---|"
    for key, inner in node["properties"].items():
        cells = (f"`{key}`", type_of(inner, whole), _default(key, inner, node, whole), described(inner, whole))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""
    for key, inner in node["properties"].items():
        for place, section in _inner_sections(f"{where}.{key}".lstrip("."), inner, whole):
            yield from _sections(place, section, whole)


def _inner_sections(where: str, node: Mapping, whole: Mapping) -> Iterator[tuple[str, Mapping]]:
    """The sections that a key holds: its own, or that of each of its entries."""
    node = resolved(node, whole)
    if "properties" in node:
        yield where, node
    for entry in (*node.get("patternProperties", {}).values(), node.get("additionalProperties")):
        if isinstance(entry, Mapping):
            yield from _inner_sections(f"{where}.<name>", entry, whole)
    if isinstance(node.get("items"), Mapping):
        yield from _inner_sections(f"{where}[]", node["items"], whole)


def _default(key: str, inner: Mapping, node: Mapping, whole: Mapping) -> str:
    """The default of a key of the section `node`, whose title is the name of its model."""
    if key in node.get("required", []):
        return "required"
    if "properties" in resolved(inner, whole):
        return "see below"
    (model,) = (model for model in _models(Section) if model.__name__ == node["title"])
    default = model.model_fields[key].get_default(call_default_factory=True)
    value = TypeAdapter(type(default)).dump_python(default, mode="json")
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _models(base: type[Section]) -> Iterator[type[Section]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)
