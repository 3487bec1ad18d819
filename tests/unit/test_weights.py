import json
import os
import resource
import subprocess
import sys
import tracemalloc
import zipfile

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from mie_x_lib import weights
from mie_x_lib.errors import InputError
from mie_x_lib.ganimation import checkpoints
from mie_x_lib.ganimation.networks import Generator
from mie_x_lib.provenance import ROOT


class Tiny(nn.Module):
    def __init__(self, size=2):
        super().__init__()
        self.layer = nn.Linear(size, size)
        self.norm = nn.BatchNorm1d(size)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tiny.safetensors"


def test_a_network_comes_back_with_its_arguments_and_notes(path):
    network = Tiny(size=3)
    weights.save(path, network, "au_network", {"size": 3}, corpus=["a", "b"], steps=7)
    loaded = weights.load(path, "au_network", Tiny)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value, rtol=0, atol=0)
    assert not loaded.training
    _, metadata = weights.read(path, "au_network")
    assert metadata == {"kind": "au_network", "arguments": {"size": 3}, "corpus": ["a", "b"], "steps": 7}


@pytest.mark.slow
def test_loading_a_network_loads_no_compiler():
    program = """
import sys
from mie_x_lib import weights
from mie_x_lib.action_units.sources.embedded import AUNetwork
from mie_x_lib.ganimation.networks import Generator
from mie_x_lib.shipped import path

weights.load(path("au_network.safetensors"), "au_network", AUNetwork)
weights.load(path("generator.safetensors"), "generator", Generator)
print("torch._dynamo" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_saving_the_same_weights_gives_the_same_bytes(path, tmp_path):
    network = Tiny()
    weights.save(path, network, "critic", {"size": 2})
    weights.save(tmp_path / "again.safetensors", network, "critic", {"size": 2})
    assert path.read_bytes() == (tmp_path / "again.safetensors").read_bytes()


def test_a_number_that_is_another_is_noticed(path):
    weights.save(path, Tiny(), "critic", {"size": 2}, scale="intensity")
    content = path.read_bytes()
    for place in (len(content) - 1, content.index(b"intensity")):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(InputError, match="does not match its checksum"):
            weights.read(path, "critic")


def test_weights_without_a_checksum_are_read(path):
    written(path, {"kind": "critic", "arguments": "{}"})
    assert weights.read(path, "critic")[1] == {"kind": "critic", "arguments": {}}


def test_an_unknown_kind_is_refused_and_nothing_is_written(path):
    with pytest.raises(ValueError, match="puppy"):
        weights.save(path, Tiny(), "puppy", {})
    assert not path.exists()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "expected a safetensors file"),
        (lambda path: path.write_bytes(path.read_bytes()[:50]), "expected a safetensors file"),
        (lambda path: save_file({"a": torch.zeros(1)}, path), "no `kind`"),
        (lambda path: weights.save(path, Tiny(), "critic", {}), "holds a critic, expected a generator"),
        (lambda path: weights.save(path, Tiny(), "generator", {"colour": 1}), "do not make a generator"),
        (lambda path: weights.save(path, Tiny(), "generator", {"size": 5}), r"`layer.bias` is \(2,\), expected \(5,\)"),
        (lambda path: weights.save(path, nn.Linear(2, 2), "generator", {}), "`bias` is .*expected nothing"),
    ],
)
def test_a_wrong_file_is_named_with_what_was_expected(path, spoil, words):
    weights.save(path, Tiny(), "generator", {})
    spoil(path)
    with pytest.raises(InputError, match=words) as fault:
        weights.load(path, "generator", Tiny)
    assert str(path) in str(fault.value)


def test_metadata_is_json(path):
    weights.save(path, Tiny(), "generator", {"size": 2})
    length = int.from_bytes(path.read_bytes()[:8], "little")
    header = json.loads(path.read_bytes()[8 : 8 + length])
    assert header["__metadata__"]["kind"] == "generator"


def written(path, metadata: dict[str, str], tensors=None):
    save_file(tensors or {"layer.weight": torch.zeros(2, 2)}, path, metadata=metadata)


@pytest.mark.parametrize("arguments", ["", "[", "7", "null", "[1]", '"x"', "NaN", "[" * 100_000, '{"size": 1e999}'])
def test_arguments_that_are_none_are_refused_by_name(path, arguments):
    written(path, {"kind": "generator", "arguments": arguments})
    with pytest.raises(InputError, match=r"tiny\.safetensors"):
        weights.load(path, "generator", Tiny)


@pytest.mark.parametrize("size", [10**6, 10**12, 2**63, 10**400])
@pytest.mark.parametrize("kind", ["generator", "classifier"])
def test_a_small_file_cannot_ask_for_a_large_network(path, size, kind):
    written(path, {"kind": kind, "arguments": json.dumps({"size": size})})
    tracemalloc.start()
    with pytest.raises(InputError, match=r"tiny\.safetensors"):
        weights.load(path, kind, Tiny)
    assert tracemalloc.get_traced_memory()[1] < 10**8
    tracemalloc.stop()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4_000_000


class Stubborn(nn.Module):
    """A network that cannot be made without memory."""

    def __init__(self, size):
        super().__init__()
        self.layer = nn.Linear(size, size)
        self.largest = torch.ones(size).sum().item()


def test_a_network_that_looks_at_its_own_numbers_is_loaded_too(path):
    weights.save(path, Stubborn(3), "classifier", {"size": 3})
    assert weights.load(path, "classifier", Stubborn).largest == 3


class Shared(nn.Module):
    """One layer under two names, weights that two layers have, and a part of a buffer beside all of it."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.again, self.tied = self.first, nn.Linear(2, 2)
        self.tied.weight = self.first.weight
        self.register_buffer("all", torch.arange(4.0))
        self.register_buffer("part", self.all[1:3])

    def eval(self):
        super().eval()


@pytest.mark.slow
def test_tensors_that_share_memory_are_each_stored_and_shared_again(path):
    network = Shared()
    weights.save(path, network, "classifier", {})
    loaded = weights.load(path, "classifier", Shared)
    assert weights.difference(loaded, network.state_dict()) == ""
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)
    assert loaded.tied.weight is loaded.first.weight
    assert not loaded.training


class Stateful(nn.Linear):
    def get_extra_state(self):
        return {}


def test_what_no_file_can_hold_is_refused_and_nothing_is_written(path):
    network = nn.Module()
    network.register_buffer("few", torch.eye(3).to_sparse())
    with pytest.raises(ValueError, match=r"`few` is torch\.sparse_coo, and a file of weights holds"):
        weights.save(path, network, "classifier", {})
    with pytest.raises(ValueError, match="`_extra_state` is a dict, and"):
        weights.save(path, Stateful(1, 1), "classifier", {})
    assert not path.exists()


def test_a_number_that_is_another_is_noticed_in_a_checkpoint_of_others_too(tmp_path):
    path = tmp_path / "a.pth"
    torch.save({"a": torch.full((50,), 0.1)}, path)
    content = path.read_bytes()
    place = content.index(torch.full((50,), 0.1).numpy().tobytes())
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    with pytest.raises(InputError, match=rf"{path}: .*checksum"):
        weights.read_foreign(path)


def test_a_tensor_that_repeats_a_few_numbers_without_end_is_refused(tmp_path):
    path = tmp_path / "tiny.pth"
    torch.save({"a": torch.zeros(1).expand(10**11)}, path)
    assert path.stat().st_size < 10_000
    with pytest.raises(InputError, match=r"tensor `a` claims to be \(100000000000,\), more than the file holds"):
        weights.read_foreign(path)


def rezipped(path, compression):
    """A checkpoint of PyTorch's whose parts are stored in another way."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", compression) as new:
        for name, content in parts.items():
            new.writestr(name, content)


class Buffer:
    """What makes a buffer when it is read."""

    def __reduce__(self):
        return bytearray, (1_000_000,)


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({3: torch.zeros(4)}, "expected tensors by name"),
        ({"a": torch.zeros(4).to_sparse()}, "expected tensors by name"),
        ({"a": torch.zeros(4, device="meta")}, "expected tensors by name"),
        ({"a": Buffer()}, "it holds a buffer"),
    ],
)
def test_what_is_more_than_tensors_by_name_is_refused(tmp_path, content, told, is_new):
    path = tmp_path / "a.pth"
    torch.save(content, path, _use_new_zipfile_serialization=is_new)
    with pytest.raises(InputError, match=rf"a\.pth: .*{told}"):
        weights.read_foreign(path)


def test_a_checkpoint_that_unpacks_to_more_than_its_size_is_refused(tmp_path):
    path = tmp_path / "a.pth"
    torch.save({"a": torch.zeros(1_000_000)}, path)
    assert weights.read_foreign(path)["a"].shape == (1_000_000,)
    rezipped(path, zipfile.ZIP_STORED)
    assert weights.read_foreign(path)["a"].shape == (1_000_000,)
    rezipped(path, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 10_000
    with pytest.raises(InputError, match=r"a\.pth: .* is compressed"):
        weights.read_foreign(path)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a")
    for read in (
        lambda path: weights.read(path, "generator"),
        weights.read_foreign,
        checkpoints.load_state,
    ):
        with pytest.raises(InputError, match=r"a: .*it is no file"):
            read(tmp_path / "a")


def test_a_file_of_few_tensors_cannot_ask_for_many_layers(tmp_path):
    tensor, path = {"a": torch.zeros(1_000_000)}, tmp_path / "a.safetensors"
    arguments = json.dumps({"width": 1, "residual_blocks": 999_999})
    save_file(tensor, path, {"kind": "generator", "arguments": arguments})
    with pytest.raises(InputError, match=r"a\.safetensors: asks for a generator with residual_blocks 999999"):
        weights.load(path, "generator", Generator)


def test_a_checkpoint_of_others_cannot_ask_for_a_large_network(tmp_path):
    path = tmp_path / "a.pth"
    torch.save({"layers.0.weight": torch.zeros(10**6, 4, 1, 1)}, path)
    with pytest.raises(InputError, match=r"a\.pth: tensor `colour.weight` is nothing"):
        checkpoints.read_published(path)
