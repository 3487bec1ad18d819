"""The audit finds out who is one person without the code that it checks; both have to come to the same."""

from itertools import combinations_with_replacement
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mie_x_lib.audit.register import register
from mie_x_lib.files import write_csv
from mie_x_lib.people import People, Ties, find_links, normal_form
from tests.people import entry, shown
from workflow_scripts.audits import read_everybody

pytestmark = pytest.mark.slow

LETTERS = st.text(alphabet="aA0019. \u00a0９éÉe\u0301ßs_\u200b٣İıﬁ", max_size=7)


@given(names=st.lists(LETTERS, min_size=2, max_size=6, unique=True))
@settings(max_examples=300)
def test_names_are_one_person_where_their_forms_are_one(names):
    table = shown("mine", *names)
    everybody = register(table, table, {"mine": entry(layout="videos", root="data/mine")})
    for one, other in combinations_with_replacement(names, 2):
        is_one = everybody.persons["mine", one] == everybody.persons["mine", other]
        assert is_one == (normal_form(one) == normal_form(other))


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [(" 1", "1", True), ("1 ", "01", True), ("1 1", "11", False), ("1 1", "1  01", True), ("a 1", "A1", True)],
)
def test_blanks_part_nothing_but_numbers(one, other, is_one):
    table = shown("mine", one, other)
    everybody = register(table, table, {"mine": entry(layout="videos", root="data/mine")})
    assert len(set(everybody.persons.values())) == (1 if is_one else 2)


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
def test_a_file_that_a_link_leads_to_has_one_person_in_any_two_datasets(tmp_path, link):
    (tmp_path / "a.mp4").touch()
    link(tmp_path / "b.mp4", tmp_path / "a.mp4")
    clips = pd.concat(
        [shown("samm", "006", paths=[f"{tmp_path}/a.mp4"]), shown("mine", "nora", paths=[f"{tmp_path}/b.mp4"])]
    )
    said = {"samm": entry(), "mine": entry(layout="videos", root="data/mine")}
    assert len(set(register(clips, clips, said).persons.values())) == 1
    parted = said | {"mine": said["mine"] | {"other_people_than": ["samm"]}}
    assert len(set(register(clips, clips, parted).persons.values())) == 2
    as_written = said | {"mine": said["mine"] | {"names_as_written": True}}
    assert len(set(register(clips, clips, as_written).persons.values())) == 2


def test_a_photograph_in_the_folder_of_a_clip_shows_the_person_of_the_clip():
    places = {"006": "data/SAMM/006/006_1", "anna": "data/SAMM/006/006_1/1.jpg", "ben": "data/SAMM/006/1.jpg"}
    clips = pd.concat(
        [shown("samm" if name == "006" else "faces", name, paths=[place]) for name, place in places.items()]
    )
    said = {"samm": entry(root="data/SAMM"), "faces": entry(layout="videos", root="data/SAMM")}
    everybody = register(clips, clips, said)
    samm, anna, ben = (everybody.persons[name] for name in [("samm", "006"), ("faces", "anna"), ("faces", "ben")])
    assert samm == anna != ben


@pytest.mark.parametrize(
    ("roots", "people"), [(["data/mine", "data/faces"], 1), ([None, "data/faces"], 2), ([None, None], 2)]
)
def test_equal_names_in_folders_of_the_users_are_one_person_and_in_drawn_sets_they_are_not(roots, people):
    said = {name: entry(layout="videos", root=root) for name, root in zip(("mine", "faces"), roots, strict=True)}
    clips = pd.concat([shown("mine", "nora"), shown("faces", "nora")])
    assert len(set(register(clips, clips, said).persons.values())) == people


def test_names_of_a_dataset_that_nothing_learned_from_may_make_two_others_one_person(tmp_path):
    clips = {
        "mine": shown("mine", "006", paths=["data/mine/a.mp4"]),
        "samm": shown("samm", "006", paths=["data/SAMM/006/006_1"]),
        "faces": shown("faces", "anna", paths=["data/SAMM/006/006_1/1.jpg"]),
    }
    for name, table in clips.items():
        write_csv(table, tmp_path / name)
    said = {
        "mine": entry(layout="videos", root="data/mine", same_people_as="samm"),
        "samm": entry(root="data/SAMM"),
        "faces": entry(layout="videos", root="data/SAMM/006"),
    }
    job = SimpleNamespace(
        params=SimpleNamespace(datasets=said), input=SimpleNamespace(clips=[tmp_path / name for name in clips])
    )
    everybody = read_everybody(job, [clips["mine"], clips["faces"]], {"mine"})
    assert everybody.persons["mine", "006"] == everybody.persons["faces", "anna"]


NAMES = ("a", "b", "c", "d")
ROOTS = {
    "samm": [None, "data", "data/SAMM", "data/SAMM/sub"],
    "mmew": [None, "data", "data/MMEW"],
    "videos": [None, "data", "data/mine", "data/SAMM"],
    "megc2019": ["data/MEGC"],
}
ENTRIES = st.sampled_from(sorted(ROOTS)).flatmap(
    lambda layout: st.fixed_dictionaries(
        {
            "layout": st.just(layout),
            "root": st.sampled_from(ROOTS[layout]),
            "options": st.sampled_from([{"samm": "data/SAMM"}, {"samm": "data/SAMM", "smic": "data/SMIC"}])
            if layout == "megc2019"
            else st.just({}),
            "same_people_as": st.sampled_from([None, None, *NAMES]),
            "other_people_than": st.lists(st.sampled_from(NAMES), max_size=1),
            "names_as_written": st.sampled_from([False, False, True]),
        }
    )
)
CLIPS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["1", "01", "n", "N", "b"]), st.integers(0, 12)),
    min_size=2,
    max_size=14,
)


@given(entries=st.lists(ENTRIES, min_size=4, max_size=4), rows=CLIPS)
@settings(max_examples=150)
def test_audit_and_guard_agree_on_who_is_one_person(entries, rows):
    said = dict(zip(NAMES, entries, strict=True))
    ties = Ties(said)
    if any(ties.contradictions()):
        return
    # Files that two datasets share without a word in the config are for the audit alone to find.
    clips = pd.DataFrame(
        [
            (dataset, subject, f"data/{dataset}/{number // 2}" + "/1.jpg" * (number % 2))
            for dataset, subject, number in rows
        ],
        columns=["dataset", "subject", "path"],
        dtype="string",
    )
    links = []
    for one, other in combinations_with_replacement(sorted(set(clips["dataset"])), 2):
        relation = ties.relation(one, other)
        if relation:
            links.append(find_links(*(clips[clips["dataset"] == name] for name in (one, other)), **relation))
    people, everybody = People(*links), register(clips, clips, said)
    guarded = people.persons(clips["dataset"], clips["subject"])
    audited = everybody.of(clips).tolist()
    assert len(set(guarded)) == len(set(audited)) == len(set(zip(guarded, audited, strict=True)))
    for name in NAMES:
        assert everybody.tied[name] == set(ties.tied(name))
