"""What `snakemake gallery` shows, and in how many files."""

from typing import Annotated

from pydantic import Field

from mie_x_lib.settings.section import Count, Flag, Section, Text, Unique


class Gallery(Section):
    """What `snakemake gallery` writes to results/gallery.html."""

    tables: Annotated[Unique[Text], Field(min_length=1)] | None = None
    """Keys of tables whose pairs, test clips and rows are shown; null for those of uf1_table. What a table lacks is
    rendered and trained first."""
    identities: Count | None = None
    """Photographs of each identity source whose pairs are shown, the first ones; null for all."""
    one_file: Flag = True
    """Whether all pictures stand in the page itself; otherwise they lie beside it, in results/gallery, and each is
    loaded when it is looked at: for more than some 20,000 pairs of 64 pixels, or 5,000 of 128."""
