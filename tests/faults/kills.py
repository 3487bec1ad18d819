"""Kill runs of the tiny graph at random points, go on as the docs say, and compare all results with those of a run that
nothing disturbed: `python -m tests.faults.kills --points 50`.
"""

import argparse
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from mie_x_lib.verify import verify
from tests.workflow.conftest import copy_project

TINY = ("--configfile", str(Path(__file__).parents[1] / "workflow/tiny.yaml"))
# A rule that begins, as Snakemake prints it.
BEGINS = re.compile(r"^(?:local)?rule (\w+):", re.MULTILINE)
# A signal ends a run that lets its jobs end first.
SECONDS = 600


def kill_all(run: "Run") -> None:
    """kill -9 of Snakemake and of all its jobs; as far as processes go, a power cut."""
    for process in run.processes():
        process.kill()


def kill_head(run: "Run") -> None:
    """kill -9 of Snakemake alone: its jobs run on."""
    run.head.kill()


def interrupt(run: "Run") -> None:
    """Ctrl-C: the terminal sends SIGINT to all."""
    os.killpg(run.head.pid, signal.SIGINT)


def terminate(run: "Run") -> None:
    """kill: SIGTERM to Snakemake."""
    run.head.terminate()


def hang_up(run: "Run") -> None:
    """The terminal is closed: SIGHUP to all."""
    os.killpg(run.head.pid, signal.SIGHUP)


WAYS = {
    "SIGKILL of all": kill_all,
    "SIGKILL of Snakemake alone": kill_head,
    "Ctrl-C": interrupt,
    "SIGTERM of Snakemake": terminate,
    "SIGHUP": hang_up,
}


class Run:
    """Snakemake at work in a project, in a process group of its own."""

    def __init__(self, project: Path, arguments: Sequence[str], cores: int = 2):
        self.project, self.said = project, project / "said.txt"
        command = [sys.executable, "-m", "snakemake", "--cores", str(cores), *arguments]
        with open(self.said, "w", encoding="utf-8") as said:
            self.head = subprocess.Popen(
                command, cwd=project, stdout=said, stderr=subprocess.STDOUT, preexec_fn=_as_from_a_shell
            )

    def processes(self) -> list[psutil.Process]:
        """Snakemake and its jobs, and jobs of earlier runs: all that work in the folder."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.cwd() == str(self.project) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                pass
        return found

    def begun(self) -> list[str]:
        """The rules of the jobs that have begun."""
        return BEGINS.findall(self.said.read_text(encoding="utf-8"))

    def wait_for_jobs_left(self) -> None:
        while len(self.processes()) > 0:
            time.sleep(0.2)


def _as_from_a_shell() -> None:
    os.setpgid(0, 0)
    # Where nohup or a shell's & started this program, signals are ignored by all that it starts.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@dataclass
class Count:
    """What came of kills of one kind."""

    tries: int = 0
    locks: int = 0
    # Files under their final names that are not what an undisturbed run makes.
    torn: list[str] = field(default_factory=list)
    # Rules whose job was awaited.
    rules: Counter = field(default_factory=Counter)


def results(project: Path) -> dict[str, bytes]:
    """Every file of the results by its name, of those that are to be the same in each run.

    Names with a dot before them are those of files in work. Jobs may be at work, so that a file may go in between.
    """
    folder, found = project / "results", {}
    is_result = re.compile(r"(?!benchmarks/|generator/training/|\.)(?!.*/\.)")
    # Unlike Path.rglob it does not mind folders that go.
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            name = path.relative_to(folder).as_posix()
            if is_result.match(name):
                with suppress(FileNotFoundError):
                    found[name] = path.read_bytes()
    return found


def torn(project: Path, expected: dict[str, bytes], folders: set[str]) -> list[str]:
    """The files that are under their names and not whole, and the folders that lack files.

    folders: those of the outputs that are folders.
    """
    found = results(project)
    wrong = [name for name, content in found.items() if content != expected.get(name)]
    for folder in folders:
        # An empty one is what Snakemake makes before a job begins.
        there = {name for name in found if name.startswith(f"{folder}/")}
        if there and there != {name for name in expected if name.startswith(f"{folder}/")}:
            wrong.append(f"{folder}/")
    return wrong


class Tries:
    """Kills of one run after the other in a project, each of which goes on where the last one ended."""

    def __init__(self, project: Path, arguments: Sequence[str], expected: dict[str, bytes], seconds: dict[str, float]):
        self.project, self.arguments, self.expected, self.seconds = project, arguments, expected, seconds
        self.folders = {"/".join(name.split("/")[:2]) for name in expected if name.startswith("corpora/")}
        self.counts = {way: Count() for way in WAYS}
        # Sentences of runs that ended by a fault of their own.
        self.faults: list[str] = []
        self.started = 0

    def hits(self) -> Counter:
        """How often each rule has been hit."""
        return sum((count.rules for count in self.counts.values()), Counter())

    def kill(self, way: str, most: int, random: np.random.Generator) -> bool:
        """Start a run, and kill it in the first job of a rule that was hit less than `most` times; False if it ends.

        As the docs have it: after SIGKILL the folder is unlocked first. Where jobs of the last run still hold a folder,
        the run ends with one line, and is started again when they have ended.
        """
        hits = self.hits()
        while True:
            run = self._start()
            rule = self._wait_for(run, lambda rule: hits[rule] < most)
            if rule is not None:
                # A job loads its libraries first.
                time.sleep(random.uniform(0, self.seconds.get(rule, 0) + 3))
            if rule is not None and run.head.poll() is None:
                break
            if self._ended_well(run):
                return False
        WAYS[way](run)
        run.head.wait(timeout=SECONDS)
        count = self.counts[way]
        count.tries += 1
        count.rules[rule] += 1
        count.locks += self._is_locked()
        count.torn += torn(self.project, self.expected, self.folders)
        return True

    def finish(self) -> None:
        """Run to the end; what jobs without a Snakemake still do ends first."""
        run = self._start()
        while not self._ended_well(run):
            run = self._start()
        run.wait_for_jobs_left()

    def _start(self) -> Run:
        if self._is_locked():
            unlock = [sys.executable, "-m", "snakemake", "--unlock", *self.arguments[: len(TINY)]]
            subprocess.run(unlock, cwd=self.project, check=True, capture_output=True)
        self.started += 1
        return Run(self.project, self.arguments)

    def _wait_for(self, run: Run, is_awaited: Callable[[str], bool]) -> str | None:
        while run.head.poll() is None:
            rules = [rule for rule in run.begun() if is_awaited(rule)]
            if rules:
                return rules[-1]
            time.sleep(0.02)
        return None

    def _ended_well(self, run: Run) -> bool:
        """Whether a run ends well; else what it says is kept, and the jobs of earlier ones have ended."""
        if run.head.wait() == 0:
            return True
        said = run.said.read_text(encoding="utf-8")
        lines = re.findall(r"^(?:Input error|Disk full|\w*Error|\w*Exception).*$", said, re.MULTILINE)
        self.faults.append(lines[0] if lines else said)
        if len(self.faults) > 50:
            raise RuntimeError("\n".join(self.faults))
        run.wait_for_jobs_left()
        return False

    def _is_locked(self) -> bool:
        return any((self.project / ".snakemake/locks").glob("*"))


def undisturbed(project: Path, arguments: Sequence[str]) -> tuple[dict[str, bytes], dict[str, float]]:
    """The results of a run that ends well, and the seconds that the longest job of each rule took.

    project: where there is nothing, the run is made; else it is that of a run that has ended.
    """
    if not project.exists():
        run = Run(copy_project(project), arguments)
        if run.head.wait() != 0:
            raise RuntimeError(run.said.read_text(encoding="utf-8"))
    seconds: dict[str, float] = {}
    for path in (project / "results/benchmarks").rglob("*.tsv"):
        rule = path.relative_to(project / "results/benchmarks").parts[0].removesuffix(".tsv")
        took = float(path.read_text(encoding="utf-8").split("\n")[1].split("\t")[0])
        seconds[rule] = max(took, seconds.get(rule, 0))
    return results(project), seconds


def kill_at_random(tries: Tries, points: int, seed: int = 0) -> Iterator[str]:
    """Kill at so many points, half of them by SIGKILL of all and the others in one of the other ways.

    A run goes on until a job begins whose rule was hit less often than it is to be, so that all rules are. Where a run
    has ended and points are left, all results are removed. Yields a line for each kill.
    """
    random = np.random.default_rng(seed)
    others = [way for way in WAYS if way != "SIGKILL of all"]
    most = math.ceil(points / len(tries.seconds))
    done = 0
    while done < points:
        way = "SIGKILL of all" if random.integers(2) else others[random.integers(len(others))]
        if tries.kill(way, most, random):
            done += 1
            count = tries.counts[way]
            yield f"{done}: {way}, {count.locks} of {count.tries} locked, {len(count.torn)} not whole"
        else:
            most += 1
            for name in ("results", "logs"):
                shutil.rmtree(tries.project / name)


def main() -> None:
    """Print a table in Markdown: a row a way to kill."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kills", description=__doc__)
    parser.add_argument("--points", type=int, default=50, help="kills (default: 50)")
    parser.add_argument("--seed", type=int, default=0, help="of the points (default: 0)")
    parser.add_argument("--undisturbed", type=Path, help="a copy of the project in which the tiny graph has run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        expected, seconds = undisturbed(options.undisturbed or Path(folder) / "undisturbed", TINY)
        print(f"undisturbed: {len(expected)} files of {len(seconds)} rules", flush=True)
        tries = Tries(copy_project(Path(folder) / "project"), TINY, expected, seconds)
        for line in kill_at_random(tries, options.points, options.seed):
            print(line, flush=True)
        tries.finish()
        found = results(tries.project)
        differ = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
        print("| how | tries | locked after it | files or folders that were not whole |\n|---|---|---|---|")
        for way, count in tries.counts.items():
            print(f"| {way} | {count.tries} | {count.locks} | {len(count.torn)} |")
        lists = {
            "rules hit": [f"{rule} {hits}" for rule, hits in sorted(tries.hits().items())],
            "not whole": [name for count in tries.counts.values() for name in count.torn],
            "runs that ended with a fault of their own": tries.faults,
            "files that differ in the end": differ,
            "named by verify": verify(tries.project / "results")[1],
        }
        for title, lines in lists.items():
            print("\n  ".join([f"{title}: {len(lines)}", *lines]))


if __name__ == "__main__":
    main()
