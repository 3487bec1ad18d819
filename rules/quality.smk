# A generator is checked before anything is rendered with it, and this check is made again only where it is rendered again
# anyway, or where another AU source measures. Another threshold, probe or code of a measure is a param of
# check_generator alone, which checks again before there is a table, and renders nothing again.
rule admit_generator:
    input:
        identities="results/identities/{id_source}/0.h5",
        generator=generator_weights,
        instrument=instrument_files,
    output:
        checks="results/generator_checks/{id_source}.admitted.csv",
    log:
        "logs/admit_generator/{id_source}.log",
    benchmark:
        "results/benchmarks/admit_generator/{id_source}.tsv"
    conda:
        "../envs/pyfeat.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(60),
        gpu=1,
        in_turn=1,
    params:
        content=content_of(generator_weights, instrument_files),
        source=render_au_source(),
        options=render_au_options(),
        # It measures where the threshold of au_fidelity asks for it alone.
        on_request=not is_looking(),
        scale=rendering_scale,
        render=without(config["render"], "frames"),
        seed=config["seed"],
        render_code=code_version("mie_x_lib.ganimation.render"),
    script:
        "../workflow_scripts/check_generator.py"


# Tables, verdicts, cards and pages wait for this one. It has the params of admit_generator too.
use rule admit_generator as check_generator with:
    output:
        checks="results/generator_checks/{id_source}.csv",
    log:
        "logs/check_generator/{id_source}.log",
    benchmark:
        "results/benchmarks/check_generator/{id_source}.tsv"
    params:
        probe=config["quality"]["probe"],
        thresholds=config["quality"]["thresholds"],
        code=code_version("workflow_scripts.check_generator"),
        source_code=code_version(f"mie_x_lib.action_units.sources.{render_au_source()}"),


# What can be expected of the figures of renders: those of pictures that are drawn with the action units asked for. Only
# simulated people can be drawn so.
rule measure_drawn:
    input:
        triplets="results/triplets/{au_source}/0.csv",
        instrument=instrument_files,
        detector=detector_weights(),
    output:
        figures="results/quality/{id_source}/{au_source}.drawn.csv",
    log:
        "logs/measure_drawn/{id_source}/{au_source}.log",
    benchmark:
        "results/benchmarks/measure_drawn/{id_source}/{au_source}.tsv"
    wildcard_constraints:
        id_source=any_of(simulated_id_sources()),
    conda:
        "../envs/pyfeat.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(60),
        gpu=1,
    params:
        content=content_of(instrument_files, detector_weights()),
        # Three pairs of each: about a hundred.
        people=34,
        size=lambda wildcards: config["simulated"][id_source_dataset(wildcards)]["size"],
        settings=face_settings(),
        limits=without(config["frames"]["identities"], "copy_correlation"),
        source=render_au_source(),
        options=render_au_options(),
        renders=render_instrument(),
        seed=config["seed"],
        code=code_version("workflow_scripts.measure_drawn"),
        source_code=code_version(f"mie_x_lib.action_units.sources.{render_au_source()}"),
        detector_code=detector_code(),
    script:
        "../workflow_scripts/measure_drawn.py"


rule measure_renders:
    input:
        shards=source_shards,
        identities=source_identities,
        instrument=instrument_files,
        drawn=drawn_figures,
        real_crops=expand("results/frames/{dataset}.h5", dataset=quality_reference()),
        real_action_units=expand("results/action_units/{dataset}.csv", dataset=quality_reference()),
        people=quality_reference_people(),
    output:
        quality="results/quality/{id_source}/{au_source}.csv",
        action_units="results/quality/{id_source}/{au_source}.action_units.csv",
    log:
        "logs/measure_renders/{id_source}/{au_source}.log",
    benchmark:
        "results/benchmarks/measure_renders/{id_source}/{au_source}.tsv"
    conda:
        "../envs/pyfeat.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(8000),
        runtime=by_attempt(240),
        gpu=1,
        in_turn=1,
    params:
        content=content_of(instrument_files),
        source=render_au_source() if are_renders_measured() else None,
        options=render_au_options(),
        # The instruments whose figures are compared: of what is asked for, of clips, and of renders.
        kind=lambda wildcards: config["au_sources"][wildcards.au_source]["kind"],
        clips=clip_instrument(),
        renders=render_instrument(),
        visible=config["render"]["visible_change"],
        code=code_version("workflow_scripts.measure_renders"),
        source_code=code_version(f"mie_x_lib.action_units.sources.{render_au_source()}"),
    script:
        "../workflow_scripts/measure_renders.py"


rule summarise_quality:
    input:
        quality=expand("results/quality/{id_source}/{au_source}.csv", zip, **source_pairs()),
    output:
        table="results/quality.csv",
        figure=report(
            "results/figures/quality.png",
            caption="../report/quality.rst",
            category="Quality",
            labels={"what": "every measure, figure"},
        ),
        figure_pdf="results/figures/quality.pdf",
    log:
        "logs/summarise_quality.log",
    benchmark:
        "results/benchmarks/summarise_quality.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        # The order of the rows; that of inputs alone is no change to Snakemake.
        sources=source_pairs(),
        code=code_version("workflow_scripts.summarise_quality"),
    script:
        "../workflow_scripts/summarise_quality.py"


rule plot_pairs:
    input:
        shard="results/renders/{id_source}/{au_source}/0.h5",
        identities="results/identities/{id_source}/0.h5",
        action_units="results/quality/{id_source}/{au_source}.action_units.csv",
    output:
        figure=report(
            "results/figures/pairs/{id_source}/{au_source}.png",
            caption="../report/pairs.rst",
            category="Renders",
            labels={"faces": "{id_source}", "action units": "{au_source}"},
        ),
        figure_pdf="results/figures/pairs/{id_source}/{au_source}.pdf",
    log:
        "logs/plot_pairs/{id_source}/{au_source}.log",
    benchmark:
        "results/benchmarks/plot_pairs/{id_source}/{au_source}.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        pairs=3,
        code=code_version("workflow_scripts.plot_pairs"),
    script:
        "../workflow_scripts/plot_pairs.py"
