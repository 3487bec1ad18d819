"""Which changes make a job run again, the same for every run of this workflow, whatever profile it reads."""

import hashlib
import re
from dataclasses import replace

from snakemake.dag import DAG
from snakemake.exceptions import MissingInputException, WorkflowError
from snakemake.logging import logger
from snakemake.persistence import ParamsChange, PersistenceBase
from snakemake.settings.enums import RerunTrigger
from snakemake.workflow import Workflow

# Inputs up to this size are compared by their content where their time is new. A clone has new times, and no file of
# the repository is larger. Shards are: Snakemake would read them again for every output of every job that takes them.
LARGEST_COMPARED = 4_000_000
# How the entry begins that says which param of a job has which value.
_NAMED = "params by name: "
# What `content_of` gives: the hashes of files, of those that are there.
_HASH = re.compile("[0-9a-f]{64}")
_CONTENT = re.compile(rf"\[('{_HASH.pattern}'(, )?)*\]")


class _ByName(PersistenceBase):
    """Records of jobs by which a param that takes the value of another one is a change.

    Snakemake 9.27 compares the values of all params as a set: a seed of 1, shards of 6 and 6 clips are to it what a
    seed of 1, shards of 6 and 1 clip are.
    """

    def _params(self, job):
        named = sorted((name, repr(value)) for name, value in job.params.items())
        return [*super()._params(job), f"{_NAMED}{hashlib.sha256(repr(named).encode()).hexdigest()}"]

    def params_changed(self, job, file=None) -> ParamsChange:
        change = super().params_changed(job, file)
        of_values = replace(change, only_old=_values(change.only_old), only_new=_values(change.only_new))
        # Records of earlier versions have no such entry.
        return of_values if of_values or not change.only_old else change


def _values(entries: set[str]) -> set[str]:
    return {entry for entry in entries if not entry.startswith(_NAMED)}


class _WholeGraph(DAG):
    """A graph that leaves no job out that has to run and cannot.

    Where an input is missing and the output is there, Snakemake takes the output as it is, without a word: of a root or
    weights with a slip in their path the table would be that of before, and of a disk that is not there it would have
    crops of other settings than all others.
    """

    async def init(self, *arguments, **options):
        # What jobs lack, each before those that take its output.
        self._left_out = {}
        await super().init(*arguments, **options)

    async def update_(self, job, *arguments, **options):
        try:
            await super().update_(job, *arguments, **options)
        except MissingInputException as fault:
            _, _, lines = str(fault).partition("affected files:")
            self._left_out.setdefault(job, ", ".join(line.strip() for line in lines.splitlines() if line.strip()))
            raise

    async def postprocess(self, *arguments, check_initial=False, **options):
        await super().postprocess(*arguments, check_initial=check_initial, **options)
        # Of a run and its plan alone: a report or a summary is of what there is.
        if check_initial:
            self._refuse_left_out()

    def _refuse_left_out(self) -> None:
        """Raise WorkflowError for jobs that are left out, have to run and that others wait for."""
        awaited = {path for job in self.jobs for path in job.input}
        faults, kept = {}, []
        for job, missing in reversed(self._left_out.items()):
            if self.in_until(job) or not awaited.isdisjoint(job.output):
                awaited.update(job.input)
                if self._has_changed(job):
                    # Many jobs may lack the same: the first one is named.
                    faults[missing] = (
                        f"{missing}: not there, but {job.rule} has to make {job.output[0]} again, since a setting, its "
                        "code or an input is another; correct the path in the config, or put back what is missing"
                    )
                    kept += job.output
        if faults:
            way_out = f"To keep what was made of it as it is, run snakemake --cleanup-metadata {' '.join(sorted(kept))}"
            raise WorkflowError("\n".join([*reversed(faults.values()), way_out]))

    def _has_changed(self, job) -> bool:
        """Whether a job has to run for more than that something is missing: of data that is elsewhere, results stay."""
        triggers, records = self.workflow.rerun_triggers, self.workflow.persistence
        inputs = set(records._input(job))
        has_others = any(inputs - set(records.input(path) or inputs) for path in job.output)
        return (RerunTrigger.INPUT in triggers and has_others) or (
            RerunTrigger.PARAMS in triggers and _is_more_than_gone(records.params_changed(job))
        )


def _is_more_than_gone(change: ParamsChange) -> bool:
    """Whether another value is more than content of which there is less."""
    was, now = (set(filter(_CONTENT.fullmatch, entries)) for entries in (change.only_old, change.only_new))
    content_was, content_now = (set(_HASH.findall(" ".join(entries))) for entries in (was, now))
    return bool((content_now - content_was) | (change.only_old - was) | (change.only_new - now))


class _SettledWorkflow(Workflow):
    """A workflow that changes its settings of the graph, the graph and its records when it gets them.

    It gets them after it has read its rules.
    """

    def __setattr__(self, name, value):
        if name == "_dag" and value is not None:
            value.__class__ = _WholeGraph
        if name == "_persistence" and value is not None:
            value.__class__ = type("Records", (_ByName, type(value)), {})
        if name == "dag_settings" and value is not None:
            value = replace(
                value,
                rerun_triggers=frozenset(value.rerun_triggers) - {RerunTrigger.CODE},
                max_checksum_file_size=max(value.max_checksum_file_size, LARGEST_COMPARED),
            )
        super().__setattr__(name, value)

    def log_missing_metadata_info(self):
        """Say what it means that there are results without a record, which Snakemake words as for itself."""
        super().log_missing_metadata_info()
        jobs = [job for job in self.dag.jobs if self.dag.reason(job).no_metadata and not self.dag.needrun(job)]
        if jobs:
            others = f" and what {len(jobs) - 1} more jobs made" if len(jobs) > 1 else ""
            logger.warning(
                f"Warning: .snakemake has no record of {jobs[0].output[0]}{others}: "
                "no change of settings or code makes them again; copy .snakemake along with results, or delete "
                "results to make all of it again"
            )


def compare_content(workflow: Workflow) -> None:
    """Leave out the times of scripts, compare files by content and params by name, leave out no job that has to run.

    Every rule has the hash of what its script does as a parameter, which says more than the time of the script's file.
    """
    workflow.__class__ = _SettledWorkflow
