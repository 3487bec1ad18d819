"""The expert table and the small weights that this project ships, found from any folder.

In a clone they lie where the workflow reads them, and this folder links to them; a wheel holds the files themselves.
"""

from pathlib import Path

from mie_x_lib.errors import InputError

NAMES = ("au_network.safetensors", "expert_table.csv", "generator.safetensors")


def path(name: str) -> Path:
    """The path of one of `NAMES`; raises InputError for another name."""
    if name not in NAMES:
        raise InputError(f"{name!r} is not shipped; expected one of {', '.join(NAMES)}")
    return Path(__file__).with_name(name)
