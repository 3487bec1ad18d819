"""RetinaFace (Deng et al., CVPR 2020), the network of py-feat 2.1.5, which fetches its weights once."""

from functools import lru_cache, partial

import cv2
import numpy as np

from mie_x_lib.action_units.pyfeat_hub import from_hub
from mie_x_lib.frames.faces import Face, squared_faces

# Its anchors are 16 to 512 pixels wide, so a larger image is searched on a copy whose longer side has this many.
SEARCH_SIDE = 640
# What the weights expect to be taken from RGB.
MEAN = np.array([123, 117, 104], np.float32)


def load(_weights: str | None = None):
    """A detector with landmarks, as `detectors.Detector` describes; on a GPU if there is one.

    Raises InputError if py-feat's weights are neither here nor to be had.
    """
    import torch
    from feat.face_detectors.Retinaface.Retinaface_test import Retinaface

    # Inside, because py-feat switches gradients off for the whole process.
    with torch.no_grad():
        return partial(_find_faces, from_hub(lambda: Retinaface(device="auto"), "frames: py-feat's RetinaFace"))


def _find_faces(detector, image: np.ndarray, smallest: float = 0.2) -> list[Face]:
    import torch
    from feat.face_detectors.Retinaface.Retinaface_model import decode_boxes, decode_landmarks
    from torchvision.ops import nms

    height, width = image.shape[:2]
    scale = min(1.0, SEARCH_SIDE / max(height, width))
    search = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    anchors, variances = _anchors(search.shape[:2]).to(detector.device), detector.cfg["variance"]
    with torch.inference_mode():
        pixels = torch.from_numpy(search - MEAN).to(detector.device)
        # py-feat's own call does the same, but keeps the landmarks to itself.
        boxes, scores, landmarks = detector.net(pixels.permute(2, 0, 1)[None])
        corners = decode_boxes(boxes, anchors, variances)[0]
        points = decode_landmarks(landmarks, anchors, variances)[0]
        likely = torch.nonzero(scores[0, :, 1] >= detector.detection_threshold)[:, 0]
        kept = likely[nms(corners[likely], scores[0, likely, 1], detector.nms_threshold)]
        # Both are shares of the image, which is a little more exact than pixels of the copy.
        to_image = torch.tensor([width, height], dtype=torch.float64)
        corners = (corners[kept].cpu().reshape(-1, 2, 2) * to_image).reshape(-1, 4)
        points = points[kept].cpu().reshape(-1, 5, 2) * to_image
    return squared_faces(corners.numpy(), points.numpy(), smallest * min(height, width))


@lru_cache(maxsize=8)
def _anchors(size: tuple[int, int]):
    """The anchors (n, 4) of an image of that height and width; making them takes longer than the network does."""
    from feat.face_detectors.Retinaface.Retinaface_model import RETINAFACE_R34_CFG, generate_priors

    return generate_priors(RETINAFACE_R34_CFG["min_sizes"], RETINAFACE_R34_CFG["steps"], size)
