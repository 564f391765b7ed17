"""The journal: every acknowledged state-changing request with its instant, in SQLite, replayed at the start.

One commit for all requests of an event-loop turn, before their answers leave (a commit for each would cost ten times
the throughput). Ids are seeded and instants recorded, so the replay gives the same state.

What is shown when it is gone: each entry carries its number and a digest of itself and the one before, and ``FILE.end``
carries number and digest of the newest. A changed, missing or unreadable entry, a lost tail (a ``-wal`` file that is
missing or damaged, newest rows deleted) and an end that does not belong to it are damage: the start is refused, or with
``accept_loss`` goes on with what stands before it, and the damaged files are kept beside. Without full synchronisation
a power failure may take the newest entries and their end together; nothing shows that.

When it cannot be written (disk full, read-only), what it should keep is not acknowledged and not done: the answers of
that turn become 503, everything after it is refused with 503, and as soon as the journal can be written again the state
is made anew from what it holds.
"""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Callable
from pathlib import Path

from offerproof import __version__
from offerproof.errors import Misuse
from offerproof.simulator.answers import Answer, encode
from offerproof.simulator.app import App
from offerproof.simulator.journal_file import JournalFile, Row, digest_of

_FORMAT = "2"
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

    def __init__(
        self, path: Path, app: App, *, full_sync: bool, complain: Callable[[str], None], accept_loss: bool = False
    ) -> None:
        self._app = app
        self._complain = complain
        self._accept_loss = accept_loss
        self._pending: list[Row] = []
        self._failed_size = 0
        self._clock = copy.copy(app.clock)
        self._seed = app.ids.seed
        self._planted = tuple(app.planting.planted)
        header = {
            "format": _FORMAT,
            "version": __version__,
            "program": app.file.digest,
            "seed": str(app.ids.seed),
            "defects": " ".join(sorted(app.planting.planted)),
            **{f"option {name}": value for name, value in app.file.overridden.items()},
        }
        self._file = JournalFile(path, header, full_sync=full_sync)
        self._number, self._digest = self._file.kept

    def replay(self) -> int:
        """Do again all that was kept; returns how many requests. Ends with the clock where the journal ends.

        Raises:
            Misuse: it is damaged, or has lost entries, and that is not accepted.
        """
        file = self._file
        with file.closed_on_failure():
            count, damage = file.check()
            if damage and not self._accept_loss:
                raise Misuse(
                    f"the journal {file.path} is damaged: {damage}",
                    hint=f"restore it and {file.path.name}.end from a copy, start with a new --journal FILE, or go on"
                    f" with the {count} entries before the damage: --accept-loss",
                )
        if damage:
            aside = file.begin_anew(count)
            self._complain(
                f"LOSS ACCEPTED: {damage}; going on with the {count} entries before it; the damaged journal is"
                f" kept as {aside}"
            )
        self._do_again(count)
        return count

    def _do_again(self, count: int) -> None:
        app, file = self._app, self._file
        keep, app.journal.keep = app.journal.keep, None
        instant = 0
        try:
            with file.closed_on_failure():
                for entry in file.entries(count):
                    instant = entry.instant
                    app.replay(instant, entry.call.decode(), entry.body)
        finally:
            app.journal.keep = keep
        self._number, self._digest = file.kept
        if count and instant > app.clock.now():
            app.clock.set(instant)

    def attach(self) -> None:
        """Keep what the app does from now on."""
        self._app.journal.keep = self.add

    def add(self, instant: int, call: str, body: bytes) -> None:
        """Keep one request with the next commit."""
        number, name = self._number + 1, call.encode()
        self._digest = digest = digest_of(self._digest, number, instant, name, body)
        self._number = number
        self._pending.append((number, instant, name, body, digest))

    def commit(self) -> Answer | None:
        """Write what is pending; returns the answer that must go out instead when it cannot be written."""
        if not self._pending:
            return None
        try:
            self._file.write(self._pending)
        except (sqlite3.Error, OSError) as problem:
            self._file.roll_back()
            self._failed_size = max(4096, sum(len(entry[3]) for entry in self._pending))
            self._app.journal.blocked = self._recover
            self._complain(f"the journal {self._file.path} cannot be written: {problem}; answering 503 until it can")
            return _FAILED
        finally:
            self._pending.clear()
        return None

    def _recover(self) -> Answer | None:
        """Try whether the journal can be written; if so, make the state anew from it: what got 503 is not done."""
        app, file = self._app, self._file
        try:
            file.try_to_write(self._failed_size)
            count, damage = file.check()
        except (sqlite3.Error, OSError):
            file.roll_back()
            return _FAILED
        if damage:
            self._complain(f"the journal {file.path} is damaged: {damage}; answering 503")
            return _FAILED
        scenarios = dict(app.scenarios)
        app.planting.clear()
        app.clock.put_back(self._clock)
        app.reseed(self._seed)
        app.build()
        app.planting.plant(self._planted)
        self._do_again(count)
        app.scenarios.update(scenarios)
        app.journal.blocked = None
        self._complain(f"the journal {file.path} can be written again; {count} requests replayed")
        return None

    def close(self) -> None:
        """Write what is pending and close the files."""
        self.commit()
        self._file.close()
