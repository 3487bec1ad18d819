"""Streams in which zlib stores bytes as they are, made and read from a file without zlib's own copies."""

import os
import struct
from itertools import accumulate, pairwise

# Its Adler-32 is that of zlib, in a sixteenth of the time: that of zlib takes longer than all else here.
from zlib_ng.zlib_ng import adler32

# Bytes of a block that zlib stores as it is, at most.
_BLOCK = 2**16 - 1
# Buffers that one call of the system fills, at most.
_BUFFERS = os.sysconf("SC_IOV_MAX")


class StoredStreams:
    """Streams of `count` bytes each: zlib's header, blocks of bytes behind a head of their own, Adler-32 of all bytes.

    size: bytes of such a stream.
    """

    def __init__(self, count: int):
        self._starts = range(0, count, _BLOCK)
        heads = [_head(min(_BLOCK, count - start), is_last=start + _BLOCK >= count) for start in self._starts]
        heads[0] = b"\x78\x01" + heads[0]
        self._head_of_each, self._heads = heads, b"".join(heads)
        # What one call reads around the bytes: the heads and, in the end, the checksum.
        self._around = bytearray(len(self._heads) + 4)
        ends = [*accumulate(map(len, heads), initial=0), len(self._around)]
        self._parts = [memoryview(self._around)[begin:end] for begin, end in pairwise(ends)]
        self.size = count + len(self._around)

    def of(self, content: memoryview) -> bytes:
        """The stream of `count` bytes."""
        parts = [part for pair in zip(self._head_of_each, self._blocks(content), strict=True) for part in pair]
        return b"".join([*parts, _checksum(content)])

    def read(self, descriptor: int, place: int, into: memoryview) -> bool:
        """Whether such a stream lies whole in a file, from byte `place` on; `into`, of `count` bytes, then has its own.

        False says only that this is none: whoever reads any stream of zlib has to tell whether it is a fault.
        """
        pairs = zip(self._parts, self._blocks(into), strict=False)
        buffers = [buffer for pair in pairs for buffer in pair] + self._parts[-1:]
        if len(buffers) > _BUFFERS or os.preadv(descriptor, buffers, place) != self.size:
            return False
        return self._around == self._heads + _checksum(into)

    def _blocks(self, content: memoryview) -> list[memoryview]:
        return [content[start : start + _BLOCK] for start in self._starts]


def _checksum(content: memoryview) -> bytes:
    return adler32(content).to_bytes(4, "big")


def _head(length: int, is_last: bool) -> bytes:
    return struct.pack("<BHH", is_last, length, length ^ 0xFFFF)
