"""Which changes make a job run again, the same for every run of this workflow, whatever profile it reads."""

import hashlib
from dataclasses import replace

from snakemake.persistence import ParamsChange, PersistenceBase
from snakemake.settings.enums import RerunTrigger
from snakemake.workflow import Workflow

# Inputs up to this size are compared by their content where their time is new. A clone has new times, and no file of
# the repository is larger. Shards are: Snakemake would read them again for every output of every job that takes them.
LARGEST_COMPARED = 4_000_000
# How the entry begins that says which param of a job has which value.
_NAMED = "params by name: "


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


class _SettledWorkflow(Workflow):
    """A workflow that changes its settings of the graph, and what keeps its records, when it gets them.

    It gets them after it has read its rules.
    """

    def __setattr__(self, name, value):
        if name == "_persistence" and value is not None:
            value.__class__ = type("Records", (_ByName, type(value)), {})
        if name == "dag_settings" and value is not None:
            value = replace(
                value,
                rerun_triggers=frozenset(value.rerun_triggers) - {RerunTrigger.CODE},
                max_checksum_file_size=max(value.max_checksum_file_size, LARGEST_COMPARED),
            )
        super().__setattr__(name, value)


def compare_content(workflow: Workflow) -> None:
    """Leave out the times of scripts, compare files by content and params by name.

    Every rule has the hash of what its script does as a parameter, which says more than the time of the script's file.
    """
    workflow.__class__ = _SettledWorkflow
