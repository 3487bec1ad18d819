"""A file of predictions that was damaged, edited or cut off is named, and nothing is counted over what is left."""

import pandas as pd
import pytest

from mie_x_lib.errors import InputError
from mie_x_lib.files import read_csv, write_csv
from mie_x_lib.tables.predictions import read, read_rows


def write(path, fold, predicted=(0, 1, 2), **changes):
    clips = pd.DataFrame({"dataset": "samm", "subject": f"00{fold}", "clip": list("abc"), "person": f"samm/00{fold}"})
    scores = {f"score_{name}": [0.1, 0.2, 0.3] for name in ("n", "p", "s")}
    clips = clips.assign(label=[0, 1, 2], fold=fold, **scores, predicted=predicted, training_samples=9, **changes)
    write_csv(clips, path)
    return path


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "0.csv", 0)


def test_a_whole_file_is_read_as_it_is(path):
    pd.testing.assert_frame_equal(read(path, 3), read_csv(path))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",2,9\n", ",9,9\n", "row 4: predicted is '9', expected a whole number from 0 to 2; the file was damaged"),
        (",2,9\n", ",,9\n", "row 4: predicted is empty, expected a whole number"),
        (",2,9\n", ",1.5,9\n", "row 4: predicted is '1.5', expected a whole number"),
        (",2,9\n", ",two,9\n", "row 4: predicted is 'two', expected a whole number"),
        (",2,9\n", ",2,\n", "row 4: training_samples is empty, expected a number"),
        (",2,9\n", ",2", "is cut off"),
        (",2,9\n", ",2,9", "is cut off"),
        (",0,0,0.1", ",0,x,0.1", "row 2: fold is 'x', expected a number"),
        ("0.1,0.1", "0.1,?", "row 2: score_p is '?', expected a number"),
        ("samm/000,1", ",1", "row 3: person is empty, expected a name"),
        ("predicted", "predictet", "has no column predicted"),
        ("samm,000,c", 'samm,"000,c', "cannot be read as a table"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_path_and_row(path, old, new, said):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match="delete it and start the run again") as fault:
        read(path, 3)
    assert str(fault.value).startswith(f"{path}: {said}")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\n", b"dataset,subject,clip,person,label,fold,predicted\n"])
def test_a_file_without_any_prediction_is_named(path, content):
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"0\.csv: .*; the file was damaged or edited; delete it"):
        read(path, 3)
    path.unlink()
    with pytest.raises(InputError, match=r"0\.csv: cannot be read"):
        read(path, 3)


def test_a_file_that_lacks_its_last_clips_is_found_by_those_of_other_rows(tmp_path):
    rows = [
        {
            "evaluation": evaluation,
            "labels": ["n", "p", "s"],
            "predictions": {0: [f"{row}/{fold}.csv" for fold in folds]},
        }
        for row, (evaluation, folds) in enumerate([("e", (0, 1)), ("e", (0, 1)), ("other", (0,))])
    ]
    for row in rows:
        for place in row["predictions"][0]:
            write(tmp_path / place, int(place[2]))
    assert [[len(table) for table in seeds] for seeds in read_rows(rows, tmp_path)] == [[6], [6], [3]]
    cut = tmp_path / "0/1.csv"
    cut.write_text("".join(cut.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(InputError) as fault:
        read_rows(rows, tmp_path)
    assert str(fault.value).startswith(f"{cut}: clip samm/001/c of label 2 and fold 1 is missing, which {tmp_path}/1/")
    text = write(cut, 1).read_text()
    cut.write_text(text + text.splitlines(keepends=True)[-1])
    with pytest.raises(InputError, match=r"0/1\.csv: clip samm/001/c is there before, expected each test clip once"):
        read_rows(rows, tmp_path)
    write(cut, 1)
    more = [*rows, rows[1] | {"predictions": {0: ["0/0.csv", "1/1.csv"], 1: ["0/0.csv", "added.csv"]}}]
    (tmp_path / "added.csv").write_text(text + text.splitlines(keepends=True)[-1].replace(",c,", ",d,"))
    with pytest.raises(InputError, match=r"added\.csv: clip samm/001/d .* fold 1 is there, which .* have not;"):
        read_rows(more, tmp_path)
    # One network for all folds has one file.
    rows[0]["predictions"][0] = ["all.csv"]
    whole = [pd.read_csv(write(tmp_path / f"{fold}.csv", fold), dtype=str) for fold in (0, 1)]
    write_csv(pd.concat(whole)[1:], tmp_path / "all.csv")
    with pytest.raises(InputError, match=r"all\.csv: clip samm/000/a of label 0 and fold 0 is missing"):
        read_rows(rows, tmp_path)
