"""Write down what renders of a pair of sources will be, before there are any."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import json

    from mie_x_lib import card
    from mie_x_lib.files import read_csv, write_text

    id_source, au_source = (
        dict(source)
        | {
            "datasets": [
                {key: entry[key] for key in ("name", "layout", "simulated")}
                | {"licence": card.licence(entry["layout"], entry["licence"], entry["simulated"])}
                for entry in source["datasets"]
            ]
        }
        for source in (snakemake.params.id_source, snakemake.params.au_source)
    )
    if au_source["kind"] == "expert":
        table = {"name": au_source["table"], "layout": "table", "simulated": False, "licence": card.EXPERT}
        au_source["datasets"] = [table]
    made = card.source_card(
        id_source,
        au_source,
        card.generator_facts(snakemake.input.generator),
        read_csv(snakemake.input.checks),
        {"seed": snakemake.params.seed, "code": snakemake.params.render_code},
    )
    write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n", snakemake.output.card)
