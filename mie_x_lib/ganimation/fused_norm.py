"""Instance norm of channels-last maps on a GPU, with what is added before and done after it, in kernels of Triton.

PyTorch's own lays such maps out anew, and the convolution behind it lays them back: on an H200, the norms of the
published generator then take more than twice as long as its convolutions. Triton comes with PyTorch for GPUs and needs
a C compiler on the machine.
"""

import torch
import triton
import triton.language as tl

# Places of a map that a program holds at once, so that it is read once, and its channels.
_HELD, _HELD_CHANNELS = 1024, 32
# Of a larger one, places whose moments a program takes, and which a program norms.
_CHUNK, _NORMED = 1024, 256
# Places of those that a program holds at a time, and its channels: the fastest of those tried on an H200.
_TAKEN_AT_ONCE, _NORMED_AT_ONCE, _CHANNELS = 128, 64, 64


def normalise(
    x: torch.Tensor,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float = 1e-5,
    rectified: bool = False,
    added: torch.Tensor | None = None,
    rims: torch.Tensor | None = None,
    shown: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the instance norm of maps (B, C, H, W), channels-last in memory as is the result, of the same type.

    weight, bias: (C,) float32, scale and shift; None for 1 and 0. rectified: with 0 in place of what is below.
    added: (B, C, H, W), as x, what is added afterwards. rims: (B, C, k, k), k odd and at most H and W, what is added
    before: maps whose middle row and column are repeated until they are as large as x. shown: (B,) whole numbers; x is
    then (K, C, H, W), and map shown[b] of it is normed in place of map b. Computed in float32; no gradient is kept.
    """
    count, channels, places = len(x if shown is None else shown), x.shape[1], x.shape[2] * x.shape[3]
    with torch.cuda.device_of(x):
        shape, layout = (count, *x.shape[1:]), torch.channels_last
        made = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=layout)
        chunks = triton.cdiv(places, _CHUNK)
        shown = None if shown is None else shown.contiguous()
        added, rims = (
            None if maps is None else maps.contiguous(memory_format=torch.channels_last) for maps in (added, rims)
        )
        taken = {
            "x": x, "rims": rims, "shown": shown, "across": x.shape[3], "places": places, "channels": channels,
            "SIDE": 1 if rims is None else rims.shape[3],
        }  # fmt: skip
        normed = {"weight": weight, "bias": bias, "added": added, "made": made, "eps": eps, "RECTIFIED": rectified}
        if places <= _HELD:
            _norm_held[count, triton.cdiv(channels, _HELD_CHANNELS)](
                **taken, **normed, PLACES=triton.next_power_of_2(places), CHANNELS=_HELD_CHANNELS, num_warps=8
            )
            return made
        moments = torch.empty((count, chunks, 2, channels), device=x.device)
        blocks = triton.cdiv(channels, _CHANNELS)
        chunked = {"moments": moments, "CHUNK": _CHUNK, "CHANNELS": _CHANNELS}
        _take_moments[count, chunks, blocks](**taken, **chunked, PLACES=_TAKEN_AT_ONCE)
        _norm[count, triton.cdiv(places, _NORMED), blocks](
            **taken, **normed, **chunked, chunks=chunks, NORMED=_NORMED, PLACES=_NORMED_AT_ONCE
        )
        return made


@triton.jit
def _take_moments(
    x, rims, shown, moments, across, places, channels,
    CHUNK: tl.constexpr, PLACES: tl.constexpr, CHANNELS: tl.constexpr, SIDE: tl.constexpr,
):  # fmt: skip
    """Write mean and sum of squared differences from it of each picture, chunk of places and channel."""
    picture, chunk = tl.program_id(0).to(tl.int64), tl.program_id(1)
    channel = tl.program_id(2) * CHANNELS + tl.arange(0, CHANNELS)
    end = tl.minimum((chunk + 1) * CHUNK, places)
    mean, squares, seen = tl.zeros((CHANNELS,), tl.float32), tl.zeros((CHANNELS,), tl.float32), 0.0
    for start in range(chunk * CHUNK, end, PLACES):
        place = start + tl.arange(0, PLACES)
        is_there = (place < end)[:, None] & (channel < channels)[None, :]
        values = _values(x, rims, shown, picture, place, channel, is_there, across, places, channels, SIDE)
        new = tl.minimum(end - start, PLACES).to(tl.float32)
        here = tl.sum(values, 0) / new
        apart = tl.where(is_there, values - here[None, :], 0)
        # Chan, Golub and LeVeque (1983): what is lost where squares are summed and the mean is large is not lost so.
        squares += tl.sum(apart * apart, 0) + (here - mean) * (here - mean) * (seen * new / (seen + new))
        mean += (here - mean) * (new / (seen + new))
        seen += new
    at = (picture * tl.num_programs(1) + chunk) * 2 * channels + channel
    tl.store(moments + at, mean, mask=channel < channels)
    tl.store(moments + at + channels, squares, mask=channel < channels)


@triton.jit
def _norm(
    x, rims, shown, moments, weight, bias, added, made, eps, chunks, across, places, channels,
    CHUNK: tl.constexpr, NORMED: tl.constexpr, PLACES: tl.constexpr, CHANNELS: tl.constexpr, SIDE: tl.constexpr,
    RECTIFIED: tl.constexpr,
):  # fmt: skip
    """Write the norm of some places of a picture, by the moments of all of its chunks."""
    picture = tl.program_id(0).to(tl.int64)
    channel = tl.program_id(2) * CHANNELS + tl.arange(0, CHANNELS)
    is_channel = channel < channels
    mean, squares, seen = tl.zeros((CHANNELS,), tl.float32), tl.zeros((CHANNELS,), tl.float32), 0.0
    for chunk in range(chunks):
        at = (picture * chunks + chunk) * 2 * channels + channel
        here = tl.load(moments + at, mask=is_channel, other=0)
        new = tl.minimum(places - chunk * CHUNK, CHUNK).to(tl.float32)
        squares += tl.load(moments + at + channels, mask=is_channel, other=0)
        squares += (here - mean) * (here - mean) * (seen * new / (seen + new))
        mean += (here - mean) * (new / (seen + new))
        seen += new
    scale, shift = _scale_and_shift(mean, squares / seen, weight, bias, eps, channel, is_channel)
    begin = tl.program_id(1) * NORMED
    for start in range(begin, tl.minimum(begin + NORMED, places), PLACES):
        place = start + tl.arange(0, PLACES)
        is_there = (place < places)[:, None] & is_channel[None, :]
        at = (picture * places + place)[:, None] * channels + channel[None, :]
        values = _values(x, rims, shown, picture, place, channel, is_there, across, places, channels, SIDE)
        _store(values, scale, shift, added, made, at, is_there, RECTIFIED)


@triton.jit
def _norm_held(
    x, rims, shown, weight, bias, added, made, eps, across, places, channels,
    PLACES: tl.constexpr, CHANNELS: tl.constexpr, SIDE: tl.constexpr, RECTIFIED: tl.constexpr,
):  # fmt: skip
    """Write the norm of some channels of a picture, all of whose places are held."""
    picture, place = tl.program_id(0).to(tl.int64), tl.arange(0, PLACES)
    channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    is_channel = channel < channels
    is_there = (place < places)[:, None] & is_channel[None, :]
    at = (picture * places + place)[:, None] * channels + channel[None, :]
    values = _values(x, rims, shown, picture, place, channel, is_there, across, places, channels, SIDE)
    mean = tl.sum(values, 0) / places
    apart = tl.where(is_there, values - mean[None, :], 0)
    variance = tl.sum(apart * apart, 0) / places
    scale, shift = _scale_and_shift(mean, variance, weight, bias, eps, channel, is_channel)
    _store(values, scale, shift, added, made, at, is_there, RECTIFIED)


@triton.jit
def _values(x, rims, shown, picture, place, channel, is_there, across, places, channels, SIDE: tl.constexpr):
    """Read some places and channels of what is to be normed, float32."""
    source = picture
    if shown is not None:
        source = tl.load(shown + picture)
    at = (source * places + place)[:, None] * channels + channel[None, :]
    values = tl.load(x + at, mask=is_there, other=0).to(tl.float32)
    if rims is not None:
        rim: tl.constexpr = SIDE // 2
        down, right = place // across, place % across
        row = tl.minimum(down, rim) + tl.maximum(down - (places // across - 1 - rim), 0)
        column = tl.minimum(right, rim) + tl.maximum(right - (across - 1 - rim), 0)
        at = ((picture * SIDE + row) * SIDE + column)[:, None] * channels + channel[None, :]
        values += tl.load(rims + at, mask=is_there, other=0)
    return values


@triton.jit
def _scale_and_shift(mean, variance, weight, bias, eps, channel, is_channel):
    """By what each channel is multiplied, and what is then added."""
    scale = tl.rsqrt(variance + eps)
    if weight is not None:
        scale *= tl.load(weight + channel, mask=is_channel, other=0)
    shift = -mean * scale
    if bias is not None:
        shift += tl.load(bias + channel, mask=is_channel, other=0)
    return scale, shift


@triton.jit
def _store(values, scale, shift, added, made, at, is_there, RECTIFIED: tl.constexpr):
    """Write values as the norm has them."""
    values = values * scale[None, :] + shift[None, :]
    if RECTIFIED:
        # What is no number stays none.
        values = tl.where(values < 0, 0.0, values)
    if added is not None:
        values += tl.load(added + at, mask=is_there, other=0)
    tl.store(made + at, values.to(made.dtype.element_ty), mask=is_there)
