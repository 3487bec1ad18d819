"""Networks of the user's own, which raise whatever they like, and that only where it costs most."""

import re
from functools import partial

import pytest
import torch

from mie_x_lib import weights
from mie_x_lib.classifiers import classifier_class
from mie_x_lib.classifiers.experiment import first_network
from mie_x_lib.errors import InputError

ARGUMENTS = {"labels": 3}
# A network that learns; a test writes lines of its own into its constructor and before its last line.
NETWORK = """
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
            "mine.py, line 10: Mine cannot be made: ValueError: an odd width;",
        ),
        ("super().__init__()", "pass", "mine.py, line 9: Mine cannot be made: AttributeError: cannot assign module"),
        ("{made}", "import helper", "helper.py, line 1: Mine cannot be made: ZeroDivisionError: division by zero;"),
    ],
)
def test_a_class_that_cannot_be_made_is_told_with_the_line_of_its_file(kind, tmp_path, old, new, said):
    (tmp_path / "helper.py").write_text("1 / 0\n")
    with pytest.raises(InputError, match=re.escape(said)):
        first_network(kind(text=NETWORK.replace(old, new)), "random", 0, **ARGUMENTS)


def test_an_option_may_have_any_name_that_a_class_takes(kind):
    first_network(kind(text=NETWORK.replace("initial)", "initial, seed, kind)")), "random", 0, seed=1, kind=2, labels=3)


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
