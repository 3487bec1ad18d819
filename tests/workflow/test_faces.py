"""Faces of photographs, through their rules: what is left out, and what runs again."""

import cv2
import numpy as np
import pytest

from mie_x_lib.files import read_csv
from mie_x_lib.shards import read_table
from tests import yunet_file
from tests.drawn_faces import photographs
from tests.workflow.conftest import copy_project, planned, snakemake

PORTRAITS = """
datasets: {portraits: {layout: videos, role: identity, root: portraits}}
id_sources: {portraits: {dataset: portraits, identities: 6}}
image_size: 64
"""
FOLDER = "results/identities/portraits"


def targets(*shards):
    return ["--", *(f"{FOLDER}/{shard}.h5" for shard in shards)]


def outputs(*shards):
    return {
        f"{FOLDER}/{shard}.{name}" for shard in shards for name in ("h5", "report.csv", "faces.csv", "thumbnails.h5")
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with portraits of eight people, of whom two shards of three are cut.

    The second has two, of which the first shows no face. That of the fifth is a smaller copy of the other.
    """
    project = copy_project(tmp_path_factory.mktemp("faces") / "project")
    (project / "own.yaml").write_text(PORTRAITS + "identities_per_shard: 3\n")
    (project / "portraits").mkdir()
    people = photographs(8)
    people[4] = cv2.resize(people[1], (130, 130), interpolation=cv2.INTER_AREA)
    assert cv2.imwrite(str(project / "portraits/grey.jpg"), np.full((160, 160, 3), 120, np.uint8))
    clips = ["0", "grey", "1", "2", "3", "4", "5", "6", "7"]
    rows = [f"{clip},p{clip.replace('grey', '1')},,{clip}.jpg\n" for clip in clips]
    (project / "portraits/clips.csv").write_text("".join(["clip,subject,emotion,path\n", *rows]))
    for number, person in enumerate(people):
        assert cv2.imwrite(str(project / f"portraits/{number}.jpg"), cv2.cvtColor(person, cv2.COLOR_RGB2BGR))
    run = snakemake(project, "--configfile", "own.yaml", *targets(0, 1), cores=2)
    assert run.returncode == 0, run.stdout
    return project


def test_a_copy_of_an_earlier_shard_is_left_out(project):
    assert read_table(project / FOLDER / "1.h5")["clip"].tolist() == ["3", "5"]
    report = read_csv(project / FOLDER / "1.report.csv")
    assert report["problem"].fillna("").tolist() == ["", "duplicate of 1", ""]
    assert report["blur"].between(0, 1).all()


def test_a_shard_looks_into_few_files_that_show_all_before_it(tmp_path):
    project = copy_project(tmp_path / "project")
    (project / "own.yaml").write_text(
        PORTRAITS.replace("identities: 6", "identities: 17") + "identities_per_shard: 1\n"
    )
    (project / "portraits").mkdir()
    people = photographs(16, size=96)
    people.append(cv2.resize(people[1], (90, 90), interpolation=cv2.INTER_AREA))
    for number, person in enumerate(people):
        assert cv2.imwrite(str(project / f"portraits/{number:02}.png"), cv2.cvtColor(person, cv2.COLOR_RGB2BGR))
    run = snakemake(project, "--configfile", "own.yaml", *targets(16), cores=2)
    assert run.returncode == 0, run.stdout
    made = {str(path.relative_to(project / FOLDER)) for path in (project / FOLDER).rglob("*.h5")}
    # The shards before it are not cut for this.
    assert made == {"16.h5", "thumbnails/0-15.h5"} | {f"{shard}.thumbnails.h5" for shard in range(17)}
    assert read_csv(project / FOLDER / "16.report.csv")["problem"].tolist() == ["duplicate of 01"]


def test_the_next_photograph_of_a_person_takes_the_place_of_a_refused_one(project):
    crops = read_table(project / FOLDER / "0.h5")
    assert crops[["identity", "clip", "number"]].to_numpy().tolist() == [["p0", "0", 0], ["p1", "1", 1], ["p2", "2", 2]]
    report = read_csv(project / FOLDER / "0.report.csv")
    assert report["clip"].tolist() == ["0", "grey", "1", "2"]
    assert report["problem"].fillna("").tolist() == ["", "no face", "", ""]
    run = snakemake(project, "--configfile", "own.yaml", "--", "results/figures/identities/portraits.png")
    assert run.returncode == 0, run.stdout


def test_more_identities_append_shards_and_change_none(project, tmp_path):
    (tmp_path / "more.yaml").write_text("id_sources: {portraits: {identities: 8}}\n")
    configs = ("--configfile", "own.yaml", str(tmp_path / "more.yaml"))
    assert planned(project, *configs, *targets(0, 1, 2)) == outputs(2)


def test_a_limit_runs_what_hangs_on_it(project, tmp_path):
    (tmp_path / "limit.yaml").write_text("frames: {identities: {largest_blur: 0.5}}\n")
    configs = ("--configfile", "own.yaml", str(tmp_path / "limit.yaml"))
    assert planned(project, *configs, *targets(0, 1)) == outputs(0, 1)
    (tmp_path / "limit.yaml").write_text("frames: {identities: {copy_correlation: 0.999}}\n")
    cut = {path for path in outputs(0, 1) if not path.endswith(("faces.csv", "thumbnails.h5"))}
    assert planned(project, *configs, *targets(0, 1)) == cut


def test_a_new_file_of_yunet_runs_what_hangs_on_it(project, tmp_path):
    image = np.zeros((200, 200, 3), np.uint8)
    image[64:96, 96:128, 2] = 255
    (project / "squares").mkdir()
    assert cv2.imwrite(str(project / "squares/0.png"), image)
    yunet_file.write(project / "yunet.onnx")
    (project / "yunet.yaml").write_text(
        "datasets: {portraits: {layout: videos, role: identity, root: squares}}\n"
        "id_sources: {portraits: {dataset: portraits, identities: 1}}\n"
        "frames: {detector: yunet, detector_weights: yunet.onnx, alignment: eyes, identities: {largest_turn: 180}}\n"
    )
    target = ("--configfile", "yunet.yaml", *targets(0))
    run = snakemake(project, *target)
    assert run.returncode == 0, run.stdout
    report = read_csv(project / FOLDER / "0.report.csv")
    assert report["problem"].isna().tolist() == [True]
    (right_x, right_y), (left_x, left_y) = 32 * np.array(yunet_file.LANDMARKS[:2])
    assert report.loc[0, "tilt"] == pytest.approx(np.degrees(np.arctan2(left_y - right_y, left_x - right_x)), abs=0.01)
    assert planned(project, *target) == set()
    (project / "yunet.onnx").write_bytes(b"another network")
    assert planned(project, *target) == outputs(0)
