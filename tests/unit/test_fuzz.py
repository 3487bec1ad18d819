"""Whatever is in a user's file, it is read or refused with one line that is meant for the user."""

import functools
import io
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from mie_x_lib import weights
from mie_x_lib.action_units.sources import openface
from mie_x_lib.cards import renders
from mie_x_lib.corpora import list_clips
from mie_x_lib.corpora.simulated.clip import SimulatedClip
from mie_x_lib.corpora.simulated.writers import WRITERS
from mie_x_lib.corpora.wholeness import fault_of
from mie_x_lib.errors import InputError
from mie_x_lib.files import write_csv
from mie_x_lib.frames.decode import read_frames
from mie_x_lib.frames.detectors import yunet
from mie_x_lib.ganimation.checkpoints import load_state, read_published, save_state
from mie_x_lib.ganimation.networks import Generator
from mie_x_lib.learning.resnet import resnet18
from mie_x_lib.provenance import ROOT
from mie_x_lib.settings.action_units import LowConfidence
from mie_x_lib.tables import given_predictions
from mie_x_lib.terms import AU_NAMES
from mie_x_lib.triplets import read_expert_table
from rules.configuration import complete
from rules.configuration.layers import read_layer
from tests import yunet_file
from tests.videos import film

PICTURE = np.random.default_rng(0).integers(0, 255, (20, 24, 3), np.uint8)
# What people and programs put where something else belongs.
ODDITIES = (
    *(b"", b" ", b"-1", b"0", b"1.5", b"nan", b"inf", b"-inf", b"1e400", b"1_000", b"NA", b"null", b"/", b"true"),
    *(b"2147483648", b"9223372036854775807", b"9223372036854775808", b"99999999999999999999999999", b"1" * 5000),
    *(
        "Jörg".encode("latin-1"),
        "Jörg".encode(),
        b"\xed\xa0\x80",
        "\u0661\u0662".encode(),
        b"\xff\xfe",
        b"\xef\xbb\xbf",
    ),
    *(b"\0", b"\x1a", b'"', b"'", b",", b";", b"\t", b",,,,", b"\r", b"\n", b"\n\n\n", b"\r\n", b"\x0b", b"\x85"),
    *(b"x" * 300, b"../" * 9 + b"etc/passwd", b"/etc/passwd", b"..", b".", b"a/b", b"a\\b", b"{0}", b"%s", b"=1+1"),
)


def mutants(data: bytes, seed: int) -> Iterator[bytes]:
    """Endlessly many variants of the bytes of a file."""
    random = np.random.default_rng(seed)
    yield from (b"", b"\0" * 100, b"\xff" * 100, b"<html>404</html>", data[: len(data) // 2], data * 2, data[::-1])
    yield from (data.replace(b"\n", b"\r"), data.replace(b",", b";"), b"\xef\xbb\xbf" + data)
    while True:
        mutant = bytearray(data)
        for _ in range(int(random.integers(1, 4))):
            mutate = (_flip, _cut, _repeat, _put, _replace_word)[random.integers(5)]
            mutate(mutant, random)
        yield bytes(mutant)


def _place(data: bytearray, random) -> slice:
    start = int(random.integers(len(data) + 1))
    return slice(start, start + int(random.integers(1, 20)))


def _flip(data: bytearray, random) -> None:
    for _ in range(int(random.integers(1, 9)) if data else 0):
        data[random.integers(len(data))] = random.integers(256)


def _cut(data: bytearray, random) -> None:
    del data[_place(data, random)]


def _repeat(data: bytearray, random) -> None:
    place = _place(data, random)
    data[place.start : place.start] = data[place] * int(random.integers(1, 5))


def _put(data: bytearray, random) -> None:
    place = _place(data, random).start
    data[place:place] = ODDITIES[random.integers(len(ODDITIES))]


def _replace_word(data: bytearray, random) -> None:
    words = list(re.finditer(rb"[\w./-]+", bytes(data)))
    if words:
        word = words[random.integers(len(words))]
        data[slice(*word.span())] = ODDITIES[random.integers(len(ODDITIES))]


@dataclass
class Parser:
    """A file as it should be, and what reads it."""

    path: Path
    read: Callable[[], object]
    # The part of the file that is mutated in its place, of one that is an archive.
    member: str | None = None

    def write(self, content: bytes) -> None:
        if self.member is None:
            self.path.write_bytes(content)
            return
        with zipfile.ZipFile(io.BytesIO(self.archive)) as archive, zipfile.ZipFile(self.path, "w") as changed:
            for name in archive.namelist():
                changed.writestr(name, content if name == self.member else archive.read(name))

    def original(self) -> bytes:
        if self.member is None:
            return self.path.read_bytes()
        self.archive = self.path.read_bytes()
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(self.member)


class Header(Parser):
    """The header of a safetensors file, and what reads the file."""

    def original(self) -> bytes:
        content = self.path.read_bytes()
        end = 8 + int.from_bytes(content[:8], "little")
        self.tensors = content[end:]
        return content[8:end]

    def write(self, content: bytes) -> None:
        self.path.write_bytes(len(content).to_bytes(8, "little") + content + self.tensors)


def _corpus(folder: Path, layout: str) -> None:
    frames = np.full((4, 16, 16, 3), 90, np.uint8)
    clips = [
        SimulatedClip(1, n, e, frames, 0, 2, 3, 100.0, np.zeros((4, 17), np.float32))
        for n, e in ((1, "anger"), (2, "happiness"))
    ]
    WRITERS[layout](folder, clips)


def _layout(layout: str, pattern: str, folder: Path, member: str | None = None, **options) -> Parser:
    _corpus(folder, layout)
    (path,) = sorted(folder.glob(pattern))[:1]
    return Parser(path, lambda: _through_files(list_clips(layout, folder, "d", **options), folder), member)


def _through_files(clips: pd.DataFrame, folder: Path) -> None:
    """What is listed has to be fit to be written, and to name files that stay in their folder."""
    write_csv(clips, folder / "listed.csv")
    for subject, clip in clips[["subject", "clip"]].itertuples(index=False):
        assert (folder / "out" / subject / f"{clip}.csv").resolve().is_relative_to((folder / "out").resolve())


def _videos(folder: Path) -> Parser:
    (folder / "frames").mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / "frames" / f"{number}.png"), PICTURE)
    path = folder / "clips.csv"
    path.write_text(
        "clip,subject,emotion,path,onset,apex,offset,fps\nx,1,fear,frames,0,1,2,25\ny,1,anger,frames/0.png,,,,\n"
    )
    return Parser(path, lambda: _through_files(list_clips("videos", folder, "d"), folder))


def _composite(folder: Path) -> Parser:
    _corpus(folder / "smic", "smic")
    path = folder / "combined_3class_gt.csv"
    path.write_text("smic,s01,s01_ne_01,0\nsmic,s01,s01_po_02,1\n")
    return Parser(path, lambda: _through_files(list_clips("megc2019", folder, "d", smic=str(folder / "smic")), folder))


def _openface(folder: Path) -> Parser:
    names = ["frame", "timestamp", "confidence", "success", *(f"{au}_r" for au in AU_NAMES)]
    lines = [", ".join(names), *(f"{n}, {n / 30 - 1 / 30:.3f}, 0.98, 1" + ", 0.5" * len(AU_NAMES) for n in (1, 2, 3))]
    path = folder / "c.csv"
    path.write_text("\n".join(lines) + "\n")
    crops = pd.DataFrame({"dataset": "d", "subject": "s", "clip": "c", "frame": [0, 2]})
    clips = crops[:1].assign(path="c.avi")

    def read():
        for way in get_args(LowConfidence):
            aus = openface.read(crops, clips, f"{folder}/{{clip}}.csv", low_confidence=way)
            assert (np.isnan(aus) | ((aus >= 0) & (aus <= 1))).all()

    return Parser(path, read)


def _expert(folder: Path) -> Parser:
    path = folder / "table.csv"
    path.write_bytes((ROOT / "config/expert_table.csv").read_bytes())
    return Parser(path, lambda: read_expert_table(path))


def _predictions(folder: Path, **said: list) -> Parser:
    path = folder / "mine.csv"
    clips = pd.DataFrame(
        {"dataset": "d", "subject": ["006", "6"], "clip": "c", "emotion": "fear", "label": [0, 1], "person": "p"}
    ).assign(fold=[0, 1])
    clips[["dataset", "subject", "clip", "fold"]].assign(**said).to_csv(path, index=False)
    return Parser(
        path, lambda: given_predictions.take(given_predictions.read(path), clips, ["negative", "positive"], str(path))
    )


CONFIG = """
datasets:
  mine: {layout: videos, role: micro, root: data/mine, options: {table: c.csv}}
  portraits: {layout: videos, role: identity, root: data/portraits}
frames: {largest_motion: 0.1, missing_apex: {default: spot, mine: middle}}
au_sources: {mine: {kind: micro, datasets: [mine]}}
id_sources: {portraits: {dataset: portraits, identities: 500}}
evaluations: {mine: {datasets: [mine]}}
variants: {mine: {id_sources: [portraits], au_sources: [mine, expert]}}
training: {samples: 900, seeds: [0, 1], epochs: {real: 3}}
tables: {own: [{row: mine, evaluation: mine, variant: mine, regimes: [synthetic]}]}
"""


def _config(folder: Path) -> Parser:
    path = folder / "own.yaml"
    path.write_text(CONFIG)
    return Parser(path, lambda: complete(read_layer(path), [path]))


def _picture(suffix: str, folder: Path) -> Parser:
    path = folder / f"a{suffix}"
    path.write_bytes(cv2.imencode(suffix, PICTURE)[1].tobytes())

    def read():
        fault_of(path)
        assert [picture.shape[2] for _, picture in read_frames(path)] == [3]

    return Parser(path, read)


def _video(name: str, codec: str, folder: Path) -> Parser:
    path = film(folder / name, codec, [PICTURE] * 5)

    def read():
        fault_of(path)
        for _ in read_frames(path):
            pass

    return Parser(path, read)


def _weights(kind: type[Parser], folder: Path) -> Parser:
    path, arguments = folder / "a.safetensors", {"width": 8, "residual_blocks": 1}
    weights.save(path, Generator(**arguments), "generator", arguments, au_scale="intensity")

    def read():
        renders.weights_notes(path)
        weights.load(path, "generator", Generator)

    return kind(path, read)


def _published(folder: Path) -> Parser:
    path = folder / "a.pth"
    torch.save({name: value for name, value in Generator(width=8, residual_blocks=1).state_dict().items()}, path)
    return Parser(path, lambda: read_published(path))


def _resnet(folder: Path) -> Parser:
    path = folder / "a.pth"
    torch.save(resnet18(8).state_dict() | {"fc.weight": torch.zeros(2), "fc.bias": torch.zeros(2)}, path)
    return Parser(path, lambda: resnet18(8, path))


def _state(folder: Path) -> Parser:
    path = folder / "a.safetensors"
    save_state(path, {"a": torch.zeros(3)}, {"step": 1})
    return Parser(path, lambda: load_state(path))


def _network(folder: Path) -> Parser:
    path = yunet_file.write(folder / "a.onnx")
    return Parser(path, lambda: yunet.load(str(path)))


SHEET = "xl/worksheets/sheet1.xml"
PARSERS = {
    "clips.csv": _videos,
    "combined_3class_gt.csv": _composite,
    "casme2": functools.partial(_layout, "casme2", "*.xlsx", release="avi"),
    "casme2 sheet": functools.partial(_layout, "casme2", "*.xlsx", member=SHEET, release="avi"),
    "samm sheet": functools.partial(_layout, "samm", "*.xlsx", member=SHEET),
    "mmew sheet": functools.partial(_layout, "mmew", "*/*.xlsx", member=SHEET),
    "celeba": functools.partial(_layout, "celeba", "*.txt"),
    "ckplus": functools.partial(_layout, "ckplus", "**/*_emotion.txt"),
    "openface": _openface,
    "expert table": _expert,
    "classes predicted": functools.partial(_predictions, predicted=["negative", "positive"]),
    "scores predicted": functools.partial(_predictions, score_negative=[0.9, 0.2], score_positive=[0.1, 0.8]),
    "config": _config,
    **{
        f"picture {suffix}": functools.partial(_picture, suffix) for suffix in (".png", ".jpg", ".bmp", ".tif", ".webp")
    },
    "video avi": functools.partial(_video, "a.avi", "MJPG"),
    "video mp4": functools.partial(_video, "a.mp4", "mp4v"),
    "weights": functools.partial(_weights, Parser),
    "header of weights": functools.partial(_weights, Header),
    "published generator": _published,
    "published resnet": _resnet,
    "training state": _state,
    "yunet": _network,
}


@pytest.fixture(params=PARSERS)
def parser(request, tmp_path):
    (tmp_path / "data").mkdir()
    return PARSERS[request.param](tmp_path / "data")


def read_mutants(parser: Parser, count: int, seed: int = 0) -> int:
    """Read so many mutants of a file; how many of them were refused."""
    original = parser.original()
    assert not is_refused(parser)
    refused = 0
    for number, mutant in zip(range(count), mutants(original, seed), strict=False):
        parser.write(mutant)
        try:
            refused += is_refused(parser)
        except Exception as error:
            error.add_note(f"mutant {number} of seed {seed}: {mutant[:500]!r}")
            raise
    return refused


def is_refused(parser: Parser) -> bool:
    """Whether the file is refused in the way that is meant for the user."""
    try:
        parser.read()
    except InputError:
        return True
    return False


@pytest.mark.slow
def test_what_is_in_a_file_of_the_user_is_read_or_refused(parser):
    assert read_mutants(parser, 25) > 0


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 11))
def test_what_is_in_many_files_of_the_user_is_read_or_refused(parser, seed):
    assert read_mutants(parser, 1000, seed) > 0


@pytest.mark.parametrize("way", ["a folder", "gone", "no permission", "a link to itself"])
def test_what_cannot_be_opened_is_refused(parser, way, tmp_path):
    parser.original()
    if way == "no permission":
        # Modules are loaded, which nobody else may be able to read.
        assert not is_refused(parser)
        parser.path.chmod(0)
    else:
        parser.path.unlink()
    if way == "a folder":
        parser.path.mkdir()
    if way == "a link to itself":
        parser.path.symlink_to(parser.path)
    with nobody(tmp_path) if way == "no permission" and os.geteuid() == 0 else nullcontext():
        # A layout may do without the file.
        assert is_refused(parser) or way == "gone"


@contextmanager
def nobody(tmp_path: Path) -> Iterator[None]:
    """Be a user without rights: the superuser may read everything."""
    (tmp_path / "data").chmod(0o777)
    for folder in (tmp_path, *tmp_path.parents):
        if Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(folder.stat().st_mode | 0o055)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
