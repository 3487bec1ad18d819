def table_variants():
    return unique(row["variant"] for row in config["rows"] if row["variant"])


def table_rows(table=None):
    """One entry a row of a table of the paper, or of all, with the paths of its predictions by seed."""
    return [
        table_row(row, regime, classifier)
        for row in config["rows"]
        if table is None or str(row["table"]) == table
        for regime in row["regimes"]
        for classifier in config["classifiers"]
    ]


def table_row(row, regime, classifier):
    variant = row["variant"] or config["evaluation"]["name"]
    sources = config["variants"][row["variant"]] if row["variant"] else {"id_sources": [], "au_sources": []}
    # The paper's figures are those of Branches.
    published = ["published_uf1", "published_std"] if classifier == "branches" else []
    return {
        **{key: row[key] for key in ("table", "row", *published)},
        **sources,
        "regime": regime,
        "classifier": classifier,
        "variant": variant,
        "synthetic_samples": 0 if regime == "real" else config["training"]["samples"],
        "predictions": predictions(regime, variant, classifier),
    }


def predictions_of(rows):
    """The predictions that rows of the table are made of, each path once."""
    return unique(path for row in rows for paths in row["predictions"].values() for path in paths)


def audits_of(rows):
    """The audits of the training sets behind rows of the table."""
    return unique(f"results/audits/{row['variant']}.csv" for row in rows)


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
    crops = expand("results/figures/crops/{dataset}.png", dataset=unique(config["evaluation"]["datasets"] + measured))
    return crops + expand("results/figures/identities/{id_source}.png", id_source=unique(rendered_pairs()["id_source"]))
