"""What was used of a profile's pools, by any run of any kind: written down for good, beside the runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import IO

from filelock import FileLock

from offerproof.errors import Misuse


class Ledger:
    """Which entries were used, by any run. Another run, or thread, is kept out by a lock on a file beside it.

    Without a ``path`` nothing is written down, and what was used is forgotten in the end.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._memory = StringIO()
        self._known: set[str] = set()
        self._read = 0
        """Up to where the file is in ``known``: a run takes thousands of entries, and others only add lines."""

    @property
    def name(self) -> str:
        """Where used entries are written down, for messages: somebody who sees a full pool wants to know."""
        return self.path.name if self.path else "by this run"

    def used(self) -> frozenset[str]:
        """Ids that are used up."""
        if self.path is None:
            return self._ids(self._memory.getvalue())
        return self._ids(self.path.read_text("utf-8")) if self.path.exists() else frozenset()

    def take(self, choose: Callable[[Set[str]], str | None], run_id: str) -> str | None:
        """Let ``choose`` pick an id among what is not used and write it down, while nobody else can."""
        with self._alone() as file:
            chosen = choose(self._up_to_date(file))
            if chosen is not None:
                self._write(file, [chosen], run_id)
            return chosen

    def take_all(self, wanted: Iterable[str], run_id: str) -> frozenset[str]:
        """Write down those of many ids that are not used yet, and return them."""
        with self._alone() as file:
            known = self._up_to_date(file)
            fresh = [name for name in dict.fromkeys(wanted) if name not in known]
            self._write(file, fresh, run_id)
            return frozenset(fresh)

    def _up_to_date(self, file: IO[str]) -> Set[str]:
        """Return the ids that are used up, having read what others added since the last time."""
        file.seek(0, os.SEEK_END)
        if file.tell() < self._read:  # somebody took lines out of it
            self._known, self._read = set(), 0
        file.seek(self._read)
        self._known |= self._ids(file.read())
        self._read = file.tell()
        return self._known

    def _write(self, file: IO[str], names: Iterable[str], run_id: str) -> None:
        run = json.dumps(run_id)
        file.writelines(f'{{"id": {json.dumps(name)}, "run": {run}}}\n' for name in names)
        self._known.update(names)
        file.flush()
        self._read = file.tell()

    def _ids(self, text: str) -> frozenset[str]:
        try:
            return frozenset(json.loads(line)["id"] for line in text.split("\n") if line)
        except (ValueError, TypeError, KeyError):
            hint = "a run was cut short while it wrote? remove the broken line"
            raise Misuse(f"the ledger {self.path} is damaged: a line is no record of an id", hint=hint) from None

    @contextmanager
    def _alone(self) -> Iterator[IO[str]]:
        """The file, readable by its owner only, while nobody else has it: each lock object is somebody of its own."""
        if self.path is None:
            yield self._memory
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock"), mode=0o600):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
                yield file
