"""A SLURM of its own on this machine, from Debian's packages: all that it writes lies in one folder."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "srun")
# Debian keeps daemons where only root looks for programs.
_PATH = os.pathsep.join([os.environ["PATH"], "/usr/local/sbin", "/usr/sbin", "/sbin"])
_CONFIG = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
ReturnToService=2
MinJobAge=3600
KillWait=5
MpiDefault=none
# More cores and memory than the machine has: what is tried is who gets them.
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
GresTypes=gpu
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=8 RealMemory=64000 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=8 RealMemory=64000 Gres=gpu:fake:2 State=UNKNOWN
PartitionName=standard Nodes=n1 Default=YES MaxTime=INFINITE State=UP
PartitionName=accelerated Nodes=n2 Default=NO MaxTime=INFINITE State=UP
"""
# SLURM wants a file a GPU, and opens none of them.
_GPUS = "AutoDetect=off\nNodeName=n2 Name=gpu Type=fake File=/dev/tty[0-1]\n"


def is_installed() -> bool:
    return all(shutil.which(program, path=_PATH) for program in PROGRAMS)


class Cluster:
    """Two nodes, of which n2 in the partition `accelerated` has two GPUs that are none; it keeps no accounts.

    environment: with these variables SLURM's programs talk to it.
    """

    def __init__(self, folder: Path):
        path = os.pathsep.join([str(folder / "bin"), _PATH])
        self.environment = os.environ | {"PATH": path, "SLURM_CONF": str(folder / "slurm.conf")}
        self._folder, self._daemons = folder, []
        # A job starts srun without the variable, since most clusters have their configuration where SLURM looks for it.
        (folder / "bin").mkdir()
        srun = f"#!/bin/sh\nexec env SLURM_CONF='{folder}/slurm.conf' {shutil.which('srun', path=_PATH)} \"$@\"\n"
        (folder / "bin/srun").write_text(srun)
        (folder / "bin/srun").chmod(0o755)
        (folder / "state").mkdir()
        key = folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(1024))
        host, user = socket.gethostname().partition(".")[0], pwd.getpwuid(os.getuid()).pw_name
        config = _CONFIG.format(folder=folder, host=host, user=user, ports=_free_ports(3))
        (folder / "slurm.conf").write_text(config)
        (folder / "gres.conf").write_text(_GPUS)

    def start(self) -> None:
        """Start the daemons and wait until both nodes take jobs; raises RuntimeError with their logs if they do not."""
        own = {"socket": "munge.socket", "key-file": "munge.key", "pid-file": "munge.pid", "log-file": "munge.log"}
        files = [f"--{name}={self._folder / file}" for name, file in (own | {"seed-file": "munge.seed"}).items()]
        self._daemon("munged", "--foreground", "--force", *files)
        self._wait_for((self._folder / "munge.socket").exists)
        self._daemon("slurmctld", "-D")
        for node in ("n1", "n2"):
            self._daemon("slurmd", "-D", "-N", node)
        self._wait_for(lambda: self.run("sinfo", "--Node", "--noheader", "--format=%T").split() == ["idle"] * 2)

    def stop(self) -> None:
        """Cancel what runs, and end the daemons."""
        self.run("scancel", "--user", pwd.getpwuid(os.getuid()).pw_name)
        for daemon in reversed(self._daemons):
            daemon.terminate()
            daemon.wait()

    def run(self, *command: str) -> str:
        """What a program of SLURM prints."""
        return subprocess.run(command, env=self.environment, capture_output=True, text=True).stdout

    def jobs(self) -> list[dict[str, str]]:
        """All jobs there ever were, each with what `scontrol show job` says of it."""
        lines = self.run("scontrol", "show", "job", "--oneliner").splitlines()
        return [dict(part.split("=", 1) for part in line.split() if "=" in part) for line in lines if "JobId=" in line]

    def _daemon(self, *command: str) -> None:
        with open(self._folder / f"{command[0]}.{len(self._daemons)}.out", "wb") as said:
            self._daemons.append(
                subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
            )

    def _wait_for(self, is_there, seconds: int = 60) -> None:
        for _ in range(seconds * 5):
            if is_there():
                return
            time.sleep(0.2)
        logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in self._folder.glob("*.out"))
        raise RuntimeError(f"SLURM does not start: {logs}")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
