"""The journal: every acknowledged state-changing request with its instant, in SQLite, replayed at the start.

One commit for all requests of an event-loop turn, before their answers leave (a commit for each would cost ten times
the throughput). Ids are seeded and instants recorded, so the replay gives the same state. A chained checksum tells a
journal that is torn or was changed from a good one.

When it cannot be written (disk full, read-only), what it should keep is not acknowledged: the answers of that turn
become 503, everything after it is refused with 503 before it touches the state, and each turn tries again.
"""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from offerproof import __version__
from offerproof.errors import Misuse
from offerproof.simulator.answers import Answer, encode
from offerproof.simulator.app import App

_FORMAT = "1"
_FAILED = Answer(
    503,
    encode(
        {
            "status": "error",
            "payload": None,
            "errors": {
                "code": "not_available",
                "type": "journal",
                "message": "the simulator cannot write its journal, so nothing is acknowledged; see its standard error",
            },
        }
    ),
    b"retry-after: 1\r\n",
)


class Journal:
    """An open journal of one ``App``."""

    def __init__(self, path: Path, app: App, *, full_sync: bool, complain: Callable[[str], None]) -> None:
        self._path = path
        self._app = app
        self._complain = complain
        self._pending: list[tuple[int, int, str, bytes, int]] = []
        self._last = 0
        self._sum = 0
        self._failing = False
        header = {
            "format": _FORMAT,
            "version": __version__,
            "program": app.file.digest,
            "seed": str(app.seed),
            "defects": " ".join(sorted(app.planting.planted)),
        }
        header |= {f"option {name}": value for name, value in app.file.overridden.items()}
        _keep_private(path)
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=0.2)
        except sqlite3.Error as problem:
            raise self._unusable(problem) from None
        with self._closed_on_failure():
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(f"PRAGMA synchronous={'FULL' if full_sync else 'NORMAL'}")
            self._db.execute("BEGIN EXCLUSIVE")
            self._prepare(header)
            self._db.execute("COMMIT")

    @contextlib.contextmanager
    def _closed_on_failure(self) -> Iterator[None]:
        """Nobody closes what never came to be open."""
        try:
            yield
        except sqlite3.Error as problem:
            self._db.close()
            raise self._unusable(problem) from None
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, header: dict[str, str]) -> None:
        tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            self._db.execute("CREATE TABLE header (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
            self._db.execute(
                "CREATE TABLE entries (number INTEGER PRIMARY KEY, instant INTEGER NOT NULL, call TEXT NOT NULL,"
                " body BLOB NOT NULL, checksum INTEGER NOT NULL)"
            )
            self._db.executemany("INSERT INTO header VALUES (?, ?)", header.items())
            return
        if tables != {"header", "entries"}:
            raise Misuse(f"{self._path} is a database, but not a journal", hint="give another --journal FILE")
        kept = dict(self._db.execute("SELECT key, value FROM header").fetchall())
        for key in {**header, **kept}:
            value = header.get(key)
            if kept.get(key) != value:
                raise Misuse(
                    f"the journal {self._path} belongs to another {key}: {kept.get(key)!r}, not {value!r}",
                    hint="start with what it was written with, or with a new --journal FILE",
                )

    def replay(self) -> int:
        """Do again all that was kept; returns how many requests. Ends with the clock where the journal ends."""
        app = self._app
        instant = 0
        keep, app.keep = app.keep, None
        try:
            with self._closed_on_failure():
                for number, instant, call, body, checksum in self._entries():
                    self._sum = _checksum(self._sum, instant, call, body)
                    if number != self._last + 1 or checksum != self._sum:
                        raise self._torn(number)
                    self._last = number
                    app.replay(instant, call, body)
        finally:
            app.keep = keep
        if self._last and instant > app.clock.now():
            app.clock.set(instant)
        return self._last

    def _entries(self) -> Iterator[tuple[int, int, str, bytes, int]]:
        yield from self._db.execute(
            "SELECT number, CAST(instant AS INTEGER), CAST(call AS TEXT), CAST(body AS BLOB), checksum FROM entries"
            " ORDER BY number"
        )

    def attach(self) -> None:
        """Keep what the app does from now on."""
        self._app.keep = self.add

    def add(self, instant: int, call: str, body: bytes) -> None:
        """Keep one request with the next commit."""
        self._sum = _checksum(self._sum, instant, call, body)
        self._last += 1
        self._pending.append((self._last, instant, call, body, self._sum))

    def commit(self) -> Answer | None:
        """Write what is pending; returns the answer that must go out instead when it cannot be written."""
        if not self._pending:
            return None
        try:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", self._pending)
            self._db.execute("COMMIT")
        except sqlite3.Error as problem:
            return self._fail(problem)
        self._pending.clear()
        if self._failing:
            self._failing = False
            self._app.blocked = None
            self._complain(f"the journal {self._path} can be written again")
        return None

    def _fail(self, problem: sqlite3.Error) -> Answer:
        if self._db.in_transaction:
            with contextlib.suppress(sqlite3.Error):  # the transaction may be gone already; the next commit tells
                self._db.execute("ROLLBACK")
        if not self._failing:
            self._failing = True
            self._app.blocked = self.commit
            self._complain(f"the journal {self._path} cannot be written: {problem}; answering 503 until it can")
        return _FAILED

    def close(self) -> None:
        """Write what is pending and close the file."""
        self.commit()
        self._db.close()

    def _torn(self, number: int) -> Misuse:
        return Misuse(
            f"the journal {self._path} is damaged at entry {number}: its checksum does not fit",
            hint="restore the file from a copy, or start with a new --journal FILE",
        )

    def _unusable(self, problem: sqlite3.Error) -> Misuse:
        if "locked" in str(problem):
            return Misuse(f"the journal {self._path} is in use by another process", hint="stop that one first")
        hint = "give a --journal FILE that can be written, or restore the file from a copy"
        return Misuse(f"cannot use the journal {self._path}: {problem}", hint=hint)


def _keep_private(path: Path) -> None:
    """Let the owner alone read the journal: names, e-mail addresses and what was bought stand in it."""
    with contextlib.suppress(OSError):  # who cannot be told so here is told by SQLite
        path.touch(0o600)
        for one in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            if one.exists():
                one.chmod(0o600)


def _checksum(before: int, instant: int, call: str, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(b"%d %b " % (instant, call.encode()), before))
