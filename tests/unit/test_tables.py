import numpy as np
import pandas as pd
import pytest

from mie_x_lib.errors import InputError
from mie_x_lib.files import read_csv, write_csv
from mie_x_lib.tables import COLUMNS, PUBLISHED_NOTE, uf1_row, uf1_table

LABELS = [0, 0, 1, 1, 2, 2]


def predictions(predicted, labels=LABELS):
    return pd.DataFrame(
        {
            "dataset": "samm",
            "subject": [f"{number // 2:03d}" for number in range(len(labels))],
            "clip": [f"c{number}" for number in range(len(labels))],
            "label": labels,
            "predicted": predicted,
        }
    )


def test_mean_and_spread_over_seeds_in_percent():
    row = uf1_row([predictions(LABELS), predictions([0, 0, 1, 1, 0, 0])])
    other = 100 * (4 / 6 + 1 + 0) / 3
    assert row["seeds"] == 2
    assert row["uf1_mean"] == pytest.approx((100 + other) / 2)
    assert row["uf1_std"] == pytest.approx(np.std([100, other], ddof=1))
    assert row["uar_mean"] == pytest.approx((100 + 200 / 3) / 2)
    assert row["uar_std"] == pytest.approx(np.std([100, 200 / 3], ddof=1))


def test_one_seed_has_no_spread():
    row = uf1_row([predictions(LABELS)])
    assert row["uf1_mean"] == 100
    assert np.isnan(row["uf1_std"])


def test_folds_are_summed_before_the_ratio():
    # Fold by fold, UF1 of a fold with one label would be 100 and their mean with it.
    whole = predictions([0, 1, 1, 1, 2, 2])
    folds = pd.concat([whole[4:], whole[:2], whole[2:4]])
    assert uf1_row([folds]) == pytest.approx(uf1_row([whole]), nan_ok=True)


def test_the_order_of_the_clips_and_the_type_of_the_text_do_not_count(tmp_path):
    write_csv(predictions(LABELS), tmp_path / "a.csv")
    row = uf1_row([predictions(LABELS)[::-1], read_csv(tmp_path / "a.csv")])
    assert (row["uf1_mean"], row["uf1_std"]) == (100, 0)


def test_predictions_that_do_not_belong_together():
    good = predictions(LABELS)
    with pytest.raises(InputError, match=r"seed 2: clip samm/000/c0 twice"):
        uf1_row([good, pd.concat([good, good[:1]])])
    with pytest.raises(InputError, match=r"seed 2: 5 clips, expected the 6"):
        uf1_row([good, good[:5]])
    with pytest.raises(InputError, match=r"seed 2"):
        uf1_row([good, predictions(LABELS, labels=[0, 0, 1, 1, 2, 0])])
    with pytest.raises(InputError, match="at least one seed"):
        uf1_row([])


def table_row(**changes):
    row = {"table": "2", "row": "z_MiE MMEW", "classifier": "branches", "regime": "synthetic", "variant": "mmew"}
    row |= {"id_sources": ["emotionnet"], "au_sources": ["mmew", "oulu"], "training_samples": 690}
    return row | uf1_row([predictions(LABELS)] * 2) | {"published_uf1": 37.2, "published_std": 1.4} | changes


def test_rows_in_order_with_every_column(tmp_path):
    table = uf1_table([table_row(), table_row(row="no figure", published_uf1=None, published_std=None, au_sources=[])])
    assert tuple(table.columns) == COLUMNS
    assert list(table["row"]) == ["z_MiE MMEW", "no figure"]
    assert list(table["au_sources"]) == ["mmew + oulu", ""]
    assert list(table["published_note"]) == [PUBLISHED_NOTE, ""]
    assert table["published_uf1"].tolist()[0] == 37.2
    assert np.isnan(table["published_uf1"].iloc[1])
    write_csv(table, tmp_path / "t.csv")
    assert read_csv(tmp_path / "t.csv")["uf1_mean"].tolist() == [100, 100]


def test_no_published_figure_at_all():
    table = uf1_table([table_row(published_uf1=None, published_std=None)])
    assert table["published_note"].tolist() == [""]
    assert table["published_uf1"].dtype == np.float64
