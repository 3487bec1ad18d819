"""Snakemake whose SLURM plugin asks for the state of jobs as often as at first: it waits ten seconds longer each time.

Run as a script in place of `python -m snakemake`, for tests that wait for short jobs.
"""

import asyncio

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor


async def wait(executor: Executor) -> None:
    await asyncio.sleep(executor.workflow.executor_settings.init_seconds_before_status_checks)


if __name__ == "__main__":
    Executor.sleep = wait
    main()
