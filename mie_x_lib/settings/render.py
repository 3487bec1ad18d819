"""How shards are rendered."""

from typing import Annotated

from pydantic import Field

from mie_x_lib.settings.precision import Precision
from mie_x_lib.settings.section import Count, GreyLevels, Section


class Render(Section):
    """How shards are rendered."""

    batch_size: Count | None = None
    """Frames in one pass of the generator on a GPU; null for 256. A processor makes 4 in a pass whatever this says, so
    that a frame has the same bytes in any shard."""
    frames: Annotated[int, Field(ge=2, strict=True)] = 2
    """Frames of a sample. 2 is onset and apex; the video variant has 10, whose action units run linearly from onset to
    apex; classifiers and measures take the first and the last."""
    visible_change: GreyLevels = 4.0
    """A pair is kept if some pixel changes by at least this many grey levels."""
    precision: Precision = "float32"
    """Arithmetic of the generator; auto takes bfloat16 where the processor or GPU is made for it, and the check of the
    generator refuses that where it blurs the change. With float32 a shard has the same pictures on any machine, but for
    single values that are one grey level apart."""
