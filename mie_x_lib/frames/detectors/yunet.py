"""YuNet (Wu, Peng and Yu, Machine Intelligence Research 2023), a small network that OpenCV runs from a file."""

import os
from pathlib import Path
from threading import local
from urllib.request import urlopen

import cv2
import numpy as np

from mie_x_lib.errors import NETWORK_FAULTS, InputError
from mie_x_lib.files import whole
from mie_x_lib.frames.faces import Face, squared_faces
from mie_x_lib.provenance import sha256

# The file as its publishers have it at one commit; their repository, which holds it in Git LFS, states its SHA-256.
REPOSITORY = "https://github.com/opencv/opencv_zoo"
COMMIT = "966be4cb6eefc2a4f586ed0581bf4bbaa2533070"
FOLDER, FILE = "models/face_detection_yunet", "face_detection_yunet_2023mar.onnx"
SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
# YuNet knows faces of some 10 to 300 pixels (as its publishers say), so a larger image is searched on a copy whose
# shorter side has this many.
SEARCH_SIDE = 320
# Least score of a face, and largest overlap of two, as in the publishers' example.
SCORE, OVERLAP = 0.9, 0.3


def load(weights: str | None):
    """A detector with landmarks, as `detectors.Detector` describes.

    weights: an .onnx file; None for the one that `published_file` keeps. Raises InputError as that does, for a file
    that is not there, and for one that is no such network.
    """
    path = weights or str(published_file())
    if not os.path.isfile(path):
        raise InputError(
            f"frames.detector_weights is {path}, which is no file; give the file of a network such as {FILE}, or null"
            f" for that one, which is fetched once from {REPOSITORY}/tree/main/{FOLDER}."
        )
    own = local()

    def find_faces(image: np.ndarray, smallest: float = 0.2) -> list[Face]:
        # Each thread has its own, since the size of its input is set for each image.
        if not hasattr(own, "network"):
            own.network = _open(path)
        return _find_faces(own.network, image, smallest)

    # A file that cannot be read is better known before the first image.
    own.network = _open(path)
    return find_faces


def published_file() -> Path:
    """Where the file that OpenCV publishes is kept; it is fetched if it is not there.

    Raises InputError, within seconds, where it is neither there nor to be had, or is another file than was published.
    """
    path = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "mie-x", FILE)
    if os.path.isfile(path) and sha256(path) == SHA256:
        return path
    address = f"{REPOSITORY}/raw/{COMMIT}/{FOLDER}/{FILE}"
    try:
        with urlopen(address, timeout=10) as answer:
            content = answer.read()
    except NETWORK_FAULTS as fault:
        raise InputError(
            f"frames.detector is yunet, but {path} is not there whole and {address} could not be downloaded ({fault});"
            " run `snakemake --cores 1 fetch_weights`, with the options of this run, where there is a network, or give"
            " the path of the file as frames.detector_weights"
        ) from fault
    try:
        with whole(path) as part:
            part.write_bytes(content)
            if sha256(part) != SHA256:
                raise InputError(
                    f"{address}: expected a file of SHA-256 {SHA256} and found {sha256(part)}, {len(content)} bytes;"
                    f" get {FILE} elsewhere, and give its path as frames.detector_weights"
                )
    except OSError as fault:
        raise InputError(
            f"{path} cannot be written ({fault}); set XDG_CACHE_HOME to a folder that can, or give the path of the file"
            " as frames.detector_weights"
        ) from fault
    return path


def _open(weights: str):
    try:
        return cv2.FaceDetectorYN.create(str(weights), "", (SEARCH_SIDE, SEARCH_SIDE), SCORE, OVERLAP)
    except cv2.error as error:
        raise InputError(
            f"frames.detector_weights: {weights} cannot be read as a network ({error.err}); get the file again from"
            f" {REPOSITORY}/tree/main/{FOLDER}."
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
