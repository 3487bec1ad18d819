def rows_of(tables):
    """The rows of the config that stand in these tables."""
    return [{"table": table} | row for table in map(str, tables) for row in config["tables"].get(table, [])]


def table_variants():
    """The variants that results/uf1_table.csv needs."""
    return unique(row["variant"] for row in rows_of(config["uf1_table"]) if row["variant"])


def table_evaluations():
    """The evaluations that results/uf1_table.csv needs."""
    return unique(row["evaluation"] for row in rows_of(config["uf1_table"]))


def table_datasets():
    """The datasets whose clips results/uf1_table.csv tests on."""
    return unique(name for evaluation in table_evaluations() for name in config["evaluations"][evaluation]["datasets"])


def table_rows(*tables):
    """One entry a row, regime and classifier of these tables, with the paths of its predictions by seed."""
    return [
        table_row(row, regime, classifier)
        for row in rows_of(tables)
        for regime in row["regimes"]
        for classifier in config["classifiers"]
    ]


def table_row(row, regime, classifier):
    variant = row["variant"] or "none"
    sources = config["variants"].get(variant, {"id_sources": [], "au_sources": []})
    # The paper's figures are those of Branches.
    published = ["published_uf1", "published_std"] if classifier == "branches" else []
    return {
        **{key: row[key] for key in ("table", "row", "evaluation", "chosen_by", *published)},
        **{key: sources[key] for key in ("id_sources", "au_sources")},
        "regime": regime,
        "classifier": classifier,
        "variant": variant,
        "labels": list(config["evaluations"][row["evaluation"]]["labels"]),
        "predictions": predictions(row["evaluation"], regime, variant, classifier, row["chosen_by"]),
    }


def predictions_of(rows):
    """The predictions that rows of the table are made of, each path once."""
    return unique(path for row in rows for paths in row["predictions"].values() for path in paths)


def audits_of(rows):
    """The audits of the training sets behind rows of the table."""
    return unique(f"results/audits/{row['evaluation']}/{row['variant']}.csv" for row in rows)


def checks_of(rows):
    """The checks of the generator on the faces behind rows of the table."""
    return generator_checks(unique(name for row in rows for name in row["id_sources"]))


def clip_sources():
    """AU sources of the table's rows that come from clips: {name: kind and paths of their action units}."""
    names = unique(name for variant in table_variants() for name in config["variants"][variant]["au_sources"])
    sources = {name: config["au_sources"][name] for name in names}
    return {
        name: {
            "kind": source["kind"],
            "action_units": [f"results/action_units/{dataset}.csv" for dataset in source["datasets"]],
        }
        for name, source in sources.items()
        if source["kind"] != "expert"
    }


def contact_sheets():
    """The contact sheets of all clips and photographs that the table's rows are made of."""
    measured = [dataset for name in clip_sources() for dataset in config["au_sources"][name]["datasets"]]
    crops = expand("results/figures/crops/{dataset}.png", dataset=unique(table_datasets() + measured))
    return crops + expand("results/figures/identities/{id_source}.png", id_source=unique(rendered_pairs()["id_source"]))
