"""What tests of several folders share."""

from pathlib import Path

import pytest

from tests import pyfeat_weights


@pytest.fixture(scope="session")
def pyfeat_package(tmp_path_factory) -> Path:
    """py-feat with freshly initialised weights: a package `feat`, in a folder of its own."""
    package = pyfeat_weights.shadow(tmp_path_factory.mktemp("pyfeat"))
    with pytest.MonkeyPatch.context() as environment:
        # Unless it is set, py-feat sets it for the whole process when it is imported.
        environment.setenv("OMP_NUM_THREADS", "1")
        pyfeat_weights.fill(package / "resources")
    return package
