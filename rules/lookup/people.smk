from itertools import combinations, combinations_with_replacement

from mie_x_lib.people import Ties

ties = Ties(config["datasets"])


def may_share_people(datasets, others):
    """Whether a person of some datasets may be one of others, by all that the config says."""
    between = with_those_between([*datasets, *others])[len({*datasets, *others}) :]
    found, near = set(datasets), set(datasets)
    while near:
        near = {name for name in (*others, *between) if any(ties.relation(name, one) for one in near)} - found
        found |= near
    return bool(found & set(others))


def with_those_between(datasets):
    """These datasets, and after them those by way of which two of them may share people whom they share in no other."""
    met = unique(datasets)
    return met + [name for group in groups_beside(met) if joins(group, met) for name in group]


def groups_beside(met):
    """The datasets that are none of these, in groups that may share people, directly or by way of each other."""
    groups, waiting = [], [name for name in config["datasets"] if name not in met]
    while waiting:
        group = [waiting.pop(0)]
        for one in group:
            group += [name for name in waiting if ties.relation(name, one)]
            waiting = [name for name in waiting if name not in group]
        groups.append(group)
    return groups


def joins(group, met):
    """Whether datasets may make one person of two names in two others whom these, looked at alone, have as two.

    They may where these two do not compare names, or where a file of one of them stands in the group under a third name.
    """
    touched = [name for name in met if any(ties.relation(name, one) for one in group)]
    return any(
        not ties.are_parted(*pair)
        and (not ties.compare_names(*pair) or any(ties.share_folder(one, name) for one in group for name in pair))
        for pair in combinations(touched, 2)
    )


def people_tables(datasets):
    """The tables of the people who have several names in these datasets, and in those between them."""
    pairs = combinations_with_replacement(sorted(with_those_between(datasets)), 2)
    return [f"results/people/{one}/{other}.csv" for one, other in pairs if ties.relation(one, other)]


def clip_tables(datasets):
    """The clip tables of datasets, and of those between them."""
    return expand("results/clips/{dataset}.csv", dataset=with_those_between(datasets))


def dataset_entries(datasets):
    """What the config says of the people of datasets, and of all to which it ties them."""
    names = {other for name in with_those_between(datasets) for other in ties.tied(name)}
    return {name: without(config["datasets"][name], "role", "licence") for name in sorted(names)}


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


def trained_on(section):
    """The datasets that a network, generator or AU network, learns from.

    They are sorted: a training draws from its crops by their place, and Snakemake does not see that inputs have changed
    places.
    """
    return sorted(config[section]["datasets"])


def tested_elsewhere(section):
    """The datasets of evaluations to which the config ties those that a network, generator or AU network, learns from.

    Those whose names might be equal by chance do not count: a new test set would train for days again. The audit finds
    them, before there is a table.
    """
    tied = {name for dataset in config[section]["datasets"] for name in ties.tied(dataset)}
    return sorted(tied & {name for evaluation in config["evaluations"] for name in evaluation_datasets(evaluation)})


def people_tested_elsewhere(section):
    """The tables that say who of the people whom a network could learn from is tested; none where nobody can be."""
    tested = tested_elsewhere(section)
    return people_tables([*config[section]["datasets"], *tested]) if tested else []
