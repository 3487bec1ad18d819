"""What tests of several folders share."""

import gc
from pathlib import Path

import pytest
from hypothesis import settings

from tests import pyfeat_weights

# A tenth of the time of all tests went into looking through loaded libraries for what can go.
gc.set_threshold(10_000)
# How long an example takes depends on what else the machine does.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run the tests that are marked long, too")
    parser.addoption("--slurm", action="store_true", help="run the tests that are marked slurm, too")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config) -> int:
    """Two processes for folders of tests, since a run of the graph keeps one core busy; none for single files."""
    return 0 if all(Path(place.partition("::")[0]).is_file() for place in config.args) else 2


def pytest_collection_modifyitems(config, items):
    # What runs the graph comes first: at the end no process has a long file of tests left, while the others wait.
    items.sort(key=lambda item: "unit" in item.path.parts)
    for marker in ("long", "slurm"):
        if not config.getoption(f"--{marker}"):
            for item in items:
                if marker in item.keywords:
                    item.add_marker(pytest.mark.skip(reason=f"only with --{marker}"))


def pytest_collection_finish():
    # What has been loaded by now stays.
    gc.freeze()


@pytest.fixture(scope="session")
def pyfeat_package(tmp_path_factory) -> Path:
    """py-feat with freshly initialised weights: a package `feat`, in a folder of its own."""
    package = pyfeat_weights.shadow(tmp_path_factory.mktemp("pyfeat"))
    with pytest.MonkeyPatch.context() as environment:
        # Unless it is set, py-feat sets it for the whole process when it is imported.
        environment.setenv("OMP_NUM_THREADS", "1")
        pyfeat_weights.fill(package / "resources")
    return package


@pytest.fixture
def event_files_in_order(monkeypatch):
    """TensorBoard reads its files by name: second of the clock, then a number in this process, 10 before 9."""
    from tensorboard.summary.writer import event_file_writer

    monkeypatch.setattr(event_file_writer, "_global_uid", event_file_writer.AtomicCounter(0))
