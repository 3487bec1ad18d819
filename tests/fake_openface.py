"""Programs that take OpenFace's arguments and write CSVs as it does, of numbers that tell where they come from.

Of a photograph with content the numbers are brightnesses, and one that is black shows no face.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from mie_x_lib.action_units.sources import openface

# A frame's AU01_r is a tenth of the number in the name of its file, which begins again at 0 after that of the largest;
# each further unit has 0.1 more, and what static models measure 0.05.
LARGEST = 30
PROGRAM = """#!{python}
import re, sys
from pathlib import Path

arguments = sys.argv[1:]
value = lambda name: arguments[arguments.index(name) + 1]
assert "-aus" in arguments
is_sequence = Path(sys.argv[0]).name == "FeatureExtraction"
static = "-au_static" in arguments
# Of photographs there are no others.
assert is_sequence or not static
units = [1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45]


def write(name, rows):
    first = ["frame", "face_id", "timestamp", "confidence", "success"] if is_sequence else ["face", "confidence"]
    header = first + [f"AU{{unit:02}}_r" for unit in units] + ["AU28_c"]
    out = Path(value("-out_dir"))
    out.mkdir(parents=True, exist_ok=True)
    lines = [", ".join(map(str, line)) for line in [header, *rows]]
    (out / f"{{name}}.csv").write_text("\\n".join(lines) + "\\n")


def units_of(path):
    if is_sequence or not path.stat().st_size:
        number = int(re.findall(r"\\d+", path.stem)[-1]) % {largest}
        return [0.1 * number + 0.1 * unit + 0.05 * static for unit in range(len(units))]
    import cv2

    # A unit is the mean grey of one of 17 columns, on a scale of 5.
    return cv2.resize(cv2.imread(str(path), 0), (len(units), 1), interpolation=cv2.INTER_AREA)[0] / 51


def measured(aus, index):
    first = [index + 1, 0, "0.000", "0.98", 1] if is_sequence else [0, "0.98"]
    return first + [f"{{value:.3f}}" for value in aus] + [0]


if "-fdir" in arguments:
    found = sorted(Path(value("-fdir")).iterdir())
    assert all(path.suffix in (".jpg", ".jpeg", ".png", ".bmp") for path in found)
    frames = [path.resolve() for path in found]
else:
    found = frames = [Path(value("-f"))]
for frame in frames:
    if "broken" in str(frame):
        print(f"Attempting to read from {{frame}}\\n\\nCould not open the image")
        sys.exit(1)
    if "unreadable" in str(frame):
        print("Failed to open the video file")
        sys.exit(0)
if is_sequence:
    write(value("-of"), [measured(units_of(path), index) for index, path in enumerate(frames)])
else:
    for path, frame in zip(found, frames):
        aus = units_of(frame)
        if "faceless" not in str(frame) and max(aus) > 0:
            write(path.stem, [measured(aus, 0)])
"""


def install(folder: Path) -> Path:
    """Write FeatureExtraction and FaceLandmarkImg; return the path of the first."""
    folder.mkdir(parents=True)
    for name in ("FaceLandmarkImg", "FeatureExtraction"):
        (folder / name).write_text(PROGRAM.format(python=sys.executable, largest=LARGEST))
        (folder / name).chmod(0o755)
    return folder / "FeatureExtraction"


def clip_table(**paths: str | Path) -> pd.DataFrame:
    """Clips by name, all of one subject, whose name has a blank."""
    rows = [{"dataset": "own", "subject": "a b", "clip": clip, "path": str(path)} for clip, path in paths.items()]
    return pd.DataFrame(rows)


def first_unit(folder: str | Path, **wanted: int) -> np.ndarray:
    """AU01 on OpenFace's scale, as measured into a folder, of one frame of each of these clips."""
    rows = [{"dataset": "own", "subject": "a b", "clip": clip, "frame": frame} for clip, frame in wanted.items()]
    clips = clip_table(**{clip: clip for clip in wanted})
    return 5 * openface.read(pd.DataFrame(rows), clips, f"{folder}/{{subject}}/{{clip}}.csv")[:, 0]
