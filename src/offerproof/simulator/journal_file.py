"""The files of a journal: entries in SQLite, each with a digest of itself and the one before, and the end beside them.

``FILE`` and SQLite's ``FILE-wal`` hold the entries, ``FILE.end`` number and digest of the newest one acknowledged.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from offerproof.errors import Misuse

_PARTS = ("", "-wal", "-shm", ".end")
_SELECT = "SELECT number, instant, call, body, digest FROM entries ORDER BY number LIMIT ?"
_END_SIZE = 20 + 1 + 32 + 1


class Entry(NamedTuple):
    """One kept request; ``digest`` is that of the entry and, through ``before``, of all entries up to it."""

    number: int
    instant: int
    call: bytes
    body: bytes
    digest: bytes


Row = tuple[int, int, bytes, bytes, bytes]
"""What an ``Entry`` names; on the hot path it has no names."""


class End(NamedTuple):
    """The newest entry that was acknowledged."""

    number: int
    digest: bytes


START = End(0, bytes(16))


class JournalFile:
    """The files, open and locked; ``kept`` is the newest entry that was written.

    Raises:
        Misuse: they are no journal, another process's, another program's (``header``), or cannot be used.
    """

    def __init__(self, path: Path, header: Mapping[str, str], *, full_sync: bool) -> None:
        self.path = path
        self.kept = START
        self._header = header
        self._full_sync = full_sync
        self._end: mmap.mmap | None = None
        self._open()

    def _open(self) -> None:
        try:
            self.path.touch(0o600)
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=0.2)
        except (sqlite3.Error, OSError) as problem:
            raise self._unusable(problem) from None
        with self.closed_on_failure():
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(f"PRAGMA synchronous={'FULL' if self._full_sync else 'NORMAL'}")
            self._db.execute("BEGIN EXCLUSIVE")
            self._prepare()
            self._db.execute("COMMIT")
            self._end = _mapped(self._beside(".end"))
            for part in _PARTS:  # for the owner alone: names, e-mail addresses and what was bought stand in it
                with contextlib.suppress(OSError):
                    self._beside(part).chmod(0o600)

    @contextlib.contextmanager
    def closed_on_failure(self) -> Iterator[None]:
        """Nobody closes what never came to be open."""
        try:
            yield
        except (sqlite3.Error, OSError) as problem:
            self.close()
            raise self._unusable(problem) from None
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            self._db.execute("CREATE TABLE header (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
            self._db.execute("CREATE TABLE probe (body BLOB)")
            self._db.execute(
                "CREATE TABLE entries (number INTEGER PRIMARY KEY, instant INTEGER NOT NULL, call BLOB NOT NULL,"
                " body BLOB NOT NULL, digest BLOB NOT NULL)"
            )
            self._db.executemany("INSERT INTO header VALUES (?, ?)", self._header.items())
            return
        if not {"header", "entries"} <= tables:
            raise Misuse(f"{self.path} is a database, but not a journal", hint="give another --journal FILE")
        kept = dict(self._db.execute("SELECT key, value FROM header").fetchall())
        for key in {**self._header, **kept}:
            value = self._header.get(key)
            if kept.get(key) != value:
                raise Misuse(
                    f"the journal {self.path} belongs to another {key}: {kept.get(key)!r}, not {value!r}",
                    hint="start with what it was written with, or with a new --journal FILE",
                )

    def close(self) -> None:
        """Close the files."""
        self._db.close()
        if self._end is not None:
            self._end.close()

    def check(self) -> tuple[int, str]:
        """Return how many entries are whole, up to the first that is not, and what is the matter with the rest."""
        end = self._read_end()
        newest = START
        fits = end == START
        try:
            for number, *rest in self._db.execute(_SELECT, (-1,)):
                entry = _entry(newest, number, *rest)
                if entry is None:
                    return newest.number, f"entry {newest.number + 1} is missing, changed or unreadable"
                newest = End(entry.number, entry.digest)
                fits = fits or newest == end
        except sqlite3.DatabaseError as problem:
            return newest.number, f"it cannot be read beyond entry {newest.number}: {problem}"
        damage = ""
        if end is None and newest.number:
            damage = f"{self.path.name}.end, which tells its end, is missing or unreadable"
        elif end is not None and newest.number < end.number:
            damage = f"the newest {end.number - newest.number} of {end.number} entries are lost"
        elif end is not None and not fits:
            damage = f"{self.path.name}.end belongs to another journal"
        self.kept = newest
        return newest.number, damage

    def entries(self, count: int) -> Iterator[Entry]:
        """Yield the first ``count`` entries; check them before."""
        return map(Entry._make, self._db.execute(_SELECT, (count,)))

    def _read_end(self) -> End | None:
        assert self._end is not None
        number, _, digest = self._end[:].strip().partition(b" ")
        try:
            return End(int(number), bytes.fromhex(digest.decode("ascii")))
        except ValueError:
            return None

    def begin_anew(self, count: int) -> str:
        """Write the first ``count`` entries into new files; returns the name of the damaged ones, which are kept."""
        self.close()
        number = 1
        while self._beside(f".damaged-{number}").exists():
            number += 1
        aside = self._beside(f".damaged-{number}")
        for part in _PARTS:
            if self._beside(part).exists():
                self._beside(part).rename(aside.with_name(f"{aside.name}{part}"))
        self._open()
        with self.closed_on_failure(), contextlib.closing(sqlite3.connect(aside)) as old:
            self.kept = START
            rows = old.execute(_SELECT, (count,))
            while some := rows.fetchmany(1000):
                self.write(some)
        return aside.name

    def write(self, entries: list[Row]) -> None:
        """Add entries, and then their end. Raises what SQLite and the file system raise."""
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", entries)
        self._db.execute("COMMIT")
        self._keep_end(End(entries[-1][0], entries[-1][4]))

    def _keep_end(self, end: End) -> None:
        assert self._end is not None
        self._end[:_END_SIZE] = b"%020d %b\n" % (end.number, end.digest.hex().encode())
        self.kept = end

    def roll_back(self) -> None:
        """Leave a transaction that failed."""
        if self._db.in_transaction:
            with contextlib.suppress(sqlite3.Error):  # the transaction may be gone already
                self._db.execute("ROLLBACK")

    def try_to_write(self, size: int) -> None:
        """Write and delete so many bytes, and what was written without its end. Raises as ``write`` does."""
        self._db.execute("DELETE FROM entries WHERE number > ?", (self.kept.number,))
        self._db.execute("INSERT INTO probe VALUES (zeroblob(?))", (size,))
        self._db.execute("DELETE FROM probe")
        self._keep_end(self.kept)

    def _beside(self, part: str) -> Path:
        return self.path.with_name(f"{self.path.name}{part}")

    def _unusable(self, problem: Exception) -> Misuse:
        if "locked" in str(problem):
            return Misuse(f"the journal {self.path} is in use by another process", hint="stop that one first")
        hint = "give a --journal FILE that can be written, or restore the file from a copy"
        return Misuse(f"cannot use the journal {self.path}: {problem}", hint=hint)


def _entry(before: End, number: object, instant: object, call: object, body: object, digest: object) -> Entry | None:
    """Return a row as the entry that follows ``before``, or None: a damaged page may hand out anything, NULL too."""
    if number != before.number + 1 or not isinstance(instant, int):
        return None
    if not (isinstance(call, bytes) and isinstance(body, bytes) and isinstance(digest, bytes)):
        return None
    right = digest_of(before.digest, before.number + 1, instant, call, body)
    return Entry(before.number + 1, instant, call, body, digest) if digest == right else None


def _mapped(path: Path) -> mmap.mmap:
    """Map the file of the end: written without a system call, and kept by the system when the process is killed."""
    path.touch(0o600)
    with path.open("r+b") as file:
        size = len(file.read())
        file.write(b" " * (_END_SIZE - size))  # the place is taken before the disk is full
        file.flush()
        return mmap.mmap(file.fileno(), max(size, _END_SIZE))


def digest_of(before: bytes, number: int, instant: int, call: bytes, body: bytes) -> bytes:
    """Return an entry's digest of 16 bytes, which follows from that of the entry before."""
    return hashlib.blake2b(b"%b %d %d %b %b" % (before, number, instant, call, body), digest_size=16).digest()
