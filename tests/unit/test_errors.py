import pytest

from mie_x_lib.errors import one_error_of, refusal_of
from mie_x_lib.files import write_text


def test_one_fault_stands_alone_and_more_are_counted():
    assert str(one_error_of(["a"])) == "a"
    assert str(one_error_of(["a", "b"])) == "2 faults:\na\nb"


def test_of_many_faults_the_first_are_told():
    lines = str(one_error_of(range(1, 53))).splitlines()
    assert lines[:2] == ["52 faults:", "1"]
    assert lines[-2:] == ["50", "and 2 more"]


def test_what_stands_in_the_place_of_a_file_or_of_its_folder_is_told(tmp_path):
    (tmp_path / "a.csv").mkdir()
    (tmp_path / "folder").write_text("")
    for path, said in ((tmp_path / "a.csv", "A folder stands in"), (tmp_path / "folder/a.csv", "A file stands in")):
        with pytest.raises((IsADirectoryError, NotADirectoryError, FileExistsError)) as fault:
            write_text("text", path)
        assert refusal_of(fault.value).startswith(said)
        assert str(tmp_path) in refusal_of(fault.value)
