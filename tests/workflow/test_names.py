"""People, clips, files and datasets may be called what spreadsheets and pandas take for missing or for numbers."""

import cv2
import numpy as np
import pytest

from mie_x_lib.corpora.frame_folder import natural_key
from mie_x_lib.corpora.simulated.performances import perform
from mie_x_lib.files import read_csv
from mie_x_lib.settings.corpora import Casting
from mie_x_lib.shards import read_table
from tests.drawn_faces import photographs
from tests.workflow.conftest import copy_project, snakemake

PEOPLE = ("NA", "n.a.", "null", "nan", "None", "1e5", "007", "7.0", "True")
CLIPS = {"NA": "disgust", "1e5": "happiness", "007": "surprise"}
PORTRAITS = ("007", "1e5", "NA", "nan")
CONFIG = """
image_size: 64
datasets:
  "NA": {layout: videos, role: micro, root: mine, names_as_written: true}
  "1e5": {layout: videos, role: identity, root: portraits}
au_sources: {"007": {kind: micro, datasets: ["NA"]}}
id_sources: {"null": {dataset: "1e5", identities: 4}}
identities_per_shard: 4
evaluations: {"None": {datasets: ["NA"], folds: 3}}
triplets: {min_change: 0}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = copy_project(tmp_path_factory.mktemp("names") / "project")
    (project / "names.yaml").write_text(CONFIG)
    (project / "mine/NA").mkdir(parents=True)
    (project / "portraits").mkdir()
    casting = Casting(kind="micro", subjects=1, emotions={"surprise": 1}, peak=(0.4, 0.4))
    clip = next(perform(1, casting, np.random.default_rng(3)))
    for number, frame in enumerate(clip.frames):
        assert cv2.imwrite(str(project / f"mine/NA/{number:03}.png"), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    rows = [
        f"{name},{person},{emotion},NA,{clip.onset},{clip.apex},{clip.offset}\n"
        for person in PEOPLE
        for name, emotion in CLIPS.items()
    ]
    (project / "mine/clips.csv").write_text("clip,subject,emotion,path,onset,apex,offset\n" + "".join(rows))
    for name, person in zip(PORTRAITS, photographs(len(PORTRAITS)), strict=True):
        assert cv2.imwrite(str(project / f"portraits/{name}.png"), cv2.cvtColor(person, cv2.COLOR_RGB2BGR))
    targets = ("results/folds/None.csv", "results/triplets/007/0.csv", "results/identities/null/0.h5")
    run = snakemake(project, "--configfile", "names.yaml", "--", *targets, cores=2)
    assert run.returncode == 0, run.stdout
    return project


def test_each_person_is_one_person_in_the_folds(project):
    folds = read_csv(project / "results/folds/None.csv")
    assert set(folds["dataset"]) == {"NA"}
    found = folds.groupby("subject")["clip"].unique().map(set).to_dict()
    assert found == {person: set(CLIPS) for person in PEOPLE}
    assert (folds.groupby("subject")["fold"].nunique() == 1).all()


def test_triplets_and_photographs_say_whose_they_are(project):
    triplets = read_csv(project / "results/triplets/007/0.csv")
    assert set(triplets["dataset"]) == {"NA"}
    assert set(triplets["subject"]) <= set(PEOPLE)
    assert set(triplets["clip"]) == set(CLIPS)
    assert read_table(project / "results/identities/null/0.h5")["identity"].tolist() == sorted(
        PORTRAITS, key=natural_key
    )
