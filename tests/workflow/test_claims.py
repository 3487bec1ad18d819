"""The claims through the real rule, of predictions that are made here; and what they ask to be made."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from mie_x_lib.files import read_csv, write_csv
from rules.configuration import complete
from tests.workflow.conftest import planned, snakemake


def predictions(right: float, key: tuple[int, ...]) -> pd.DataFrame:
    """Of 20 subjects with six clips each, of which about the share `right` is right; every third subject in a fold."""
    random = np.random.default_rng(key)
    clips = pd.DataFrame({"dataset": "samm", "subject": np.repeat(np.arange(20), 6)})
    clips = clips.assign(
        person=clips["subject"], clip=range(len(clips)), label=np.arange(len(clips)) % 3, fold=clips["subject"] % 3
    )
    wrong = random.random(len(clips)) >= right
    clips["predicted"] = (clips["label"] + wrong * random.integers(1, 3, len(clips))) % 3
    return clips.assign(training_samples=960, training_steps=210, training_epochs=7)


@pytest.fixture
def judged(project):
    """A project in which all networks of the claims were tested: the more one saw, the better; real clips are best."""
    config: dict = {}
    complete(config)
    rows = config["tables"]["claims"]
    results = project / "results"
    for place, row in enumerate(rows):
        variant = row["variant"] or "none"
        limits = config["variants"].get(variant, {})
        right = 0.95 if variant == "none" else 0.5 if len(limits["au_sources"]) == 1 else 0.8
        size = limits.get("identities") or 16 * (limits.get("clips") or 60)
        right -= 0.0 if variant == "none" else 0.05 * np.log2(960 / size)
        write_csv(pd.DataFrame({"fold": ["all"]}), results / f"audits/claims/{variant}.csv")
        for classifier, seed in product(config["classifiers"], config["evaluations"]["claims"]["seeds"]):
            folder = results / f"predictions/claims/{row['regimes'][0]}/{variant}/{classifier}/last_epoch/{seed}"
            clips = predictions(right, (place, seed, len(classifier)))
            parts = clips.groupby("fold") if variant == "none" else [("all", clips)]
            for fold, part in parts:
                write_csv(part, folder / f"{fold}.csv")
        if variant != "none":
            samples = pd.DataFrame({"shard_path": "a.h5", "position": np.arange(960) % 100, "identity": "b"})
            write_csv(samples, results / f"training_sets/claims/{variant}/all.csv")
    write_csv(pd.DataFrame({"measure": ["sharpness"]}), results / "generator_checks/crowd.csv")
    run = snakemake(project, "claims", "--allowed-rules", "claims", "judge_claims")
    assert run.returncode == 0, run.stdout
    return results / "claims"


def test_the_claims_are_answered_from_the_predictions(judged):
    found = read_csv(judged / "claims.csv").set_index(["claim", "classifier", "compared"])["verdict"]
    assert set(found["sources"]) == {"agrees"}
    assert set(found["real clips"]) == {"contradicts"}
    assert set(found["identities"]) == {"agrees"}
    assert len(found) == 2 * (3 + 1 + 1 + 1)
    rows = read_csv(judged / "rows.csv")
    assert rows["distinct_samples"].dropna().unique().tolist() == [100]
    assert rows[["samples", "steps"]].drop_duplicates().to_numpy().tolist() == [[960, 210]]
    text = (judged / "claims.md").read_text()
    assert "120 test clips of 20 subjects; 5 trainings of each network." in text
    assert "- Contradicts the paper: real clips (branches), real clips (apex)." in text
    assert (judged / "claims.png").stat().st_size > 10000


def test_the_default_run_asks_for_nothing_of_the_claims(project):
    table, claims = planned(project, "results/uf1_table.csv"), planned(project, "claims")
    assert not {path for path in table if "claims" in path or "crowd" in path}
    assert {"results/claims/claims.csv", "results/renders/crowd/mmew/3.h5"} <= claims
    assert not {path for path in claims if "/compmie/" in path}


def test_each_network_of_the_claims_is_trained_once_a_seed_of_its_evaluation(project):
    seeds = {"claims": set(), "compmie": set()}
    for path in planned(project, "claims", "results/uf1_table.csv"):
        if path.startswith("results/predictions/"):
            _, _, evaluation, *_, seed, _ = path.split("/")
            seeds[evaluation].add(seed)
    assert seeds == {"claims": set("01234"), "compmie": set("012")}
    (project / "more.yaml").write_text("evaluations: {claims: {seeds: null}}\ntraining: {seeds: [3]}\n")
    few = planned(project, "claims", "--configfile", "more.yaml")
    assert {path.split("/")[-2] for path in few if path.startswith("results/predictions/")} == {"3"}


def test_claims_that_are_switched_off_are_said_to_be(project):
    (project / "none.yaml").write_text("claims: null\n")
    run = snakemake(project, "results/claims/claims.csv", "--configfile", "none.yaml")
    assert run.returncode == 1
    assert "Input error: config: claims.table is null or has no rows" in run.stdout
