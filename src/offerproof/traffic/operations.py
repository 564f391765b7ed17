"""What was done: one fixed-size record for each operation, compact enough to keep all of them.

A record is 40 bytes, little-endian: kind, outcome, seen, nothing (1 byte each), user offer, customer and caller
(numbers of the run; :data:`NOBODY` for none), transaction (a number of the run), start (microseconds since the run
began), duration (microseconds; :data:`NO_END` when no answer came) and basket (what the transaction earns by; 0 for
nothing). Kinds, outcomes and what a read saw are those of ``judgement.histories``.

When a run would outgrow its bound, whole customers are left out from then on (never single operations of one), so that
what is recorded of a customer and of his user offers is complete: those whose number is a multiple of ``every``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from offerproof.errors import CannotJudge

RECORD = struct.Struct("<BBBBIIIQqIHH")
MAGIC = b"OPLOAD1\n"
NOBODY = 0xFFFFFFFF
NO_END = 0xFFFFFFFF


class Done(NamedTuple):
    """One record, in the order of its bytes."""

    kind: int
    outcome: int
    seen: int
    unused: int
    key: int
    customer: int
    caller: int
    transaction: int
    start: int
    duration: int
    basket: int
    reserved: int

    @property
    def end(self) -> int | None:
        """When the answer came, or None."""
        return None if self.duration == NO_END else self.start + self.duration


def transaction_id(nonce: str, number: int) -> str:
    """Return the id on the wire of a transaction's number; ``nonce`` is the run's."""
    return f"{nonce}-{number:012x}"


class OperationLog:
    """The writing side, in each worker: packs into memory; somebody takes the bytes away once a second."""

    def __init__(self) -> None:
        self.every = 1
        self._packed = bytearray()
        self._pack = RECORD.pack

    def record(
        self,
        kind: int,
        outcome: int,
        seen: int,
        key: int,
        customer: int,
        caller: int,
        transaction: int,
        start_us: int,
        duration_us: int,
        basket: int = 0,
    ) -> None:
        """Add one operation, unless its customer is not in the sample."""
        if self.every != 1 and customer % self.every:
            return
        duration = min(NO_END, duration_us)
        self._packed += self._pack(
            kind, outcome, seen, 0, key, customer, caller, transaction, start_us, duration, basket, 0
        )

    def take(self) -> bytes:
        """Return what was added since the last time."""
        taken, self._packed = bytes(self._packed), bytearray()
        return taken


def private_file(path: Path) -> BinaryIO:
    """Open a file that is new, and that nobody but its owner may read."""
    file = path.open("xb")
    path.chmod(0o600)
    return file


class LogFile:
    """The file of one worker's records. Owner-only; appended to as the parts arrive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = private_file(path)
        self._file.write(MAGIC)
        self.count = 0

    def write(self, packed: bytes) -> None:
        """Append whole records."""
        self._file.write(packed)
        self._file.flush()
        self.count += len(packed) // RECORD.size

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def read_log(path: Path, *, every: int = 1, chunk: int = 1 << 16) -> Iterator[Done]:
    """Yield the records of a file whose customers are in the sample.

    A last record that was cut off (the writer was killed) is left out; any other damage raises :class:`CannotJudge`.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise CannotJudge(f"{path} is not an operation log", hint="was it written by another version?")
        rest = b""
        while block := file.read(RECORD.size * chunk):
            block = rest + block
            whole = len(block) - len(block) % RECORD.size
            for fields in RECORD.iter_unpack(memoryview(block)[:whole]):
                if every == 1 or fields[5] % every == 0:
                    yield Done._make(fields)
            rest = block[whole:]
