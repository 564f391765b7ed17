"""A run as JUnit XML: a suite for each chapter, a case for each clause. Read by Jenkins, GitLab and their like.

What passes, fails, is an error and is skipped is decided in ``cases``; what is only warned of stands in the suite's
``system-out``. The form is the part on which the schemas of Jenkins (xunit-plugin, junit-10.xsd) and Ant agree: a root
without attributes, at most one child in a case.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET

from offerproof.findings import Run
from offerproof.report.cases import Case, CaseStatus, Suite, suites
from offerproof.report.formats import Format, Subject
from offerproof.report.safety import one_line
from offerproof.report.summary import Summary, summarize

_TAGS: Final = {CaseStatus.FAILED: "failure", CaseStatus.ERROR: "error", CaseStatus.SKIPPED: "skipped"}


def render(run: Run) -> str:
    """The run as a JUnit document with every attribute the common schemas ask for."""
    s = summarize(run)
    root = ET.Element("testsuites")
    root.extend(_suite(s, number, suite) for number, suite in enumerate(suites(s)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(s: Summary, number: int, suite: Suite) -> ET.Element:
    """A suite with its counts, properties before the cases and outputs after them, as the schemas want it."""
    statuses = [case.status for case in suite.cases]
    times = [_seconds(case.took_us) for case in suite.cases]
    element = ET.Element(
        "testsuite",
        id=str(number),
        name=suite.title,
        package="offerproof",
        hostname="localhost",
        timestamp=s.run.header.started[:19],
        tests=str(len(statuses)),
        failures=str(statuses.count(CaseStatus.FAILED)),
        errors=str(statuses.count(CaseStatus.ERROR)),
        skipped=str(statuses.count(CaseStatus.SKIPPED)),
        time=_seconds(sum(round(float(time) * 1_000_000) for time in times)),  # as readers add them up
    )
    properties = ET.SubElement(element, "properties")
    for label, value in s.facts.items() if number == 0 else ():  # said once: readers fold the suites together
        ET.SubElement(properties, "property", name=one_line(label), value=one_line(value))
    element.extend(_case(suite, case) for case in suite.cases)
    told = one_line(f"{s.headline} {s.sentence}")
    ET.SubElement(element, "system-out").text = f"{told}\n\nwarnings\n\n{suite.warnings}" if suite.warnings else told
    ET.SubElement(element, "system-err")
    return element


def _case(suite: Suite, case: Case) -> ET.Element:
    element = ET.Element("testcase", classname=f"offerproof.{suite.id}", name=case.name, time=_seconds(case.took_us))
    if case.status is CaseStatus.SKIPPED:
        ET.SubElement(element, "skipped", message=case.message)
    elif case.status in _TAGS:
        told = ET.SubElement(element, _TAGS[case.status], type=case.verdict.value, message=case.message)
        told.text = case.story
    return element


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
