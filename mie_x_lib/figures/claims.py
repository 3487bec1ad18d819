"""Figure of the paper's claims on these data."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mie_x_lib.figures.canvas import COLOURS, COLUMN, clear, error_bars, wrapped
from mie_x_lib.tables.claims import verdict

# Classifiers side by side in the legend.
_ACROSS = 4


def claims_figure(claims: Sequence[Mapping], judged: pd.DataFrame, scored: pd.DataFrame, classes: int = 3) -> Figure:
    """UF1 of the rows that claims compare, as bars, and over the sizes with which it is claimed to grow.

    claims, judged, scored: as `claims.report` takes them. Error bars cover 95 % over subjects and seeds.
    """
    compared = [claim for claim in claims if claim["kind"] == "beats"]
    growing = [claim for claim in claims if claim["kind"] == "grows"]
    classifiers = list(dict.fromkeys(scored["classifier"]))
    count = bool(compared) + len(growing)
    figure = Figure(figsize=(COLUMN, 0.6 + 1.8 * count), layout="constrained")
    panels = figure.subplots(count, 1, squeeze=False).ravel()
    by_classifier = {name: scored[scored["classifier"] == name].set_index("row") for name in classifiers}
    if compared:
        _bars(panels[0], compared, by_classifier)
        verdicts = [_verdicts(claim, judged) for claim in compared]
        panels[0].set_title("\n".join(verdicts), loc="left")
    for panel, claim in zip(panels[len(panels) - len(growing) :], growing, strict=True):
        _growth(panel, claim, by_classifier)
        panel.set_title(_verdicts(claim, judged), loc="left")
    for panel in panels:
        clear(panel)
        panel.axhline(100 / classes, color="black", linestyle=":", linewidth=0.7)
        panel.set_ylabel("UF1 in %")
        panel.set_ylim(0, 100)
    handles = [Patch(facecolor=_colour(number), label=name) for number, name in enumerate(classifiers)]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), _ACROSS))
    figure.suptitle("UF1 with 95 % over subjects and seeds;\nthe dotted line is chance where labels are balanced")
    return figure


def _verdicts(claim: Mapping, judged: pd.DataFrame) -> str:
    """The claim's name and what came out of it, by classifier."""
    rows = judged[judged["claim"] == claim["name"]].groupby("classifier", sort=False)["verdict"]
    found = "; ".join(f"{classifier} {verdict(found)}" for classifier, found in rows)
    return wrapped(f"{claim['name']}: {found}", 60, 2.75)


def _bars(panel: Axes, claims: list[Mapping], by_classifier: dict[str, pd.DataFrame]) -> None:
    names = list(dict.fromkeys(row for claim in claims for row in [claim["together"], *claim["alone"]]))
    width = 0.8 / len(by_classifier)
    for number, scores in enumerate(by_classifier.values()):
        rows = scores.loc[names]
        left = np.arange(len(names)) + (number - (len(by_classifier) - 1) / 2) * width
        style = {"elinewidth": 0.6, "capsize": 1.2, "capthick": 0.6}
        panel.bar(
            left,
            rows["uf1"],
            width * 0.94,
            yerr=error_bars(rows["uf1"], rows["low"], rows["high"]),
            color=_colour(number),
            error_kw=style,
        )
    # The first row has as much room at its left as the last one at its right.
    panel.update_datalim([(-0.4, 0)])
    panel.autoscale_view()
    room = 2.7 / len(names)
    panel.set_xticks(range(len(names)), [wrapped(name.replace(" + ", " +\u00a0"), 12, room) for name in names])


def _growth(panel: Axes, claim: Mapping, by_classifier: dict[str, pd.DataFrame]) -> None:
    sizes = pd.Series(claim["sizes"], dtype=float).sort_values()
    for number, scores in enumerate(by_classifier.values()):
        rows = scores.loc[sizes.index]
        # Apart by a little, so that error bars do not hide each other.
        places = sizes * 1.06 ** (number - (len(by_classifier) - 1) / 2)
        panel.errorbar(
            places,
            rows["uf1"],
            yerr=error_bars(rows["uf1"], rows["low"], rows["high"]),
            color=_colour(number),
            marker="o",
            markersize=2.5,
            capsize=1.2,
            elinewidth=0.6,
        )
    panel.set_xscale("log", base=2)
    panel.set_xticks(sizes, [f"{size:g}" for size in sizes])
    panel.minorticks_off()
    panel.set_xlabel(claim["of"])


def _colour(number: int) -> str:
    """That of a classifier, by its place."""
    return COLOURS[number % len(COLOURS)]
