from itertools import combinations_with_replacement

from mie_x_lib.people import Ties

ties = Ties(config["datasets"])


def may_share_people(datasets, others):
    """Whether a person of some datasets may be one of others, by all that the config says."""
    return any(one == other or ties.relation(one, other) for one in datasets for other in others)


def people_tables(datasets):
    """The tables of the people who have several names in these datasets."""
    pairs = combinations_with_replacement(sorted(set(datasets)), 2)
    return [f"results/people/{one}/{other}.csv" for one, other in pairs if ties.relation(one, other)]


def clip_tables(datasets):
    """The clip tables of datasets."""
    return expand("results/clips/{dataset}.csv", dataset=unique(datasets))


def said_of_people(datasets):
    """What the config says of the people of datasets, and of all that same_people_as leads to."""
    said, waiting = {}, list(datasets)
    while waiting:
        name = waiting.pop()
        if name not in said:
            entry = config["datasets"][name]
            said[name] = without(entry, "role", "licence")
            waiting += filter(None, [entry["same_people_as"]])
            waiting += [other for other, named in config["datasets"].items() if named["same_people_as"] == name]
    return dict(sorted(said.items()))


def evaluation_datasets(evaluation):
    """The datasets whose clips an evaluation tests."""
    return config["evaluations"][evaluation]["datasets"]


def variant_datasets(variant):
    """The datasets whose action units and faces a variant shows; none of `none`."""
    pairs = variant_pairs(variant)
    au_sources, id_sources = unique(pair[1] for pair in pairs), unique(pair[0] for pair in pairs)
    measured = [dataset for name in au_sources for dataset in config["au_sources"][name]["datasets"]]
    return unique(measured + [config["id_sources"][name]["dataset"] for name in id_sources])


def identity_datasets(variant):
    """The dataset of each identity source of a variant."""
    return {id_source: config["id_sources"][id_source]["dataset"] for id_source, _ in variant_pairs(variant)}


def held_out_with(evaluation, datasets):
    """Of each dataset that a fold holds out whole, those that show the same people; None where folds hold out people."""
    entry = config["evaluations"][evaluation]
    if entry["folds"] != "leave_one_dataset_out":
        return None
    return {name: [other for other in ties.tied(name) if other in datasets] for name in entry["datasets"]}


def tested_elsewhere(section):
    """The datasets of evaluations whose people may be among those that generator or AU network learn from."""
    tested = {name for evaluation in config["evaluations"] for name in evaluation_datasets(evaluation)}
    return sorted(name for name in tested if may_share_people(config[section]["datasets"], [name]))


def people_tested_elsewhere(section):
    """The tables that say who of the people whom a network could learn from is tested; none where nobody can be."""
    tested = tested_elsewhere(section)
    return people_tables([*config[section]["datasets"], *tested]) if tested else []
