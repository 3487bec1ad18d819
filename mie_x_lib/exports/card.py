"""The dataset card as an export takes it along."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Card:
    """The card of a data set, for people and for programs; `name` is that of the data set."""

    markdown: str
    json: str

    @classmethod
    def read(cls, markdown: str | Path, json: str | Path) -> "Card":
        """Read both files."""
        return cls(Path(markdown).read_text(encoding="utf-8"), Path(json).read_text(encoding="utf-8"))

    def readme(self, data_files: Sequence[str], note: str = "") -> str:
        """The card for people, under a note. Its head names the files with samples, or `datasets` takes any for them.

        data_files: patterns, as the library's documentation of README.md has them.
        """
        configs = [{"config_name": "default", "data_files": [{"split": "train", "path": list(data_files)}]}]
        marks, rest = "---\n", self.markdown
        head = ""
        if rest.startswith(marks):
            head, _, rest = rest.removeprefix(marks).partition(f"\n{marks}")
            head += "\n"
        above = f"{note}\n\n" if note else ""
        return f"{marks}{head}configs: {json.dumps(configs)}\n{marks}{above}{rest}"

    @property
    def content(self) -> dict:
        return json.loads(self.json)

    @property
    def name(self) -> str:
        return self.content["name"]
