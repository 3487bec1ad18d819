"""EmotionNet (Fabian Benitez-Quiroz et al., CVPR 2016): a bare folder of photographs, each its own identity."""

from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.clip_table import make_clips
from mie_x_lib.corpora.frame_folder import IMAGE_SUFFIXES, list_files, photograph


def list_clips(root: Path, dataset: str) -> pd.DataFrame:
    """List the photographs of the folder, sorted by file name, without emotion; columns as in `clip_table`."""
    rows = (
        {"subject": path.stem, "clip": path.stem, "emotion": ""} | photograph(path)
        for path in list_files(root, IMAGE_SUFFIXES)
    )
    return make_clips(rows, dataset)
