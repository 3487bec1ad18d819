"""Where the time of the default run goes: Snakemake, imports, or work, in all and for each rule.

    .venv/bin/python -m benchmarks.default_run --folder /tmp     # after the default run, in the root

A finished run says how long it took on how many cores (Snakemake's log) and how long each job ran
(`results/benchmarks/`). What a rule imports is measured by itself: its script's own import statements, run by a fresh
Python, in processor time; the median of three. What is imported later, inside the library, counts as work. What no job
took of the cores is Snakemake's: planning, starting jobs, and cores that wait since nothing else could start.

Writes `default_run.csv` and a stacked bar, `default_run.png`, into the folder given, here by default.
"""

import argparse
import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import pandas as pd

from benchmarks.newcomer import graph_seconds
from mie_x_lib.files import read_csv
from workflow_scripts.job import OBJECTS_BETWEEN_LOOKS

ROOT = Path(__file__).parents[1]
REPEATS = 3
# Rules that run the script of another one.
SCRIPTS = {"admit_generator": "check_generator"}


def imports_of(script: str) -> str:
    """The import statements of a script and of the body of its job, as a program."""
    tree = ast.parse(script)
    body = [*tree.body, *(line for block in tree.body if isinstance(block, ast.With) for line in block.body)]
    return "\n".join(ast.unparse(line) for line in body if isinstance(line, ast.Import | ast.ImportFrom))


def import_seconds(rule: str) -> float:
    """Processor time of a Python that starts and imports what the script of a rule does."""
    script = ROOT / "workflow_scripts" / f"{SCRIPTS.get(rule, rule)}.py"
    if not script.exists():  # its rule runs a command of the shell
        return 0.0
    imports = imports_of(script.read_text(encoding="utf-8"))
    # As a job does it.
    program = f"import gc\ngc.set_threshold({OBJECTS_BETWEEN_LOOKS})\n{imports}\ngc.freeze()"
    taken = []
    for _ in range(REPEATS):
        run = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"})
        _, status, used = os.wait4(run.pid, 0)
        if status:
            raise SystemExit(f"the imports of {rule} failed")
        taken.append(used.ru_utime + used.ru_stime)
    return median(taken)


def jobs_of(results: Path) -> pd.DataFrame:
    """One row a rule: jobs, and seconds of all of them."""
    folder = results / "benchmarks"
    found = [
        {
            "rule": path.relative_to(folder).parts[0].removesuffix(".tsv"),
            "seconds": read_csv(path, sep="\t")["s"].sum(),
        }
        for path in sorted(folder.rglob("*.tsv"))
    ]
    if not found:
        raise SystemExit(f"{folder} is empty: make the default run first (README.md), and start this in the root")
    return pd.DataFrame(found).groupby("rule")["seconds"].agg(jobs="size", seconds="sum").reset_index()


def cores_and_seconds(logs: Path, jobs: int) -> tuple[int, float]:
    """Cores and time of the last run whose log has that many jobs."""
    for log in sorted(logs.glob("*.log"), reverse=True):
        text = log.read_text(encoding="utf-8")
        cores = re.search(r"^Provided cores: (\d+)", text, re.MULTILINE)
        if cores and f"{jobs} of {jobs} steps (100%) done" in text:
            return int(cores[1]), graph_seconds(text)
    raise SystemExit(f"{logs}: no log of a run of all {jobs} jobs: make the default run in one go")


def measure(root: Path) -> pd.DataFrame:
    """Core-seconds of Snakemake, imports and work: one row for the run, then one a rule, the longest first."""
    rules = jobs_of(root / "results")
    imports = rules["jobs"] * [import_seconds(rule) for rule in rules["rule"]]
    # On other hours of the same machine the imports alone may take longer than the job did.
    rules = rules.assign(imports=imports.clip(upper=rules["seconds"])).assign(snakemake=0.0)
    cores, seconds = cores_and_seconds(root / ".snakemake/log", rules["jobs"].sum())
    run = {
        "rule": "the run",
        "jobs": rules["jobs"].sum(),
        "seconds": cores * seconds,
        "imports": rules["imports"].sum(),
        "snakemake": max(cores * seconds - rules["seconds"].sum(), 0.0),
    }
    table = pd.concat([pd.DataFrame([run]), rules.sort_values("seconds", ascending=False)], ignore_index=True)
    return table.assign(work=table["seconds"] - table["imports"] - table["snakemake"]).round(1)


def plot(table: pd.DataFrame, path: Path) -> None:
    """Draw the run as one bar, and below it each rule."""
    from matplotlib.figure import Figure

    from mie_x_lib.figures.canvas import COLOURS, COLUMN, clear, save

    figure = Figure(figsize=(COLUMN, COLUMN * 1.1), layout="constrained")
    panels = figure.subplots(2, height_ratios=(1, len(table) / 2))
    for panel, rows in zip(panels, (table[:1], table[1:]), strict=True):
        left = pd.Series(0.0, index=rows.index)
        for colour, part in zip(COLOURS, ("work", "imports", "snakemake"), strict=False):
            label = {"snakemake": "Snakemake, and cores that wait"}.get(part, part)
            panel.barh(rows["rule"].str.replace("_", " "), rows[part], left=left, color=colour, label=label)
            left += rows[part]
        panel.set_xlim(0, 1.05 * left.max())
        panel.invert_yaxis()
        clear(panel, "x")
    panels[1].set_xlabel("seconds of a core")
    panels[1].legend(*panels[0].get_legend_handles_labels(), loc="lower right")
    save(figure, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, default=Path(), help="folder of the finished run (%(default)s)")
    parser.add_argument("--folder", type=Path, default=Path(), help="where table and plot are written (%(default)s)")
    asked = parser.parse_args()
    table = measure(asked.run)
    table.to_csv(asked.folder / "default_run.csv", index=False)
    plot(table, asked.folder / "default_run.png")
    print(table.to_markdown(index=False))


if __name__ == "__main__":
    main()
