"""The dataset card as an export takes it along."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mie_x_lib.cards import variant


@dataclass(frozen=True)
class Card:
    """The card of a data set, for people and for programs; `name` is that of the data set."""

    markdown: str
    json: str

    @classmethod
    def read(cls, markdown: str | Path, json: str | Path) -> "Card":
        """Read both files."""
        return cls(Path(markdown).read_text(encoding="utf-8"), Path(json).read_text(encoding="utf-8"))

    def of_part(self, samples: pd.DataFrame, which: str) -> "Card":
        """The card of some samples of the data set; samples, which: as of `variant.of_part`."""
        content = variant.of_part(self.content, samples, which)
        return Card(variant.markdown(content), variant.as_json(content))

    def readme(self, data_files: Sequence[str], content: str) -> str:
        """The card for people. Its head names the files with samples, or `datasets` takes any for them, and says what
        is in them, or it takes an export from its cache for another whose folder and files have the same names.

        data_files: patterns, as the library's documentation of README.md has them. content: a hash of all files.
        """
        files = [{"split": "train", "path": list(data_files)}]
        configs = [{"config_name": "default", "description": f"SHA-256 {content}", "data_files": files}]
        marks, rest = "---\n", self.markdown
        head = ""
        if rest.startswith(marks):
            head, _, rest = rest.removeprefix(marks).partition(f"\n{marks}")
            head += "\n"
        return f"{marks}{head}configs: {json.dumps(configs)}\n{marks}{rest}"

    @property
    def content(self) -> dict:
        return json.loads(self.json)

    @property
    def name(self) -> str:
        return self.content["name"]
