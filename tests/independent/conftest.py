"""The Harbour Club in a process of its own: a server written from the documents alone, and the profile that tells of
it.

It shares nothing with the package: no import, no schema, no helper. It differs from our simulator wherever the
documents leave a choice: program, ids, envelopes, pages, locks, what arrives later, how HTTP is spoken.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from offerproof.target import Profile, load_profile

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "CORE_KEY": "core-key",
    "CORE_SECRET": "core-secret",
    "CORE_API_KEY": "harbour-app",
    "OFFERS_KEY": "offers-key",
    "OFFERS_SECRET": "offers-secret",
    "POS_KEY": "till-key",
    "POS_SECRET": "till-secret",
}


@pytest.fixture
def harbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Profile]]:
    """Start the server with these options; return the profile of what was started."""
    for name, value in KEYS.items():
        monkeypatch.setenv(f"HARBOUR_{name}", value)
    with ExitStack() as stack:

        def start(*options: str) -> Profile:
            command = [sys.executable, "-m", "tests.independent.harbour", *options]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, text=True, **pipes))  # type: ignore[call-overload]
            stack.callback(process.stdin.close)
            addresses = json.loads(process.stdout.readline())
            text = (ROOT / "tests" / "independent" / "harbour.toml").read_text(encoding="utf-8")
            for place, service in enumerate(("core", "offers", "cloudpos"), 1):
                text = text.replace(f'"http://127.0.0.1:{place}"', f'"{addresses[service]}"')
            file = tmp_path / "harbour.toml"
            file.write_text(text, encoding="utf-8")
            return load_profile(file)

        yield start
