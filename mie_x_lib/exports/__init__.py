"""The data set in formats that others read; one module a format in `formats`."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from mie_x_lib import plugins
from mie_x_lib.exports.card import Card
from mie_x_lib.exports.samples import list_samples
from mie_x_lib.files import whole_folder, write_text
from mie_x_lib.provenance import CHECKSUMS, checksum, checksums

_PACKAGE = f"{__name__}.formats"
FORMATS = plugins.names(_PACKAGE)


def export(
    format_name: str,
    shards: Iterable[str | Path],
    card: Card,
    folder: str | Path,
    identities: int | None = None,
    clips: int | None = None,
    samples: int | None = None,
    seed: int = 0,
) -> None:
    """Write the samples of some shards as a folder, with the card as README.md and card.json, and SHA256SUMS.

    The folder is there when all of it is, and not before; what was there is replaced.

    format_name: of `FORMATS`. identities, clips, samples, seed: a variant's limits, as of `samples.list_samples`.
    The card of a limited export counts what is in it; it has to be one of `cards.variant.variant_card`.
    Images are stored lossless, and one sample at a time is held in memory. Equal shards and cards give equal bytes.
    `datasets.load_dataset` of Hugging Face finds the samples by the head of README.md, and `sha256sum --check
    SHA256SUMS` a file that is damaged or missing. Raises InputError for another format, for a file that is no shard,
    and for shards that differ in image size or number of frames.
    """
    module = plugins.load(_PACKAGE, format_name, "export: format")
    table = list_samples(shards, identities, clips, samples, seed)
    which = _limited(identities, clips, samples)
    if which:
        card = card.of_part(table, which)
    with whole_folder(folder) as part:
        module.export(table, card, part)
        write_text(card.json, part / "card.json")
        written = checksums(part)
        write_text(card.readme(module.DATA_FILES, hashlib.sha256(written.encode()).hexdigest()), part / "README.md")
        write_text(f"{written}{checksum(part / 'README.md', part)}", part / CHECKSUMS)


def _limited(identities: int | None, clips: int | None, samples: int | None) -> str:
    """Which samples a limited export has; "" for all."""
    limits = {
        f"of the first {identities} people of each source of faces": identities,
        f"with the action units of {clips} clips of each label and source": clips,
        f"shared out evenly over labels and sources of action units, for {samples} asked for": samples,
    }
    return ", ".join(text for text, limit in limits.items() if limit is not None)
