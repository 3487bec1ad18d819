"""Tables as pages that a browser shows, for the report."""

from html import escape
from typing import Any

import pandas as pd

# What stands above each table.
TITLES = {
    "uf1_table": "UF1, UAR and accuracy in percent, mean and standard deviation over seeds",
    "uf1_by_dataset": "UF1, UAR and accuracy by dataset of the test clips",
    "uf1_comparisons": "Differences in UF1 between every two rows",
    "audits": "Audit: what every training set holds of test subjects",
    "au_means": "Mean action units of z_MiE and z_MaE (0 to 1)",
    "quality": "Quality of the rendered pairs",
    "generator_checks": "Checks of the generator on the photographs of each source",
    "claims": "The paper's claims: comparisons and slopes, in points of UF1",
    "claim_rows": "The networks behind the claims",
}
_STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #222; }
h1 { font-size: 1.2rem; }
p { max-width: 60rem; }
table { border-collapse: collapse; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: left; white-space: nowrap; }
th { position: sticky; top: 0; background: #f4f4f4; border-bottom: 2px solid #999; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
tr:hover td { background: #f0f6fb; }
"""


def page(title: str, table: pd.DataFrame, note: str = "") -> str:
    """Return an HTML page of its own, nothing of it fetched: a title, a sentence or two, and the table.

    Real numbers are shown with four digits and missing values as nothing; columns without any value are left out.
    """
    # A styler shows columns by name, and pandas reads names as labels: a row of its own for each.
    shown = table.dropna(axis="columns", how="all").reset_index(drop=True)
    numbers = shown.select_dtypes("number").columns
    classes = pd.DataFrame("", shown.index, shown.columns)
    classes[numbers] = "number"
    styler = shown.style.hide(axis="index").format(_text, escape="html").set_td_classes(classes)
    styler = styler.format_index(lambda name: str(name).replace("_", " "), axis="columns", escape="html")
    body = styler.to_html(table_uuid="table")
    title, note = escape(title, quote=False), escape(note, quote=False)
    heading = f"<h1>{title}</h1>" + (f"<p>{note}</p>" if note else "")
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>{heading}{body}</body></html>\n"
    )


def _text(value: Any) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
