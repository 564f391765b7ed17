"""Files of any size that users hand us, and JSON from outside: read, or refused in one sentence; and files we write.

A module of its own, below all that reads such a file: pools, recordings, runs, open certificates, keys, scripts.
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from offerproof.errors import CannotJudge, Misuse, OfferproofError

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Numbers of the errors that say there is no room."""


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


def cannot_write(path: Path, problem: OSError, hint: str | None = None) -> OfferproofError:
    """The error for a file that cannot be written: no fault of who called us where there is no room."""
    told = f"cannot write {path}: {problem.strerror}"
    return CannotJudge(told, hint="is the disk full?") if problem.errno in FULL else Misuse(told, hint=hint)


def write_whole(path: Path, text: str, *, hint: str | None = None) -> None:
    """Write a file; where there is no room, what it held before stays.

    Raises:
        CannotJudge: there is no room. Misuse: it cannot be written.
    """
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            path.write_text(text, encoding="utf-8", newline="\n")  # a device or a pipe has nothing that could stay
        else:
            replace_whole(path, text.encode())
    except OSError as problem:
        raise cannot_write(path, problem, hint) from problem


def replace_whole(path: Path, data: bytes, *, private: bool = False) -> None:
    """Put a file in the place of what is there, whole or not at all; ``private``: for its owner's eyes alone.

    Raises:
        OSError: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
        if path.exists() and not private:
            shutil.copymode(path, beside)
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise
