"""Weights of a network in one safetensors file that says what it holds; loading one never runs code from it."""

import hashlib
import json
import mmap
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors import torch as safetensors_torch
from torch import nn
from torch.overrides import TorchFunctionMode

from mie_x_lib.errors import FILE_FAULTS, InputError
from mie_x_lib.files import whole

# Arguments of networks that count layers, of which each has a tensor at least.
_LAYERS = ("residual_blocks",)
KINDS = ("generator", "critic", "au_network", "classifier")
Network = TypeVar("Network", bound=nn.Module)


def save(path: str | Path, network: nn.Module, kind: str, arguments: Mapping, **notes) -> None:
    """Write the parameters and buffers of `network`, whole or not at all.

    kind: one of `KINDS`. arguments: the keyword arguments of the network's constructor (JSON values), for `load`.
    notes: further JSON values about the file, for instance how it was trained. Raises ValueError for what such a file
    cannot hold: a sparse tensor, or a state that is none.
    """
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r} is none of {', '.join(KINDS)}")
    metadata = {"kind": kind} | {key: json.dumps(value, sort_keys=True) for key, value in notes.items()}
    metadata["arguments"] = json.dumps(dict(arguments), sort_keys=True)
    tensors = _stored(network)
    metadata["checksum"] = checksum(tensors, _text(metadata))
    with whole(path) as part:
        part.write_bytes(_ordered(safetensors_torch.save(tensors, metadata)))


def _stored(network: nn.Module) -> dict[str, torch.Tensor]:
    """The tensors of a network on the CPU, each with memory of its own: one that has two names is stored twice."""
    tensors: dict[str, torch.Tensor] = {}
    taken = set()
    for name, state in network.state_dict().items():
        if not isinstance(state, torch.Tensor) or state.layout != torch.strided:
            what = state.layout if isinstance(state, torch.Tensor) else f"a {type(state).__name__}"
            raise ValueError(f"`{name}` is {what}, and a file of weights holds plain tensors alone")
        tensor = state.detach().cpu().contiguous()
        memory = tensor.untyped_storage().data_ptr()
        tensors[name] = tensor.clone() if memory in taken else tensor
        taken.add(memory)
    return tensors


def _ordered(data: bytes) -> bytes:
    """Sort the header of a safetensors file; the library leaves the metadata in an order that changes between runs."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:end]), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return data[:8] + header.encode().ljust(end - 8) + data[end:]


def checksum(tensors: Mapping[str, torch.Tensor], text: str) -> str:
    """SHA-256 over tensors and a text: 64 hex digits. A network with one bit of another value runs as well as any."""
    digest = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(repr((name, tuple(tensor.shape), str(tensor.dtype))).encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _text(metadata: Mapping[str, str]) -> str:
    return json.dumps(dict(metadata), sort_keys=True)


def read(path: str | Path, kind: str) -> tuple[dict[str, torch.Tensor], dict]:
    """Return (tensors by name, metadata) of a weights file; metadata holds `kind`, `arguments` (dict) and the notes.

    A file with a checksum in its metadata is compared with it; older ones have none. Raises InputError for a file that
    is missing, damaged, not of this project, or of another kind.
    """
    try:
        refuse_pipe(path)
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        stored = metadata.pop("checksum", None)
        if stored is not None and stored != checksum(tensors, _text(metadata)):
            raise ValueError("it does not match its checksum")
        notes = {key: value if key == "kind" else json.loads(value) for key, value in metadata.items()}
    except (*FILE_FAULTS, SafetensorError) as fault:
        raise InputError(f"{path}: expected a safetensors file with weights ({fault}); give the path of one") from fault
    if "kind" not in notes or not isinstance(notes.get("arguments"), dict):
        raise InputError(f"{path}: has no `kind` and `arguments` in its metadata; give weights that this project wrote")
    if notes["kind"] != kind:
        raise InputError(f"{path}: holds a {notes['kind']}, expected a {kind}; give the path of a {kind}")
    return tensors, notes


def refuse_pipe(path: str | Path) -> None:
    """Raise OSError for what is no file: a pipe would be waited for, and a device has no end."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError("it is no file")


def read_foreign(path: str | Path) -> dict[str, torch.Tensor]:
    """Return the tensors by name of a file that `torch.save` wrote elsewhere; nothing in it is executed.

    Raises InputError for a file that is missing, damaged, or holds anything but tensors by name.
    """
    try:
        refuse_pipe(path)
        _compare_with_checksums(path)
        _refuse_buffers(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as fault:  # torch raises a different type for each way in which a file is broken
        reason = (str(fault).splitlines() or [type(fault).__name__])[0]
        raise InputError(
            f"{path}: expected a checkpoint of tensors alone ({reason}); give a network's weights"
        ) from fault
    if not isinstance(content, Mapping) or not all(
        isinstance(name, str) and _is_plain(value) for name, value in content.items()
    ):
        raise InputError(f"{path}: expected tensors by name, found something else; give a network's state dictionary")
    for name, value in content.items():
        # A tensor can repeat a few bytes without end, and whoever uses it asks for memory for all of them.
        if value.numel() * value.element_size() > value.untyped_storage().nbytes():
            raise InputError(
                f"{path}: tensor `{name}` claims to be {tuple(value.shape)}, more than the file holds; give "
                "a network's weights"
            )
    return dict(content)


def _is_plain(value: object) -> bool:
    """Whether something is a tensor whose numbers are there, one beside the other."""
    return isinstance(value, torch.Tensor) and value.layout == torch.strided and value.device.type == "cpu"


def _refuse_buffers(path: str | Path) -> None:
    """Raise ValueError for a checkpoint that makes a buffer, of any size: the one function without tensors that PyTorch
    lets a file call."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find(b"bytearray") >= 0:
            raise ValueError("it holds a buffer")


def _compare_with_checksums(path: str | Path) -> None:
    """Raise ValueError where a part of a checkpoint is another than was written: PyTorch does not look.

    So is one that is compressed, which PyTorch reads and never writes: a small file then unpacks to any size.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as parts:
            compressed = [part.filename for part in parts.infolist() if part.compress_type != zipfile.ZIP_STORED]
            if compressed:
                raise ValueError(f"its part {compressed[0]} is compressed")
            damaged = parts.testzip()
        if damaged:
            raise ValueError(f"its part {damaged} does not match its checksum")


def fill(network: nn.Module, tensors: Mapping[str, torch.Tensor], source: str | Path) -> None:
    """Copy `tensors` into `network`; every name and shape must agree, else InputError names `source` and the first."""
    _compare(network, tensors, source)
    network.load_state_dict(dict(tensors))


def difference(network: nn.Module, tensors: Mapping[str, torch.Tensor]) -> str:
    """Say of the first of `tensors` whose name or shape is not as in `network` what it is and what was expected."""
    expected = network.state_dict()
    for name in sorted(expected.keys() | tensors.keys()):
        found = tuple(tensors[name].shape) if name in tensors else "nothing"
        wanted = tuple(expected[name].shape) if name in expected else "nothing"
        if found != wanted:
            return f"tensor `{name}` is {found}, expected {wanted}"
    return ""


def _compare(network: nn.Module, tensors: Mapping[str, torch.Tensor], source: str | Path) -> None:
    fault = difference(network, tensors)
    if fault:
        raise InputError(f"{source}: {fault}; give weights of a {type(network).__name__} of the configured size")


def load(path: str | Path, kind: str, build: Callable[..., Network]) -> Network:
    """Return `build(**arguments)` with the weights of the file, in evaluation mode.

    Raises InputError as `read` does, and where names or shapes do not fit the network that the file asks for.
    """
    tensors, metadata = read(path, kind)
    arguments = metadata["arguments"]
    held = sum(tensor.numel() for tensor in tensors.values())
    too_large = [
        key
        for key, value in arguments.items()
        if isinstance(value, int) and value > (len(tensors) if key in _LAYERS else held)
    ]
    # A network of the user's own may take any number.
    if too_large and kind != "classifier":
        raise InputError(
            f"{path}: asks for a {kind} with {too_large[0]} {arguments[too_large[0]]}, but holds "
            f"{len(tensors)} tensors of {held} numbers; train it again"
        )
    try:
        return build_with_tensors(build, arguments, tensors, path)
    except InputError:
        raise
    except Exception as fault:  # networks and torch raise a different type for each argument that makes no sense
        raise InputError(f"{path}: its arguments do not make a {kind} ({fault}); train it again") from fault


class _NothingDrawn(TorchFunctionMode):
    """Tensors without memory keep the weights that they do not have: to draw them, PyTorch loads a second of code."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in (nn.init.normal_, torch.Tensor.normal_):
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


def build_with_tensors(
    build: Callable[..., Network], arguments: Mapping, tensors: Mapping[str, torch.Tensor], source: str | Path
) -> Network:
    """Return `build(**arguments)` with these tensors, in evaluation mode; no memory is asked for before they fit.

    Raises InputError as `fill` does, and whatever `build` raises.
    """
    try:
        # As large as its arguments say, and without memory yet.
        with torch.device("meta"), _NothingDrawn():
            outline = build(**arguments)
    except Exception:  # whatever is wrong comes again, or is a network that cannot be without memory
        outline = None
    if outline is not None:
        _compare(outline, tensors, source)
    network = build(**arguments)
    fill(network, tensors, source)
    # What `eval` of a user's class returns nobody knows.
    network.eval()
    return network
