"""A SLURM that the tests of this folder share."""

import pytest

from tests.slurm.cluster import Cluster, is_installed


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    if not is_installed():
        pytest.skip("no SLURM here: Debian has it in slurmctld, slurmd, slurm-client and munge")
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
