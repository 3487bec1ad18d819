import unicodedata
from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mie_x_lib.people import EQUAL, LINK, SPELLING, People, Ties, find_links, normal_form, remarks
from tests.people import entry, shown


def ties(**datasets):
    return Ties({name: entry(**settings) for name, settings in datasets.items()})


def links(clips, others=None, kind="own", as_written=False):
    """(subject, other subject, why) of each link."""
    found = find_links(clips, clips if others is None else others, kind, as_written)
    return list(found[["subject", "other_subject", "why"]].itertuples(index=False, name=None))


SPELLINGS = {
    "case": ("nora", "Nora"),
    "leading zeros": ("01", "1"),
    "zeros within": ("s_01_a", "s_1_a"),
    "blank behind": ("nora", "nora "),
    "blank within": ("person 3", "person3"),
    "full-width digits": ("０１", "1"),
    "Arabic digits": ("٠٧", "7"),
    "Unicode form": (unicodedata.normalize("NFC", "Zoë"), unicodedata.normalize("NFD", "Zoë")),
    "blank that no one sees": ("nora", "no\u200bra"),
    "sharp s": ("STRASSE", "Straße"),
    "number of a program that has fractions": ("01", "1.0"),
}


@pytest.mark.parametrize(("one", "other"), SPELLINGS.values(), ids=SPELLINGS)
def test_spellings_of_one_name_have_one_form(one, other):
    assert one != other
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "10"),
        ("1 2", "12"),
        ("nora", "norah"),
        ("a1", "a11"),
        ("0", "00x"),
        ("s1", "sub1"),
        ("1.5", "1"),
        ("1.10", "1.1"),
    ],
)
def test_other_names_have_other_forms(one, other):
    assert normal_form(one) != normal_form(other)


@given(name=st.text(max_size=8))
@settings(max_examples=300)
def test_the_form_of_a_form_is_itself(name):
    assert normal_form(normal_form(name)) == normal_form(name)


def test_a_name_without_a_link_is_a_person_of_its_own():
    assert People().person("samm", "006") == "samm/006"
    assert People().names("samm", "006") == {("samm", "006")}


def test_links_join_by_way_of_others_and_a_person_is_known_by_the_first_name():
    people = People(
        pd.DataFrame([("mine", "nora", "faces", "n"), ("web", "N", "faces", "n")], columns=LINK[:4]).assign(why=EQUAL)
    )
    names = [("mine", "nora"), ("faces", "n"), ("web", "N")]
    assert people.persons(*zip(*names, strict=True)) == ["faces/n"] * 3
    assert people.person("mine", "n") == "mine/n"
    assert people.is_in("web", "N", {"mine"})
    assert not people.is_in("web", "N", {"samm"})


def test_spellings_in_one_dataset_are_linked_once_each():
    clips = shown("mine", "01", "1", "001", "nora", "Nora", "ben")
    assert links(clips, kind="itself") == [
        ("001", "01", SPELLING),
        ("001", "1", SPELLING),
        ("Nora", "nora", SPELLING),
    ]
    assert links(clips, kind="itself", as_written=True) == []


def test_names_of_two_datasets_are_linked_where_they_are_alike():
    mine, faces = shown("mine", "nora", "ben", "01"), shown("faces", "nora", "Ben ", "1", "dora")
    assert links(mine, faces) == [("01", "1", SPELLING), ("ben", "Ben ", SPELLING), ("nora", "nora", EQUAL)]
    assert links(mine, faces, as_written=True) == [("nora", "nora", EQUAL)]


@pytest.mark.slow
def test_names_of_one_file_are_one_person_whichever_way_leads_to_it(tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos/a.mp4").touch()
    (tmp_path / "linked").symlink_to("videos")
    (tmp_path / "b.mp4").symlink_to("videos/a.mp4")
    (tmp_path / "c.mp4").hardlink_to(tmp_path / "videos/a.mp4")
    (tmp_path / "d.mp4").symlink_to("c.mp4")
    places = [str(tmp_path / name) for name in ("videos/a.mp4", "linked/a.mp4", "b.mp4", "c.mp4", "d.mp4")]
    mine = shown("mine", "nora", paths=places[:1])
    for place in places:
        other = shown("faces", "someone", paths=[place])
        for kind in ("own", "tied", "folder"):
            assert links(mine, other, kind) == [("nora", "someone", str(tmp_path / "videos/a.mp4"))]
        assert links(mine, other, as_written=True) == []
        twice = pd.concat([mine, shown("mine", "ben", paths=[place])])
        assert links(twice, kind="itself") == [("ben", "nora", str(tmp_path / "videos/a.mp4"))]
    (tmp_path / "e.mp4").touch()
    assert links(mine, shown("faces", "someone", paths=[str(tmp_path / "e.mp4")]), "tied") == []


def test_a_photograph_in_the_folder_of_a_clip_shows_the_person_of_the_clip(tmp_path):
    frames = tmp_path / "s01/clip/jpg"
    frames.mkdir(parents=True)
    clip = shown("samm", "s01", paths=[str(tmp_path / "s01/clip")])
    photograph = shown("faces", "anna", paths=[str(frames / "1.jpg")])
    for tables in ((clip, photograph), (photograph, clip)):
        assert [{one, other} for one, other, _ in links(*tables, "folder")] == [{"s01", "anna"}]
    # A folder that is no clip says nothing of the photographs in it.
    assert links(photograph, shown("faces", "ben", paths=[str(frames / "2.jpg")]), "folder") == []
    assert links(clip, shown("faces", "ben", paths=[str(tmp_path / "s01/clip 2/1.jpg")]), "folder") == []


@pytest.mark.parametrize("path", ["real/1/left/eye/0.jpg", "link.jpg"])
def test_a_photograph_lies_in_the_folder_of_a_clip_however_deep_and_whatever_link_leads_there(tmp_path, path):
    (tmp_path / "real/1/left/eye").mkdir(parents=True)
    (tmp_path / "real/1/left/eye/0.jpg").touch()
    (tmp_path / "link.jpg").symlink_to("real/1/left/eye/0.jpg")
    clip = shown("samm", "006", paths=[str(tmp_path / "real/1")])
    (found,) = links(clip, shown("faces", "anna", paths=[str(tmp_path / path)]), "folder")
    assert found == ("006", "anna", str(tmp_path / "real/1"))


def test_names_do_not_count_where_one_folder_lies_in_another():
    assert links(shown("mine", "nora"), shown("samm", "nora"), kind="folder") == []


def test_a_dataset_is_tied_by_word_of_any_role_and_by_way_of_others():
    told = ties(a={}, b={"same_people_as": "a"}, c={"layout": "videos", "same_people_as": "b"}, d={})
    assert [told.tied(name) for name in "abcd"] == [["a", "b", "c"]] * 3 + [["d"]]
    assert told.relation("a", "c") == told.relation("c", "a") == {"kind": "tied", "as_written": False}
    assert told.relation("a", "d") is None
    assert told.relation("d", "d") == {"kind": "itself", "as_written": False}


def test_parts_of_one_dataset_are_tied_by_their_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/MMEW/MMEW_Final").mkdir(parents=True)
    (tmp_path / "link").symlink_to("data/MMEW")
    for root in ("data/MMEW", "data/MMEW/", str(tmp_path / "data/MMEW"), "link", "data/x/../MMEW", "link/MMEW_Final"):
        told = ties(micro={"layout": "mmew", "root": "data/MMEW"}, macro={"layout": "mmew", "root": root})
        assert told.tied("micro") == ["macro", "micro"], root
    assert ties(micro={"layout": "mmew", "root": "a"}, macro={"layout": "mmew", "root": "b"}).tied("micro") == ["micro"]


def test_a_share_of_the_composite_is_tied_to_its_own_dataset_alone():
    composite = {"layout": "megc2019", "root": "data/MEGC2019"}
    datasets = {
        "casme2": composite | {"options": {"casme2": "data/CASME2"}},
        "samm": composite | {"options": {"samm": "data/SAMM"}},
        "samm_whole": {"layout": "samm", "root": "data/SAMM"},
        "smic": {"layout": "smic", "root": "data/SMIC"},
    }
    told = ties(**datasets)
    assert told.tied("casme2") == ["casme2"]
    assert told.tied("samm") == ["samm", "samm_whole"]
    all_three = composite | {"options": {"samm": "data/SAMM/", "casme2": "data/CASME2"}}
    told = ties(**datasets, all=all_three)
    assert told.tied("samm_whole") == ["all", "samm", "samm_whole"]
    assert told.tied("all") == ["all", "casme2", "samm", "samm_whole"]
    assert told.relation("casme2", "samm_whole") is None


def test_several_datasets_may_lie_in_one_folder():
    told = ties(mmew={"layout": "mmew", "root": "data"}, ckplus={"layout": "ckplus", "root": "data"})
    assert told.relation("mmew", "ckplus") is None


def test_sets_that_are_drawn_have_no_folder():
    assert ties(a={}, b={}).relation("a", "b") is None
    assert ties(a={"layout": "videos"}, b={"layout": "videos"}).relation("a", "b") is None


def test_folders_of_the_users_are_compared_unless_they_are_parted():
    own = {"layout": "videos"}
    told = ties(mine=own | {"root": "data/mine"}, faces=own | {"root": "data/faces"})
    assert told.relation("mine", "faces") == {"kind": "own", "as_written": False}
    told = ties(mine=own | {"root": "data/mine"}, faces=own | {"root": "data/faces", "other_people_than": ["mine"]})
    assert told.relation("mine", "faces") is None
    told = ties(mine=own | {"root": "data/mine", "names_as_written": True}, faces=own | {"root": "data/faces"})
    assert told.relation("mine", "faces") == {"kind": "own", "as_written": True}
    assert told.relation("mine", "mine") is None
    told = ties(mine=own | {"root": "data"}, samm={"layout": "samm", "root": "data/SAMM"})
    assert told.relation("mine", "samm") == {"kind": "folder", "as_written": False}
    written = own | {"root": "data", "names_as_written": True}
    assert ties(mine=written, samm={"layout": "samm", "root": "data/SAMM"}).relation("mine", "samm") is None


def test_a_folder_of_the_users_in_another_one_is_not_tied_to_it():
    own = {"layout": "videos"}
    told = ties(mine=own | {"root": "data/mine"}, faces=own | {"root": "data/mine/faces"})
    assert told.tied("mine") == ["mine"]
    assert told.relation("mine", "faces") == {"kind": "own", "as_written": False}


def test_one_folder_ties_nobody_who_is_parted():
    told = ties(a={"root": "data/SAMM"}, b={"root": "data/SAMM", "other_people_than": ["a"]})
    assert told.tied("a") == ["a"]
    assert list(told.contradictions()) == []


def test_what_is_tied_and_parted_is_named():
    told = ties(a={}, b={"same_people_as": "a"}, c={"same_people_as": "b", "other_people_than": ["a"]})
    (message,) = told.contradictions()
    assert message.startswith("datasets.c.other_people_than names a,")


def told(clips, others, kind):
    return list(remarks(find_links(clips, others, kind, False), kind))


def test_equal_names_in_own_folders_are_told_with_the_lines_that_join_and_part_them():
    mine, faces = shown("mine", "nora", "ben"), shown("faces", "nora", "dora")
    (line,) = told(mine, faces, "own")
    assert "mine and faces have names in common" in line
    assert "nora" in line
    assert "`datasets: {faces: {same_people_as: mine}}`" in line
    assert "`datasets: {faces: {other_people_than: [mine]}}`" in line
    assert told(mine, faces, "tied") == []
    assert told(mine, shown("faces", "dora"), "own") == []


def test_spellings_are_told_in_one_line_with_the_line_that_parts_them():
    clips = shown("mine", "01", "1", "Nora", "nora", "ben")
    (line,) = told(clips, clips, "itself")
    assert "'01' and '1', 'Nora' and 'nora'" in line
    assert "`datasets: {mine: {names_as_written: true}}`" in line
    many = shown("mine", *(f"{zeros}{number}" for zeros in ("", "0") for number in range(1, 30)))
    (line,) = told(many, many, "itself")
    assert line.count(" and '") == 5
    assert "and 24 more" in line


def test_names_of_one_file_are_told_by_file():
    clips = shown("mine", "nora", "ben", "dora", paths=["a.mp4", "a.mp4", "b.mp4"])
    (line,) = told(clips, clips, "itself")
    assert "a.mp4 (ben, nora)" in line
    assert "b.mp4" not in line
    (line,) = told(clips, shown("faces", "n", paths=["a.mp4"]), "own")
    assert "`datasets: {faces: {other_people_than: [mine]}}`" in line
    (line,) = told(clips, shown("faces", "n", paths=["a.mp4"]), "tied")
    assert "`datasets: {mine: {names_as_written: true}}`" in line


def test_names_that_are_alike_and_of_one_file_are_linked_once():
    clips, others = shown("mine", "nora", paths=["a.mp4"]), shown("faces", "nora", paths=["a.mp4"])
    assert find_links(clips, others, "own", False)["why"].tolist() == [EQUAL]


DATASETS = ("a", "b", "c", "d")
ENTRIES = st.fixed_dictionaries(
    {
        "layout": st.sampled_from(["samm", "videos"]),
        "root": st.sampled_from([None, "data/one", "data/two"]),
        "same_people_as": st.sampled_from([None, *DATASETS]),
        "other_people_than": st.lists(st.sampled_from(DATASETS), max_size=1),
        "names_as_written": st.booleans(),
    }
)


@pytest.mark.slow
@given(entries=st.lists(ENTRIES, min_size=4, max_size=4))
@settings(max_examples=200)
def test_ties_go_both_ways_and_on(entries):
    told = ties(**dict(zip(DATASETS, entries, strict=True)))
    for one, other in combinations(DATASETS, 2):
        assert told.relation(one, other) == told.relation(other, one)
        assert (other in told.tied(one)) == (one in told.tied(other))
        if other in told.tied(one):
            assert told.tied(one) == told.tied(other)
