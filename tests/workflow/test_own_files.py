"""Files of networks and predictions that a config names: what is found, and what the plan says of faults."""

import os
from ast import literal_eval

import pytest
import yaml

from mie_x_lib.provenance import sha256
from tests.workflow.conftest import copy_project
from tests.workflow.planner import Planner

GIVEN = "results/tables/mine/uf1_table.csv"
TRAINED = "results/predictions/compmie/real/none/mine/last_epoch/0/0.csv"


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    planner = Planner(copy_project(tmp_path_factory.mktemp("own") / "project"))
    yield planner
    planner.close()


@pytest.fixture
def folder(planner, tmp_path):
    """A folder for files of one's own."""
    return tmp_path


def plan(planner, config, target):
    file = planner.project / "own.yaml"
    file.write_text(yaml.safe_dump(config))
    return planner.plan(file, targets=(target,))


def taken(planner, pattern):
    """The files of predictions that a row takes, by their names."""
    row = {"row": "mine", "predictions": pattern}
    jobs = plan(planner, {"tables": {"mine": [row]}}, GIVEN)
    inputs = [job.depends_on["its inputs"] for job in jobs if job.rule == "take_given_predictions"]
    return sorted(path.rpartition("/")[2] for paths in inputs for path in paths if "/folds/" not in path)


def test_a_pattern_takes_files_whose_names_look_like_one(planner, folder):
    for name in ("run[1].csv", "run[2].csv", "what?.csv"):
        (folder / name).touch()
    assert taken(planner, f"{folder}/*.csv") == ["run[1].csv", "run[2].csv", "what?.csv"]


def test_a_name_that_looks_like_a_pattern_is_that_of_its_file(planner, folder):
    for name in ("run[1].csv", "run1.csv"):
        (folder / name).touch()
    assert taken(planner, f"{folder}/run[1].csv") == ["run[1].csv"]
    (folder / "run[1].csv").unlink()
    assert taken(planner, f"{folder}/run[1].csv") == ["run1.csv"]


@pytest.mark.parametrize("pattern", ["*.csv", "run[1].csv"])
def test_a_pattern_that_finds_nothing_is_told(planner, folder, pattern):
    with pytest.raises(ValueError, match=r"tables\.mine\[0\]\.predictions is .*, and no file is called so"):
        taken(planner, f"{folder}/{pattern}")


@pytest.mark.parametrize("target", ["training_data", "check_datasets", "results/tables/2/uf1_table.csv"])
def test_what_needs_no_predictions_is_made_before_there_are_any(planner, folder, target):
    """The training data among it, of which another program makes them."""
    rows = [{"row": "real clips", "regimes": ["real"]}, {"row": "mine", "predictions": f"{folder}/*.csv"}]
    config = {"uf1_table": ["mine"], "gallery": {"tables": ["mine"]}, "tables": {"mine": rows}}
    assert plan(planner, config, target)
    with pytest.raises(ValueError, match=r"tables\.mine\[1\]\.predictions is .*; put the predictions there"):
        plan(planner, config, "results/uf1_table.csv")


@pytest.mark.parametrize(("asked", "samples"), [([24, 12], None), ([24, None], 390)])
def test_a_table_names_the_usual_size_of_training_sets_where_one_of_it_has_it(planner, asked, samples):
    sources = {"id_sources": ["emotionnet"], "au_sources": ["expert"]}
    variants = {f"of_{number}": sources | {"samples": number} for number in asked}
    rows = [{"row": name, "variant": name, "regimes": ["synthetic"]} for name in variants]
    jobs = plan(planner, {"variants": variants, "tables": {"mine": rows}}, GIVEN)
    (sizes,) = [job.depends_on["sizes"] for job in jobs if job.rule == "tabulate_one_table"]
    assert literal_eval(sizes)["samples"] == samples


def trained(planner, file):
    jobs = plan(planner, {"classifiers": {"mine": {"file": str(file)}}}, TRAINED)
    (version,) = [job.depends_on["classifier_code"] for job in jobs if job.rule == "train_real"]
    return literal_eval(version)


@pytest.mark.parametrize("name", ["my.net.py", "my-net.py", "1net.py", "my net.py", "net.txt", "net", ".py", "net.PY"])
def test_a_file_that_is_no_module_is_refused(planner, folder, name):
    (folder / name).write_text("class Mine: ...\n")
    with pytest.raises(ValueError, match=r"classifiers\.mine\.file is .*; expected a Python file whose name") as fault:
        trained(planner, folder / name)
    assert len([line for line in str(fault.value).splitlines() if "classifiers.mine.file" in line]) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"class Mine:\nclass\n", "line 2: .*; correct the file"),
        (b"\0", "null bytes; correct the file"),
        (b"from . import mine\nfrom .... import more\n", None),
    ],
)
def test_a_file_that_cannot_be_parsed_is_told(planner, folder, content, said):
    (folder / "net.py").write_bytes(content)
    if said is None:
        assert trained(planner, folder / "net.py")
        return
    with pytest.raises(ValueError, match=rf"classifiers\.mine\.file: .*net\.py.*{said}"):
        trained(planner, folder / "net.py")


def test_a_file_in_a_folder_of_any_name_is_taken(planner, folder):
    (folder / "my nets 1.0").mkdir()
    (folder / "my nets 1.0/_net2.py").write_text("class Mine: ...\n")
    assert trained(planner, folder / "my nets 1.0/_net2.py")


def test_a_link_to_a_file_is_taken(planner, folder):
    (folder / "there").mkdir()
    (folder / "there/other.py").write_text("class Mine: ...\n")
    (folder / "net.py").symlink_to(folder / "there/other.py")
    assert trained(planner, folder / "net.py")


def listing(planner, folder, entry):
    """What the clip table of a dataset in a folder depends on."""
    config = {"datasets": {"mine": {"root": str(folder)} | entry}}
    (job,) = [job for job in plan(planner, config, "results/clips/mine.csv") if job.rule == "list_clips"]
    return job.depends_on


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ({"layout": "videos", "role": "micro"}, "clips.csv"),
        ({"layout": "videos", "role": "identity"}, "clips.csv"),
        ({"layout": "videos", "role": "micro", "options": {"table": "clips.tsv"}}, "clips.tsv"),
        ({"layout": "videos", "role": "identity", "options": {"table": "clips.CSV"}}, "clips.CSV"),
        ({"layout": "celeba", "role": "identity"}, "identity_CelebA.txt"),
        ({"layout": "casme2", "role": "micro"}, "a/b/CASME2-coding-20190701.xlsx"),
        ({"layout": "ckplus", "role": "macro"}, "Emotion/S005/001/S005_001_00000011_emotion.txt"),
    ],
)
def test_an_edit_of_what_is_read_beside_pictures_is_noticed_even_if_it_is_dated_back(planner, folder, entry, name):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("1")
    before, status = listing(planner, folder, entry), path.stat()
    assert before["its inputs"] == sorted([str(folder), str(path)])
    path.write_text("2")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - 1))
    assert listing(planner, folder, entry)["content"] != before["content"]


def test_what_lies_in_a_folder_results_of_others_is_compared_by_its_content(planner, folder):
    (folder / "results").mkdir()
    (folder / "results/clips.csv").write_text("1")
    relative = os.path.relpath(folder / "results", planner.project)
    found = listing(planner, relative, {"layout": "videos", "role": "micro"})
    assert found["content"] == repr([sha256(folder / "results/clips.csv")])


def test_a_card_names_a_table_without_the_folders_of_the_machine(planner, folder):
    """It is passed on, and the same wherever it was made."""
    shipped = planner.project / "config/expert_table.csv"
    (folder / "rules.csv").write_bytes(shipped.read_bytes())
    for path, named in ((shipped, "config/expert_table.csv"), (folder / "rules.csv", "rules.csv")):
        config = {"au_sources": {"expert": {"table": str(path)}}}
        jobs = plan(planner, config, "results/renders/emotionnet/expert/0.h5")
        (described,) = [job.depends_on["au_source"] for job in jobs if job.rule == "render_shard"]
        assert literal_eval(described)["table"] == named


def test_two_files_that_change_places_are_noticed(planner, folder):
    """Each keeps its time where it is renamed."""
    ckplus = {"layout": "ckplus", "role": "macro"}
    for number in "12":
        (folder / "Emotion/S005" / number).mkdir(parents=True)
        (folder / "Emotion/S005" / number / "x_emotion.txt").write_text(number)
    before = listing(planner, folder, ckplus)
    for old, new in (("1", "3"), ("2", "1"), ("3", "2")):
        (folder / "Emotion/S005" / old).rename(folder / "Emotion/S005" / new)
    after = listing(planner, folder, ckplus)
    assert (after["its inputs"], after["content"] == before["content"]) == (before["its inputs"], False)


@pytest.mark.parametrize("target", ["user@host.1", "x" * 300, "link.csv"])
def test_a_link_to_nothing_beside_a_table_is_no_input(planner, folder, target):
    """Of an editor, with a name longer than one may be, and to itself."""
    (folder / "clips.csv").touch()
    os.symlink(target, folder / "link.csv")
    found = listing(planner, folder, {"layout": "videos", "role": "micro"})
    assert found["its inputs"] == sorted([str(folder), str(folder / "clips.csv")])
