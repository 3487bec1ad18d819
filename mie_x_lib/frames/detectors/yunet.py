"""YuNet (Wu, Peng and Yu, Machine Intelligence Research 2023), a small network that OpenCV runs from a file."""

import os
from threading import local

import cv2
import numpy as np

from mie_x_lib.errors import InputError
from mie_x_lib.frames.faces import Face, squared_faces

PUBLISHED = "https://github.com/opencv/opencv_zoo/tree/main/models/face_detection_yunet"
# YuNet knows faces of some 10 to 300 pixels (as its publishers say), so a larger image is searched on a copy whose
# shorter side has this many.
SEARCH_SIDE = 320
# Least score of a face, and largest overlap of two, as in the publishers' example.
SCORE, OVERLAP = 0.9, 0.3


def load(weights: str | None):
    """A detector with landmarks from an .onnx file, as `detectors.Detector` describes.

    Raises InputError without a file, and for one that is no such network.
    """
    if weights is None or not os.path.isfile(weights):
        raise InputError(
            f"frames.detector is yunet and frames.detector_weights is {weights or 'null'}; expected the file of the"
            f" network, face_detection_yunet_2023mar.onnx, which OpenCV publishes at {PUBLISHED}."
        )
    own = local()

    def find_faces(image: np.ndarray, smallest: float = 0.2) -> list[Face]:
        # Each thread has its own, since the size of its input is set for each image.
        if not hasattr(own, "network"):
            own.network = _open(weights)
        return _find_faces(own.network, image, smallest)

    # A file that cannot be read is better known before the first image.
    own.network = _open(weights)
    return find_faces


def _open(weights: str):
    try:
        return cv2.FaceDetectorYN.create(str(weights), "", (SEARCH_SIDE, SEARCH_SIDE), SCORE, OVERLAP)
    except cv2.error as error:
        raise InputError(
            f"frames.detector_weights: {weights} cannot be read as a network ({error.err}); get the file again from"
            f" {PUBLISHED}."
        ) from error


def _find_faces(network, image: np.ndarray, smallest: float) -> list[Face]:
    shorter = min(image.shape[:2])
    scale = min(1.0, SEARCH_SIDE / shorter)
    search = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    height, width = search.shape[:2]
    network.setInputSize((width, height))
    # A row a face: left, top, width and height of its box, five landmarks as in `Face`, and the score.
    _, found = network.detect(cv2.cvtColor(search, cv2.COLOR_RGB2BGR))
    if found is None:
        return []
    to_image = [image.shape[1] / width, image.shape[0] / height]
    points = found[:, :14].astype(np.float64).reshape(-1, 7, 2) * to_image
    corners = np.concatenate([points[:, 0], points[:, 0] + points[:, 1]], axis=1)
    return squared_faces(corners, points[:, 2:], smallest * shorter)
