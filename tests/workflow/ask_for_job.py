"""What tests let Snakemake take for Python: a job of one thread is a fork that `tests.workflow.jobs` makes.

Run with the path of its socket and what Python is asked for. It loads next to nothing, since each job waits for it.
"""

import json
import os
import socket
import sys

LARGEST_MESSAGE = 1 << 17
STREAMS = (0, 1, 2)


def ask(address: str, arguments: list[str]) -> None:
    """Let a fork run a job's script, and end as it ends; do whatever else Python is asked for."""
    if not _is_job_of_one_thread(arguments):
        os.execv(sys.executable, [sys.executable, *arguments])
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(address)
        request = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
        socket.send_fds(connection, [json.dumps(request).encode()], STREAMS)
        code = int(connection.recv(LARGEST_MESSAGE))
    if code < 0:
        os.kill(os.getpid(), -code)
    sys.exit(code)


def _is_job_of_one_thread(arguments: list[str]) -> bool:
    """The libraries read their number of threads when they are loaded: in the fork's parent, where it is one."""
    if len(arguments) != 1 or os.environ.get("OMP_NUM_THREADS") != "1":
        return False
    with open(arguments[0], encoding="utf-8") as script:
        return "with job(snakemake, least_threads=" not in script.read()


if __name__ == "__main__":
    ask(sys.argv[1], sys.argv[2:])
