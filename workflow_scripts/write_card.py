"""Write the card of a variant: what it is, whose data are in it, how good it is, and what it is not for."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import json
    from pathlib import Path

    import pandas as pd

    from mie_x_lib import card
    from mie_x_lib.files import read_csv, write_text

    cards = [json.loads(Path(path).read_text(encoding="utf-8")) for path in snakemake.input.cards]
    quality = pd.concat([read_csv(path) for path in snakemake.input.quality], ignore_index=True)
    whole = card.variant_card(snakemake.wildcards.variant, cards, quality)
    write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", snakemake.output.json)
    write_text(card.markdown(whole), snakemake.output.markdown)
