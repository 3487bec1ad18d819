"""Write what follows from the models of the config: `python -m rules.configuration`."""

from mie_x_lib.files import write_text
from rules.configuration import PROJECT, reference

write_text(reference.schema(), PROJECT / "schemas/config.schema.json")
write_text(reference.page(), PROJECT / "docs/config.md")
