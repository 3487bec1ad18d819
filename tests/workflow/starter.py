"""Starts of Snakemake that need not load its libraries each: one process has loaded them, and a start is a fork of it.

What is started reads arguments, environment and working directory as `python -m snakemake` does, and nothing of the
project is loaded before. Run as a script, it reads requests from its standard input and answers with exit codes.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path


def run(folder: Path, arguments: Sequence[str], jobs_are_forks: bool = False) -> subprocess.CompletedProcess:
    """Run Snakemake in a folder; stdout and stderr come together, as on a terminal.

    jobs_are_forks: whether its jobs are, too (`tests.workflow.jobs`).
    """
    # Not loaded where this file is a script, in whose place no package `tests` is.
    from tests.workflow import jobs

    process = _process()
    with tempfile.TemporaryFile("w+") as said:
        request = {"folder": str(folder), "arguments": list(arguments), "environment": dict(os.environ)}
        request["python"] = jobs.python() if jobs_are_forks else sys.executable
        request["output"] = f"/proc/{os.getpid()}/fd/{said.fileno()}"
        print(json.dumps(request), file=process.stdin, flush=True)
        code = int(process.stdout.readline())
        said.seek(0)
        return subprocess.CompletedProcess(arguments, code, said.read())


@cache
def _process() -> subprocess.Popen:
    """The process that all starts are forks of; it ends with this one, which holds the other end of its input."""
    return subprocess.Popen(
        [sys.executable, __file__],
        # Each start has its own folders of packages.
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _become(folder: str, arguments: list[str], environment: dict[str, str], output: str, python: str) -> None:
    """Make this process what `python -m snakemake` is when it starts, with another program for its jobs."""
    import snakemake
    from snakemake.workflow import Workflow

    os.chdir(folder)
    # It was looked up when the class was made.
    Workflow._rundir = folder
    os.environ.clear()
    os.environ.update(environment)
    for target, path, flags in ((0, os.devnull, os.O_RDONLY), (1, output, os.O_WRONLY | os.O_APPEND)):
        opened = os.open(path, flags)
        os.dup2(opened, target)
        os.close(opened)
    os.dup2(1, 2)
    sys.argv = [str(Path(snakemake.__file__).with_name("__main__.py")), *arguments]
    sys.executable = python
    sys.path[:1] = [folder, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]


def main() -> None:
    # Snakemake loads the others as late as it needs them.
    import nbformat  # noqa: F401
    import pydantic  # noqa: F401
    import requests  # noqa: F401
    import smart_open  # noqa: F401
    from snakemake import cli

    # It loads the plugins.
    cli.get_argument_parser()
    # What is there by now is nothing for later collections to look at.
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(**json.loads(line))
            cli.main()
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
