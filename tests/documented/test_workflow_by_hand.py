"""The README's workflow runs as it is printed, and the README shows what really came back."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

pytestmark = [
    pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="needs curl and bash"),
]

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _comparable(document: str) -> object:
    return json.loads(GUID.sub("GUID", document))


def test_each_step_of_the_script_answers_what_the_readme_shows(server, root_of_project):
    ran = subprocess.run(
        ["bash", root_of_project / "examples/workflow.sh", server.url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    steps = re.findall(r"^== (.*)\n(.*)$", ran.stdout, re.MULTILINE)
    assert len(steps) == 9
    readme = (root_of_project / "README.md").read_text("utf-8")
    shown = re.findall(r"^```json\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert [_comparable(answer) for _, answer in steps] == [_comparable(block) for block in shown]
    assert [title for title, _ in steps if f"**{title}**" not in readme] == []
