"""Lookups have two layers: those of a stage read the config alone, and only those of the tables know its rows.

Those that count shards leave nobody out and take nobody twice.
"""

import ast
import io
import symtable
import tokenize
from graphlib import TopologicalSorter
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mie_x_lib.provenance import ROOT

LOOKUPS = {path.stem: path.read_text() for path in sorted((ROOT / "rules/lookup").glob("*.smk"))}
RULES = {path.name: path.read_text() for path in (ROOT / "Snakefile", *sorted((ROOT / "rules").glob("*.smk")))}
DEFINED = {
    node.name: name
    for name, text in LOOKUPS.items()
    for node in ast.parse(text).body
    if isinstance(node, ast.FunctionDef)
}


def used_in_python(text: str) -> set[str]:
    """The names that a lookup file takes from elsewhere, or from itself."""
    tables, found = [symtable.symtable(text, "lookup", "exec")], set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        is_module = table.get_type() == "module"
        found |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (is_module or symbol.is_global())
        }
    return found


def used_in_rules(text: str) -> set[str]:
    """The names in a file of rules, which is no Python: neither attributes nor names of arguments."""
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.string.strip()]
    found = set()
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token.type == tokenize.NAME and before.string != "." and after.string != "=":
            found.add(token.string)
        elif token.type == tokenize.STRING and token.string.startswith("f"):
            found |= {node.id for node in ast.walk(ast.parse(token.string)) if isinstance(node, ast.Name)}
    return found


def uses(names: set[str]) -> set[str]:
    """The lookup files that have these names."""
    return {DEFINED[name] for name in names if name in DEFINED}


BETWEEN = {name: uses(used_in_python(text)) - {name} for name, text in LOOKUPS.items()}


def test_lookups_use_each_other_in_no_circle():
    assert set(TopologicalSorter(BETWEEN).static_order()) == set(LOOKUPS)


@pytest.mark.parametrize("name", sorted(set(LOOKUPS) - {"tables"}))
def test_a_lookup_of_a_stage_knows_no_row_of_a_table(name):
    assert "tables" not in BETWEEN[name]
    keys = {node.value for node in ast.walk(ast.parse(LOOKUPS[name])) if isinstance(node, ast.Constant)}
    assert not keys & {"rows", "tables", "uf1_table", "claims"}


def test_every_lookup_is_used():
    used = {name for text in LOOKUPS.values() for name in used_in_python(text)}
    used |= {name for text in RULES.values() for name in used_in_rules(text)}
    assert sorted(set(DEFINED) - used) == []


def test_files_of_rules_and_lookups_hang_together_loosely():
    arrows = sum(len(uses(used_in_rules(text))) for text in RULES.values()) + sum(map(len, BETWEEN.values()))
    assert arrows <= 40


def lookups(name: str, config: dict) -> SimpleNamespace:
    """The functions of a lookup file, as they answer with this config."""
    found = {"config": config}
    exec(LOOKUPS[name], found)
    return SimpleNamespace(**found)


@given(shard=st.integers(0, 9999))
@example(shard=16)
@example(shard=4096 + 256 + 16 + 1)
def test_a_shard_looks_into_the_photographs_of_each_shard_before_it_once_and_in_few_files(shard):
    """Else copies of a face would stay unseen, and the people of two folds be one."""
    frames = lookups("frames", {})

    def made_of(path: Path) -> list[int]:
        if path.parent.name != "thumbnails":
            return [int(path.name.removesuffix(".thumbnails.h5"))]
        first, last = path.stem.split("-")
        parts = frames.gathered_thumbnails(SimpleNamespace(id_source="faces", first=first, last=last))
        assert len(parts) == frames.GATHERED
        return [number for part in parts for number in made_of(Path(part))]

    files = frames.thumbnails_before(SimpleNamespace(id_source="faces", shard=str(shard)))
    assert [number for file in files for number in made_of(Path(file))] == list(range(shard))
    assert len(files) <= 4 * (frames.GATHERED - 1)


@given(identities=st.integers(1, 60), per_shard=st.integers(1, 60), most=st.none() | st.integers(1, 70))
@example(identities=12, per_shard=4, most=8)
def test_the_shards_of_a_source_show_each_person_once_and_a_variant_takes_those_that_it_may_use(
    identities, per_shard, most
):
    config = {
        "identities_per_shard": per_shard,
        "id_sources": {"faces": {"identities": identities}},
        "variants": {"mine": {"id_sources": ["faces"], "au_sources": ["expert"], "identities": most}},
    }
    renders = lookups("renders", config)
    numbers = {
        shard: range(*lookups("frames", config).identity_numbers(SimpleNamespace(id_source="faces", shard=str(shard))))
        for shard in renders.shards("faces")
    }
    assert [number for people in numbers.values() for number in people] == list(range(identities))
    taken = [shard for shard, people in numbers.items() if most is None or people[0] < most]
    assert renders.variant_shards("mine") == [f"results/renders/faces/expert/{shard}.h5" for shard in taken]
