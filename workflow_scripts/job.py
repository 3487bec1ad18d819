"""What every script shares: log, progress, threads, a record of what it made, one line for a fault of the user's."""

import gc
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from mie_x_lib import bounds, progress
from mie_x_lib.errors import InputError, refusal_of
from mie_x_lib.host import take_one_gpu, where_it_runs

# New objects after which Python looks for what can go: its own number is 700 or 2000, and libraries make a million.
OBJECTS_BETWEEN_LOOKS = 10_000
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@contextmanager
def job(snakemake, least_threads: int = 1) -> Iterator[Callable[[str], None]]:
    """Run a script's body with its output in the rule's log; yield `tell`, which writes a line to log and terminal.

    Import numpy, cv2 and torch inside the block: they read their number of threads, `snakemake.threads`, when loaded.
    Of several GPUs a job that asks for one sees one alone, which no other job has.
    least_threads: the number where Snakemake, on fewer cores, gives less. The last digits of what a training sums up
    hang on it, and no result may hang on `--cores`.
    stdout and stderr are redirected as file descriptors, so that messages of native libraries reach the log too; of
    `mie_x_lib.progress` the log gets lines, and a terminal a bar. What the library warns of is told. The first line of
    a log says where the job ran: Snakemake shows of a failed job the log of SLURM too, but not after an empty one.
    When the body has ended well, the manifest gets a record of each output: its SHA-256, and what made it.
    An InputError becomes one line in the log and on the terminal, and so does what the system refuses, such as to write
    on a full disk (`errors.REFUSALS`); any other exception is a traceback in the log. All of them end the script with
    exit code 1.
    """
    # A pool that spawns its workers would run the script again in each, where there is no `snakemake`.
    vars(sys.modules["__main__"]).pop("__file__", None)
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(max(snakemake.threads, least_threads))))
    if snakemake.resources.get("gpu"):
        take_one_gpu()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS)
    with os.fdopen(os.dup(2), "w") as terminal, open(snakemake.log[0], "w", encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)

        def tell(line: str) -> None:
            for stream in (sys.stderr, terminal):
                print(line, file=stream, flush=True)

        _tell_warnings(sys.stderr, terminal)
        try:
            slurm_log = "; its SLURM log is in .snakemake/slurm_logs" if "SLURM_JOB_ID" in os.environ else ""
            print(f"{snakemake.rule} {where_it_runs()}{slurm_log}", flush=True)
            with progress.shown_on(terminal, " ".join([snakemake.rule, *snakemake.wildcards])):
                bounds.use(snakemake.config["bounds"])
                _sweep(snakemake)
                yield tell
            _record(snakemake)
        except InputError as error:
            tell(f"Input error: {error}")
            sys.exit(1)
        except Exception as error:
            if line := refusal_of(error):
                print(line, file=terminal, flush=True)
                # The log may lie on the same disk.
                with suppress(OSError):
                    print(line, file=sys.stderr, flush=True)
                # What the log could not take would be tried again at the end, which then has another exit status.
                with open(os.devnull, "w") as nowhere:
                    for stream in (1, 2):
                        os.dup2(nowhere.fileno(), stream)
            else:
                traceback.print_exc()
            sys.exit(1)
        finally:
            # The process ends: what the libraries left is not looked through once more, which takes half a second.
            gc.freeze()


def _tell_warnings(*streams: TextIO) -> None:
    """Write what the library warns of to some streams."""
    for stream in streams:
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logging.Formatter("Warning: %(message)s"))
        logging.getLogger("mie_x_lib").addHandler(handler)


def _sweep(snakemake) -> None:
    """Remove what an earlier attempt that was killed left beside the outputs, and beside their records."""
    outputs = [Path(path) for path in snakemake.output]
    if not outputs:
        return
    # They load numpy, which reads the number of threads.
    from mie_x_lib import files, manifest

    results = _results(outputs)
    records = [manifest.record_path(results, output.relative_to(results).as_posix()) for output in outputs]
    for folder in {path.parent for path in outputs + records}:
        files.sweep(folder)


def _record(snakemake) -> None:
    """Write into results/manifest what the outputs are and what made them."""
    outputs = [Path(path) for path in snakemake.output]
    if not outputs:
        return
    # Loaded this late, it changes no number of threads.
    from mie_x_lib import manifest

    made = {
        "rule": snakemake.rule,
        "wildcards": dict(snakemake.wildcards.items()),
        "params": dict(snakemake.params.items()),
        "packages": manifest.loaded_packages(),
    }
    manifest.record(_results(outputs), outputs, snakemake.input, made)


def _results(outputs: Sequence[Path]) -> Path:
    """The folder of the results; inside another workflow it may lie in one of its own."""
    parts = outputs[0].parts
    return Path(*parts[: parts.index("results") + 1])
