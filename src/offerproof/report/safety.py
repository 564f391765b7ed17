"""What a target answered, made harmless: visible control characters, bounded length.

A report is opened by people who trust it, in browsers, terminals and build servers. Text from a target could carry
escape sequences, marks that turn the direction of writing, characters that no XML document may hold, or a megabyte of
nothing.
"""

from __future__ import annotations

import re
from typing import IO, Final

CELL: Final = 400
"""Characters of a value shown in a line or a table cell."""
BODY: Final = 8_000
"""Characters of a body shown in a transcript."""

# C0 and C1 controls without tab and newline, surrogates, the marks that change the direction of writing, line and
# paragraph separators, zero-width characters, tag characters (invisible copies of ASCII), and what XML 1.0 forbids.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
_NEWLINES: Final = re.compile("\r\n|\r")
_BLANKS: Final = re.compile(r"[ \t\n]+")


def _escape(match: re.Match[str]) -> str:
    r"""An invisible character as one can read it in any font: ``\x1b``, ``\u202e``, ``\U000e0041``."""
    code = ord(match.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible(text: str) -> str:
    """The text with every invisible or direction-changing character as an escape one can read; tab and newline stay.

    The result is legal in XML 1.0 and holds no terminal escape sequence.
    """
    return _UNSEEN.sub(_escape, _NEWLINES.sub("\n", text))


def bounded(text: str, limit: int = BODY) -> str:
    """``visible`` text of at most ``limit`` characters and, when something was cut, a note that says how much."""
    # Cut twice: an escape is longer than the character it stands for, and nobody waits for a megabyte of them.
    shown = visible(text[: limit + 1])
    if len(text) <= limit and len(shown) <= limit:
        return shown
    kept = shown[:limit]
    return f"{kept}… ({max(len(text), len(shown)) - limit:,} more characters)"


def one_line(text: str, limit: int = CELL) -> str:
    """``bounded`` text on one line: every run of blanks and newlines is one space."""
    return bounded(_BLANKS.sub(" ", _NEWLINES.sub("\n", text[: limit * 8])).strip(), limit)


def command(words: str, limit: int = BODY) -> str:
    """A command to copy: whole, or not at all. Half a command is worse than none."""
    shown = visible(words)
    if len(shown) <= limit:
        return shown
    return f"# {len(shown):,} characters, too long to show here; offerproof report RUN --format json has it"


def write(stream: IO[str], words: str) -> None:
    """Write text whatever the stream's encoding: what it cannot encode becomes a question mark, never an exception."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(words.encode(encoding, "replace").decode(encoding))
    stream.flush()


class Drawn(str):
    """Markup we made ourselves, every foreign text in it escaped: templates print it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)
