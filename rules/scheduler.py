"""How often Snakemake's scheduler looks at the jobs that could start."""

import threading

from snakemake.scheduling.job_scheduler import JobScheduler

# Its name is spelt so in Snakemake 9.
_AGAIN = "_schedule_reevalutation"


def look_once_a_second() -> None:
    """Let the scheduler have no more than one timer that waits, for one more look at the jobs.

    Since no more than a hundred jobs may start within a second, Snakemake 9.27 looks at them again a second after each
    look. It also looks whenever a job has ended, so that each job adds one look a second until the run ends: after some
    hundreds of jobs a core does nothing else.
    """
    if hasattr(JobScheduler, _AGAIN):
        setattr(JobScheduler, _AGAIN, _look_again)


def _look_again(scheduler: JobScheduler, delay: float) -> None:
    """Let a scheduler look at its jobs once more in so many seconds, unless it is going to."""
    if getattr(scheduler, "_is_going_to_look", False):
        return

    def look() -> None:
        scheduler._is_going_to_look = False
        scheduler._open_jobs.release()

    scheduler._is_going_to_look = True
    timer = threading.Timer(delay, look)
    # Nobody waits for it at the end of a run.
    timer.daemon = True
    timer.start()
