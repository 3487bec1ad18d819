"""The adapters understand the licensed datasets as they come out of their archives, in every release."""

import shutil

import pandas as pd
import pytest

from mie_x_lib.corpora import find_clips, list_clips
from mie_x_lib.corpora.inventory import count, take_stock, total
from mie_x_lib.corpora.layouts import casme2
from mie_x_lib.errors import InputError
from tests.licensed_datasets import lay_out, write_photographs

pytestmark = pytest.mark.slow

LABELLED = ("clips", "subjects", "labelled", "negative", "positive", "surprise")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    lay_out(folder, celeba_photographs=3000)
    return folder


def composite(data, *parts):
    return {part: str(data / part.upper()) for part in parts}


@pytest.mark.parametrize(
    ("layout", "folder", "options", "expected"),
    [
        ("casme2", "CASME2", {"release": "raw"}, (255, 26, 156, 96, 32, 28)),
        ("casme2", "CASME2", {"release": "cropped"}, (255, 26, 156, 96, 32, 28)),
        ("casme2", "CASME2", {"release": "avi"}, (255, 26, 156, 96, 32, 28)),
        ("samm", "SAMM", {}, (159, 29, 133, 92, 26, 15)),
        ("smic", "SMIC", {}, (164, 16, 164, 70, 51, 43)),
        ("mmew", "MMEW", {}, (300, 30, 234, 109, 36, 89)),
        ("mmew", "MMEW", {"part": "macro"}, (900, 30, 900, 600, 150, 150)),
        ("ckplus", "CK+", {}, (593, 123, 327, 175, 69, 83)),
        ("oulu", "Oulu-CASIA", {}, (480, 80, 480, 320, 80, 80)),
        ("oulu", "Oulu-CASIA", {"camera": "NI", "light": "Dark"}, (480, 80, 480, 320, 80, 80)),
        ("celeba", "CelebA", {}, (3000, 3000)),
        ("celeba", "CelebA", {"identity_file": False}, (3000, 3000)),
        ("emotionnet", "EmotionNet", {}, (9000, 9000)),
    ],
)
def test_every_clip_of_the_original_is_found_and_none_is_at_fault(data, layout, folder, options, expected):
    found = find_clips(layout, data / folder, "name", **options)
    assert count(found) == dict(zip(LABELLED, expected, strict=False))
    assert found["fault"].isna().all()


def test_clips_have_the_frame_rate_of_the_cameras_of_their_authors(data):
    folders = {
        "casme2": "CASME2",
        "samm": "SAMM",
        "smic": "SMIC",
        "mmew": "MMEW",
        "oulu": "Oulu-CASIA",
        "ckplus": "CK+",
    }
    found = {layout: set(list_clips(layout, data / folder, "name")["fps"]) for layout, folder in folders.items()}
    assert found == {"casme2": {200}, "samm": {200}, "smic": {100}, "mmew": {90}, "oulu": {25}, "ckplus": {30}}


def test_the_release_that_is_there_is_found(data, tmp_path):
    root = tmp_path / "CASME2"
    shutil.copytree(data / "CASME2", root)
    for release, folder in casme2.RELEASES.items():
        named = list_clips("casme2", root, "x", release=release)
        pd.testing.assert_frame_equal(list_clips("casme2", root, "x"), named)
        shutil.rmtree(next(root.rglob(folder)))
    with pytest.raises(InputError, match="expected the folder CASME2_RAW_selected"):
        list_clips("casme2", root, "x")


@pytest.mark.parametrize("release", ["raw", "cropped", "avi"])
def test_the_composite_has_its_442_clips_whatever_the_release(data, release):
    table = list_clips("megc2019", data / "MEGC2019", "x", release=release, **composite(data, "casme2", "smic", "samm"))
    assert len(table) == 442
    assert table.groupby("label").size().to_dict() == {0: 250, 1: 109, 2: 83}
    assert table["subject"].nunique() == 68
    assert table["path"].str.contains(f"/{casme2.RELEASES[release]}/", regex=False).sum() == 145


@pytest.mark.parametrize(("part", "clips"), [("casme2", 145), ("smic", 164), ("samm", 133)])
def test_each_part_of_the_composite_is_listed_alone_under_its_names_on_disk(data, part, clips):
    table = list_clips("megc2019", data / "MEGC2019", part, **composite(data, part))
    assert len(table) == clips
    own = list_clips(part, data / part.upper(), part)
    names = ["subject", "clip", "path", "onset", "apex", "offset"]
    assert set(table[names].fillna(-1).itertuples(index=False)) <= set(own[names].fillna(-1).itertuples(index=False))


def test_unannotated_frames_are_empty_and_the_rest_is_where_the_names_say(data):
    table = list_clips("casme2", data / "CASME2", "casme2").set_index(["subject", "clip"])
    everything = find_clips("casme2", data / "CASME2", "casme2")
    assert everything[["onset", "apex", "offset"]].isna().sum().to_dict() == {"onset": 1, "apex": 21, "offset": 2}
    # The raw frames begin three before the onset.
    assert list(table.loc[("sub01", "EP01_2"), ["onset", "apex", "offset"]]) == [3, 7, 12]
    cropped = list_clips("casme2", data / "CASME2", "casme2", release="cropped").set_index(["subject", "clip"])
    assert list(cropped.loc[("sub01", "EP01_2"), ["onset", "apex", "offset"]]) == [0, 4, 9]
    assert ("sub01", "EP01_02") in table.index


def test_what_table_and_frames_disagree_on_is_told_and_not_fatal(data):
    told = []
    samm = list_clips("samm", data / "SAMM", "samm", tell=told.append)
    # Three that are -1 in the sheet, and one that is told.
    assert samm["apex"].isna().sum() == 4
    assert [line.partition(";")[2] for line in told] == [
        " apex taken as not annotated",
        " offset taken as not annotated",
    ]
    assert (samm["onset"] == 0).all()
    told.clear()
    mmew = list_clips("mmew", data / "MMEW", "mmew", tell=told.append)
    assert len(told) == 16
    assert mmew["apex"].notna().all()


def test_subject_30_of_mmew_is_not_forgotten(data):
    table = list_clips("mmew", data / "MMEW", "mmew")
    assert table.loc[table["subject"] == "S30", "label"].notna().sum() == 33


def test_clips_of_other_emotions_are_listed_without_a_label(data):
    table = list_clips("casme2", data / "CASME2", "casme2")
    assert len(table) == 255
    assert table.loc[table["label"].isna(), "emotion"].value_counts().to_dict() == {"others": 99}


def test_smic_is_counted_from_its_first_frame(data):
    table = list_clips("smic", data / "SMIC", "smic")
    assert (table["onset"] == 0).all()
    assert (table["offset"] == 8).all()
    assert table["apex"].isna().all()


def test_stock_is_taken_of_all_datasets_and_of_some_together(data):
    datasets = {
        part: {"layout": "megc2019", "root": str(data / "MEGC2019"), "options": composite(data, part), "identities": 0}
        for part in ("casme2", "smic", "samm")
    }
    lost = {"layout": "oulu", "root": str(data / "nowhere"), "options": {}, "identities": 0}
    faces = {"layout": "emotionnet", "root": str(data / "EmotionNet"), "options": {}, "identities": 5000}
    odd = {"layout": "samm", "root": str(data / "SAMM"), "options": {"release": "raw"}, "identities": 0}
    counts, remarks, faults = take_stock(datasets | {"lost": lost, "faces": faces, "odd": odd})
    known = counts[counts["dataset"].isin(datasets)]
    assert (known["found"] == known["published"]).all()
    assert counts.loc[counts["dataset"] == "lost", "found"].isna().all()
    assert counts.loc[counts["dataset"] == "faces", "published"].isna().all()
    # Its files are empty.
    remarks = [remark for remark in remarks if "files cannot be used" not in remark]
    assert [remark.partition(":")[0] for remark in remarks] == ["casme2", "samm", "samm"]
    assert [fault.partition(":")[0] for fault in faults] == ["lost", "odd"]
    assert "nowhere is not a folder" in faults[0]
    assert "layout samm knows no option 'release'" in faults[1]
    together = total(counts, list(datasets), "compmie")
    assert dict(zip(together["what"], together["found"], strict=True)) == dict(
        zip(LABELLED, (442, 68, 442, 250, 109, 83), strict=True)
    )
    assert (together["found"] == together["published"]).all()
    assert total(counts, [*datasets, "lost"], "x")["found"].isna().all()
    assert total(counts, [], "x").empty


def test_stock_finds_what_would_make_no_clip_table(data):
    table = data / "twice/combined_3class_gt.csv"
    table.parent.mkdir()
    row = (data / "MEGC2019/combined_3class_gt.csv").read_text().splitlines()[200]
    table.write_text(f"{row}\n{row}\n")
    dataset = {"layout": "megc2019", "root": str(table.parent), "options": composite(data, "smic"), "identities": 0}
    _, _, faults = take_stock({"smic": dataset})
    assert len(faults) == 1
    assert "is listed twice" in faults[0]


def test_photographs_of_one_person_are_one_identity(tmp_path):
    write_photographs(tmp_path / "img_align_celeba", [f"00000{number}.jpg" for number in range(1, 5)])
    (tmp_path / "identity_CelebA.txt").write_text("000001.jpg 7\n000002.jpg 5\n000003.jpg 7\n000004.jpg 7\n\n \n")
    celeba = {"layout": "celeba", "root": str(tmp_path), "options": {}, "identities": 3}
    counts, _, faults = take_stock({"celeba": celeba})
    assert counts["found"].tolist() == [4, 2]
    assert faults == ["celeba: 3 identities are asked for and 2 found; lower id_sources.*.identities or add some"]


def test_too_few_photographs_are_found_before_they_are_asked_for(data):
    celeba = {"layout": "celeba", "root": str(data / "CelebA"), "options": {}, "identities": 3001}
    _, _, faults = take_stock({"celeba": celeba})
    assert faults == ["celeba: 3001 identities are asked for and 3000 found; lower id_sources.*.identities or add some"]
