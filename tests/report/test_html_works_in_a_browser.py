"""What the script of a report does: finding, filtering, sorting, deep links, copying, keys, values of plots, paper.

Debian's Chromium, driven by Playwright; where there is none, all of this is skipped.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from offerproof.findings import OperationRecord, PlannedClause, Verdict, read_run
from offerproof.findings.model import Fault, Situation
from offerproof.report.formats import html

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None or not (find_spec("playwright") and find_spec("axe_playwright_python")):
    pytest.skip("no browser here: apt-get install chromium, then make browser", allow_module_level=True)

SAMPLES = Path(__file__).resolve().parents[2] / "reports" / "sample"
REPORTS = sorted(SAMPLES.rglob("*.html"))
DESK = {"width": 1280, "height": 900}
PAGES = 6
OPENED_MS = 2_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


Open = Callable[..., Any]


@pytest.fixture
def show(browser: Any) -> Iterator[Open]:
    """Opens a report; in the end nothing was complained of, and nothing was asked for but the file itself."""
    contexts, trouble = [], []

    def opened(file: Path, address: str = "", **how: Any) -> Any:
        how = {"viewport": DESK, "reduced_motion": "reduce", "permissions": ["clipboard-read", "clipboard-write"]} | how
        context = browser.new_context(**how)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: trouble.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        page.on("request", lambda asked: None if asked.url.startswith(file.as_uri()) else trouble.append(asked.url))
        page.goto(file.as_uri() + address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert trouble == []


@pytest.fixture
def certificate(show: Open) -> Any:
    """The certificate of a target with planted defects."""
    return show(SAMPLES / "failing" / "certificate.html")


def shown(page: Any, selector: str) -> list[str]:
    """The first word of everything of this kind that can be seen."""
    return [text.split()[0] for text in page.locator(f"{selector}:visible").all_inner_texts()]


def pages_of(page: Any) -> int:
    return len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(format="A4")))


@pytest.mark.parametrize("report", REPORTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=("desk", "phone"))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_report(show: Any, report: Path, size: tuple[int, int], scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = show(report, viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["impact"], one["nodes"][0]["target"]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]


@pytest.mark.parametrize("kind", ["failing", "hostile", "session"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=("desk", "phone"))
def test_axe_finds_nothing_where_no_sample_goes(
    show: Any, request: pytest.FixtureRequest, making: Any, tmp_path: Path, kind: str, size: tuple[int, int]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    run = request.getfixturevalue(kind if kind == "hostile" else "failing")
    if kind == "session":
        fault = Fault(clause="LOCK-1", verdict=Verdict.FAIL, told="it locked twice", harm="the guest pays twice")
        run = making.run([making.clause("LOCK-1")], [making.finding("LOCK-1", "fail")], kind="client")
        shared: dict[str, Any] = {"did": ("POST /api/2.0/Lock",), "right": ("It waited.",)}
        run.add(Situation(name="late", title="A late answer", verdict=Verdict.FAIL, told="", wrong=(fault,), **shared))
        run.add(Situation(name="drop", title="No answer", verdict=Verdict.PASS, told="It repeated.", **shared))
    file = tmp_path / "report.html"
    file.write_text(html.render(run), encoding="utf-8")
    page = show(file, viewport={"width": size[0], "height": size[1]})
    for fold in page.locator("details").all():
        fold.evaluate("one => { one.open = true }")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["impact"], one["nodes"][0]["target"]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert pages_of(page) <= PAGES


def test_why_leads_to_the_finding_and_what_is_folded_unfolds(certificate: Any) -> None:
    certificate.locator("#why + .card a", has_text="IDEM-4").click()
    finding = certificate.locator(".finding .finding", has_text="IDEM-4")
    finding.wait_for(state="visible")
    assert certificate.url.endswith(f"#{finding.get_attribute('id')}")
    assert certificate.locator(".also[open]").count() == 1


def test_all_words_must_occur_in_findings_and_clauses_alike(certificate: Any) -> None:
    field = certificate.get_by_role("searchbox")
    field.fill("LOCK refus")
    assert shown(certificate, "#cards > .finding > header .title") == ["LOCK-12", "REFUSE-28"]
    assert certificate.locator("#told").inner_text() == "6 of 15 findings, 8 of 62 clauses"
    assert all("lock" in text.lower() and "refus" in text.lower() for text in _rows(certificate))
    field.fill("nothing has all of these")
    assert certificate.locator("#told").inner_text() == "0 of 15 findings, 0 of 62 clauses"
    assert shown(certificate, ".chapter-row") == []
    field.press("Escape")
    assert certificate.locator("#told").inner_text() == "15 of 15 findings, 62 of 62 clauses"
    assert "?" not in certificate.url


def test_clauses_of_several_runs_are_found_and_those_that_agree_left_out(show: Any) -> None:
    page = show(SAMPLES / "comparison" / "matrix.html")
    page.get_by_role("searchbox").fill("LOCK held refuses")
    assert shown(page, ".found .id") == ["LOCK-12"]
    assert page.locator(".findable h2:visible").all_inner_texts() == ["Lock, re-lock, unlock"]
    assert page.locator("#told").inner_text() == "1 of 62 lines"
    page.get_by_role("searchbox").press("Escape")
    page.locator("#verdicts").get_by_label("agree", exact=False).uncheck()
    differing = page.locator("#told").inner_text()
    assert page.url.endswith("?without=agree")
    assert page.locator(".found[data-verdict=agree]:visible").count() == 0
    assert int(differing.split()[0]) == page.locator(".found[data-verdict=differ]:visible").count() > 0
    page.locator("a[href='#chapter-PAGE']").click()
    page.locator("#chapter-PAGE").wait_for(state="visible")
    assert page.locator("#told").inner_text() == "62 of 62 lines", "a link to what is left out shows everything again"


def test_what_moved_between_two_runs_is_found_by_words_and_direction(show: Any) -> None:
    page = show(SAMPLES / "comparison" / "comparison.html")
    every = page.locator(".found:visible").count()
    page.get_by_role("searchbox").fill("FETCH-6 order")
    assert shown(page, ".found .id") == [], "all words must occur"
    page.get_by_role("searchbox").fill("FETCH-6")
    found = page.locator(".found:visible").all_inner_texts()
    assert len(found) < every
    assert any(text.startswith("worse") for text in found)
    assert all("FETCH-6" in text for text in found)
    page.get_by_role("searchbox").fill("")
    page.locator("#verdicts").get_by_label("worse", exact=False).uncheck()
    assert page.locator(".found[data-verdict=worse]:visible").count() == 0
    assert page.locator(".findable h2:visible", has_text="New findings").count() == 0
    assert page.locator("#told").inner_text().endswith(f" of {every} lines")


def _rows(page: Any) -> list[str]:
    return list(page.locator("#clause-table tbody tr:not(.chapter-row):visible").all_inner_texts())


def test_a_word_that_only_a_folded_finding_has_shows_it_beneath_its_cause(certificate: Any) -> None:
    certificate.get_by_role("searchbox").fill("JOURN-7")
    assert shown(certificate, "#cards > .finding > header .title") == ["FETCH-6"]
    assert shown(certificate, ".also .finding > header .title") == ["JOURN-7"]


def test_the_address_keeps_words_filters_and_orders(certificate: Any, show: Any) -> None:
    certificate.get_by_role("searchbox").fill("lock held")
    certificate.locator("#verdicts").get_by_label("pass").uncheck()
    certificate.get_by_label("Order").select_option("clause")
    certificate.get_by_role("button", name="Verdict").click()
    query = certificate.url.partition("?")[2]
    assert query == "q=lock+held&without=pass&sort=clause&order=verdict"
    again = show(SAMPLES / "failing" / "certificate.html", f"?{query}")
    assert again.get_by_role("searchbox").input_value() == "lock held"
    assert not again.locator("#verdicts").get_by_label("pass").is_checked()
    assert again.locator("#told").inner_text() == certificate.locator("#told").inner_text()
    assert again.locator("th[aria-sort=ascending]").inner_text().startswith("Verdict")
    assert _rows(again) == _rows(certificate) != []


def test_a_verdict_is_left_out_of_findings_and_clauses_alike(certificate: Any) -> None:
    certificate.locator("#verdicts").get_by_label("fail").uncheck()
    assert shown(certificate, "#cards > .finding > header .title") == ["LOYAL-1", "REFUSE-28"], (
        "a cause is shown as long as something beneath it is"
    )
    assert certificate.locator("#clause-table .badge.v-fail:visible").count() == 0


def test_findings_are_put_in_the_order_that_is_asked_for(certificate: Any) -> None:
    heads = "#cards > .finding > header .title"
    causes = shown(certificate, heads)
    certificate.get_by_label("Order").select_option("clause")
    assert shown(certificate, heads) == sorted(causes)
    certificate.get_by_label("Order").select_option("")
    assert shown(certificate, heads) == causes


def test_clauses_are_sorted_both_ways_and_back_into_their_chapters(certificate: Any) -> None:
    written = _rows(certificate)
    button = certificate.get_by_role("button", name="Verdict")
    button.click()
    words = [row.split("\t")[2].split()[1] for row in _rows(certificate)]
    assert words == [*["fail"] * 12, *["warn"] * 2, *["unknown"] * 3, *["skip"] * 16, *["pass"] * 29]
    assert shown(certificate, ".chapter-row") == []
    button.click()
    assert [row.split("\t")[2].split()[1] for row in _rows(certificate)] == words[::-1]
    button.click()
    assert _rows(certificate) == written
    assert len(shown(certificate, ".chapter-row")) > 10


def test_a_link_to_what_is_filtered_out_shows_everything_again(certificate: Any) -> None:
    certificate.get_by_role("searchbox").fill("FETCH-6")
    certificate.evaluate("location.hash = '#clause-LOCK-13'")
    certificate.locator("#clause-LOCK-13").wait_for(state="visible")
    assert certificate.get_by_role("searchbox").input_value() == ""


def test_a_deep_link_opens_at_the_exchange(show: Any) -> None:
    text = (SAMPLES / "failing" / "certificate.html").read_text(encoding="utf-8")
    place = re.findall(r'<li data-number="\d+" id="(x-\d+)"', text)[-1]
    page = show(SAMPLES / "failing" / "certificate.html", f"#{place}")
    page.locator(f"#{place}").wait_for(state="visible")
    assert 0 <= page.locator(f"#{place}").bounding_box()["y"] < 900


@pytest.mark.parametrize("allowed", [True, False], ids=("clipboard", "older-browser"))
def test_commands_and_transcripts_are_copied(show: Any, allowed: bool) -> None:
    page = show(SAMPLES / "failing" / "certificate.html")
    if not allowed:
        page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: {writeText: () => Promise.reject()}})")
    card = page.locator("#cards > .finding").first
    copied = {}
    for what in ("replay command", "curl command", "transcript"):
        card.get_by_role("button", name=f"Copy {what}").first.click()
        page.locator("#said", has_text=f"Copied the {what.split()[0]}").wait_for(state="attached")
        copied[what] = _pasted(page)
    assert copied["replay command"] == card.locator("[data-text=replay]").first.text_content()
    assert copied["curl command"] == card.locator("[data-text=curl]").first.text_content()
    assert copied["curl command"].startswith("curl ")
    numbers = [one.get_attribute("data-number") for one in card.locator(".steps").first.locator("li").all()]
    assert re.findall(r"^#(\d+) ", copied["transcript"], re.MULTILINE) == numbers != []
    assert "POST http://127.0.0.1:8080" in copied["transcript"]


def _pasted(page: Any) -> str:
    field = page.get_by_role("searchbox")
    page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), {id: 'paste'}))")
    page.locator("#paste").press("Control+V")
    pasted: str = page.locator("#paste").input_value()
    page.evaluate("document.getElementById('paste').remove()")
    assert field.input_value() == ""
    return pasted


def test_keys_find_and_walk_through_the_findings_and_can_be_switched_off(certificate: Any) -> None:
    walked = []
    for key in ("n", "n", "p", "p", "p"):
        certificate.keyboard.press(key)
        walked.append(certificate.evaluate("document.activeElement.dataset.clause"))
    assert walked == ["LOYAL-1", "FETCH-6", "LOYAL-1", "LOYAL-1", "LOYAL-1"]
    certificate.keyboard.press("/")
    certificate.keyboard.type("n/p")
    assert certificate.get_by_role("searchbox").input_value() == "n/p"
    certificate.keyboard.press("Escape")
    certificate.get_by_text("Keyboard").click()
    certificate.get_by_label("on", exact=True).uncheck()
    certificate.locator("#findings").click()
    certificate.keyboard.press("/")
    assert certificate.evaluate("document.activeElement.name") != "q"
    assert certificate.url.endswith("?keys=off")


def test_the_pointer_and_the_arrow_keys_show_the_values_of_a_plot(show: Any) -> None:
    page = show(SAMPLES / "load" / "with-baseline.html")
    rate, latency, curve = page.locator("figure.plot").all()
    values = latency.locator(".values")
    assert not values.is_visible()
    latency.locator(".drawing").hover()
    told = values.inner_text().splitlines()
    assert re.fullmatch(r"second \d+", told[0])
    assert [line.rpartition(" ")[0].rpartition(" ")[0] for line in told[1:]] == [
        "p50",
        "p95",
        "p99",
        "max",
        "baseline p99",
    ]
    page.locator("h1").hover()
    assert not values.is_visible()
    rate.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    run = read_run(SAMPLES / "load")
    second = sorted(one.second for one in run.load.seconds if one.name == "(all calls)")[1]
    count = next(one.count for one in run.load.seconds if (one.name, one.second) == ("(all calls)", second))
    assert rate.locator(".values").inner_text().splitlines()[:2] == [f"second {second}", f"requests/s {count}"]
    curve.locator(".drawing").hover()
    assert "% of answers\n(all calls) " in curve.locator(".values").inner_text()


def test_on_paper_the_short_form_stands_and_the_rest_by_choice(show: Any) -> None:
    for report in REPORTS:
        if report.parent.name != "comparison":
            assert pages_of(show(report)) <= PAGES, report
    page = show(SAMPLES / "failing" / "certificate.html")
    page.emulate_media(media="print")
    assert page.locator(".finding header:visible").count() == 6
    for gone in (".steps", ".diff", "#clause-table", "#coverage", ".search", ".tools", ".copy"):
        assert page.locator(f"{gone}:visible").count() == 0, gone
    assert page.get_by_text("In short:").is_visible()
    page.emulate_media(media="screen")
    page.get_by_text("Print", exact=True).first.click()
    page.get_by_label("transcripts").check()
    assert page.get_by_label("findings in full").is_checked()
    page.get_by_label("clauses", exact=True).check()
    page.emulate_media(media="print")
    assert page.locator(".finding header:visible").count() == 15
    assert page.locator(".steps:visible").count() == page.locator(".steps").count() > 5
    assert page.locator("#clause-table").is_visible()
    assert not page.locator("#coverage").is_visible()
    assert not page.get_by_text("In short:").is_visible()


def test_on_paper_the_longest_short_form_has_six_pages(show: Any, making: Any, tmp_path: Path) -> None:
    long = "the answer of the target is not at all what the clause says " * 6
    clauses = [making.clause(f"LOCK-{number}") for number in range(79)]
    clauses += [
        PlannedClause(
            clause=making.clause(f"TIME-{number}"),
            required=False,
            outside=f"reason {number % 25}: {long}"[:200],
            scope=True,
            checks=("a",),
        )
        for number in range(1, 400, 2)
    ]
    findings = [
        making.finding(
            f"LOCK-{number}",
            "fail",
            check=f"check {number}",
            operation=f"call {number}",
            summary=f"{number} {long}",
            expected=f"{number}\n" * 40,
            observed=f"other {number}\n" * 40,
        )
        for number in range(79)
    ]
    run = making.run(clauses, findings)
    assert len(run.causes) == 79
    file = tmp_path / "report.html"
    file.write_text(html.render(run), encoding="utf-8")
    page = show(file)
    assert pages_of(page) == PAGES
    page.emulate_media(media="print")
    assert page.get_by_text("10 more reasons are in the file.").is_visible()
    assert page.get_by_text("19 more are in the file.").is_visible()
    page.emulate_media(media="screen")
    page.get_by_text("Print", exact=True).first.click()
    for name in ("findings in full", "clauses", "everything else"):
        page.get_by_label(name, exact=True).check()
    assert pages_of(page) > 5 * PAGES


def test_without_its_script_the_page_is_whole(show: Any) -> None:
    page = show(SAMPLES / "failing" / "certificate.html", java_script_enabled=False)
    assert page.locator(".live:visible").count() == 0
    assert page.locator("#clause-table tbody tr:visible").count() > 50
    page.locator(".finding summary", has_text="Transcript").first.click()
    assert page.locator(".steps").first.is_visible()


@pytest.mark.slow
def test_five_thousand_findings_and_a_million_operations_open_in_two_seconds(
    show: Any, making: Any, tmp_path: Path
) -> None:
    clauses = [f"LOCK-{number}" for number in range(1, 101)]
    body = {"status": "OK", "text": "z" * 5_000}
    run = making.run([making.clause(name) for name in clauses], [], kind="load")
    run.exchanges = {number: making.exchange(number, answer_body=body) for number in range(1, 101)}
    run.findings = [
        making.finding(
            clauses[number % 100],
            "fail",
            identity=str(number),
            exchanges=(number % 100 + 1,),
            summary=f"fault seen-{number}",
        )
        for number in range(5_000)
    ]
    run.operations = [
        OperationRecord(operation="lock", key=str(place % 50_000), started_us=place, ended_us=place + 1, outcome="ok")
        for place in range(1_000_000)
    ]
    for judged in ("standings", "outcome", "causes"):
        run.__dict__.pop(judged, None)
    file = tmp_path / "report.html"
    file.write_text(html.render(run), encoding="utf-8")
    page = show(file)
    assert page.locator("#told").inner_text() == "5000 of 5000 findings, 100 of 100 clauses"
    took_ms = []
    for _ in range(3):  # the fastest counts: a busy machine says nothing of the page
        page.reload()
        took_ms.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
    assert 0 < min(took_ms) < OPENED_MS
    page.get_by_role("searchbox").fill("fault seen-4711")
    assert page.locator("#told").inner_text() == "1 of 5000 findings, 0 of 100 clauses"
    page.get_by_role("searchbox").fill("")
    assert pages_of(page) <= PAGES
