from mie_x_lib.provenance import ROOT, sha256


# Like a table, it waits for the audits and checks behind what it shows.
rule make_gallery:
    input:
        shards=gallery_renders(),
        identities=gallery_photographs(),
        measured=expand("results/quality/{id_source}/{au_source}.action_units.csv", zip, **gallery_measured()),
        crops=expand("results/frames/{dataset}.h5", dataset=table_datasets(*gallery_tables())),
        action_units=gallery_action_units(),
        predictions=predictions_of(table_rows(*gallery_tables())),
        audits=audits_of(table_rows(*gallery_tables())),
        checks=checks_of(table_rows(*gallery_tables())),
    output:
        page="results/gallery.html",
        # It is empty where all pictures stand in the page. Snakemake compares the params of a job whose outputs it has
        # recorded, and of no job that has one more.
        pictures=directory("results/gallery"),
    log:
        "logs/make_gallery.log",
    benchmark:
        "results/benchmarks/make_gallery.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(60),
    params:
        measured=gallery_measured(),
        rows=table_rows(*gallery_tables()),
        settings=config["gallery"],
        assets=[sha256(path) for path in sorted((ROOT / "mie_x_lib/gallery/assets").iterdir())],
        code=code_version("workflow_scripts.make_gallery"),
    script:
        "../workflow_scripts/make_gallery.py"


# A contact sheet of all pairs of sources that moves.
rule animate_pairs:
    input:
        shards=expand("results/renders/{id_source}/{au_source}/0.h5", zip, **source_pairs(*gallery_tables())),
    output:
        animation="results/figures/pairs.webp",
    log:
        "logs/animate_pairs.log",
    benchmark:
        "results/benchmarks/animate_pairs.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        sources=source_pairs(*gallery_tables()),
        code=code_version("workflow_scripts.animate_pairs"),
    script:
        "../workflow_scripts/animate_pairs.py"
