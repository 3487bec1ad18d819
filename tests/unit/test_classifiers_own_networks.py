"""Networks of the user's own, which raise whatever they like, and that only where it costs most."""

import re
from functools import partial

import pytest
import torch

from mie_x_lib import weights
from mie_x_lib.classifiers import classifier_class
from mie_x_lib.classifiers.experiment import first_network
from mie_x_lib.classifiers.own_networks import compare_saved, try_out
from mie_x_lib.errors import InputError
from mie_x_lib.settings.recognition import ClassifierSettings

CLASSES = ("negative", "positive", "surprise")
QUICK = ClassifierSettings(epochs=1, crop=16, batch_size=8, precision="float32")
ARGUMENTS = {"labels": 3}
# A network that learns; a test writes lines of its own into its constructor and before its last line.
NETWORK = """
import numpy as np
import torch
from torch import nn
from torch.nn import functional

class Mine(nn.Module):
    def __init__(self, labels, initial):
        super().__init__()
        self.head = nn.Linear(3, labels)
        {made}

    def forward(self, pairs):
        features = pairs[:, 1].mean((2, 3))
        {done}
        return self.head(features)
"""


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def kind(tmp_path):
    """Makes the class of the network above from lines of its own, or from another text."""

    def write(made="pass", done="pass", text=NETWORK):
        (tmp_path / "mine.py").write_text(text.format(made=made, done=done))
        return classifier_class("mine", tmp_path / "mine.py")

    return write


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("labels, initial", "labels", "mine.py: Mine cannot be made: TypeError: "),
        (
            "{made}",
            "raise ValueError('an odd\\nwidth')",
            "mine.py, line 11: Mine cannot be made: ValueError: an odd width;",
        ),
        ("super().__init__()", "pass", "mine.py, line 10: Mine cannot be made: AttributeError: cannot assign module"),
        ("{made}", "import divider", "divider.py, line 1: Mine cannot be made: ZeroDivisionError: division by zero;"),
    ],
)
def test_a_class_that_cannot_be_made_is_told_with_the_line_of_its_file(kind, tmp_path, old, new, said):
    (tmp_path / "divider.py").write_text("1 / 0\n")
    with pytest.raises(InputError, match=re.escape(said)):
        first_network(kind(text=NETWORK.replace(old, new)), "random", 0, **ARGUMENTS)


def test_an_option_may_have_any_name_that_a_class_takes(kind):
    first_network(kind(text=NETWORK.replace("initial)", "initial, seed, kind)")), "random", 0, seed=1, kind=2, labels=3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "made",
    [
        "self.register_buffer('noise', torch.randn(9), persistent=False)",
        "self.noise = torch.rand(9)",
        "self.noise = torch.randperm(9)",
    ],
)
def test_constants_that_are_not_saved_come_back_with_the_seed(kind, tmp_path, made):
    path = tmp_path / "mine.safetensors"
    build = partial(first_network, kind(made), "random", 5)
    network = build(**ARGUMENTS)
    weights.save(path, network, "classifier", ARGUMENTS)
    torch.manual_seed(1)
    assert torch.equal(weights.load(path, "classifier", build).noise, network.noise)


def tried(kind):
    try_out(partial(first_network, kind, "random", 0), ARGUMENTS, CLASSES, QUICK)


@pytest.mark.parametrize(
    ("made", "done"),
    [
        ("pass", "pass"),
        ("self.again = self.head", "pass"),
        ("self.body = nn.Linear(3, 3); self.more = nn.Linear(3, 3); self.more.weight = self.body.weight", "pass"),
        ("self.noise = torch.randn(3)", "features = features * self.noise"),
        ("self.norm = nn.BatchNorm1d(3)", "features = self.norm(features)"),
        ("self.calls = 0", "self.calls += 1"),
        ("self.deep = nn.Conv3d(3, 3, (2, 3, 3))", "features = self.deep(pairs.transpose(1, 2)).mean((2, 3, 4))"),
        ("pass", "pairs.sub_(1)"),
        (
            "self.kept = None",
            "self.kept = torch.ones(3) if self.kept is None else self.kept; features = features * self.kept",
        ),
        ("pass", "features = functional.dropout(features, training=self.training)"),
        ("self.known = [self.head]; self.still = [nn.Linear(3, 3).requires_grad_(False)]", "self.still[0](features)"),
    ],
)
def test_a_network_without_a_fault_is_tried_in_silence(kind, made, done):
    tried(kind(made, done))


@pytest.mark.parametrize(
    ("made", "done", "said"),
    [
        (
            "pass",
            "pairs.view(len(pairs), -1)",
            "line 15: Mine cannot score two pairs of 16 pixels: RuntimeError: view size",
        ),
        (
            "pass",
            "features = self.body(features)",
            "line 15: Mine cannot score two pairs of 16 pixels: AttributeError: ",
        ),
        ("pass", "return self.head(features).squeeze()", "scores of shape (3,) for one pair, expected (1, 3)"),
        ("pass", "return features, pairs", "Mine cannot score two pairs of 16 pixels: AttributeError: 'tuple' object"),
        (
            "pass",
            "return features[:, :2]",
            "scores of shape (2, 2) for two pairs, expected (2, 3): one for each of negat",
        ),
        (
            "pass",
            "features = features.reshape(2, 3)",
            "line 15: Mine cannot score one pair of 16 pixels: RuntimeError",
        ),
        ("pass", "assert not self.training", "line 15: Mine cannot learn from two pairs of 16 pixels: AssertionError:"),
        (
            "pass",
            "if self.training: return pairs, pairs",
            "Mine cannot learn from two pairs of 16 pixels: AttributeErr",
        ),
        ("pass", "return features.detach()", "Mine cannot learn from two pairs of 16 pixels: RuntimeError: element 0"),
        (
            "self.wide = nn.Linear(3, 5)",
            "if self.training: return self.wide(features)",
            "mine.py: Mine, while it learns, gives scores of shape (2, 5) for two pairs, expected (2, 3)",
        ),
        (
            "del self.head; self.layers = [nn.Linear(3, 3)]; self.head = self.layers[0].forward",
            "pass",
            "mine.py: Mine has no parameter that is learned; layers in",
        ),
        (
            "self.more = [nn.Linear(3, 3)]",
            "features = self.more[0](features)",
            "Mine: weights in `more` of Mine are neither",
        ),
        (
            "self.head.bias = None; self.head.w = {'a': torch.ones(3, requires_grad=True)}",
            "features = features * self.head.w['a']",
            "weights in `w` of Linear are",
        ),
        (
            "pass",
            "features = functional.dropout(features)",
            "Mine scores the same pairs otherwise when it is asked again",
        ),
        (
            "pass",
            "features = features / (0 if not self.training else 1)",
            "Mine gives a score that is infinite or no num",
        ),
        (
            "pass",
            "features = features - (0 if self.training else features.mean(0))",
            "Mine scores a pair otherwise when another one is beside it",
        ),
        (
            "self.norm = nn.BatchNorm2d(3, track_running_stats=False)",
            "features = self.norm(pairs[:, 1])[:, :, :8].mean((2, 3))",
            "Mine scores a pair otherwise when another one is beside it",
        ),
        (
            "self.late = nn.LazyLinear(3)",
            "pass",
            "Mine: `late.weight` has no size before the first pairs; give its layer",
        ),
        (
            "pass",
            "self.late = nn.Linear(3, 3)",
            "Mine cannot take up what was saved of it: tensor `late.bias` is (3,), exp",
        ),
        (
            "self.register_buffer('few', torch.ones(1).expand(5))",
            "pass",
            "Mine cannot take up what was saved of it: Run",
        ),
        (
            "self.register_buffer('few', torch.eye(3).to_sparse())",
            "pass",
            "Mine cannot be saved: ValueError: `few` is to",
        ),
        (
            "type(self).get_extra_state = lambda self: {}",
            "pass",
            "Mine cannot be saved: ValueError: `_extra_state` is a dict",
        ),
        (
            "self.noise = np.random.rand(3)",
            "features = features + self.noise.sum()",
            "Mine scores otherwise once it is saved",
        ),
        (
            "pass",
            "torch.autograd.grad(features.requires_grad_().sum(), features) if not self.training else 0",
            "line 15: Mine cannot score two pairs of 16 pixels: RuntimeError",
        ),
        (
            "pass",
            "with torch.enable_grad(): torch.autograd.grad(self.head(features).sum(), self.head.bias)",
            "line 15: Mine cannot score pairs: RuntimeError: ",
        ),
        (
            "self.memory = torch.zeros(3)",
            "if self.training: self.memory = features.mean(0).detach()\n        features = features + self.memory",
            "Mine scores otherwise once it is saved and made again; what it draws, counts or keeps has",
        ),
        (
            "pass",
            "return self.head(features.double())",
            "line 15: Mine cannot score two pairs of 16 pixels: RuntimeError",
        ),
    ],
)
def test_what_is_wrong_with_a_network_is_one_line_before_it_is_trained(kind, made, done, said):
    with pytest.raises(InputError, match=re.escape(said)) as fault:
        tried(kind(made, done))
    assert "mine.py" in str(fault.value)
    assert "\n" not in str(fault.value)


def test_what_only_a_training_changes_is_told_after_it(kind, tmp_path):
    path = tmp_path / "mine.safetensors"
    build = partial(first_network, kind("self.scale = torch.ones(1)", "features = features * self.scale"), "random", 0)
    network = build(**ARGUMENTS)
    weights.save(path, network, "classifier", ARGUMENTS)
    compare_saved(path, network, build, QUICK)
    network.scale += 1
    with pytest.raises(InputError, match=r"mine\.py: Mine scores otherwise once it is saved and made again"):
        compare_saved(path, network, build, QUICK)
