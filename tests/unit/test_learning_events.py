import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mie_x_lib.learning.events import event_files

pytestmark = pytest.mark.usefixtures("event_files_in_order")


def curve(folder, name="loss"):
    points = EventAccumulator(str(folder)).Reload().Scalars(name)
    return [(point.step, point.value) for point in points]


def write(folder, points, done=0):
    with event_files(folder, done) as events:
        for step, value in points:
            events.scalars(step, {"loss": value, "twice": 2 * value})


def test_points_are_those_that_were_told(tmp_path):
    write(tmp_path, [(1, 4.0), (3, 2.0)])
    assert curve(tmp_path) == [(1, 4.0), (3, 2.0)]
    assert curve(tmp_path, "twice") == [(1, 8.0), (3, 4.0)]


def test_points_can_be_seen_while_the_training_runs(tmp_path):
    with event_files(tmp_path) as events:
        events.scalars(1, {"loss": 4.0})
        assert curve(tmp_path) == [(1, 4.0)]


def test_a_fresh_training_shows_no_curve_of_an_earlier_attempt(tmp_path):
    (tmp_path / "notes.txt").write_text("of somebody else")
    write(tmp_path, [(1, 4.0), (2, 3.0), (3, 2.0)])
    write(tmp_path, [(1, 5.0)])
    assert curve(tmp_path) == [(1, 5.0)]
    assert (tmp_path / "notes.txt").exists()


def test_a_training_that_goes_on_continues_its_curve_from_where_it_goes_on(tmp_path):
    write(tmp_path, [(1, 4.0), (2, 3.0), (3, 2.0)])
    write(tmp_path, [(3, 7.0), (4, 6.0)], done=2)
    assert curve(tmp_path) == [(1, 4.0), (2, 3.0), (3, 7.0), (4, 6.0)]


def test_pictures_come_back_as_they_were(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    with event_files(tmp_path) as events:
        events.image(2, "samples", image)
    (found,) = EventAccumulator(str(tmp_path)).Reload().Images("samples")
    assert (found.step, found.width, found.height) == (2, 12, 8)


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with event_files(None) as events:
        events.scalars(1, {"loss": 4.0})
        events.image(1, "samples", np.zeros((2, 2, 3), np.uint8))
    assert not list(tmp_path.iterdir())
