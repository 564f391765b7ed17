"""Files, folders, zip archives and standard input as recordings."""

from __future__ import annotations

import sys
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, BinaryIO, Final, Self, cast

from offerproof.contract import RUN_FILE
from offerproof.errors import Misuse
from offerproof.files import refuse_devices
from offerproof.recording.elements import CHUNK
from offerproof.recording.formats import FOREIGN, FORMATS, head_of
from offerproof.recording.source import RecordedFile, Recording

ARCHIVE_MAX: Final = 2 * 1024**3
"""Most bytes that a recording in a zip archive, or on standard input, may have."""
ATTACHED_MAX: Final = 64 * 1024 * 1024
"""Most bytes of one body that lies in a file of its own."""
_KINDS: Final = "read are HAR (also zipped), newman, vcrpy, WireMock's journal, a gateway's JSON Lines, our own runs"
_STDIN: Final = "-"


@dataclass(frozen=True)
class Opened:
    """What was given: recordings with their fingerprints, and what was passed over in folders, with the reason."""

    recordings: tuple[tuple[Recording, str], ...]
    passed_over: tuple[str, ...]
    _files: ExitStack

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()


def open_recordings(names: Sequence[str]) -> Opened:
    """Open all that was named; ``-`` is standard input, a folder stands for the recordings in it. A context manager.

    Raises:
        Misuse: a file is not there, empty, or of a kind that is not read (the hint names what converts it).
    """
    with ExitStack() as files:
        found: list[tuple[Recording, str]] = []
        passed: list[str] = []
        for name in names:
            path = Path(name)
            if name == _STDIN:
                found.append(_opened(_spooled(sys.stdin.buffer, "standard input", files)))
            elif path.is_dir():
                _folder(path, found, passed, files)
            else:
                found.append(_opened(_source(path, files)))
        if not found:
            telling = [one for one in passed if "that kind is not read" in one] or passed
            raise Misuse(f"no recording in {', '.join(names)}", hint=telling[0] if telling else _KINDS)
        return Opened(tuple(found), tuple(passed), files.pop_all())


def _folder(path: Path, found: list[tuple[Recording, str]], passed: list[str], files: ExitStack) -> None:
    """The recordings of a folder and the folders in it; of a run's folder only the run."""
    run = path / RUN_FILE
    for one in [run] if run.is_file() else sorted(path.iterdir()):
        if one.is_dir() and not one.is_symlink():
            _folder(one, found, passed, files)
        if not one.is_file() or one.name.startswith("."):
            continue
        try:
            found.append(_opened(_source(one, files)))
        except Misuse as problem:
            passed.append(f"{problem.message}: {problem.hint}" if "that kind" in problem.message else problem.message)


def _opened(source: RecordedFile) -> tuple[Recording, str]:
    head = head_of(source)
    if not head.data:
        raise Misuse(
            f"{source.title} is empty", hint="a recorder that was killed leaves an empty file: record it again"
        )
    for foreign in FOREIGN:
        if foreign.sees(head):
            raise Misuse(f"{source.title} is {foreign.name}: that kind is not read", hint=foreign.instead)
    kind = next((one for one in FORMATS if one.sees(head)), None)
    if kind is None:
        raise Misuse(f"{source.title} is no recording that is known", hint=_KINDS)
    recording = kind.open(source)
    if not recording.spans:
        what = "was cut before its first exchange" if recording.cut else "holds no exchange"
        raise Misuse(f"{source.title} ({kind.name}) {what}", hint="record it again; end the recorder before the copy")
    return recording, source.fingerprint()


def _source(path: Path, files: ExitStack) -> RecordedFile:
    refuse_devices(path, "the recording")
    try:
        file = files.enter_context(path.open("rb"))
    except OSError as problem:
        raise Misuse(f"cannot read {path}: {problem.strerror}") from problem
    if zipfile.is_zipfile(file):
        return _zipped(path, file, files)
    file.seek(0)
    return RecordedFile(path.name, file, lambda name: _beside(path.parent, name))


def _beside(folder: Path, name: str) -> bytes | None:
    """A file beside a HAR, by its plain name: the name comes from the recording, so it leads nowhere else."""
    if not _plain(name):
        return None
    path = folder / name
    if path.is_symlink() or not path.is_file() or path.stat().st_size > ATTACHED_MAX:
        return None
    return path.read_bytes()


def _zipped(path: Path, file: BinaryIO, files: ExitStack) -> RecordedFile:
    try:
        archive = files.enter_context(zipfile.ZipFile(file))
    except zipfile.BadZipFile as problem:
        raise Misuse(f"{path.name}: the zip archive is damaged", hint="copy it again") from problem
    inside = [one for one in archive.infolist() if one.filename.endswith(".har")]
    if len(inside) != 1:
        raise Misuse(f"{path.name} holds {len(inside)} files *.har, not one", hint="unpack it and name the files")
    try:
        with archive.open(inside[0]) as packed:
            spooled = _spooled(packed, f"{path.name}/{inside[0].filename}", files)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as problem:
        raise Misuse(f"{path.name}: the zip archive cannot be read: {problem}", hint="copy it again") from problem
    return RecordedFile(spooled.title, spooled.file, lambda name: _member(archive, name))


def _member(archive: zipfile.ZipFile, name: str) -> bytes | None:
    if not _plain(name):
        return None
    try:
        if archive.getinfo(name).file_size > ATTACHED_MAX:
            return None
        return archive.read(name)
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
        return None


def _spooled(stream: IO[bytes], title: str, files: ExitStack) -> RecordedFile:
    """What cannot be read twice, in a file that has no name and is gone with the process."""
    file = cast("BinaryIO", files.enter_context(TemporaryFile()))  # noqa: SIM115  (closed with the others)
    copied = 0
    while chunk := stream.read(CHUNK):
        copied += len(chunk)
        if copied > ARCHIVE_MAX:
            raise Misuse(f"{title} is larger than {ARCHIVE_MAX >> 30} GiB", hint="split the recording")
        file.write(chunk)
    file.seek(0)
    return RecordedFile(title, file)


def _plain(name: str) -> bool:
    return bool(name) and name not in (".", "..") and not {"/", "\\", "\0"} & set(name)
