"""Claims name rows of a table, and the faults in how they do are named."""

import re

import pytest

from mie_x_lib.errors import InputError
from rules.configuration import checked
from tests.unit.test_configuration import whole


@pytest.fixture
def config() -> dict:
    return whole()


def claim(config, kind):
    """The first claim of this kind."""
    return next(entry for entry in config["claims"]["made"].values() if entry["kind"] == kind)


def rows(config):
    return config["tables"]["claims"]


def unknown_row(config):
    claim(config, "beats")["alone"].append("z_MeE")


def unknown_size(config):
    claim(config, "grows")["sizes"]["17 identities"] = 17


def one_size(config):
    claim(config, "grows")["sizes"] = {"15 identities": 15}


def mixed_kinds(config):
    claim(config, "beats").update(of="identities", sizes={"15 identities": 15, "60 identities": 60})


def nothing_alone(config):
    claim(config, "beats")["alone"] = []


def two_evaluations(config):
    rows(config)[1]["evaluation"] = "compmie_loso"


def two_ways_to_choose(config):
    rows(config)[1]["chosen_by"] = "test_fold"


def one_size_twice(config):
    claim(config, "grows")["sizes"] = {"15 identities": 15, "60 identities": 15}


def one_name_twice(config):
    rows(config)[1]["row"] = rows(config)[2]["row"]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (unknown_row, "names z_MeE, which is no row of table claims; its rows are 1 clip, 15 identities"),
        (unknown_size, "names 17 identities, which is no row"),
        (one_size, "1 sizes have no slope, expected two or more"),
        (mixed_kinds, "kind beats takes together and alone"),
        (nothing_alone, "kind beats takes together and alone"),
        (one_size_twice, "1 sizes have no slope, expected two or more"),
        (two_evaluations, "give them one evaluation"),
        (two_ways_to_choose, "give them one evaluation and one chosen_by"),
        (one_name_twice, "give each a name of its own"),
    ],
)
def test_a_claim_that_cannot_be_asked_is_named(config, spoil, words):
    spoil(config)
    with pytest.raises(InputError, match=r"^config: (claims\.made\.|tables\.claims)") as fault:
        checked(config)
    assert words in str(fault.value)


def test_an_experiment_of_other_rows_need_not_take_the_claims_away(config):
    config["tables"]["claims"] = config["claims"]["table"] = None
    checked(config)


def test_networks_of_the_claims_see_equally_many_samples(config):
    variants = {row["variant"] for row in rows(config) if "variant" in row}
    assert len({config["variants"][name]["samples"] for name in variants}) == 1


def test_networks_of_the_claims_take_equally_many_steps(config):
    assert {row["evaluation"] for row in rows(config)} == {"claims"}
    assert config["evaluations"]["claims"]["steps"] == 210


def test_networks_of_the_claims_are_trained_five_times_and_those_of_tables_three_times():
    config = checked(whole())
    assert config["evaluations"]["claims"]["seeds"] == [0, 1, 2, 3, 4]
    assert config["training"]["seeds"] == [0, 1, 2]


def test_seeds_of_their_own_are_the_same_for_all_evaluations_that_have_some(config):
    config["evaluations"]["mmew"]["seeds"] = [0, 1, 2, 3, 4]
    checked(config)
    for others in ([7], [0, 1, 2, 3, 5]):
        config["evaluations"]["mmew"]["seeds"] = others
        told = f".claims.seeds are [0, 1, 2, 3, 4], and evaluations.mmew.seeds {others}; "
        with pytest.raises(InputError, match=re.escape(told)):
            checked(config)


def test_a_length_is_in_steps_or_in_epochs(config):
    config["evaluations"]["claims"]["epochs"] = {"real": 9}
    with pytest.raises(InputError, match=r"evaluations\.claims has steps and epochs, one of them"):
        checked(config)


@pytest.mark.parametrize(
    ("source", "limit", "words"),
    [
        ("expert_8", None, "au_sources.expert_8, which has another for every sample; give au_sources.expert_8.clips"),
        ("expert_8", 7, "au_sources.expert_8, whose own limit is 7; give one that is no smaller than 8"),
        ("mmew_8", 7, "au_sources.mmew_8, whose own limit is 7"),
    ],
)
def test_a_limit_of_clips_that_a_source_cannot_keep_is_named(config, source, limit, words):
    config["au_sources"][source]["clips"] = limit
    with pytest.raises(InputError, match=r"^config: variants\.claims_\d_clips?\.clips") as fault:
        checked(config)
    assert words in str(fault.value)


def test_sizes_are_the_limits_of_the_variants(config):
    variants = {row["row"]: config["variants"][row["variant"]] for row in rows(config) if "variant" in row}
    for entry in config["claims"]["made"].values():
        for name, size in entry.get("sizes", {}).items():
            whole = config["id_sources"]["crowd"]["identities"]
            limits = {variants[name].get("identities", whole), variants[name].get("clips")}
            assert size in limits, name
