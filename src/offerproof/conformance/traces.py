"""What a stack trace looks like in an answer: the forms that the usual platforms print."""

from __future__ import annotations

import re
from typing import Final

_TRACES: Final = re.compile(
    r"Traceback \(most recent call last\)|File \\?\"[^\"]{1,200}\", line [0-9]+|"
    r"\bat [\w.$<>]+\([\w. ]*(?::[0-9]+)?\)|\.(?:py|rb|java|cs|go|php|js|ts):[0-9]+|System\.\w*Exception|"
    r"\"stack_?trace\"\s*:\s*(?!null|\"\"|\[\s*\]|\{\s*\})[^\s]",
    re.IGNORECASE,
)
"""A member that is named so may exist, as long as it is empty."""


def shows_a_trace(text: str) -> bool:
    """Whether the text of an answer shows a stack trace."""
    return _TRACES.search(text) is not None
