"""Files of any size that users hand us, and JSON from outside: read, or refused in one sentence.

A module of its own, below all that reads such a file: pools, recordings, runs, open certificates, keys, scripts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from offerproof.errors import Misuse


def refuse_devices(path: Path, what: str) -> None:
    """Raise :class:`Misuse` for what may never end, such as ``/dev/zero``. ``what`` it should be, for the message."""
    if path.is_char_device() or path.is_block_device():
        raise Misuse(f"cannot read {what} {path}: it is a device, which may never end", hint="is it the right file?")


def read_whole(path: Path, what: str, *, hint: str | None = None) -> bytes:
    """Return all bytes of a file. Raises :class:`Misuse`: it is a device, or cannot be read."""
    refuse_devices(path, what)
    try:
        return path.read_bytes()
    except OSError as problem:
        raise Misuse(f"cannot read {what} {path}: {problem.strerror}", hint=hint) from problem


def read_json(data: bytes, kind: Any = Any) -> Any:
    """Return JSON as a value of ``kind``.

    Raises:
        ValueError: it is none, is of another kind, or is nested too deeply.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except RecursionError:
        raise ValueError("nested too deeply") from None
