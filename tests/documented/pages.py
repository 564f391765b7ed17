"""README and docs as what their readers do with them: blocks marked ``sh`` are pasted, those marked ``console`` are
commands (after ``$``) and what they print.

``PAGES`` is the one list: for each page that has such a block, how it is pasted here. A line of ``…`` stands for any
lines; numbers, ids and instants are those of one run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND: Final = re.compile(r"^(\$ )?(offerproof|make|curl|locust|bash|python3?|pip|openssl) ", re.MULTILINE)


@dataclass(frozen=True)
class Pasted:
    """The page is pasted whole into one shell, whose folder has ``staging.toml`` (a simulator's), ``waivers.toml`` and
    ``walk.har``."""

    instead: Mapping[str, str] = field(default_factory=dict)
    """What is written otherwise here, because it takes a port, a while or the whole repository."""
    code: int = 0


@dataclass(frozen=True)
class Parsed:
    """The options of its commands are read, and nothing is run; ``because`` says who runs them."""

    because: str


PAGES: Final[dict[str, Pasted | Parsed]] = {
    "README.md": Pasted(
        {
            "make certify": "offerproof certify --level gate",  # its recipe, which a test compares
            "offerproof simulate --port 8080": "offerproof simulate --port 0 --profile-out ready.toml > ready.log &\n"
            "server=$!; until [ -s ready.toml ]; do sleep 0.05; done; kill $server; wait $server",
            "--duration 30s": "--warm-up 0.2s --duration 1s",
        }
    ),
    "docs/workflow.md": Pasted({"BASE=http://127.0.0.1:8080": "BASE=$SERVER"}),
    "docs/your-own-target.md": Pasted(),
    "docs/your-own-clauses.md": Parsed("tests/conformance/test_clauses_of_a_team.py: the folder of the examples"),
    "docs/pipelines.md": Pasted(),
    "docs/signed-certificates.md": Pasted(),
    "docs/guided-session.md": Parsed("tests/guided: a till at work, by hand and from a script"),
    "docs/contract-files.md": Pasted(),
    "docs/load-runs.md": Parsed("tests/loadtest: hosts, and minutes of load"),
    "docs/memory.md": Parsed("benchmarks/load_soak_memory.py: a server that is filled for minutes"),
    "docs/recorded-traffic.md": Parsed("tests/audit: recordings of every kind"),
    "docs/two-sittings.md": Parsed("tests/conformance/test_certificates_in_two_sittings.py: a month lies in between"),
    "docs/pytest.md": Parsed("tests/conformance/test_pytest_runs_checks.py: pytest in a folder of its own"),
    "docs/write-a-clause.md": Parsed("tests/conformance/test_the_guide_to_writing_a_clause.py: a suite of its own"),
}


@dataclass(frozen=True)
class Block:
    """One fenced block: its mark, its text."""

    mark: str
    text: str

    @property
    def commands(self) -> str:
        """What is pasted."""
        if self.mark == "sh":
            return self.text
        return "".join(f"{line[2:]}\n" for line in self.text.splitlines() if line.startswith("$ "))

    @property
    def is_pasted(self) -> bool:
        """Whether it is marked as something to paste."""
        return self.mark in ("sh", "console")

    @property
    def is_command(self) -> bool:
        """Whether it looks like something to paste, however it is marked."""
        return _COMMAND.search(self.text) is not None

    def prints(self, shown: str) -> bool:
        """Whether this is what the block says is printed."""
        told = [line for line in self.text.splitlines() if not line.startswith("$ ")]
        parts = [r"(?:.*\n)*?" if line == "…" else f"{re.escape(_plain(line))}\n" for line in told]
        return re.fullmatch("".join(parts), "".join(f"{_plain(line)}\n" for line in shown.splitlines())) is not None


def blocks(page: str) -> list[Block]:
    """Every fenced block of a page, in order."""
    return [Block(*found) for found in _FENCE.findall((ROOT / page).read_text("utf-8"))]


def names() -> list[str]:
    """Every page that readers of the documentation see."""
    return ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))]


def _plain(line: str) -> str:
    """A line without what another run has otherwise: numbers, ids, and the spaces that align them."""
    return re.sub(r"\s+", " ", re.sub(r"\d[\d,.:a-fTZ-]*|(?<= )·(?= |$)", "0", line)).rstrip()
