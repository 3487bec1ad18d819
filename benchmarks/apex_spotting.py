"""How many frames the spotted apex lies from the true one, on the simulated micro-expression sets.

The annotation of the apex is blanked, and once that of onset and offset too; the crops are then cut as the workflow
does, with the apex spotted and, beside it, taken in the middle. The truth is what the people were drawn with.
"""

import pandas as pd

from benchmarks.experiment import CONFIG, read_result, simulated_sets
from mie_x_lib.frames.extraction import extract_clips
from mie_x_lib.settings.frames import FrameSettings
from mie_x_lib.terms import CLIP_NAME

BLANKED = {"onset and offset": ["apex"], "nothing": ["onset", "apex", "offset"]}
WAYS = {"spotted": "spot", "middle": "middle"}


def measure(dataset: str, known: str, way: str) -> pd.DataFrame:
    """Each clip with a face: `error`, found minus true apex in frames (positive: too late); `frames`, its length."""
    clips = read_result("clips", dataset)
    blanked = clips.assign(**{name: pd.array([pd.NA] * len(clips), "Int64") for name in BLANKED[known]})
    settings = FrameSettings(size=CONFIG["image_size"], missing_apex=WAYS[way])
    report = extract_clips(blanked, "micro", settings).report.set_index(CLIP_NAME)
    truth = read_result("truth", dataset)
    error = report["apex"] - truth[truth["apex"]].set_index(CLIP_NAME)["frame"]
    return pd.DataFrame({"error": error, "frames": truth.groupby(CLIP_NAME).size()}).dropna().astype(int)


def summarise(clips: pd.DataFrame) -> dict:
    """What a row of the table says of some clips."""
    distance = clips["error"].abs()
    return {
        "clips": len(clips),
        "mean |error|": distance.mean(),
        "median |error|": distance.median(),
        "mean error": clips["error"].mean(),
        "of the clip": f"{(distance / clips['frames']).mean():.1%}",
        "within 1": f"{(distance <= 1).mean():.0%}",
        "within 3": f"{(distance <= 3).mean():.0%}",
    }


def main() -> None:
    datasets = simulated_sets("micro")
    rows = []
    for known in BLANKED:
        for way in WAYS:
            found = {dataset: measure(dataset, known, way) for dataset in datasets}
            for dataset, clips in {**found, "all": pd.concat(found.values())}.items():
                rows.append({"known": known, "set": dataset, "apex": way} | summarise(clips))
    table = pd.DataFrame(rows).sort_values(["known", "set"], ascending=[False, True], kind="stable")
    print(table.to_string(index=False, float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
