import pickle

import pytest
import torch
from safetensors.torch import save_file

from benchmarks.published_generator import ORIGINAL, REPLICATION, PublishedGenerator
from mie_x_lib import weights
from mie_x_lib.errors import InputError
from mie_x_lib.ganimation.checkpoints import load_state, read_published, read_start, save_state
from mie_x_lib.ganimation.networks import Generator

BLOCKS = 2


def published_generator(layout):
    network = PublishedGenerator(*layout, width=4, blocks=BLOCKS)
    for tensor in network.parameters():
        torch.nn.init.normal_(tensor, std=0.3)
    return network


def tensors_of(layout, prefix=""):
    return {prefix + name: value for name, value in published_generator(layout).state_dict().items()}


def assert_same_image(published, loaded):
    images, aus = torch.rand(2, 3, 16, 16).double() * 2 - 1, torch.rand(2, 17).double()
    with torch.no_grad():
        expected = published.double()(images, aus)
        assert all(part.std() > 0.1 for part in expected)
        torch.testing.assert_close(loaded.double()(images, aus), expected, rtol=0, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("layout", [ORIGINAL, REPLICATION])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_both_published_layouts_give_the_image_of_the_network_that_they_came_from(tmp_path, layout, prefix):
    torch.manual_seed(0)
    published = published_generator(layout)
    torch.save({prefix + name: value for name, value in published.state_dict().items()}, tmp_path / "net_G.pth")
    network, arguments = read_published(tmp_path / "net_G.pth")
    assert arguments == {"width": 4, "au_count": 17, "residual_blocks": BLOCKS, "affine": layout[1]}
    assert_same_image(published, network)
    given = read_start(tmp_path / "net_G.pth", 17)
    assert_same_image(published, given.network)
    assert (given.arguments, given.notes["file"], given.notes["au_scale"]) == (arguments, "net_G.pth", "intensity")
    weights.save(tmp_path / "converted.safetensors", network, "generator", arguments)
    assert_same_image(published, weights.load(tmp_path / "converted.safetensors", "generator", Generator))


@pytest.mark.slow
def test_running_statistics_of_a_published_checkpoint_are_left_out(tmp_path):
    published = published_generator(REPLICATION)
    torch.save(published.state_dict() | {"model.1.running_mean": torch.ones(4)}, tmp_path / "net_gen.pth")
    assert_same_image(published, read_published(tmp_path / "net_gen.pth")[0])


class Malicious:
    def __reduce__(self):
        return eval, ("open('executed', 'w')",)


def test_a_checkpoint_with_code_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"main.0.weight": Malicious()}, "net_G.pth")
    with pytest.raises(InputError, match=r"net_G\.pth: expected a checkpoint of tensors alone"):
        read_published("net_G.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Malicious(), protocol=2))
    with pytest.raises(InputError, match=r"plain\.pth"):
        read_published("plain.pth")
    assert not (tmp_path / "executed").exists()


def wrong_shape():
    tensors = tensors_of(ORIGINAL)
    return tensors | {"main.3.weight": torch.zeros(8, 4, 3, 3)}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"fc.weight": torch.zeros(2, 2)}, "holds no generator of GANimation .*`fc.weight`"),
        ({}, "holds no generator of GANimation .*none"),
        ([torch.zeros(1)], "expected tensors by name"),
        ({"epoch": 3}, "expected tensors by name"),
        (wrong_shape(), r"tensor `layers.3.weight` is \(8, 4, 3, 3\), expected \(8, 4, 4, 4\)"),
    ],
)
def test_another_checkpoint_is_refused_by_name(tmp_path, content, words):
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(InputError, match=words) as fault:
        read_published(tmp_path / "other.pth")
    assert "other.pth" in str(fault.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.pth"):
        read_published(tmp_path / "absent.pth")


def test_a_damaged_checkpoint_is_named(tmp_path):
    torch.save(tensors_of(ORIGINAL), tmp_path / "cut.pth")
    (tmp_path / "cut.pth").write_bytes((tmp_path / "cut.pth").read_bytes()[:200])
    with pytest.raises(InputError, match=r"cut\.pth"):
        read_published(tmp_path / "cut.pth")


def test_the_state_of_a_run_comes_back(tmp_path):
    tensors = {"a": torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last), "b": torch.tensor(3.0)}
    save_state(tmp_path / "last.safetensors", tensors, {"step": 3, "data": "x"})
    found, facts = load_state(tmp_path / "last.safetensors")
    assert facts == {"step": 3, "data": "x"}
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint at all"])
def test_a_damaged_state_is_named_with_what_to_do(tmp_path, content):
    (tmp_path / "last.safetensors").write_bytes(content)
    with pytest.raises(InputError, match=r"last\.safetensors: .*remove it"):
        load_state(tmp_path / "last.safetensors")


@pytest.mark.parametrize("facts", ["", "[", "7", "null", '"x"', "[1, 2]", "[" * 100_000])
def test_a_state_whose_facts_are_none_is_refused_by_name(tmp_path, facts):
    tensors = {"a": torch.zeros(1)}
    told = {"facts": facts, "checksum": weights.checksum(tensors, facts)}
    save_file(tensors, tmp_path / "state.safetensors", told)
    with pytest.raises(InputError, match=r"state\.safetensors: is no state of a training run"):
        load_state(tmp_path / "state.safetensors")
