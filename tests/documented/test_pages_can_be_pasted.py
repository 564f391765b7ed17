"""Whoever pastes a command of README or docs gets what the page says: each is run here, or its options are read."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from benchmarks.recorded_walk import RecordedSimulator, har
from offerproof.cli import offerproof
from tests.documented.pages import PAGES, ROOT, Block, Parsed, Pasted, blocks, names

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
BETWEEN = "==== block "
NEEDED = ("bash", "curl", "openssl")

Paste = Callable[[str], list[str]]


@pytest.fixture
def paste(server: Any, tmp_path: Path) -> Paste:
    """Paste a page into a shell in a folder of its own; returns what each of its blocks printed."""

    def run(page: str) -> list[str]:
        how = PAGES[page]
        assert isinstance(how, Pasted)
        script = "set -euo pipefail\n"
        for number, block in enumerate(one for one in blocks(page) if one.is_pasted):
            script += f"printf '\\n{BETWEEN}{number}\\n'\n" + (
                "" if "--credential core=" in block.text else block.commands
            )
        for there, here in how.instead.items():
            assert there in script
            script = script.replace(there, here)
        server.profile_into(tmp_path / "staging.toml")
        shutil.copy(ROOT / "examples/waivers.toml", tmp_path)
        walk = RecordedSimulator()
        walk.till("Lookup", {"external_customer_id": "nobody"})
        walk.offers("fetch_offer", offer_id="1", culture="en")
        walk.search("nobody@example.com")
        (tmp_path / "walk.har").write_bytes(har(walk.entries, "mitmproxy"))
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ran = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "SERVER": server.url},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert ran.returncode == how.code, ran.stdout[-3_000:] + ran.stderr[-3_000:]
        return re.split(rf"\n{BETWEEN}\d+\n", ran.stdout)[1:]

    return run


def test_every_page_with_something_to_paste_says_so_and_is_in_the_list() -> None:
    unmarked = {page for page in names() if any(one.is_command and not one.is_pasted for one in blocks(page))}
    assert unmarked == set()
    assert {page for page in names() if any(one.is_pasted for one in blocks(page))} == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_every_option_of_every_command_is_one_that_the_command_has(page: str) -> None:
    lines = [line for one in blocks(page) if one.is_pasted for line in one.commands.replace("\\\n", " ").splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("offerproof ")]
    assert commands or page in ("docs/load-runs.md", "docs/pytest.md") or isinstance(PAGES[page], Pasted)
    for _, name, *words in commands:
        command = offerproof.get_command(click.Context(offerproof), name)
        assert command is not None
        stop = next((words.index(sign) for sign in ("||", "|", "&", ">") if sign in words), len(words))
        command.make_context(name, words[:stop], resilient_parsing=False)


@pytest.mark.parametrize("page", [page for page, how in PAGES.items() if isinstance(how, Parsed)])
def test_who_runs_what_is_only_read_here_is_there(page: str) -> None:
    how = PAGES[page]
    assert isinstance(how, Parsed)
    assert (ROOT / how.because.partition(":")[0]).exists()


@pytest.mark.slow
@pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"needs {', '.join(NEEDED)}")
@pytest.mark.parametrize("page", [page for page, how in PAGES.items() if isinstance(how, Pasted)])
def test_a_page_can_be_pasted_and_prints_what_it_shows(page: str, paste: Paste) -> None:
    shown = paste(page)
    given = [one for one in blocks(page) if one.is_pasted]
    wrong = [part for one, part in zip(given, shown, strict=True) if one.mark == "console" and not one.prints(part)]
    assert wrong == []
    answers = [one.text for one in blocks(page) if one.mark == "json"]
    if answers:
        assert [_comparable(part) for part in shown if part.startswith("{")] == [_comparable(one) for one in answers]


def test_what_make_certify_does_is_what_is_pasted_for_it() -> None:
    how = PAGES["README.md"]
    assert isinstance(how, Pasted)
    recipe = how.instead["make certify"].replace("offerproof", "$(BIN)/offerproof")
    assert f"certify: $(RUNS)\n\t{recipe}\n" in (ROOT / "Makefile").read_text("utf-8")


def test_the_readme_is_short_and_every_link_of_it_leads_somewhere() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= 200
    for page in names():
        links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text("utf-8"))
        assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == [], page


def test_a_block_whose_output_differs_in_a_word_or_line_is_not_what_is_printed() -> None:
    block = Block("console", "$ offerproof certify\nLevel   gate\n…\nkept 12 of 13\nCONFORMS\n")
    assert block.prints("Level  gate\nthis\nand that\nkept 347 of 413\nCONFORMS\n")
    assert block.prints("Level  gate\nkept 347 of 413\nCONFORMS\n")
    for other in ("Level  full\nkept 1 of 3\nCONFORMS\n", "Level  gate\nkept 1 of 3\nNOT JUDGED\n", "Level  gate\n"):
        assert not block.prints(other)


def _comparable(document: str) -> object:
    return json.loads(GUID.sub("GUID", document))
