"""How large the files of a user may be."""

from mie_x_lib import bounds
from mie_x_lib.settings.section import Count, Section

_DEFAULTS = bounds.Bounds()


class Bounds(Section):
    """How large files may be; a larger one is refused by name before it is decoded, and may be damaged or no such file.
    A larger number changes no result."""

    table_rows: Count = _DEFAULTS.table_rows
    """Rows of a table of clips, an annotation or a spreadsheet."""
    table_megabytes: Count = _DEFAULTS.table_megabytes
    """Size of such a file; of a spreadsheet, unpacked."""
    picture_megapixels: Count = _DEFAULTS.picture_megapixels
    """Pixels of a photograph or a frame, in millions."""
