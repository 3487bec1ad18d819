"""How long a newcomer waits: the two commands of the README in a fresh clone, with only PATH and HOME set.

Clones the last commit (not what is uncommitted) into an empty folder, runs each line of the README's first bash block
there, and prints the wall time of each, and of the graph alone as Snakemake's own log has it.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import pandas as pd

ROOT = Path(__file__).parents[1]


def readme_commands(readme: str) -> list[str]:
    """The lines of the first bash block of the README; ends the program unless there are two."""
    block = re.search(r"^```bash\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    commands = block[1].strip().splitlines() if block else []
    if len(commands) != 2:
        raise SystemExit(f"README.md: expected a bash block of two commands, found {commands}")
    return commands


def graph_seconds(log: str) -> float:
    """The time that Snakemake says a run took, from the last line of its log."""
    hours, minutes, seconds = re.findall(r"^Elapsed time: (\d+):(\d+):([\d.]+)$", log, re.MULTILINE)[-1]
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "clone")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = {name: os.environ[name] for name in ("PATH", "HOME")}
        for command in readme_commands((clone / "README.md").read_text(encoding="utf-8")):
            start = perf_counter()
            run = subprocess.run(["bash", "-c", command], cwd=clone, env=environment, stdout=sys.stderr)
            rows.append({"seconds": round(perf_counter() - start), "exit code": run.returncode, "command": command})
            logs = sorted((clone / ".snakemake/log").glob("*.log"))
            if len(rows) == 1 and logs:
                seconds = round(graph_seconds(logs[-1].read_text(encoding="utf-8")))
                rows.append({"seconds": seconds, "exit code": "", "command": "of which the graph"})
    print(pd.DataFrame(rows).to_string(index=False, justify="left"))


if __name__ == "__main__":
    main()
