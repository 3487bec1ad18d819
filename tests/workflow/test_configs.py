"""Every shipped config, and every kind of fold, makes a graph."""

import re

import pytest
import yaml

from rules.configuration import complete
from tests import fake_openface
from tests.licensed_datasets import write_photographs
from tests.workflow.conftest import ROOT, planned, snakemake
from tests.workflow.planner import Planner

# The blocks of real_data.md are parts of one config, over config/paper.yaml: test_real_data plans what they make.
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").glob("*.md") if page.stem != "real_data")]
# Where config/paper.yaml and the docs have it.
OPENFACE = "OpenFace/build/bin"
BLOCKS = [
    pytest.param(block, id=f"{page.stem} {number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_of_yaml_in_the_docs_is_a_config(block):
    complete(yaml.safe_load(block))


@pytest.mark.parametrize("block", [block for block in BLOCKS if "\ntables:" in f"\n{block.values[0]}"])
def test_every_table_of_the_docs_makes_a_graph(project, block):
    (project / "own.yaml").write_text(block, encoding="utf-8")
    for name in ("mine", "portraits"):
        (project / "data" / name).mkdir(parents=True)
    (project / "mine").mkdir()
    for name in ("data/generator.pth", "mine/0.csv"):
        (project / name).touch()
    fake_openface.install(project / OPENFACE)
    (name,) = yaml.safe_load(block)["tables"]
    assert planned(project, f"results/tables/{name}/uf1_table.csv", "--configfile", "own.yaml")


def test_the_example_of_the_docs_makes_a_graph_of_the_users_own_files(project):
    example = re.search(r"```yaml\n(datasets:.*?)```", (ROOT / "docs/own_data.md").read_text(encoding="utf-8"), re.S)
    (project / "own.yaml").write_text(example[1], encoding="utf-8")
    (project / "data/mine").mkdir(parents=True)
    (project / "data/portraits").mkdir()
    (project / "data/generator.pth").touch()
    fake_openface.install(project / OPENFACE)
    outputs = planned(project, "results/uf1_table.csv", "--configfile", "config/paper.yaml", "own.yaml")
    assert "results/renders/portraits/mine/1.h5" in outputs
    assert not [path for path in outputs if path.startswith(("results/corpora/", "results/clips/casme2"))]


@pytest.mark.parametrize("name", ["generator/generator", "au_network/au_network"])
def test_the_recipe_of_the_shipped_weights_trains_them(project, name):
    outputs = planned(project, "--configfile", "config/shipped_weights.yaml", "--", "weights")
    assert f"results/{name}.safetensors" in outputs


def test_leaving_one_subject_out_makes_a_fold_a_subject(project):
    (project / "loso.yaml").write_text("evaluations: {compmie: {folds: leave_one_subject_out, subjects: 34}}\n")
    outputs = planned(project, "--configfile", "loso.yaml", "--", "results/uf1_table.csv")
    assert "results/networks/compmie/real/none/apex/last_epoch/0/33.safetensors" in outputs
    assert "results/networks/compmie/real/none/apex/last_epoch/0/34.safetensors" not in outputs


@pytest.mark.parametrize("configs", [(), ("--configfile", "config/paper.yaml")])
def test_every_evaluation_has_networks_of_its_own(project, configs):
    data = ["MEGC2019", "CASME2", "SMIC", "SAMM", "MMEW", "CK+", "Oulu-CASIA", "EmotionNet", "CelebA"]
    for name in (*data, "EmotionNet_training"):
        (project / "data" / name).mkdir(parents=True)
    write_photographs(project / "data/EmotionNet", (f"{number}.jpg" for number in range(9000)))
    fake_openface.install(project / OPENFACE)
    outputs = planned(project, *configs, "--", "protocols")

    def folds(*parts: str) -> set[str]:
        """The folds of the first seed's networks of Apex."""
        found = (re.fullmatch(rf"results/networks/{'/'.join(parts)}/0/(\w+)\.safetensors", path) for path in outputs)
        return {match[1] for match in found if match}

    subjects = 68 if configs else 38
    counts = {"compmie": 3, "compmie_loso": subjects, "compmie_lodo": 3, "mmew": 5, "samm": 5, "mmew_five": 5}
    for evaluation, count in counts.items():
        assert folds(evaluation, "real/none/apex/last_epoch") == {str(fold) for fold in range(count)}
    for evaluation in ("compmie", "compmie_loso", "compmie_lodo", "samm"):
        assert folds(evaluation, "synthetic/mie_x_unseen/apex/last_epoch") == {"all"}
    # Some of its action units are those of MMEW.
    assert folds("mmew", "synthetic/mie_x_unseen/apex/last_epoch") == set("01234")
    assert folds("mmew_five", "synthetic/mie_x_five/apex/last_epoch") == {"all"}
    for chosen_by in ("held_out_subjects", "test_fold"):
        assert folds("compmie/real/none/apex", chosen_by) == set("012")
        assert folds("compmie/synthetic/mie_x_unseen/apex", chosen_by) == {"all"}
    assert "results/audits/mmew_five/mie_x_five.csv" in outputs
    assert "results/tables/protocols/confusions.png" in outputs


def test_the_last_file_and_then_the_command_line_count(project):
    """Together, the classes of the two files would have the same emotion twice, which is refused."""
    (project / "first.yaml").write_text(
        "evaluations: {e: {datasets: [samm], folds: 2, labels: {good: [happiness], bad: [anger]}}}\n"
        "tables: {x: [{row: x, evaluation: e, regimes: [real]}]}\n"
    )
    (project / "last.yaml").write_text("evaluations: {e: {folds: 3, labels: {bad: [happiness], rest: [contempt]}}}\n")
    files = ("--configfile", "first.yaml", "last.yaml", "--config", "image_size=48")
    outputs = planned(project, *files, "--", "results/tables/x/uf1_table.csv")
    assert "results/networks/e/real/none/apex/last_epoch/0/2.safetensors" in outputs


def test_people_of_another_dataset_are_not_trained_on_where_they_are_tested(project):
    (project / "again.yaml").write_text(
        "datasets: {again: {layout: samm, role: micro, root: data/SAMM, same_people_as: samm}}\n"
        "evaluations: {again: {datasets: [again]}}\nuf1_table: [x]\n"
        "tables: {x: [{row: x, evaluation: again, variant: compmie, regimes: [synthetic]}]}\n"
    )
    (project / "data/SAMM").mkdir(parents=True)
    outputs = planned(project, "--configfile", "again.yaml")
    folds = {path for path in outputs if path.startswith("results/training_sets/again/compmie/")}
    assert folds == {f"results/training_sets/again/compmie/{fold}.csv" for fold in range(3)}


def test_a_variant_of_few_photographs_renders_no_shard_that_it_does_not_look_at(project):
    (project / "few.yaml").write_text(
        "identities_per_shard: 60\nvariants: {mmew: {identities: 61}}\nuf1_table: [x]\n"
        "tables: {x: [{row: x, variant: mmew, regimes: [synthetic]}]}\n"
    )
    outputs = planned(project, "--configfile", "few.yaml", "--", "results/tables/x/uf1_table.csv")
    shards = {path for path in outputs if path.startswith("results/renders/")}
    assert shards == {f"results/renders/emotionnet/mmew/{shard}.h5" for shard in (0, 1)}


def test_more_samples_than_the_people_asked_for_can_give_are_refused(project):
    (project / "many.yaml").write_text("training: {samples: 481}\n")
    # Training sets of an earlier run are no way around it.
    for fold in range(3):
        write_photographs(project / "results/training_sets/compmie/compmie", [f"{fold}.csv"])
    run = snakemake(project, "--dry-run", "--configfile", "many.yaml", "--", "results/uf1_table.csv")
    assert run.returncode != 0
    assert "emotionnet: training sets need usable photographs of 242 people, and 240 are asked for" in run.stdout


def test_contact_sheets_show_all_that_the_rows_are_made_of(project):
    sheets = {path for path in planned(project, "--", "contact_sheets") if path.startswith("results/figures/")}
    clips = {f"crops/{name}" for name in ("casme2", "smic", "samm", "mmew", "ckplus", "oulu")}
    people = {f"identities/{name}" for name in ("emotionnet", "celeba")}
    assert sheets == {f"results/figures/{name}.{suffix}" for name in clips | people for suffix in ("png", "pdf")}


def test_the_gallery_shows_the_tables_that_it_names_and_renders_nothing_beyond_them(project):
    """Of a thousand photographs, those of the first shard, whose renders are not measured: that would need them all."""
    (project / "named.yaml").write_text(
        "id_sources: {celeba: {identities: 1000}}\n"
        "simulated: {celeba: {subjects: 1000}}\n"
        "variants: {few: {id_sources: [celeba], au_sources: [oulu], identities: 20}}\n"
        "uf1_table: [text]\n"
        "tables: {x: [{row: few, variant: few, regimes: [synthetic]}]}\n"
        "gallery: {tables: [text, x]}\n"
    )
    outputs = planned(project, "--configfile", "named.yaml", "--", "gallery")
    assert {path for path in outputs if path.startswith("results/renders/")} == {"results/renders/celeba/oulu/0.h5"}
    assert "results/quality/celeba/oulu.action_units.csv" not in outputs
    assert any(path.startswith("results/predictions/compmie/synthetic/few/") for path in outputs)
    assert {"results/gallery.html", "results/figures/pairs.webp"} <= outputs


def test_the_gallery_measures_the_renders_of_a_variant_that_takes_them_all(project):
    (project / "named.yaml").write_text("uf1_table: [text]\ngallery: {tables: ['2']}\n")
    outputs = planned(project, "--configfile", "named.yaml", "--", "gallery")
    assert "results/quality/emotionnet/oulu.action_units.csv" in outputs
    assert not any("mie_x_unseen" in path or "expert" in path for path in outputs)


@pytest.mark.parametrize(
    "block",
    [
        "gallery: {tables: [text]}\n",
        "uf1_table: [mine]\ntables: {mine: [{row: clips, regimes: [real]}, {row: mine, predictions: mine/*.csv}]}\n",
    ],
)
def test_a_gallery_of_tables_without_a_variant_has_no_moving_sheet_of_pairs(project, block):
    (project / "clips.yaml").write_text(block)
    (project / "mine").mkdir()
    (project / "mine/0.csv").touch()
    outputs = planned(project, "--configfile", "clips.yaml", "--", "gallery")
    assert "results/gallery.html" in outputs
    assert not [path for path in outputs if path.startswith(("results/renders/", "results/figures/"))]


def test_a_table_of_given_predictions_alone_has_no_curves(project):
    (project / "given.yaml").write_text("uf1_table: [mine]\ntables: {mine: [{row: mine, predictions: mine/*.csv}]}\n")
    (project / "mine").mkdir()
    (project / "mine/0.csv").touch()
    outputs = planned(project, "--configfile", "given.yaml", "--", "results/uf1_table.csv")
    assert "results/uf1_table.csv" in outputs
    assert "results/figures/curves.png" not in outputs


def test_the_gallery_shows_all_action_units_of_clips_that_are_measured_for_it(project):
    """Renders are compared with the clips of a table that has none."""
    (project / "named.yaml").write_text(
        "uf1_table: [text]\ngallery: {tables: [x]}\ntables: {x: [{row: x, variant: oulu, regimes: [synthetic]}]}\n"
    )
    planner = Planner(project)
    jobs = planner.plan(project / "named.yaml", targets=("gallery",))
    planner.close()
    inputs = {job.rule: set(job.depends_on["its inputs"]) for job in jobs}
    measured = {f"results/action_units/{name}.csv" for name in ("casme2", "smic", "samm")}
    assert measured <= inputs["measure_renders"]
    assert measured <= inputs["make_gallery"]
