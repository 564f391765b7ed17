"""Every format of reports: a module beside this one is a format, and its ``FORMAT`` says what it is and renders.

Nothing else names them. ``offerproof report --format``, what a command keeps beside a run, the samples, the table in
``docs/reading-a-certificate.md``, the wall between renderers and the tests for hostile answers and secrets all take
them from :func:`all_formats`. A renderer reads nothing but the run (or the comparison), folded once in ``summary``, and
knows no other renderer. Whatever a target answered is hostile until ``safety`` has been over it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path

from offerproof.findings import Run


class Subject(StrEnum):
    """What a report is about; the value begins the names of its files."""

    CERTIFICATE = "certificate"
    LOAD = "report"
    COMPARISON = "comparison"
    MATRIX = "matrix"

    @classmethod
    def of(cls, run: Run) -> Subject:
        """What a report of this run is about."""
        return cls.LOAD if run.header.kind == "load" else cls.CERTIFICATE


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format. Every function takes finished runs, ``width=`` as well where it ``wraps``, and returns the whole
    document."""

    name: str
    """As in ``--format``; the module's own name."""
    suffix: str
    media_type: str
    about: str
    """What it is good for, in half a sentence."""
    run: Callable[..., str]
    """A run."""
    beside: Callable[..., str] | None = None
    """A load run, and an earlier one to show it beside."""
    comparison: Callable[..., str] | None = None
    """A comparison of two runs; None: not in this format."""
    matrix: Callable[..., str] | None = None
    """A matrix of several runs; None: not in this format."""
    kept: tuple[Subject, ...] = ()
    """The runs beside which a command writes it."""
    file: str = ""
    """Its file's name where others look for it under that name."""
    wraps: bool = False
    """Whether it is as wide as the terminal that it is shown in."""
    whole: bool = False
    """Whether nothing is cut, however long; else a document has a bounded length."""

    def file_name(self, subject: Subject) -> str:
        """The name of a file that holds it."""
        return self.file or f"{subject}.{self.suffix}"


def all_formats() -> tuple[Format, ...]:
    """Every format, in the order of their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}").FORMAT for name in names)


def find_format(name: str) -> Format:
    """The format of this name; KeyError when there is none."""
    return {one.name: one for one in all_formats()}[name]


def keep_reports(run: Run, folder: Path) -> None:
    """Write into a run's folder what is kept of such a run."""
    subject = Subject.of(run)
    for one in all_formats():
        if subject in one.kept:
            (folder / one.file_name(subject)).write_text(one.run(run), encoding="utf-8", newline="\n")
