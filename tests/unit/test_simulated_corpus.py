"""A simulated set on disk: what its truth says of a frame is what the layout's adapter and the decoder give."""

import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import openpyxl
import pandas as pd
import pytest
import yaml

from mie_x_lib.corpora import list_clips
from mie_x_lib.corpora.simulated import corpus
from mie_x_lib.corpora.simulated.clip import SimulatedClip
from mie_x_lib.corpora.simulated.writers import WRITERS
from mie_x_lib.files import read_csv
from mie_x_lib.frames.decode import Film
from mie_x_lib.provenance import ROOT
from mie_x_lib.settings.corpora import Casting
from mie_x_lib.terms import AU_NAMES
from tests.videos import decode

pytestmark = pytest.mark.slow

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
SMALL = {"subjects": 2, "clips_per_subject": 2, "size": 64}


def write(root, dataset, layout, casting, threads=1, seed=3):
    truth = root / f"{dataset}.truth.csv"
    corpus.write_corpus(root / dataset, truth, dataset, layout, casting, seed, threads)
    return read_csv(truth)


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def grey(frames):
    return np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]).astype(np.float64)


@pytest.fixture
def in_process(monkeypatch):
    """Draw in this process, which spares the start of others."""
    monkeypatch.setattr(corpus, "ProcessPoolExecutor", lambda threads, mp_context: ThreadPoolExecutor(threads))


@pytest.fixture
def performed(monkeypatch, in_process):
    """The clips that `write_corpus` writes, in order."""
    clips = []
    simulate = corpus.simulate
    monkeypatch.setattr(corpus, "simulate", lambda *arguments: (clips.append(c) or c for c in simulate(*arguments)))
    return clips


@pytest.mark.parametrize("dataset", CONFIG["simulated"])
def test_truth_is_of_the_frames_that_the_adapter_lists(tmp_path, performed, dataset):
    layout, options = CONFIG["datasets"][dataset]["layout"], CONFIG["datasets"][dataset].get("options", {})
    settings = CONFIG["simulated"][dataset] | SMALL
    if settings["kind"] == "photograph":
        settings["clips_per_subject"] = 1
    truth = write(tmp_path, dataset, layout, Casting(**settings))
    listed = list_clips(layout, tmp_path / dataset, dataset, **options).set_index(["subject", "clip"])
    frames = truth.groupby(["subject", "clip"], sort=False)
    assert sorted(frames.groups) == sorted(listed.index)
    for (name, rows), clip in zip(frames, performed, strict=True):
        row = listed.loc[name]
        assert rows["frame"].tolist() == list(range(Film(row["path"]).count()))
        assert rows.loc[rows["apex"], "frame"].tolist() == [clip.apex]
        if pd.notna(row["apex"]):
            assert row["apex"] == clip.apex
        shown, drawn = grey(decode(row["path"], range(len(rows)))), grey(clip.frames)
        nearest = [int(((drawn - picture) ** 2).mean(axis=(1, 2)).argmin()) for picture in shown]
        assert nearest == rows["frame"].tolist()
        np.testing.assert_allclose(rows[list(AU_NAMES)], clip.aus, atol=1e-4)


def test_truth_is_one_table_of_all_frames(tmp_path, performed):
    truth = write(tmp_path, "own", "videos", Casting(kind="micro", emotions={"fear": 1}, **SMALL))
    assert list(truth.columns) == ["dataset", "subject", "clip", "frame", "apex", *AU_NAMES]
    assert set(truth["dataset"]) == {"own"}
    assert set(truth["subject"]) == {"001", "002"}
    assert len(truth) == sum(len(clip.aus) for clip in performed)
    assert truth["apex"].sum() == 4


def test_a_set_is_the_same_whatever_the_number_of_threads(tmp_path):
    casting = Casting(kind="micro", subjects=3, clips_per_subject=1, emotions={"fear": 1}, size=48, seconds=(0.3, 0.3))
    one, two = (write(tmp_path / str(threads), "own", "videos", casting, threads) for threads in (1, 2))
    assert content(tmp_path / "1") == content(tmp_path / "2")
    pd.testing.assert_frame_equal(one, two)
    assert content(tmp_path / "1")


def photographs(dataset, seed=3, subjects=1):
    return [
        clip.frames[0]
        for clip in corpus.simulate(dataset, Casting(kind="photograph", subjects=subjects, size=48), seed)
    ]


@pytest.mark.parametrize("layout", ["casme2", "samm", "mmew"])
def test_a_spreadsheet_does_not_say_when_it_was_written(tmp_path, layout):
    frames = np.zeros((4, 16, 16, 3), np.uint8)
    clip = SimulatedClip(1, 1, "happiness", frames, 0, 2, 3, 100.0, np.zeros((4, 17), np.float32))
    WRITERS[layout](tmp_path, [clip])
    (path,) = tmp_path.rglob("*.xlsx")
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    said = openpyxl.load_workbook(path).properties
    assert (said.created.year, said.modified.year) == (1980, 1980)


def test_people_of_two_sets_of_two_seeds_and_of_one_set_differ(in_process):
    mine, neighbour = photographs("casme2", subjects=2)
    np.testing.assert_array_equal(mine, photographs("casme2")[0])
    for other in (neighbour, photographs("smic")[0], photographs("casme2", seed=4)[0]):
        assert np.abs(mine.astype(np.int16) - other).mean() > 10


def test_more_subjects_only_append(in_process):
    np.testing.assert_array_equal(photographs("samm", subjects=3)[:2], photographs("samm", subjects=2))


def test_a_set_that_is_not_finished_has_not_its_name(tmp_path, monkeypatch, in_process):
    def stop(*_):
        raise KeyboardInterrupt

    def see(folder, clips):
        written = writer(folder, clips)
        assert not (tmp_path / "faces").exists()
        return written

    writer = corpus.WRITERS["celeba"]
    monkeypatch.setitem(corpus.WRITERS, "celeba", see)
    write(tmp_path, "faces", "celeba", Casting(kind="photograph", subjects=2, size=64))
    before = content(tmp_path / "faces")
    assert len(before) > 2
    monkeypatch.setattr(corpus, "simulate", stop)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, "faces", "celeba", Casting(kind="photograph", subjects=3, size=64))
    assert content(tmp_path / "faces") == before


def test_a_second_job_of_the_set_takes_nothing_from_the_first(tmp_path, monkeypatch, in_process):
    def interrupted(*arguments):
        for clip in simulate(*arguments):
            yield clip
            # Snakemake removes an output when it starts its job.
            shutil.rmtree(tmp_path / "faces", ignore_errors=True)

    def draw():
        write(tmp_path, "faces", "celeba", Casting(kind="photograph", subjects=2, size=64))
        return content(tmp_path / "faces")

    simulate, alone = corpus.simulate, draw()
    monkeypatch.setattr(corpus, "simulate", interrupted)
    assert draw() == alone
