"""Starts of jobs that need not load their libraries each: one process has loaded them, and a job is a fork of it.

A job has the arguments, environment, working directory and standard streams of a process of its own, and nothing of the
project is loaded before. Run as a script with the path of a socket, this is the process that jobs are forks of, until
its standard input ends.
"""

import atexit
import gc
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from select import select
from signal import SIG_DFL, SIG_IGN, SIGCHLD, SIGKILL, signal
from types import ModuleType

# What jobs wait for long.
_LIBRARIES = (
    *("cv2", "h5py", "matplotlib.backends.backend_agg", "matplotlib.figure", "pandas", "PIL.Image", "pydantic"),
    *("safetensors.torch", "scipy.stats", "sklearn.metrics", "torch.utils.tensorboard"),
)
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@cache
def python() -> str:
    """The path of a program that stands for Python where Snakemake starts a job."""
    folder = Path(tempfile.mkdtemp(prefix="mie_x_jobs_"))
    address, program = folder / "address", folder / "python"
    asks = Path(__file__).with_name("ask_for_job.py")
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -IS {asks} {address} "$@"\n')
    program.chmod(0o755)
    # It listens from here on, so that nobody asks too early.
    with _socket() as listener:
        listener.bind(str(address))
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, __file__, str(listener.fileno())],
            env=os.environ | dict.fromkeys(_THREADS, "1"),
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )
    atexit.register(shutil.rmtree, folder)
    atexit.register(server.communicate)
    return str(program)


def serve(listener: socket.socket) -> None:
    """Fork what is asked for, and say how it ended."""
    from ask_for_job import LARGEST_MESSAGE, STREAMS

    signal(SIGCHLD, SIG_IGN)
    while listener in select([sys.stdin, listener], [], [])[0]:
        # The first job waits for the libraries; tests that start none do without them.
        for library in _LIBRARIES:
            import_module(library)
        gc.freeze()
        connection, _ = listener.accept()
        with connection:
            if os.fork():
                continue
            signal(SIGCHLD, SIG_DFL)
            request, streams, _, _ = socket.recv_fds(connection, LARGEST_MESSAGE, len(STREAMS))
            job = os.fork()
            if job:
                _tell_the_end(job, connection)
        listener.close()
        for target, stream in zip(STREAMS, streams, strict=True):
            os.dup2(stream, target)
            os.close(stream)
        _run(**json.loads(request))


def _socket(**opened) -> socket.socket:
    """A socket of messages that arrive whole."""
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, **opened)


def _tell_the_end(job: int, connection: socket.socket) -> None:
    """Wait for a job, and tell its exit code to who asked for it; kill it where nobody waits any more."""
    ended = os.pidfd_open(job)
    if ended not in select([ended, connection], [], [])[0]:
        os.kill(job, SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(job, 0)[1])
    with suppress(BrokenPipeError):
        connection.send(str(code).encode())
    os._exit(0)


def _run(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """Make this process what Python is where it runs a script, and run it."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    (script,) = sys.argv = arguments
    sys.path[:1] = [os.path.dirname(script), *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__file__ = script
    with open(script, encoding="utf-8") as text:
        code = compile(text.read(), script, "exec")
    exec(code, vars(main))
    sys.exit()


if __name__ == "__main__":
    serve(_socket(fileno=int(sys.argv[1])))
