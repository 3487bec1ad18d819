"""What must not matter to results: cores, the surroundings of a run, the place of its folder, the size of shards."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mie_x_lib.shards import read_images, read_table
from tests.faults.kills import TINY, results
from tests.workflow.conftest import copy_project

SMALL = ("--configfile", str(Path(__file__).parents[1] / "slurm/small.yaml"))
RENDERS = ("--", "results/renders/emotionnet/expert/0.h5", "results/generator_checks/emotionnet.csv")
# Where a program takes something from these, another user has it otherwise.
SURROUNDINGS = {"PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Asia/Tokyo", "OMP_NUM_THREADS": "2", "COLUMNS": "40"}


def made(project: Path, cores: int, arguments: tuple[str, ...], **variables: str) -> dict[str, bytes]:
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", str(cores), *arguments],
        cwd=copy_project(project),
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    return results(project)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((*SMALL, *RENDERS), marks=pytest.mark.slow, id="renders"),
        pytest.param(TINY, marks=pytest.mark.long, id="the tiny graph"),
    ],
)
def test_results_have_the_same_bytes_on_one_core_in_other_surroundings_and_in_a_folder_with_a_blank(
    tmp_path, arguments
):
    passing = tmp_path / "passing files"
    passing.mkdir()
    here = made(tmp_path / "here", 2, arguments)
    there = made(tmp_path / "a folder", 1, arguments, TMPDIR=str(passing), **SURROUNDINGS)
    assert [name for name in here.keys() | there.keys() if here.get(name) != there.get(name)] == []


TWENTY = """
identities_per_shard: {identities_per_shard}
simulated: {{emotionnet: {{subjects: 20}}}}
id_sources: {{emotionnet: {{identities: 20}}}}
uf1_table: ["2"]
"""
# What is of a shard, names shards, or is measured on the faces of the first one.
OF_SHARDS = re.compile(
    r"(identities|triplets|renders|training_sets|manifest|generator_checks|figures/pairs)/|.*quality"
)


@pytest.mark.long
def test_one_shard_and_twenty_give_the_same_pictures_and_the_same_table(tmp_path):
    found = {}
    for identities_per_shard in (20, 1):
        own, project = tmp_path / f"{identities_per_shard}.yaml", tmp_path / f"of {identities_per_shard}"
        own.write_text(TWENTY.format(identities_per_shard=identities_per_shard))
        files = made(project, 2, (*TINY, str(own), "--", "results/uf1_table.csv"))
        shards = [project / f"results/renders/emotionnet/compmie/{n}.h5" for n in range(20 // identities_per_shard)]
        images = np.concatenate([read_images(shard) for shard in shards])
        samples = pd.concat([read_table(shard) for shard in shards], ignore_index=True)
        found[len(shards)] = images, samples, {name: data for name, data in files.items() if not OF_SHARDS.match(name)}
    (images, samples, files), (other_images, other_samples, other_files) = found[1], found[20]
    np.testing.assert_array_equal(images, other_images)
    pd.testing.assert_frame_equal(samples, other_samples)
    assert "uf1_table.csv" in files
    assert [name for name in files.keys() | other_files.keys() if files.get(name) != other_files.get(name)] == []
