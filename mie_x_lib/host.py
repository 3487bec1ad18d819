"""Which host a process runs on, and in which SLURM job."""

import os
import socket


def where_it_runs() -> str:
    """The host, and the SLURM job where there is one: `on node7 as SLURM job 1234`."""
    job = os.environ.get("SLURM_JOB_ID")
    return f"on {socket.gethostname()}" + (f" as SLURM job {job}" if job else "")
