"""What every script shares: log, progress, number of threads, and one clear line for a fault in the user's input."""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mie_x_lib import progress
from mie_x_lib.errors import InputError
from mie_x_lib.place import where_it_runs

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@contextmanager
def job(snakemake) -> Iterator[Callable[[str], None]]:
    """Run a script's body with its output in the rule's log; yield `tell`, which writes a line to log and terminal.

    Import numpy, cv2 and torch inside the block: they read their number of threads, `snakemake.threads`, when loaded.
    stdout and stderr are redirected as file descriptors, so that messages of native libraries reach the log too; of
    `mie_x_lib.progress` the log gets lines, and a terminal a bar. The first line of a log says where the job ran:
    Snakemake shows of a failed job the log of SLURM too, but not after an empty one.
    An InputError becomes one line in the log and on the terminal, any other exception a traceback in the log; both
    end the script with exit code 1.
    """
    # A pool that spawns its workers would run the script again in each, where there is no `snakemake`.
    vars(sys.modules["__main__"]).pop("__file__", None)
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(snakemake.threads)))
    with os.fdopen(os.dup(2), "w") as terminal, open(snakemake.log[0], "w", encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        slurm_log = "; its SLURM log is in .snakemake/slurm_logs" if "SLURM_JOB_ID" in os.environ else ""
        print(f"{snakemake.rule} {where_it_runs()}{slurm_log}", file=log, flush=True)

        def tell(line: str) -> None:
            for stream in (sys.stderr, terminal):
                print(line, file=stream, flush=True)

        try:
            with progress.shown_on(terminal, " ".join([snakemake.rule, *snakemake.wildcards])):
                yield tell
        except InputError as error:
            tell(f"Input error: {error}")
            sys.exit(1)
        except Exception:
            traceback.print_exc()
            sys.exit(1)
