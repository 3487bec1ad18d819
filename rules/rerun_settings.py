"""Which changes make a job run again, the same for every run of this workflow, whatever profile it reads."""

from dataclasses import replace

from snakemake.settings.enums import RerunTrigger
from snakemake.workflow import Workflow

# Inputs up to this size are compared by their content where their time is new, as all times of a clone are. No file of
# the repository is larger. Shards are: Snakemake would read them again for every output of every job that takes them.
LARGEST_COMPARED = 4_000_000


class _SettledWorkflow(Workflow):
    """A workflow whose settings of the graph are changed when it gets them, which is after it has read its rules."""

    def __setattr__(self, name, value):
        if name == "dag_settings" and value is not None:
            value = replace(
                value,
                rerun_triggers=frozenset(value.rerun_triggers) - {RerunTrigger.CODE},
                max_checksum_file_size=max(value.max_checksum_file_size, LARGEST_COMPARED),
            )
        super().__setattr__(name, value)


def compare_content(workflow: Workflow) -> None:
    """Leave out the times of scripts, and compare files by content.

    Every rule has the hash of what its script does as a parameter, which says more than the time of the script's file.
    """
    workflow.__class__ = _SettledWorkflow
