"""How large files of a user may be before they are refused; `settings.bounds` says what each bound is for."""

from collections.abc import Mapping
from typing import NamedTuple

from mie_x_lib.errors import InputError


class Bounds(NamedTuple):
    """The bounds, and their defaults."""

    table_rows: int = 500_000
    table_megabytes: int = 200
    picture_megapixels: int = 200


# Nothing that is computed depends on them, so that they need not be handed to whoever opens a file.
_bounds = Bounds()


def use(bounds: Mapping[str, int]) -> None:
    """Take other bounds, those of a config, for this process."""
    global _bounds
    _bounds = Bounds(**bounds)


def most_rows() -> int:
    """Rows that a table may have."""
    return _bounds.table_rows


def refuse_long(path: object, rows: int) -> None:
    """Raise InputError for a table with too many rows."""
    _refuse(path, rows, _bounds.table_rows, "rows", "table_rows")


def refuse_heavy(path: object, size: int) -> None:
    """Raise InputError for a table of too many bytes."""
    _refuse(path, -(-size // 10**6), _bounds.table_megabytes, "MB", "table_megabytes")


def refuse_wide(path: object, width: int, height: int) -> None:
    """Raise InputError for a picture of too many pixels."""
    millions = -(-width * height // 10**6)
    _refuse(path, millions, _bounds.picture_megapixels, f"megapixels, {width}x{height}", "picture_megapixels")


def _refuse(path: object, found: int, most: int, unit: str, key: str) -> None:
    if found > most:
        raise InputError(
            f"{path}: has {found} {unit}, more than bounds.{key}, {most}; check that it is the right file, or raise "
            "the bound"
        )
