"""A network in the file format (ONNX) and with the inputs and outputs of YuNet, that finds red squares."""

import struct
from pathlib import Path

import numpy as np

STRIDES = (8, 16, 32)
# Of the one stride that finds something: the middle of the box in its cell, width and height in pixels, and the
# landmarks in the cell, all in cells of 32 pixels.
MIDDLE, SIZE = (0.5, 0.5), (40.0, 48.0)
LANDMARKS = [(0.3, 0.35), (0.7, 0.3), (0.5, 0.5), (0.35, 0.8), (0.65, 0.75)]


def write(path: Path) -> Path:
    """A face where a cell of 32 pixels is red (R alone is 255), and none elsewhere."""
    nodes, weights, outputs = [], [], []
    for stride in STRIDES:
        redness = np.zeros((1, 3, stride, stride))
        if stride == 32:
            # The input is BGR, 0..255.
            redness[0, [0, 1, 2]] = np.array([-1, -1, 1])[:, None, None] / (255 * stride**2)
        box = [*MIDDLE, *np.log(np.array(SIZE) / stride)]
        for name, kernel, bias in (
            (f"cls_{stride}", redness, [0.0]),
            (f"obj_{stride}", redness, [0.0]),
            (f"bbox_{stride}", np.zeros((4, 3, stride, stride)), box),
            (f"kps_{stride}", np.zeros((10, 3, stride, stride)), np.ravel(LANDMARKS)),
        ):
            weights += [_tensor(f"{name}.w", kernel), _tensor(f"{name}.b", np.array(bias))]
            shape = {"kernel_shape": [stride, stride], "strides": [stride, stride]}
            nodes.append(_node("Conv", ["input", f"{name}.w", f"{name}.b"], f"{name}.planes", shape))
            nodes.append(_node("Transpose", [f"{name}.planes"], name, {"perm": [0, 2, 3, 1]}))
            outputs.append(_field(12, _value(name, [1, 1, 1, 1])))
    graph = [*nodes, _field(2, b"squares"), *weights, _field(11, _value("input", [1, 3, 320, 320])), *outputs]
    model = [_field(1, 7), _field(8, _field(2, 11)), _field(7, b"".join(graph))]
    path.write_bytes(b"".join(model))
    return path


def _field(number: int, value: int | bytes) -> bytes:
    """A field of a protocol buffer: an integer, or anything that has a length."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _node(kind: str, inputs: list[str], output: str, attributes: dict[str, list[int]]) -> bytes:
    fields = [_field(1, name.encode()) for name in inputs] + [_field(2, output.encode()), _field(4, kind.encode())]
    for name, values in attributes.items():
        integers = b"".join(_field(8, value) for value in values)
        fields.append(_field(5, _field(1, name.encode()) + integers + _field(20, 7)))
    return _field(1, b"".join(fields))


def _tensor(name: str, values: np.ndarray) -> bytes:
    dimensions = b"".join(_field(1, size) for size in values.shape)
    data = struct.pack(f"<{values.size}f", *values.ravel())
    return _field(5, dimensions + _field(2, 1) + _field(8, name.encode()) + _field(9, data))


def _value(name: str, shape: list[int]) -> bytes:
    dimensions = b"".join(_field(1, _field(1, size)) for size in shape)
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, 1) + _field(2, dimensions)))
