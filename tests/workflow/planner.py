"""Many plans of one project in one process: Snakemake itself, without the seconds that each start of it takes.

Run as a script, in the folder of the project, it reads requests from its standard input and writes answers, each a JSON
object on a line of its own.
"""

import gc
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_MOST_ANSWERS = 100


@dataclass(frozen=True)
class Job:
    """A job of the graph. depends_on: its inputs, sorted, and its params by name. is_planned: whether it would run."""

    rule: str
    inputs: list[str]
    outputs: tuple[str, ...]
    depends_on: dict[str, object]
    is_planned: bool


class Planner:
    """Plans of a project, and runs that only pretend."""

    def __init__(self, project: Path):
        self.project = project
        self._start()

    def plan(self, *configs: Path, targets: tuple[str, ...] = ()) -> list[Job]:
        """Every job of the graph; raises ValueError with what Snakemake says where it refuses the config."""
        return self._jobs("dryrun", configs, targets)

    def pretend(self, *configs: Path, targets: tuple[str, ...] = ()) -> list[Job]:
        """As `plan`; then each job that is planned gives its outputs a content that they never had, and is recorded."""
        return self._jobs("touch", configs, targets)

    def config(self) -> dict:
        """The config as the rules see it."""
        return self._answer(how="config", configs=[], targets=[])["config"]

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait()

    def _jobs(self, how: str, configs: tuple[Path, ...], targets: tuple[str, ...]) -> list[Job]:
        found = self._answer(how=how, configs=[str(config) for config in configs], targets=targets)["jobs"]
        return [Job(**job | {"outputs": tuple(job["outputs"])}) for job in found]

    def _start(self) -> None:
        self._answered = 0
        self._process = subprocess.Popen(
            [sys.executable, __file__], cwd=self.project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def _answer(self, **request) -> dict:
        # Snakemake keeps some megabytes of each graph.
        if self._answered == _MOST_ANSWERS:
            self.close()
            self._start()
        self._answered += 1
        print(json.dumps(request), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        if "refused" in answer:
            raise ValueError(answer["refused"])
        return answer


def outputs(jobs: list[Job]) -> set[str]:
    """The files that the planned jobs among these make."""
    return {path for job in jobs if job.is_planned for path in job.outputs}


def answer(how: str, configs: list[str], targets: list[str]) -> dict:
    """What Snakemake makes of the project in the working directory."""
    from snakemake import api
    from snakemake.jobs import get_script_mtime
    from snakemake.settings import types as settings
    from snakemake.settings.enums import Quietness

    # A process of its own would not know the times of scripts from an earlier plan.
    get_script_mtime.cache_clear()
    with api.SnakemakeApi(settings.OutputSettings(quiet={Quietness.ALL})) as snakemake:
        reading = snakemake.workflow(
            resource_settings=settings.ResourceSettings(cores=1),
            config_settings=settings.ConfigSettings(configfiles=[Path(config) for config in configs]),
            snakefile=Path("Snakefile"),
        )
        try:
            graph = reading.dag(settings.DAGSettings(targets=frozenset(targets)))
            workflow = reading._workflow
            if how == "config":
                return {"config": workflow.globals["config"]}
            graph.execute_workflow(executor=how, execution_settings=settings.ExecutionSettings(lock=False))
        except Exception as fault:
            return {"refused": f"{type(fault).__name__}: {fault}"}
        return {"jobs": [described(job, workflow) for job in workflow.dag.jobs]}


def described(job, workflow) -> dict:
    # One entry each, and that of all by name.
    if len(workflow.persistence._params(job)) <= len(job.params):
        raise AssertionError(f"{job.rule}: it has a param that Snakemake does not compare: of a class, or of the input")
    params = {name: repr(value) for name, value in job.params.items()}
    return {
        "rule": job.rule.name,
        "inputs": list(job.input),
        "outputs": list(job.output),
        "depends_on": params | {"its inputs": sorted(job.input)},
        "is_planned": workflow.dag.needrun(job),
    }


def _parse_once() -> None:
    """Let Snakemake parse and compile a file of rules once for all plans in which it is the same."""
    # They import each other, and only this one can come first.
    from snakemake import api, workflow  # noqa: F401

    parse, parsed = workflow.parse, {}

    def remembered(path, reading, *, linemap: dict[int, int], rulecount: int) -> tuple[str, int]:
        place = path.get_path_or_uri(secret_free=True)
        # What is parsed names the file, and counts the rules before it.
        key = place, Path(place).read_text(encoding="utf-8"), rulecount
        if key not in parsed:
            lines: dict[int, int] = {}
            parsed[key] = parse(path, reading, linemap=lines, rulecount=rulecount), lines
        found, lines = parsed[key]
        linemap.update(lines)
        return found

    workflow.parse, workflow.compile = remembered, cache(compile)


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    # Whatever Snakemake prints goes to the standard error.
    os.dup2(2, 1)
    from snakemake.executors.touch import Executor

    touch = Executor.run_job
    made = 0

    def make(executor, job) -> None:
        nonlocal made
        for path in job.output:
            made += 1
            if path.is_directory:
                Path(path).mkdir(parents=True, exist_ok=True)
            else:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                Path(path).write_text(f"{made}\n")
        touch(executor, job)

    Executor.run_job, Executor.SLEEPING_TIME = make, 0
    _parse_once()
    # A graph is some hundred thousand objects, most of which stay.
    gc.set_threshold(100_000)
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), file=answers, flush=True)
    # To take a hundred graphs apart, one object after the other, takes ten seconds.
    os._exit(0)


if __name__ == "__main__":
    main()
