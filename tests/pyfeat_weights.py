"""py-feat with freshly initialised weights, laid out on disk as the client of the Hugging Face hub does."""

import importlib.util
import json
import os
from pathlib import Path

COMMIT = 40 * "0"
UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 43)
# What py-feat takes from RGB before it looks for faces.
MEAN = (123, 117, 104)


def shadow(folder: Path) -> Path:
    """A package `feat` in `folder` that is py-feat but for the folder where it keeps weights, which has none yet.

    With `folder` on PYTHONPATH, py-feat's own classes run from it.
    """
    (installed,) = map(Path, importlib.util.find_spec("feat").submodule_search_locations)
    package = folder / "feat"
    (package / "resources").mkdir(parents=True)
    for source in installed.iterdir():
        if source.name not in ("resources", "__pycache__"):
            (package / source.name).symlink_to(source)
    for source in (installed / "resources").iterdir():
        if source.is_file():
            (package / "resources" / source.name).symlink_to(source)
    return package


def fill(resources: Path) -> None:
    """Put weights of every network that Detectorv2 and Detectorv1 need where their client looks for them."""
    import torch
    from feat.multitask.inference import HF_REPO, HF_WEIGHTS_FILE
    from feat.multitask.model_v2 import MEGraphAUv2, ModelV2Config
    from safetensors.torch import save_file
    from skops.io import dump

    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        pictures = _pictures()
        place = hub_file(resources, "py-feat/retinaface_r34", "model.safetensors")
        save_file(_face_detector(pictures).state_dict(), place)
        place = hub_file(resources, "py-feat/mobilefacenet", "mobilefacenet_model_best.pth.tar")
        torch.save({"state_dict": _landmark_detector(pictures).state_dict()}, place)
        # As the published file says of itself, but for its size.
        config = {"backbone": "convnextv2_atto", "n_au": 20, "n_emotion": 7, "n_blendshape": 52, "afg_channels": 64}
        config |= {"mefl_channels": 64, "mesh_normalized": True, "use_head_v3": True, "drop_mefl": True}
        network = MEGraphAUv2(ModelV2Config(**config, pretrained=False))
        save_file(network.state_dict(), hub_file(resources, HF_REPO, HF_WEIGHTS_FILE), {"config": json.dumps(config)})
    dump(_au_classifiers(), hub_file(resources, "py-feat/xgb_au", "xgb_au_classifier_v2.skops"))


def hub_file(resources: Path, repository: str, file: str) -> Path:
    """Where the content of a file of the hub goes; the name that the client looks for is a link to it."""
    root = resources / f"models--{repository.replace('/', '--')}"
    snapshot = root / "snapshots" / COMMIT
    for folder in (root / "refs", root / "blobs", snapshot):
        folder.mkdir(parents=True)
    (root / "refs/main").write_text(COMMIT)
    (snapshot / file).symlink_to(os.path.relpath(root / "blobs" / file, snapshot))
    return root / "blobs" / file


def _pictures():
    """Pictures (N, 3, 64, 64) 0..255 of many kinds: smooth, dark, pale, of squares, of noise."""
    import torch

    coarse = torch.randint(256, (8, 3, 8, 8)).float()
    smooth = torch.nn.functional.interpolate(coarse, (64, 64), mode="bilinear")
    squares = torch.nn.functional.interpolate(coarse, (64, 64))
    return torch.cat([smooth, smooth / 2, smooth / 5 + 100, squares, 255 * torch.rand(4, 3, 64, 64)])


def _settle(network, pictures):
    """Batch statistics of a first pass: without them a deep new network gives next to nothing, or far too much."""
    import torch

    for module in network.modules():
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            module.momentum = None
    network.train()
    network(pictures)
    return network.eval()


def _face_detector(pictures):
    """A RetinaFace that finds up to four faces in a crop of 64 pixels with something in it, and none in a black one."""
    import torch
    from feat.face_detectors.Retinaface.Retinaface_model import RetinaFace

    mean = torch.tensor(MEAN)[:, None, None]
    pictures, black = pictures - mean, torch.zeros_like(pictures[:1]) - mean
    network = _settle(RetinaFace(), torch.cat([pictures, black]))
    features = []
    network.ssh3.register_forward_hook(lambda module, inputs, output: features.append(output.flatten(2)))
    network(pictures)
    network(black)
    direction = features[0].mean((0, 2)) - features[1].mean((0, 2))
    direction /= direction.norm() ** 2
    highest = [torch.einsum("c,ncp->np", direction, feature).max(1).values for feature in features]
    threshold = (highest[0].min() + highest[1].max()) / 2
    heads = zip(network.ClassHead._convs, network.BboxHead._convs, strict=True)
    for level, (faces, boxes) in enumerate(heads):
        # Logits of no face and face, for each of two anchors; only one anchor of the last level ever fires.
        faces.weight.zero_()
        faces.bias.copy_(torch.tensor([9.0, -9, 9, -9]))
        if level == 2:
            faces.weight[1, :, 0, 0] = 20 * direction
            faces.bias[0], faces.bias[1] = 0, -20 * threshold
        # Boxes a fifth as wide as their anchor of 256 pixels, and not all of one size.
        boxes.bias.copy_(torch.tensor([0, 0, -8.0, -8] * 2))
    return network


def _landmark_detector(pictures):
    """A MobileFaceNet that finds the landmarks of about the same face in everything."""
    import torch
    from feat.landmark_detectors.mobilefacenet_test import MobileFaceNet
    from feat.utils.image_operations import neutral

    faces = torch.nn.functional.interpolate(pictures / 255, (112, 112))
    network = _settle(MobileFaceNet([112, 112], 136, device="cpu"), faces)
    shape = torch.tensor((neutral - neutral.mean()).to_numpy() / 200 + 0.5)
    network.output_layer.bn.weight.fill_(0.01)
    network.output_layer.bn.bias.copy_(shape.flatten())
    return network


def _au_classifiers():
    import numpy as np
    from feat.au_detectors.StatLearning.SL_test import XGBClassifier
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler
    from xgboost import XGBClassifier as Trees

    random = np.random.default_rng(0)
    features, landmarks = random.random((40, 5408)), 112 * random.random((40, 136))
    parts = {}
    for part in ("upper", "lower", "full"):
        scaler = StandardScaler().fit(features)
        pca = PCA(8, random_state=0).fit(scaler.transform(features))
        parts |= {f"scaler_{part}": scaler, f"pca_model_{part}": pca}
    known = np.concatenate([pca.transform(scaler.transform(features)), landmarks], axis=1)
    trees = {f"AU{unit}": Trees(n_estimators=4, max_depth=3).fit(known, random.integers(0, 2, 40)) for unit in UNITS}
    classifiers = XGBClassifier()
    classifiers.load_weights(**parts, classifiers=trees)
    return classifiers
