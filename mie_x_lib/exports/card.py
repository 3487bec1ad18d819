"""The dataset card as an export takes it along."""

import json
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

    @property
    def content(self) -> dict:
        return json.loads(self.json)

    @property
    def name(self) -> str:
        return self.content["name"]
