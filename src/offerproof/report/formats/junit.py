"""A run as JUnit XML: a suite for each chapter, a case for each clause. Read by Jenkins, GitLab and their like.

They know only passed, failed, error and skipped. Our own errors are errors, and so is a required must-clause that
stayed unknown: a green build must not hide that nobody looked. Warnings pass and are told in the suite's
``system-out``; waived failures are skipped with the waiver. The form is the part on which the schemas of Jenkins
(xunit-plugin, junit-10.xsd) and Ant agree: a root without attributes, at most one child in a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from xml.etree import ElementTree as ET

from offerproof.contract import Strength
from offerproof.findings import Audit, Run, Verdict
from offerproof.report.formats import Format, Subject
from offerproof.report.safety import CELL, bounded, command, one_line
from offerproof.report.summary import Chapter, ClauseLine, FindingView, Summary, summarize
from offerproof.report.words import exchange_line

FINDINGS: Final = 10
"""Findings written out in one case; more are counted."""


def render(run: Run) -> str:
    """The run as a JUnit document with every attribute the common schemas ask for."""
    s = summarize(run)
    root = ET.Element("testsuites")
    for number, chapter in enumerate(s.chapters):
        root.append(_suite(s, number, chapter))
    if s.audits:
        root.append(_audits(s, len(s.chapters)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(s: Summary, number: int, chapter: Chapter) -> ET.Element:
    cases = [_case(s, chapter, line) for line in chapter.clauses]
    suite = _closed(s, number, one_line(chapter.title), cases)
    warned = {line.id for line in chapter.clauses if line.verdict is Verdict.WARN}
    story = _story([view for view in s.views if view.clause.id in warned])
    out = next(suite.iter("system-out"))
    out.text = f"{out.text}\n\nwarnings\n\n{story}" if story else out.text
    return suite


def _closed(s: Summary, number: int, name: str, cases: list[ET.Element]) -> ET.Element:
    """A suite with its counts, properties before the cases and outputs after them, as the schemas want it."""
    kinds = [child.tag for case in cases for child in case]
    suite = ET.Element(
        "testsuite",
        id=str(number),
        name=name,
        package="offerproof",
        hostname="localhost",
        timestamp=s.run.header.started[:19],
        tests=str(len(cases)),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")),
        time=_seconds(sum(round(float(case.get("time", "0")) * 1_000_000) for case in cases)),
    )
    properties = ET.SubElement(suite, "properties")
    for label, value in s.facts.items() if number == 0 else ():  # said once: readers fold the suites together
        ET.SubElement(properties, "property", name=one_line(label), value=one_line(value))
    suite.extend(cases)
    ET.SubElement(suite, "system-out").text = one_line(f"{s.headline} {s.sentence}")
    ET.SubElement(suite, "system-err")
    return suite


def _case(s: Summary, chapter: Chapter, line: ClauseLine) -> ET.Element:
    took = sum(s.run.exchanges[number].duration_us for number in line.exchanges if number in s.run.exchanges)
    case = ET.Element(
        "testcase",
        classname=f"offerproof.{chapter.id}",
        name=one_line(f"{line.id} {line.clause.sentence}", CELL),
        time=_seconds(took),
    )
    views = [view for view in s.views if view.clause.id == line.id]
    match line.verdict:
        case Verdict.FAIL:
            _told(case, "failure", "fail", views, line)
        case Verdict.ERROR:
            _told(case, "error", "error", views, line)
        case Verdict.UNKNOWN if _required(s, line):
            ET.SubElement(case, "error", type="unknown", message=one_line(f"not observed: {line.reason}"))
        case Verdict.UNKNOWN | Verdict.SKIP:
            ET.SubElement(case, "skipped", message=one_line(f"{line.verdict}: {line.reason}"))
        case Verdict.WAIVED:
            reason = next((view.waived for view in views if view.waived), "waived")
            ET.SubElement(case, "skipped", message=one_line(f"waived: {reason}"))
        case _:
            pass
    return case


def _required(s: Summary, line: ClauseLine) -> bool:
    return s.run.standings[line.id].planned.required and line.clause.strength is Strength.MUST


def _told(case: ET.Element, tag: str, kind: str, views: list[FindingView], line: ClauseLine) -> None:
    message = views[0].finding.summary if views else line.clause.sentence
    if views and all(view.cause for view in views):
        message = f"{message} ({_follows(views[0])})"
    ET.SubElement(case, tag, type=kind, message=one_line(message)).text = _story(views)


def _follows(view: FindingView) -> str:
    return f"probably for the same reason as {view.cause[1]}" if view.cause else ""


def _story(views: list[FindingView]) -> str:
    parts = ["\n".join(_lines(view)) for view in views[:FINDINGS]]
    if len(views) > FINDINGS:
        parts.append(f"… and {len(views) - FINDINGS} more findings")
    return "\n\n".join(parts)


def _lines(view: FindingView) -> Iterator[str]:
    finding, clause = view.finding, view.clause
    yield one_line(f"{clause.id} {finding.summary}")
    if view.cause:
        yield _follows(view)
    if view.also:
        ids = dict.fromkeys(other.clause.id for other in view.also)
        yield one_line(f"also red, probably for the same reason: {', '.join(ids)}")
    yield one_line(f"clause: {clause.sentence} ({clause.source}, {clause.section})")
    if finding.count > 1:
        yield f"seen {finding.count:,} times"
    if finding.expected is not None:
        yield f"expected: {bounded(finding.expected, 4 * CELL)}"
    if finding.observed is not None:
        yield f"observed: {bounded(finding.observed, 4 * CELL)}"
    yield from (one_line(exchange_line(step)) for step in view.steps[-20:])
    if finding.replay:
        yield f"again: {command(finding.replay)}"
    if view.curl:
        yield f"curl: {command(view.curl)}"


def _audits(s: Summary, number: int) -> ET.Element:
    return _closed(s, number, "Audit", list(_audit_cases(s.audits)))


def _audit_cases(audits: Iterable[Audit]) -> Iterator[ET.Element]:
    for audit in audits:
        case = ET.Element("testcase", classname="offerproof.AUDIT", name=one_line(audit.question), time=_seconds(0))
        story = f"expected: {audit.expected or ''}\nobserved: {audit.observed or ''}"
        if audit.verdict is Verdict.FAIL:
            ET.SubElement(case, "failure", type="fail", message=one_line(audit.observed or "")).text = bounded(story)
        elif audit.verdict in (Verdict.ERROR, Verdict.UNKNOWN):
            ET.SubElement(case, "error", type=audit.verdict.value, message=one_line(audit.observed or "not answered"))
        elif audit.verdict is not Verdict.PASS:
            ET.SubElement(case, "skipped", message=audit.verdict.value)
        yield case


def _seconds(microseconds: int) -> str:
    return f"{microseconds / 1_000_000:.3f}"


FORMAT: Final = Format(
    name="junit",
    suffix="xml",
    media_type="application/xml",
    about="build servers: a suite for each chapter, a case for each clause",
    run=render,
    kept=(Subject.CERTIFICATE,),
    file="junit.xml",
)
