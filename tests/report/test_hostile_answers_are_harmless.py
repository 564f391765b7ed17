"""Whatever a target answers, a report shows it and nothing more."""

from __future__ import annotations

import base64
import hashlib
import json as standard
import re
from html.parser import HTMLParser
from io import StringIO
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from offerproof.findings import Run
from offerproof.report.comparison import compare_runs
from offerproof.report.formats import Format, all_formats, html, json, junit, markdown, text
from offerproof.report.live import LiveView
from offerproof.report.matrix import matrix_of
from offerproof.report.safety import bounded, command, one_line, visible, write


class Tags(HTMLParser):
    """Collects the tags of a document, their attributes, and what scripts say."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open = True

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and self.open:
            self.scripts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.open = False


def parsed(document: str) -> Tags:
    tags = Tags()
    tags.feed(document)
    return tags


def test_invisible_characters_become_escapes_one_can_read() -> None:
    assert visible("a\x1b[31mb\x00\x7f\x85") == "a\\x1b[31mb\\x00\\x7f\\x85"
    assert visible("\u202egnp.exe\u2066\u200f\ufeff") == "\\u202egnp.exe\\u2066\\u200f\\ufeff"
    assert visible("\ud800 \U000e0041") == "\\ud800 \\U000e0041"
    assert visible("tab\tline\r\nnext\rlast\n") == "tab\tline\nnext\nlast\n"
    assert visible("Grüße 漢字 مرحبا 🎁") == "Grüße 漢字 مرحبا 🎁"


def test_a_long_text_is_cut_and_says_by_how_much() -> None:
    assert bounded("x" * 10, 10) == "x" * 10
    assert bounded("x" * 1_010, 10) == "xxxxxxxxxx… (1,000 more characters)"
    assert one_line("a \n\t b\r\nc") == "a b c"


def test_a_command_is_shown_whole_or_not_at_all() -> None:
    assert command("curl x\x1b") == "curl x\\x1b"
    assert command("curl " + "x" * 9_000).startswith("# 9,005 characters, too long to show here")


@pytest.fixture(
    params=[
        pytest.param((form, what), id=f"{form.name}-{what}")
        for form in all_formats()
        for what in ("run", "comparison", "beside", "matrix")
        if getattr(form, what)
    ]
)
def shown(request: pytest.FixtureRequest, hostile: Run, conforming: Run) -> tuple[Format, str]:
    """Whatever any format makes of a hostile run, also one that nobody told these tests of."""
    form, what = request.param
    given: dict[str, list[Any]] = {
        "run": [hostile],
        "comparison": [compare_runs(conforming, hostile)],
        "beside": [hostile, hostile],
        "matrix": [matrix_of([conforming, hostile])],
    }
    return form, getattr(form, what)(*given[what])


def test_no_control_character_survives(shown: tuple[Format, str]) -> None:
    _, document = shown
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", document) == []


def test_the_length_is_bounded_where_something_may_be_cut(shown: tuple[Format, str]) -> None:
    form, document = shown
    assert len(document) < 120_000 or form.whole


def _html_holds_no_tag_of_the_targets(document: str) -> None:
    tags = parsed(document)
    names = [name for name, _ in tags.tags]
    assert names.count("script") == 1
    assert "img" not in names
    assert not any(attribute.startswith("on") for _, attributes in tags.tags for attribute in attributes)
    assert "alert(" not in "".join(tags.scripts)


def _xml_is_read(document: str) -> None:
    assert ET.fromstring(document).tag == "testsuites"


def _markdown_holds_no_tag_link_or_mention_outside_code(document: str) -> None:
    prose = re.sub(r"(`{3,}).*?\n.*?\n\1\n", "", document + "\n", flags=re.DOTALL)
    assert re.findall(r"<(?!/?details>|/?summary>)", prose) == []
    assert "@someone" not in prose
    assert re.findall(r"(?<!\\)\[link", prose) == []
    assert "javascript:" not in prose


def _json_is_read(document: str) -> None:
    assert document.isascii()
    assert isinstance(standard.loads(document), dict | list)


def _plain_text_ends_in_a_line(document: str) -> None:
    assert document.endswith("\n")


def _svg_draws_and_asks_for_nothing(document: str) -> None:
    names = {one.tag.rpartition("}")[2] for one in ET.fromstring(document).iter()}
    assert names == {"svg", "title", "rect", "g", "text"}
    assert "href" not in document


def _every_metric_is_read(document: str) -> None:
    assert list(text_string_to_metric_families(document))


HARMLESS = {
    "application/sarif+json": _json_is_read,
    "application/har+json": _json_is_read,
    "application/openmetrics-text": _every_metric_is_read,
    "image/svg+xml": _svg_draws_and_asks_for_nothing,
    "text/html": _html_holds_no_tag_of_the_targets,
    "application/xml": _xml_is_read,
    "text/markdown": _markdown_holds_no_tag_link_or_mention_outside_code,
    "application/json": _json_is_read,
    "text/plain": _plain_text_ends_in_a_line,
}
"""What harmless means to who opens a document of this type, beyond control characters and length."""


def test_a_hostile_run_is_harmless_to_who_opens_the_report(shown: tuple[Format, str]) -> None:
    form, document = shown
    assert form.media_type in HARMLESS, "say here what harmless means to who opens such a document"
    HARMLESS[form.media_type](document)


def test_html_asks_for_nothing_from_anywhere(hostile: Run, failing: Run) -> None:
    for run in (hostile, failing):
        tags = parsed(html.render(run)).tags
        assert [name for name, _ in tags if name in ("link", "iframe", "object", "embed", "base", "form")] == []
        leading = ("src", "href", "srcset", "action")
        addresses = [value or "" for _, attributes in tags for name, value in attributes.items() if name in leading]
        assert [address for address in addresses if not address.startswith("#")] == []
        assert "url(" not in html.render(run)


def test_html_lets_only_our_script_run(hostile: Run) -> None:
    tags = parsed(html.render(hostile))
    policy = next(a["content"] for name, a in tags.tags if name == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    digest = base64.b64encode(hashlib.sha256("".join(tags.scripts).encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy


def test_junit_shows_what_was_answered_in_escapes(hostile: Run) -> None:
    root = ET.fromstring(junit.render(hostile))
    assert "\\x1b[31mred" in (next(root.iter("failure")).get("message") or "")


def test_markdown_fences_are_longer_than_any_fence_inside(making: Any) -> None:
    run = making.run([making.clause("LOCK-1")], [making.finding("LOCK-1", "fail", expected="`````\n# x", observed="y")])
    assert "\n``````diff\n- `````\n" in markdown.render(run)


def test_json_keeps_everything_in_plain_ascii(hostile: Run, hostile_text: str) -> None:
    document = json.render(hostile)
    assert document.isascii()
    assert standard.loads(document)["findings"][0]["summary"] == hostile_text


def test_rich_markup_in_an_answer_is_text(hostile: Run) -> None:
    assert "[bold]rich[/bold]" in text.render(hostile, width=4_000)
    coloured = text.render(hostile, colour=True, width=4_000)
    assert set(re.findall(r"\x1b\[[0-9;]*(.)", coloured)) == {"m"}


def test_a_terminal_that_cannot_show_a_character_gets_a_question_mark(failing: Run) -> None:
    class Narrow(StringIO):
        encoding = "ascii"

    out = Narrow()
    write(out, "→ ok ✓")
    assert out.getvalue() == "? ok ?"
    LiveView(out=out, progress=Narrow(), environ={}).certificate(failing)
    assert out.getvalue().isascii()
