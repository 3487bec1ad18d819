"""A run that is killed leaves nothing that is not whole, and goes on as the docs say; `tests.faults.kills` has more."""

import numpy as np
import pytest

from tests.faults.kills import TINY, WAYS, Tries, results, undisturbed
from tests.workflow.conftest import copy_project

pytestmark = pytest.mark.slow
# A job that draws people, and one that reads what it drew.
TARGET = (*TINY, "--", "results/frames/smic.h5")
# Snakemake unlocks the folder wherever it can.
LEAVES_A_LOCK = {"SIGKILL of all", "SIGKILL of Snakemake alone"}


def test_a_run_that_is_killed_in_any_way_goes_on_to_the_same_results(tmp_path):
    expected, seconds = undisturbed(tmp_path / "undisturbed", TARGET)
    tries = Tries(copy_project(tmp_path / "project"), TARGET, expected, seconds)
    random = np.random.default_rng(0)
    # Each rule may be hit in each way.
    killed = {way for way in WAYS if tries.kill(way, len(WAYS), random)}
    assert killed >= LEAVES_A_LOCK
    tries.finish()
    assert results(tries.project) == expected
    assert {way for way, count in tries.counts.items() if count.locks} == LEAVES_A_LOCK
    assert [name for count in tries.counts.values() for name in count.torn] == []
    assert tries.faults == []
