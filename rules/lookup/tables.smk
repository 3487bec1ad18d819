import filecmp
import os
from glob import glob, has_magic

from snakemake.logging import logger

# These lookups alone know the rows of the tables; those of the stages read the rest of the config.


def rows_of(tables):
    """The rows of the config that stand in these tables, with the table and their number in it."""
    return [
        {"table": table, "number": number} | row
        for table in map(str, tables)
        for number, row in enumerate(config["tables"].get(table, []))
    ]


# A function that takes tables means those of results/uf1_table.csv where none is given.


def table_variants(*tables):
    """The variants that tables need."""
    return unique(row["variant"] for row in rows_of(tables or config["uf1_table"]) if row["variant"])


def table_evaluations(*tables):
    """The evaluations that tables need."""
    return unique(row["evaluation"] for row in rows_of(tables or config["uf1_table"]))


def table_datasets(*tables):
    """The datasets whose clips tables test on."""
    evaluations = [config["evaluations"][name] for name in table_evaluations(*tables)]
    return unique(name for evaluation in evaluations for name in evaluation["datasets"])


def source_pairs(*tables):
    """The pairs of sources that the variants of tables are made of, as wildcard values side by side."""
    return side_by_side(unique(pair for variant in table_variants(*tables) for pair in variant_pairs(variant)))


def side_by_side(pairs):
    """Pairs of an identity source and an AU source as wildcard values."""
    return {"id_source": [pair[0] for pair in pairs], "au_source": [pair[1] for pair in pairs]}


def quality_reference():
    """The datasets whose clips renders are compared with."""
    given = config["quality"]["reference"]
    return table_datasets() if given is None else given


def quality_reference_people():
    """The tables of the people who have several names in these datasets."""
    return people_tables(quality_reference())


def needed_datasets():
    """The user's own datasets that results/uf1_table.csv needs: name to layout, root, options and number of identities."""
    pairs = source_pairs()
    id_sources = [config["id_sources"][name] for name in unique(pairs["id_source"])]
    au_sources = [config["au_sources"][name] for name in unique(pairs["au_source"])]
    # Rows of real clips alone need neither.
    networks = ("generator", "au_network") if id_sources else ()
    trained = [name for name in networks if f"results/{name}/{name}.safetensors" in trained_weights()]
    names = unique(
        [
            *table_datasets(),
            *(dataset for source in au_sources for dataset in source["datasets"]),
            *(source["dataset"] for source in id_sources),
            *(quality_reference() if id_sources else []),
            *(dataset for name in trained for dataset in config[f"{name}_training"]["datasets"]),
        ]
    )
    identities = {name: [source["identities"] for source in id_sources if source["dataset"] == name] for name in names}
    return {
        name: without(config["datasets"][name], "role", "licence") | {"identities": max(identities[name], default=0)}
        for name in names
        if name not in config["simulated"]
    }


def needed_people():
    """Of the user's own identity sources that results/uf1_table.csv needs, together where a variant joins them: datasets,
    how many people training sets need, and how many are asked for."""
    needed = {}
    for row in rows_of(config["uf1_table"]):
        if row["variant"]:
            id_sources, people = variant_size(row["evaluation"], row["variant"])
            needed[id_sources] = max(people, needed.get(id_sources, 0))
    entries = [
        {
            "id_sources": id_sources,
            "datasets": [config["id_sources"][name]["dataset"] for name in id_sources],
            "needed": people,
            "asked": asked_people(id_sources),
        }
        for id_sources, people in needed.items()
    ]
    return [entry for entry in entries if entry["needed"] and not set(entry["datasets"]) & set(config["simulated"])]


def together_in_evaluations():
    """The datasets of each evaluation of results/uf1_table.csv."""
    return {name: config["evaluations"][name]["datasets"] for name in table_evaluations()}


def clip_sources():
    """AU sources of results/uf1_table.csv that come from clips: {name: kind and paths of their action units}."""
    sources = {name: config["au_sources"][name] for name in unique(source_pairs()["au_source"])}
    return {
        name: {
            "kind": source["kind"],
            "action_units": [f"results/action_units/{dataset}.csv" for dataset in source["datasets"]],
        }
        for name, source in sources.items()
        if source["kind"] != "expert"
    }


def clip_source_people():
    """The tables of the people who have several names in these sources."""
    return people_tables(dataset for name in clip_sources() for dataset in config["au_sources"][name]["datasets"])


def figure1_sources():
    """The AU sources that Fig. 1 compares, by their kind; a kind has none where the tables do not need the one named."""
    return {kind: name for kind, name in config["figure1"].items() if name in clip_sources()}


def gallery_tables():
    """The tables whose pairs, clips and rows the gallery shows."""
    named = config["gallery"]["tables"]
    return config["uf1_table"] if named is None else named


def gallery_renders():
    """The renders that the gallery shows: all that its tables need, up to its number of photographs."""
    most = config["gallery"]["identities"]
    return [
        shard
        for shard in needed_renders(*gallery_tables())
        if most is None or int(Path(shard).stem) * config["identities_per_shard"] < most
    ]


def needed_renders(*tables):
    """Every shard that the variants of tables take samples of."""
    return unique(shard for variant in table_variants(*tables) for shard in variant_shards(variant))


def gallery_photographs():
    """The photographs behind these renders."""
    places = [Path(shard) for shard in gallery_renders()]
    return unique(f"results/identities/{place.parent.parent.name}/{place.name}" for place in places)


def gallery_measured():
    """The pairs of sources that are measured for the gallery, as wildcard values side by side: those that can be with no
    render beyond what its tables need."""
    tables = gallery_tables()
    needed = set(needed_renders(*tables))
    pairs = zip(*source_pairs(*tables).values(), strict=True)
    # These are measured for that table, whatever its variants take of them.
    known = set(zip(*source_pairs().values(), strict=True)) if set(config["uf1_table"]) <= set(tables) else set()
    return side_by_side([pair for pair in pairs if pair in known or set(pair_shards(*pair)) <= needed])


def gallery_action_units():
    """The action units of the clips that the gallery shows, of datasets that are measured for a table anyway."""
    sources = [config["au_sources"][name] for name in source_pairs(*gallery_tables())["au_source"]]
    measured = {dataset for source in sources for dataset in source["datasets"]}
    # Renders that are measured are compared with these.
    measured |= set(quality_reference() if table_variants() or gallery_measured()["id_source"] else [])
    return [f"results/action_units/{name}.csv" for name in table_datasets(*gallery_tables()) if name in measured]


def contact_sheets():
    """The contact sheets of all clips and photographs that results/uf1_table.csv needs."""
    measured = [dataset for name in clip_sources() for dataset in config["au_sources"][name]["datasets"]]
    crops = expand("results/figures/crops/{dataset}.png", dataset=unique(table_datasets() + measured))
    return crops + expand("results/figures/identities/{id_source}.png", id_source=unique(source_pairs()["id_source"]))


@cache
def table_rows(*tables):
    """One entry a row, regime and classifier of these tables, with the paths of its predictions by seed."""
    return [entry for row in rows_of(tables) for entry in table_entries(row)]


def trained_rows(*tables):
    """Those of networks that were trained here."""
    return [row for row in table_rows(*tables) if row["regime"] != "given"]


def table_entries(row):
    """The entries of a row: one of given predictions, or one a regime and classifier."""
    if row["predictions"] is not None:
        return [given_entry(row)]
    return [table_row(row, regime, classifier) for regime in row["regimes"] for classifier in config["classifiers"]]


def training_set_sizes(*tables):
    """What a table, or several together, say of how large training sets are."""
    variants = {row["variant"] for row in rows_of(tables) if row["variant"]}
    asked = [config["variants"][variant]["samples"] for variant in variants]
    sizes = {name: config["training"][name] for name in ("samples", "samples_of")}
    return sizes | {"samples": None} if asked and all(asked) else sizes


def given_files(table, number):
    """The files of predictions that a row gives, one a training; none before another program has made them."""
    pattern = config["tables"][table][int(number)]["predictions"]
    # A file's own name may look like a pattern, such as run[1].csv.
    return [pattern] if os.path.isfile(pattern) or not has_magic(pattern) else sorted(glob(pattern))


def given_file(wildcards):
    """The file of predictions behind one training of a row."""
    files = given_files(wildcards.table, wildcards.number)
    if not files:
        key = f"tables.{wildcards.table}[{wildcards.number}].predictions"
        pattern = config["tables"][wildcards.table][int(wildcards.number)]["predictions"]
        raise WorkflowError(f"{key} is {pattern}, and no file is called so; put the predictions there, or correct it")
    file = files[int(wildcards.seed)]
    for other in files[: int(wildcards.seed)]:
        if filecmp.cmp(file, other, shallow=False):
            tell_of_copy(file, other)
    return file


@cache
def tell_of_copy(file, other):
    logger.warning(
        f"Warning: {file} has the bytes of {other}, and counts as another training; remove it if it is a copy."
    )


def given_evaluation(wildcards):
    """The test set that given predictions are of."""
    return config["tables"][wildcards.table][int(wildcards.number)]["evaluation"]


def given_entry(row):
    """What a table says of given predictions before any figure: nobody here knows what they learned from."""
    # Without a file there is still one that the table asks for, and that tells of it: what the program learns from, and
    # whatever else needs no table, is made before there are predictions.
    seeds = range(max(1, len(given_files(row["table"], row["number"]))))
    return {
        **{key: row[key] for key in ("table", "row", "evaluation", "chosen_by")},
        **{"id_sources": [], "au_sources": [], "regime": "given", "variant": "none", "classifier": "given"},
        "labels": list(config["evaluations"][row["evaluation"]]["labels"]),
        "predictions": {seed: [f"results/given/{row['table']}/{row['number']}/{seed}.csv"] for seed in seeds},
    }


def table_row(row, regime, classifier):
    """What a table says of one row, regime and classifier, before any figure."""
    variant = row["variant"] or "none"
    sources = config["variants"].get(variant, {"id_sources": [], "au_sources": []})
    # The paper's figures are those of Branches.
    published = ["published_uf1", "published_std"] if classifier == "branches" else []
    parts = {"regime": regime, "variant": variant, "classifier": classifier}
    parts |= {key: row[key] for key in ("evaluation", "chosen_by")}
    return {
        **{key: row[key] for key in ("table", "row", *published)},
        **{key: sources[key] for key in ("id_sources", "au_sources")},
        **parts,
        "labels": list(config["evaluations"][row["evaluation"]]["labels"]),
        "predictions": predictions_by_seed(**parts),
    }


def claim_rows():
    """The rows that claims name, with the training sets behind them; networks of real clips have none."""
    return [
        row | {"training_sets": training_sets(row["evaluation"], row["variant"])}
        for row in table_rows(config["claims"]["table"])
    ]


def rows_with_curves(rows):
    """Rows of a table, each with the curves of its trainings in place of the predictions."""
    return [
        without(row, "predictions")
        | {"curves": [curve_of(path) for paths in row["predictions"].values() for path in paths]}
        for row in rows
    ]


def curve_of(predictions):
    """The curve of the training behind a file of predictions."""
    return predictions.replace("results/predictions/", "results/curves/", 1)


def predictions_of(rows):
    """The predictions that rows of a table are made of, each path once."""
    return unique(path for row in rows for paths in row["predictions"].values() for path in paths)


def curves_of(rows):
    """The curves of the trainings behind rows of a table, each path once."""
    return unique(map(curve_of, predictions_of(rows)))


def audits_of(rows):
    """The audits of the training sets behind rows of a table."""
    audits = [f"results/audits/{row['evaluation']}/{row['variant']}" for row in rows]
    # Fine-tuning chooses by people of its real clips.
    trained = [row["variant"] if row["regime"] == "synthetic" else "none" for row in rows]
    chosen = [
        f"results/audits/{row['evaluation']}/{variant}/held_out_subjects.csv"
        for row, variant in zip(rows, trained, strict=True)
        if row["chosen_by"] == "held_out_subjects"
    ]
    return unique([f"{audit}.csv" for audit in audits] + chosen)


def checks_of(rows):
    """The checks of the generator on the faces behind rows of a table."""
    return generator_checks(unique(name for row in rows for name in row["id_sources"]))
