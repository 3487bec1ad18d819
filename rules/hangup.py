"""A run whose terminal is gone ends as one that is interrupted."""

import signal
import threading


def end_at_hangup() -> None:
    """Let SIGHUP do what Ctrl-C does: jobs are cancelled, and the folder is not left locked.

    Under nohup, which ignores the signal, a run goes on.
    """
    is_own = signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    if is_own and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGHUP, signal.default_int_handler)
