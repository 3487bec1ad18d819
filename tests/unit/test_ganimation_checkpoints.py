import pickle
import re

import pytest
import torch

from mie_x_lib import weights
from mie_x_lib.errors import InputError
from mie_x_lib.ganimation.checkpoints import load_generator, load_state, save_state
from mie_x_lib.ganimation.networks import Generator

SIZES = {"width": 4, "residual_blocks": 2}
# Names of the parts in the two published layouts: the trunk, a residual block, colour and mask.
ORIGINAL = ("main", "main", "img_reg", "attetion_reg")
REPLICATION = ("model", "conv_block", "color_top", "au_top")


def published(network, names, prefix=""):
    """The tensors of a generator under the names of a published layout."""
    trunk, block, colour, mask = names
    result = {}
    for name, value in network.state_dict().items():
        name = re.sub(r"^(layers\.\d+)\.layers\.", rf"\1.{block}.", name)
        name = re.sub(r"^layers\.", f"{trunk}.", name)
        name = re.sub(r"^colour\.", f"{colour}.0.", name)
        result[prefix + re.sub(r"^mask\.", f"{mask}.0.", name)] = value
    return result


def assert_same_result(network, loaded):
    torch.manual_seed(0)
    images, aus = torch.rand(1, 3, 16, 16), torch.rand(1, 17)
    with torch.no_grad():
        for found, expected in zip(loaded(images, aus), network.eval()(images, aus), strict=True):
            torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_the_weights_of_this_project_load(tmp_path):
    network = Generator(**SIZES)
    weights.save(tmp_path / "generator.safetensors", network, "generator", SIZES)
    assert_same_result(network, load_generator(tmp_path / "generator.safetensors"))


@pytest.mark.parametrize(("names", "affine"), [(ORIGINAL, True), (REPLICATION, False)])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_both_published_layouts_load(tmp_path, names, affine, prefix):
    network = Generator(affine=affine, **SIZES)
    tensors = published(network, names, prefix)
    assert f"{prefix}{names[0]}.0.weight" in tensors
    assert f"{prefix}{names[0]}.9.{names[1]}.3.weight" in tensors
    torch.save(tensors, tmp_path / "net_G.pth")
    assert_same_result(network, load_generator(tmp_path / "net_G.pth"))


def test_running_statistics_of_a_published_checkpoint_are_left_out(tmp_path):
    network = Generator(affine=False, **SIZES)
    tensors = published(network, REPLICATION) | {"model.1.running_mean": torch.ones(4)}
    torch.save(tensors, tmp_path / "net_gen.pth")
    assert_same_result(network, load_generator(tmp_path / "net_gen.pth"))


class Malicious:
    def __reduce__(self):
        return eval, ("open('executed', 'w')",)


def test_a_checkpoint_with_code_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"main.0.weight": Malicious()}, "net_G.pth")
    with pytest.raises(InputError, match=r"net_G\.pth: expected a checkpoint of tensors alone"):
        load_generator("net_G.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Malicious(), protocol=2))
    with pytest.raises(InputError, match=r"plain\.pth"):
        load_generator("plain.pth")
    assert not (tmp_path / "executed").exists()


def wrong_shape():
    tensors = published(Generator(**SIZES), ORIGINAL)
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
        load_generator(tmp_path / "other.pth")
    assert "other.pth" in str(fault.value)


@pytest.mark.parametrize("name", ["absent.pth", "absent.safetensors"])
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(InputError, match=name):
        load_generator(tmp_path / name)


def test_a_damaged_checkpoint_is_named(tmp_path):
    torch.save(published(Generator(**SIZES), ORIGINAL), tmp_path / "cut.pth")
    (tmp_path / "cut.pth").write_bytes((tmp_path / "cut.pth").read_bytes()[:200])
    with pytest.raises(InputError, match=r"cut\.pth"):
        load_generator(tmp_path / "cut.pth")


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
