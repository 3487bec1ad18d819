import pytest
import torch

from mie_x_lib.learning.devices import autocast, default_device, memory_format


def test_the_default_is_the_gpu_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert default_device().type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert default_device().type == "cpu"


@pytest.mark.parametrize(
    ("precision", "hardware", "expected"),
    [
        ("float32", True, torch.float32),
        ("bfloat16", False, torch.bfloat16),
        ("auto", True, torch.bfloat16),
        ("auto", False, torch.float32),
    ],
)
def test_auto_takes_bfloat16_only_from_hardware_that_has_it(monkeypatch, precision, hardware, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": hardware})
    with autocast(torch.device("cpu"), precision):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == expected
    layout = torch.channels_last if expected == torch.bfloat16 else torch.contiguous_format
    assert memory_format(torch.device("cpu"), precision) == layout


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match="'half' is none of auto, float32, bfloat16"):
        autocast(torch.device("cpu"), "half")
