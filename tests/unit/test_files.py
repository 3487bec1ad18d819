import pandas as pd
import pytest

from mie_x_lib.files import read_csv, whole, write_csv


def test_a_file_appears_when_the_block_ends_and_not_before(tmp_path):
    path = tmp_path / "new" / "folder" / "table.csv"
    with whole(path) as part:
        part.write_text("all of it")
        assert not path.exists()
        assert part.parent == path.parent
        assert part.suffix == path.suffix
    assert path.read_text() == "all of it"
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_block_leaves_what_was_there(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("before")

    def fail():
        with whole(path) as part:
            part.write_text("half")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fail()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), whole(tmp_path / "table.csv"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_names_stay_text_and_numbers_stay_numbers(tmp_path):
    table = pd.DataFrame({"subject": ["006", "07"], "clip": ["1e3", "NA_1"], "emotion": ["", "fear"], "frame": [0, 12]})
    write_csv(table, tmp_path / "clips.csv")
    found = read_csv(tmp_path / "clips.csv")
    assert found["subject"].tolist() == ["006", "07"]
    assert found["clip"].tolist() == ["1e3", "NA_1"]
    assert found["frame"].tolist() == [0, 12]
    assert list(found.columns) == list(table.columns)


def test_a_dtype_of_the_caller_goes_before(tmp_path):
    write_csv(pd.DataFrame({"subject": ["006"], "row": [3]}), tmp_path / "rows.csv")
    found = read_csv(tmp_path / "rows.csv", dtype={"row": "int64"})
    assert found.loc[0].tolist() == ["006", 3]
