"""What the page gives its script to work with; ``test_html_works_in_a_browser`` has it at work, where a browser is."""

from __future__ import annotations

import json
import re
from html import unescape
from importlib.resources import files
from typing import Any

from offerproof.findings import Audit, Run, Verdict
from offerproof.findings.load_records import SeriesSecond
from offerproof.report.formats import html
from offerproof.report.loadview import fold
from offerproof.report.plots import over_time

TEMPLATES = files("offerproof.report") / "templates"
STYLE, SCRIPT = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("style.css", "script.js"))
PAGES = "".join(one.read_text(encoding="utf-8") for one in TEMPLATES.iterdir() if one.name.endswith(".html"))


def reasons_of(shown: str) -> list[str]:
    (why,) = re.findall(r'<h2 id="why">.*?</ul>', shown, re.DOTALL)
    return re.findall(r'<li class="hostile">(.*?)</li>', why)


def links_lead_somewhere(shown: str) -> bool:
    ids = re.findall(r'\bid="([^"]+)"', shown)
    return sorted(ids) == sorted(set(ids)) and set(re.findall(r'href="#([^"]+)"', shown)) <= set(ids)


def test_why_links_to_the_finding_and_to_the_clause_where_there_is_none(failing: Run) -> None:
    assert reasons_of(html.render(failing)) == [
        '<a href="#finding-1">LOCK-1</a> failed: The Lock answer carries the status LOCKED.',
        '<a href="#finding-4">REDEEM-2</a> could not be judged, our error: our own error: KeyError in the check',
        '<a href="#clause-REDEEM-1">REDEEM-1</a> is unknown: no check of this run exercised it',
    ]


def test_why_links_to_the_answer_of_the_audit(making: Any) -> None:
    audits = [
        Audit(question="Twice?", verdict=Verdict.PASS, clause="LOCK-1", observed="none"),
        Audit(question="Stolen?", verdict=Verdict.FAIL, clause="LOCK-1", observed="<once>"),
    ]
    run = making.run([making.clause("LOCK-1")], [making.finding("LOCK-1", "pass"), *audits], kind="load")
    shown = html.render(run)
    assert reasons_of(shown) == ['<a href="#audit-1">audit failed: Stolen?</a>']
    assert links_lead_somewhere(shown)


def test_a_text_of_the_targets_that_looks_like_a_clause_is_no_link(making: Any) -> None:
    clause = making.clause("LOCK-1", sentence="As ZZZ-9 and <b>LOCK-1</b> say.")
    (told,) = reasons_of(html.render(making.run([clause], [making.finding("LOCK-1", "fail")])))
    assert told.endswith('failed: As ZZZ-9 and &lt;b&gt;<a href="#finding-1">LOCK-1</a>&lt;/b&gt; say.')


def test_each_copy_button_has_its_text_in_its_own_card(failing: Run) -> None:
    shown = html.render(failing)
    found = {}
    for card in re.findall(r'<article class="card finding.*?</article>', shown, re.DOTALL):
        (name,) = re.findall(r'data-clause="([^"]+)"', card)
        found[name] = re.findall(r'data-copy="(\w+)"', card)
        assert re.findall(r'data-text="(\w+)"', card) == [what for what in found[name] if what != "transcript"]
        assert ("transcript" in found[name]) == ('<ol class="steps">' in card)
    assert found == {
        "LOCK-1": ["replay", "curl", "transcript"],
        "LOCK-3": ["curl", "transcript"],
        "LOCK-4": [],
        "REDEEM-2": [],
    }


def test_findings_beyond_those_in_full_have_a_line_each_and_are_counted_beyond_that(
    making: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(html, "FINDINGS", 2)
    monkeypatch.setattr(html, "LISTED", 3)
    findings = [
        making.finding("LOCK-1", "fail", identity=str(n), summary=f"defect <{n}>", count=n + 1) for n in range(9)
    ]
    shown = html.render(making.run([making.clause("LOCK-1")], findings))
    lines = re.findall(r'<tr id="finding-(\d+)" data-verdict="fail"><td class="num">\1</td>.*?</tr>', shown)
    cards = re.findall(r'<article .*? id="finding-(\d+)"', shown)
    assert (len(cards), len(lines)) == (2, 3)
    assert len({*cards, *lines}) == 5
    assert "4 more findings are in the run file" in shown
    assert links_lead_somewhere(shown)


def test_what_is_printed_by_choice_has_a_box_and_a_rule_and_no_other_has() -> None:
    parts = set(re.findall(r'data-print="(\w+)"', PAGES))
    assert parts == {"findings", "transcripts", "clauses", "more"}
    boxes = set(re.findall(r'<input type="checkbox" value="(\w+)">', (TEMPLATES / "tools.html").read_text("utf-8")))
    rules = set(re.findall(r"html:not\(\.p-\w+\) \[data-print=(\w+)\]", STYLE[STYLE.index("@media print") :]))
    assert parts == boxes == rules


def test_the_script_uses_nothing_that_leads_out_of_the_page() -> None:
    assert (
        re.findall(r"fetch\(|XMLHttp|import\(|WebSocket|sendBeacon|innerHTML|insertAdjacent|eval\(|https?:", SCRIPT)
        == []
    )


def test_a_plot_carries_the_values_that_it_draws(making: Any) -> None:
    seconds = [
        SeriesSecond(name="(all calls)", second=n, count=100 + n, errors=n % 2, p50=1.0, p95=2.5, p99=None, max=12.3456)
        for n in range(4)
    ]
    run = making.run([making.clause("LOAD-1")], [making.finding("LOAD-1", "pass"), *seconds], kind="load")
    view = fold(run)
    assert view is not None
    plots = {name: json.loads(plot.points) for name, plot in over_time(view).items()}
    series = {(name, one["name"]): one["points"] for name, plot in plots.items() for one in plot["series"]}
    latency = "Latency, from the intended start"
    assert series["Rate", "requests/s"] == [[0, 100], [1, 101], [2, 102], [3, 103]]
    assert series[latency, "p95"] == [[0, 2.5], [1, 2.5], [2, 2.5], [3, 2.5]]
    assert series[latency, "max"][0] == [0, 12.35]
    assert (latency, "p99") not in series
    assert series["Errors", "errors"] == [[0, 0], [1, 1], [2, 0], [3, 1]]
    assert (plots[latency]["unit"], plots[latency]["range"]) == (" ms", [0, 4])
    shown = [json.loads(unescape(told)) for told in re.findall(r'data-plot="([^"]+)"', html.render(run))]
    assert shown == list(plots.values())
