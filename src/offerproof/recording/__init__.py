"""Recorded traffic, read: one reader a format, and each of them yields :class:`Recorded`.

``formats`` is the table of kinds (told by content), ``creators`` the table of the tools that record and what can be
relied on of each, ``bodies`` finds what went over the wire, ``opening`` takes files, folders, archives and standard
input. Nothing here judges: of each part of an exchange it says whether it is known, not recorded, or altered.
"""

from offerproof.recording.creators import Order, Traits
from offerproof.recording.model import Body, Fact, Headers, Recorded, Skipped, date_of, header
from offerproof.recording.opening import Opened, open_recordings
from offerproof.recording.source import Recording
from offerproof.recording.writing import write_anonymised

__all__ = [
    "Body",
    "Fact",
    "Headers",
    "Opened",
    "Order",
    "Recorded",
    "Recording",
    "Skipped",
    "Traits",
    "date_of",
    "header",
    "open_recordings",
    "write_anonymised",
]
