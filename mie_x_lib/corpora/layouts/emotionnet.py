"""EmotionNet (Fabian Benitez-Quiroz et al., CVPR 2016): a bare folder of photographs, each its own identity."""

from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.clip_table import make_clips
from mie_x_lib.corpora.frame_folder import IMAGE_SUFFIXES, list_names, own_person
from mie_x_lib.corpora.layouts import BY_AGREEMENT

LICENCE = BY_AGREEMENT.format("the Ohio State University")


def list_clips(root: Path, dataset: str) -> pd.DataFrame:
    """Find the photographs of the folder, sorted by file name, without emotion; columns as of `make_clips`."""
    return make_clips((own_person(f"{root}/{name}") for name in list_names(root, IMAGE_SUFFIXES)), dataset)
