"""``make quick`` leaves out what is marked slow, and still runs most tests and some of every folder."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

COLLECT = """
import sys
import pytest

class Tell:
    def pytest_collection_finish(self, session):
        for item in session.items:
            slow = item.get_closest_marker("slow") is not None
            print("collected", item.nodeid.split("/")[1], "slow" if slow else "quick", sep="\\t")

sys.exit(pytest.main(["--collect-only", "-q", "-q", "tests"], plugins=[Tell()]))
"""


@pytest.mark.slow
def test_quick_runs_at_least_half_of_the_tests_and_some_of_every_folder(root: Path) -> None:
    collected = subprocess.run(
        [sys.executable, "-c", COLLECT], cwd=root, capture_output=True, text=True, timeout=300, check=False
    )
    assert collected.returncode == 0, collected.stdout[-2000:] + collected.stderr
    rows = [line.split("\t")[1:] for line in collected.stdout.splitlines() if line.startswith("collected\t")]
    speeds = Counter(speed for _, speed in rows)
    assert 0 < speeds["slow"] <= speeds["quick"]
    folders = {place.parent.relative_to(root / "tests").parts[0] for place in (root / "tests").rglob("test_*.py")}
    assert folders <= {folder for folder, _ in rows}
    assert sorted(folders - {folder for folder, speed in rows if speed == "quick"}) == [], "these have no quick test"
