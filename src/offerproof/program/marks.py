"""Marks: what is left of an id that was folded away."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from hashlib import blake2b

_BUCKETS = 4096


class Marks:
    """A set of ids that grows by eight bytes each: 64 bits of a digest, sorted in many small arrays.

    Two ids share a mark once in some 10^19 pairs. Small arrays, because a large one would stop the world at times.
    """

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(_BUCKETS)]

    def add(self, text: str) -> None:
        """Put an id in."""
        mark = _mark(text)
        bucket = self._buckets[mark % _BUCKETS]
        at = bisect_left(bucket, mark)
        if at == len(bucket) or bucket[at] != mark:
            bucket.insert(at, mark)

    def __contains__(self, text: str) -> bool:
        mark = _mark(text)
        bucket = self._buckets[mark % _BUCKETS]
        at = bisect_left(bucket, mark)
        return at < len(bucket) and bucket[at] == mark

    def __len__(self) -> int:
        return sum(len(bucket) for bucket in self._buckets)


def _mark(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
