"""An audit of exchanges while they happen: the same judges, one exchange after another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from io import BytesIO
from typing import Final

from offerproof.audit.clients import ClientAudit
from offerproof.audit.feeds import Feed
from offerproof.audit.observed import Observer
from offerproof.audit.orders import Before
from offerproof.audit.run import AuditInProgress, AuditOptions, FinishedAudit
from offerproof.recording import Opened, Order, Recorded, Recording, Skipped, Traits
from offerproof.recording.source import RecordedFile

DRAFT_S: Final = 5.0
"""Between two drafts of a run that goes on, at least."""
WATCHED: Final = Traits(name="offerproof watch", complete=True, order=Order.TIMED, repeats=False, exact=True)
"""What a proxy of ours knows: everything that went through it."""


class LiveAudit:
    """Judges exchanges as they come, in the order of their starts; ``close`` writes the run.

    An exchange that cannot be judged is counted, and said: whoever feeds them is never stopped by it.
    """

    def __init__(self, options: AuditOptions, title: str) -> None:
        self._audit = AuditInProgress(options, Opened((), (), ExitStack()))
        self._judge = self._audit.begin(WATCHED, Before(0, 0))
        self._observer = Observer(self._audit.keeper.redactor, options.profile)
        self._feed = Feed(0, Recording(RecordedFile(title, BytesIO()), title, WATCHED, _nothing, whole_seconds=False))
        self.taken = 0
        self.calls = 0
        self.failed: dict[str, int] = {}
        """Exchanges that we failed to judge, by what went wrong."""
        self._kept = (0.0, -1)
        """When a draft was last written, and after how many exchanges."""

    def take(self, recorded: Recorded) -> None:
        """Judge one exchange."""
        self.taken += 1
        try:
            if self._audit.take(self._judge, self._observer, recorded, self._feed, self.taken):
                self.calls += 1
        except Exception as problem:  # the client goes on, whatever we make of it
            kind = type(problem).__name__
            self.failed[kind] = self.failed.get(kind, 0) + 1

    def keep(self) -> None:
        """Write a draft of the run now and then: who is killed leaves what was seen until then.

        Raises:
            Misuse: no folder can be made for the run.
        """
        at, taken = self._kept
        if self.taken == taken or time.monotonic() - at < DRAFT_S:
            return
        with suppress(OSError):  # a full disk is told by the run itself; until then the client's calls go on
            self._audit.draft()
        self._kept = time.monotonic(), self.taken

    def close(self, notes: Sequence[str]) -> FinishedAudit:
        """Judge what is left, and write the run."""
        self._audit.end(self._judge)
        told = [f"{self._feed.recording.title}: {self.taken:,} exchanges, {self.calls:,} of them calls of the API"]
        told += [f"{count:,} exchanges could not be judged, our error: {kind}" for kind, count in self.failed.items()]
        return self._audit.write([self._judge], [*told, *notes])

    @property
    def client(self) -> ClientAudit | None:
        """The certificate of the client that is being made, where one was asked for."""
        return self._audit.client

    def close_client(self, cut: str, notes: Sequence[str]) -> FinishedAudit:
        """Judge what is left, and write the run of the client alone. ``cut``: why its session was broken off, if so."""
        self._audit.end(self._judge)
        return self._audit.write_client(notes, cut)


def _nothing(value: object, place: str) -> Skipped:
    return Skipped(place, "nothing stands in a file")
