"""The graph runs from other folders, inside other workflows, and says at once where it cannot."""

import re
import subprocess
import sys
import sysconfig

from mie_x_lib.files import read_csv
from tests.workflow.conftest import ROOT, snakemake

TRIPLETS = "results/triplets/expert/0.csv"


def test_a_run_has_a_folder_of_its_own(project, tmp_path):
    run = snakemake(tmp_path, "-s", str(project / "Snakefile"), "--directory", str(tmp_path / "run"), TRIPLETS)
    assert run.returncode == 0, run.stdout
    assert snakemake(project, TRIPLETS).returncode == 0
    assert (tmp_path / "run" / TRIPLETS).read_bytes() == (project / TRIPLETS).read_bytes()
    plan = snakemake(tmp_path / "run", "-s", str(project / "Snakefile"), "--dry-run", "results/uf1_table.csv")
    assert plan.returncode == 0, plan.stdout


def test_a_config_in_the_folder_of_the_run_counts(project, tmp_path):
    (tmp_path / "config.yaml").write_text("identities_per_shard: 2\n")
    run = snakemake(tmp_path, "-s", str(project / "Snakefile"), TRIPLETS)
    assert run.returncode == 0, run.stdout
    assert len(read_csv(tmp_path / TRIPLETS)) == 6


def test_another_workflow_takes_it_as_a_module(project, tmp_path):
    (tmp_path / "Snakefile").write_text(
        f"module mie_x:\n    snakefile: '{project / 'Snakefile'}'\n    config: {{'identities_per_shard': 2}}\n\n"
        "use rule * from mie_x as mie_x_*\n"
    )
    run = snakemake(tmp_path, TRIPLETS)
    assert run.returncode == 0, run.stdout
    assert len(read_csv(tmp_path / TRIPLETS)) == 6


def test_the_workflow_of_the_page_makes_a_figure_of_its_table(project, tmp_path):
    page = (ROOT / "docs/own_data.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "Snakefile").write_text(code.replace("../mie-x/Snakefile", str(project / "Snakefile")))
    (tmp_path / "my_figure.py").touch()
    plan = snakemake(tmp_path, "--dry-run")
    assert plan.returncode == 0, plan.stdout
    assert "output: results/my_figure.png" in plan.stdout
    assert "mie_x_tabulate_uf1" in plan.stdout


def test_an_environment_in_a_path_with_a_blank_is_refused_in_one_line(project, tmp_path):
    environment = tmp_path / "My Documents"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    packages = {"PYTHONPATH": sysconfig.get_path("purelib")}
    command = [environment / "bin/python", "-m", "snakemake", "--cores", "1", TRIPLETS]
    run = subprocess.run(
        command, cwd=project, env=packages, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert run.returncode == 1
    (line,) = [line for line in run.stdout.splitlines() if "My Documents" in line]
    assert "put the environment into a folder without one" in line
