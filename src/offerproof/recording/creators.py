"""What is known of the tools that record: one row each, from recordings that they made. The row used is printed."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class Order(StrEnum):
    """How the order of exchanges is known."""

    TIMED = "by instants"
    SEQUENCE = "one after another, as they stand in the file"
    ASSUMED = "assumed from the file"


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """What a recorder does. A trait that nobody knows takes the most cautious value, which is the default."""

    name: str
    complete: bool = False
    """Whether it can have recorded every exchange, so that an absent one is evidence."""
    order: Order = Order.ASSUMED
    repeats: bool = True
    """Whether its client may send a request again that it does not show."""
    hides_redirects: bool = False
    own_answers: tuple[int, ...] = ()
    """Statuses that it answers itself where the target gave no (whole) answer."""
    answers: bool = True
    """Whether it keeps the bodies of answers."""
    exact: bool = False
    """Whether bodies stand there byte for byte (a byte order mark, bytes that are no UTF-8)."""

    @property
    def told(self) -> str:
        """The row as a line for people."""
        said = [
            "can be complete" if self.complete else "leaves calls out: absence proves nothing",
            f"order {self.order}",
            "its client may repeat a request unseen" if self.repeats else "no unseen repeats",
        ]
        if self.hides_redirects:
            said.append("hides redirects")
        if self.own_answers:
            said.append(f"answers {', '.join(map(str, self.own_answers))} itself when the target breaks off")
        if not self.answers:
            said.append("bodies of answers are not recorded")
        said.append("bodies byte for byte" if self.exact else "bodies as text")
        return f"{self.name}: {'; '.join(said)}"


UNKNOWN: Final = Traits(name="unknown recorder", order=Order.TIMED, hides_redirects=True)

NEWMAN: Final = Traits(name="newman", complete=True, order=Order.SEQUENCE, repeats=False, hides_redirects=True)
VCRPY: Final = Traits(name="vcrpy", repeats=False)
WIREMOCK: Final = Traits(
    name="WireMock journal", complete=True, order=Order.TIMED, repeats=False, own_answers=(500,), exact=True
)
GATEWAY: Final = Traits(name="gateway log", complete=True, order=Order.TIMED, repeats=False, answers=False)
OWN_RUN: Final = Traits(name="offerproof run", order=Order.TIMED, repeats=False)

_OF_HAR: Final = {
    "playwright": Traits(name="Playwright", complete=True, order=Order.TIMED),
    "webinspector": Traits(name="WebInspector", complete=True, order=Order.TIMED),
    "chrome-har": Traits(name="chrome-har", order=Order.TIMED),
    "mitmproxy": Traits(name="mitmproxy", complete=True, order=Order.TIMED, repeats=False, own_answers=(502,)),
    "polly.js": Traits(name="Polly.JS", order=Order.TIMED, hides_redirects=True),
    "harfile": Traits(name="harfile", complete=True, order=Order.TIMED, repeats=False),
}
"""By ``log.creator.name``, in lower case."""


_OTHERS: Final = {row.name.lower(): row for row in (NEWMAN, VCRPY, WIREMOCK, GATEWAY, OWN_RUN)}
"""Recorders of other kinds, whose traffic stands in a HAR that we have made of it."""


def traits_of_har(creator: str) -> Traits:
    """The row of a HAR's creator, or the most cautious one."""
    name = creator.strip().lower()
    known = _OF_HAR.get(name) or _OTHERS.get(name)
    if known is not None:
        return known
    return msgspec.structs.replace(UNKNOWN, name=f"unknown recorder {creator[:40]!r}") if creator else UNKNOWN
