"""SMIC-HS (Li et al., FG 2013): onset and offset are the ends of a clip, the apex is not annotated."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import find_folder
from mie_x_lib.corpora.clip_table import make_clips, read_emotion
from mie_x_lib.corpora.frame_folder import frame_files, list_folders

FPS = 100.0


def list_clips(root: Path, dataset: str) -> pd.DataFrame:
    """List the clips of SMIC-HS; the columns are those of `clip_table`.

    root: holds `SMIC_all_raw/HS/s14/micro/surprise/s14_sur_01/...`. Raises InputError naming the folder.
    """
    return make_clips(read_rows(root), dataset)


def read_rows(root: Path) -> Iterator[dict]:
    """Yield every clip as a row for `clip_table.make_clips`."""
    for subject in list_folders(find_folder(root, "SMIC_all_raw/HS")):
        for emotion in list_folders(find_folder(subject, "micro")):
            for path in list_folders(emotion):
                yield {
                    "subject": subject.name,
                    "clip": path.name,
                    "emotion": read_emotion(emotion.name, str(emotion)),
                    "path": path,
                    "onset": 0,
                    "offset": len(frame_files(path)) - 1,
                    "fps": FPS,
                }
