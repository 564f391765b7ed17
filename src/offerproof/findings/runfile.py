"""Run files: JSON Lines from header to footer, written as the run goes on, checked against their schema when read."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import BinaryIO, Self

import jsonschema_rs
import msgspec

from offerproof import content
from offerproof.contract import now, run_file, utc_now
from offerproof.errors import CannotJudge, Misuse
from offerproof.files import read_whole, replace_whole
from offerproof.findings.model import (
    RUN_SCHEMA,
    AnyRecord,
    Footer,
    Header,
    Interrupted,
    RunPlan,
)
from offerproof.findings.run import Run
from offerproof.interruption import WholeStep

# Numbers of a body stay exactly as they were on the wire, in the file and when it is read again.
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord, float_hook=Decimal)
_LOOSE = msgspec.json.Decoder(float_hook=float)  # a body may hold 1e400, which only the schema need not see exactly
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+-]{0,30}")
_DEPENDED_ON = ("Hypothesis", "Schemathesis", "jsonschema-rs", "Locust")
_TAIL = 1024 * 1024  # a footer is much shorter
_AS_FAR = "offerproof report --partial shows it as far as it went; or run it again"
_NO_ROOM = "is the disk full? --out names another place"


def versions_here() -> dict[str, str]:
    """Versions of Python and of what a run's requests, verdicts and figures depend on."""
    return {"Python": platform.python_version(), **{name: metadata.version(name) for name in _DEPENDED_ON}}


def versions_moved(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs of two lists of versions, in words; nothing is said of what only one of them has."""
    return [f"{name} {before[name]} → {now[name]}" for name in before if name in now and before[name] != now[name]]


class UnreadableRun(CannotJudge):
    """A run file that cannot be trusted or understood."""


class CannotWrite(CannotJudge):
    """The run cannot be kept: what is not written down was not judged."""


class EmptyRun(UnreadableRun):
    """The file holds nothing."""


class TruncatedRun(UnreadableRun):
    """The footer is missing: the run did not finish."""


class WrongRunSchema(UnreadableRun):
    """A line is not a record of the run format this version reads."""


class TamperedRun(UnreadableRun):
    """The content does not agree with the footer."""


class RunWriter:
    """Writes one run file, record by record, and keeps the same run in memory.

    It overwrites no file but the draft of the same run (:func:`write_draft`). Several threads may write, and no signal
    cuts a record in two.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        try:
            self._file: BinaryIO = path.open("wb" if _is_draft(path, header) else "xb")
        except FileExistsError as problem:
            raise Misuse(f"{path} exists already: a run is never overwritten") from problem
        except OSError as problem:
            raise Misuse(f"cannot create {path}: {problem.strerror}", hint="choose another --out") from problem
        self._hash = hashlib.sha256()
        self._records = 0
        self._started = datetime.fromisoformat(header.started)  # the run may have begun before its file
        self._header = header
        self._whole = WholeStep()
        self.run: Run | None = None
        self._put(header)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self.run is None:  # without a plan there is nothing to tell, and this is not the latest run
            with suppress(OSError):
                self.path.unlink()
                self.path.parent.rmdir()

    def plan(self, plan: RunPlan) -> Run:
        """Write the second record; from here on ``run`` is there."""
        with self._whole:
            self._put(plan)
            self.run = Run(self._header, plan)
            return self.run

    def add(self, record: AnyRecord) -> None:
        """Write any record between plan and footer, and put it into the run in memory."""
        if self.run is None:
            raise RuntimeError("the plan comes before every other record")
        with self._whole:
            self.run.add(record)
            self._put(record)

    def knows(self, clause: str) -> bool:
        """Whether anything stands in the run about a clause."""
        return self.run is not None and any(one.clause == clause for one in self.run.findings)

    def finish(self, *, requests: int) -> Run:
        """Judge the run, write the footer and close the file. ``requests`` is the number sent to the target."""
        if self.run is None:
            raise RuntimeError("a run without a plan cannot be finished")
        with self._whole:
            outcome = self.run.outcome
            took = utc_now() - self._started
            footer = Footer(
                finished=now(),
                duration_us=round(took.total_seconds() * 1_000_000),
                requests=requests,
                counts=self.run.counts,
                verdict=outcome.verdict,
                exit_code=int(outcome.exit_code),
                reasons=outcome.reasons,
                scope=outcome.scope,
                records=self._records,
                sha256=self._hash.hexdigest(),
            )
            self.run.footer = footer
            self._put(footer)
            self._file.close()
            return self.run

    def _put(self, record: AnyRecord) -> None:
        line = _ENCODER.encode(record) + b"\n"
        self._hash.update(line)
        self._records += 1
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as problem:
            with suppress(OSError):  # what is in the buffer cannot be written either
                self._file.close()
            raise CannotWrite(f"cannot write {self.path}: {problem.strerror}", hint=_NO_ROOM) from problem
        except ValueError:
            raise CannotWrite(f"cannot write {self.path}: it was closed", hint=_NO_ROOM) from None


def write_draft(path: Path, header: Header, plan: RunPlan, records: Iterable[AnyRecord]) -> None:
    """Put what is known of a run that goes on in the place of its run file, whole or not at all, without a footer.

    For a run whose records are only known at its end: when it is killed, ``report --partial`` shows the draft.

    Raises:
        OSError: it cannot be written.
    """
    replace_whole(path, b"".join(_ENCODER.encode(one) + b"\n" for one in (header, plan, *records)))


def _is_draft(path: Path, header: Header) -> bool:
    if not path.exists():
        return False
    begun, footer = glance(path)
    return footer is None and begun.run_id == header.run_id


def read_run(path: Path, *, partial: bool = False) -> Run:
    """Read and check a run file (or the ``run.jsonl`` of a run's folder, or what ``run_file`` knows by name).

    With ``partial`` a run without a footer is returned as far as it goes; its outcome is then "not judged" or worse.

    Raises:
        Misuse: there is no such file.
        EmptyRun, TruncatedRun, WrongRunSchema, TamperedRun: the file is not a whole, unchanged run.
    """
    path = run_file(path)
    hint = "a run is a folder such as offerproof-runs/20180907T162911Z-1a2b3c4d, or latest: offerproof runs lists them"
    lines = read_whole(path, "the run", hint=hint).splitlines(keepends=True)
    if not lines:
        raise EmptyRun(f"{path} is empty", hint="the run ended before it began; run it again")
    records = _records(path, lines, partial)
    run = _assemble(path, records)
    if isinstance(records[-1], Footer):
        _check_footer(path, run, records[-1], lines)
    elif partial:
        run.interrupted = run.interrupted or Interrupted(reason="the file has no footer", at=run.header.started)
    else:
        raise TruncatedRun(f"{path} has no footer: the run did not finish", hint=_AS_FAR)
    return run


def glance(path: Path) -> tuple[Header, Footer | None]:
    """The first and the last line of a run file, as they stand there: of a long run this takes no time. No footer: the
    run did not finish.

    Raises:
        UnreadableRun: the first line is no header.
    """
    with path.open("rb") as file:
        first = file.readline()
        file.seek(max(path.stat().st_size - _TAIL, 0))
        last = file.read().splitlines()[-1:]
    try:
        header = _DECODER.decode(first)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, Header):
        raise UnreadableRun(f"{path} does not begin as a run does")
    with suppress(ValueError, RecursionError):
        footer = _DECODER.decode(last[0]) if last else None
        return header, footer if isinstance(footer, Footer) else None
    return header, None


def _records(path: Path, lines: list[bytes], partial: bool) -> list[AnyRecord]:
    records: list[AnyRecord] = []
    for number, line in enumerate(lines, 1):
        last = number == len(lines)
        if last and not line.endswith(b"\n"):  # every writer ends every line: half a line is a cut file
            if partial and records:
                break
            raise TruncatedRun(f"{path} ends in the middle of line {number}: the run did not finish", hint=_AS_FAR)
        records.append(_record(path, number, line))
    return records


def _record(path: Path, number: int, line: bytes) -> AnyRecord:
    try:
        document = _LOOSE.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise WrongRunSchema(f"{path}, line {number}: not JSON: {problem}") from problem
    except RecursionError as problem:
        raise WrongRunSchema(f"{path}, line {number}: nested too deeply for a record of a run") from problem
    kind = document.get("record") if isinstance(document, dict) else None
    validator = _validators().get(str(kind))
    if validator is None:
        raise WrongRunSchema(f"{path}, line {number}: not a record of a run")
    if kind == "header" and document.get("schema") != RUN_SCHEMA:
        raise _other_format(path, document)
    if not validator.is_valid(document):
        wrong = next(iter(validator.iter_errors(document)))
        place = "/".join(str(step) for step in wrong.instance_path)
        raise WrongRunSchema(f"{path}, line {number}: {kind} at /{place}: {wrong.message}")
    try:
        return _DECODER.decode(line)
    except msgspec.ValidationError as problem:
        raise WrongRunSchema(f"{path}, line {number}: {kind}: {problem}") from problem


def _other_format(path: Path, header: dict[str, object]) -> WrongRunSchema:
    """Why a run of another version is not read, and what to do about it."""
    found, by = header.get("schema"), header.get("suite_version")
    wrote = f"offerproof {by}" if isinstance(by, str) and _VERSION.fullmatch(by) else "the offerproof that wrote it"
    shown = found if isinstance(found, int) else "an unknown number"
    return WrongRunSchema(
        f"{path} is a run of format {shown}, and this offerproof reads format {RUN_SCHEMA}",
        hint=f"make the run again, or report it with {wrote}",
    )


def _assemble(path: Path, records: list[AnyRecord]) -> Run:
    if not isinstance(records[0], Header):
        raise WrongRunSchema(f"{path}: the first line is not a header")
    if len(records) < 2:
        raise TruncatedRun(f"{path} ends after its header: the run did not get as far as its plan")
    if not isinstance(records[1], RunPlan):
        raise WrongRunSchema(f"{path}: the second line is not a plan")
    run = Run(records[0], records[1])
    for number, record in enumerate(records[2:], 3):
        if isinstance(record, Footer) and number == len(records):
            run.footer = record
        elif isinstance(record, Header | RunPlan | Footer):
            raise TamperedRun(f"{path}, line {number}: a second header, plan or footer")
        else:
            run.add(record)
    return run


def _check_footer(path: Path, run: Run, footer: Footer, lines: list[bytes]) -> None:
    hint = "the file was changed after the run; use the original"
    if footer.records != len(lines) - 1:
        raise TamperedRun(f"{path}: the footer counts {footer.records} records, there are {len(lines) - 1}", hint=hint)
    if hashlib.sha256(b"".join(lines[:-1])).hexdigest() != footer.sha256:
        raise TamperedRun(f"{path}: the hash in the footer does not fit the records", hint=hint)
    if (
        run.outcome.verdict != footer.verdict
        or run.outcome.exit_code != footer.exit_code
        or run.counts != footer.counts
    ):
        raise TamperedRun(f"{path}: the footer says {footer.verdict}, the findings say otherwise", hint=hint)


@cache
def _validators() -> dict[str, jsonschema_rs.Draft202012Validator]:
    """One compiled validator for each kind of record, so that an error names the member and not a whole ``oneOf``."""
    schema = msgspec.json.decode((content.folder("schemas") / "run.json").read_bytes())
    kinds = [branch["$ref"].rpartition("/")[2] for branch in schema["oneOf"]]
    return {
        kind: jsonschema_rs.Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]})
        for kind in kinds
    }
