"""A certificate that is made in two sittings: the file that lies between them.

It holds what was planted on the target, what must be seen of it and when, and what every clause has come to so far. A
hash over its content keeps people from changing a verdict by hand; credentials and personal data are not in it.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import jsonschema_rs
import msgspec

from offerproof import content
from offerproof.conformance.waiting import Planted
from offerproof.contract import Clause, Level, SuiteFolders, content_hash, utc_now
from offerproof.errors import Misuse
from offerproof.files import cannot_write, read_json, read_whole, replace_whole
from offerproof.findings import Finding, OpenItem, Run, RunVerdict, Sittings, Verdict
from offerproof.target import Profile

SCHEMA: Final = 1
_SCHEMAS: Final = ("sitting.json", "run.json")


class Sitting(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the certificate."""

    run_id: str
    began: str
    requests: int
    verdict: RunVerdict


class OpenCertificate(msgspec.Struct, kw_only=True):
    """The file between two sittings (``schemas/sitting.json``)."""

    schema: int = SCHEMA
    suite_version: str
    content_hash: str
    """Of the suite that planted what is open."""
    target: str
    services: dict[str, str]
    """By service, the base URL."""
    level: Level
    seed: int
    only: tuple[str, ...]
    sittings: list[Sitting]
    open: list[Planted]
    judged: list[Finding]
    """What earlier sittings found, without their evidence: that stands in their run files."""
    sha256: str = ""
    """Over all the rest."""

    @property
    def clauses(self) -> list[str]:
        """The clauses that are open."""
        return list(dict.fromkeys(name for one in self.open for name in one.clauses))

    @property
    def until(self) -> str:
        """The date on which the last of what is open is due."""
        return max((one.due[:10] for one in self.open), default="")

    def told(self) -> str:
        """What is open, in a few words: ``23 clauses open until 2027-01-02``."""
        count = len(self.clauses)
        return f"{count} clause{'' if count == 1 else 's'} open until {self.until}"


@dataclass(frozen=True)
class Open:
    """A certificate that is begun, or gone on with, in this run: ``file`` is where the rest of it is kept."""

    file: Path
    before: OpenCertificate | None = None
    """What earlier sittings left; None in the first one."""

    @property
    def planted(self) -> dict[str, Planted]:
        """By check, what earlier sittings left on the target."""
        return {one.check: one for one in self.before.open} if self.before else {}

    @property
    def judged(self) -> Sequence[Finding]:
        """What earlier sittings found."""
        return self.before.judged if self.before else ()


def begin(file: Path) -> Open:
    """The first sitting of a certificate whose rest is kept in ``file``.

    Raises:
        Misuse: there is such a file, or it cannot be made.
    """
    if file.exists():
        hint = f"offerproof certify --close {file} goes on with it; --status shows it"
        raise Misuse(f"{file} exists already: an open certificate is never overwritten", hint=hint)
    if not file.parent.is_dir():
        raise Misuse(f"cannot write {file}: there is no folder {file.parent}")
    return Open(file)


def read(file: Path) -> OpenCertificate:
    """Read an open certificate.

    Raises:
        Misuse: there is none, it is none, or somebody changed it.
    """
    text = read_whole(file, "the open certificate", hint="certify --open FILE makes one")
    try:
        document = read_json(text)
    except ValueError as problem:
        raise Misuse(f"{file} is no open certificate: not JSON: {problem}") from problem
    if isinstance(document, dict) and document.get("schema") not in (None, SCHEMA):
        by = f"with offerproof {document.get('suite_version')}"
        raise Misuse(f"{file} is of format {document['schema']}, this offerproof reads {SCHEMA}", hint=f"close it {by}")
    wrong = next(iter(_validator().iter_errors(document)), None)
    if wrong is not None:
        place = "/".join(str(step) for step in wrong.instance_path)
        raise Misuse(f"{file} is no open certificate: at /{place}: {wrong.message}")
    found = msgspec.convert(document, OpenCertificate)
    if _hash(found) != found.sha256:
        hint = "use the file as certify wrote it: what is judged by it cannot be changed by hand"
        raise Misuse(f"{file} was changed: its hash does not fit its content", hint=hint)
    return found


def go_on(file: Path, profile: Profile, suite: SuiteFolders) -> Open:
    """A later sitting.

    Raises:
        Misuse: as ``read``; or it is of another target, nothing is open, or what is open is judged otherwise today.
    """
    before = read(file)
    here = {name: service.base_url for name, service in profile.services.items()}
    if (before.target, before.services) != (profile.name, here):
        other = next((url for name, url in before.services.items() if here.get(name) != url), before.target)
        raise Misuse(f"{file} is of another target: {before.target} ({other}), not {profile.name}")
    if not before.open:
        raise Misuse(f"{file}: nothing is open", hint=f"its certificate is run {before.sittings[-1].run_id}")
    lost = [name for name in before.clauses if name not in suite.contract.clauses]
    if lost and before.content_hash == content_hash(suite.folder):
        hint = "name the folder with --clauses, as when it was opened"
        raise Misuse(f"{file}: {lost[0]} is a clause of a team's own, and is not here", hint=hint)
    if suite.added or before.content_hash != content_hash(suite.folder):
        _refuse_changed(file, before, suite)
    return Open(file, before)


def _refuse_changed(file: Path, before: OpenCertificate, suite: SuiteFolders) -> None:
    now = utc_now()
    for one in before.open:
        for name, fingerprint in one.clauses.items():
            clause = suite.contract.clauses.get(name)
            if clause is not None and fingerprint_of(clause, one.check, suite) == fingerprint:
                continue
            if datetime.fromisoformat(one.due) <= now:
                raise Misuse(
                    f"{file}: {name} has changed since offerproof {before.suite_version} planted what it rules on",
                    hint=f"close it with offerproof {before.suite_version}",
                )


def record_of(certificate: Open, run: Run, left: Mapping[str, Planted]) -> Sittings:
    """What a run file says of the sittings: ``left`` is what a later one has to look at."""
    before = certificate.before
    sat = before.sittings if before else []
    return Sittings(
        file=certificate.file.name,
        began=(*(one.began for one in sat), run.header.started),
        run_ids=(*(one.run_id for one in sat), run.header.run_id),
        came_due=tuple(_item(one) for one in (before.open if before else ()) if one.check not in left),
        open=tuple(_item(one) for one in _in_order(left)),
    )


def _in_order(left: Mapping[str, Planted]) -> list[Planted]:
    return sorted(left.values(), key=lambda one: (one.due, one.check))


def _item(planted: Planted) -> OpenItem:
    return OpenItem(check=planted.check, clauses=tuple(planted.clauses), due=planted.due, awaited=planted.awaited)


def write(certificate: Open, run: Run, suite: SuiteFolders, left: Mapping[str, Planted]) -> None:
    """Write what is left open and what was found; the file is whole at any time.

    Raises:
        Misuse: it cannot be written.
    """
    before, header = certificate.before, run.header
    for one in left.values():
        one.clauses = {
            name: known or fingerprint_of(suite.contract.clauses[name], one.check, suite)
            for name, known in one.clauses.items()
        }
    assert run.footer is not None
    sitting = Sitting(
        run_id=header.run_id, began=header.started, requests=run.footer.requests, verdict=run.outcome.verdict
    )
    made = OpenCertificate(
        suite_version=before.suite_version if before else header.suite_version,
        content_hash=before.content_hash if before else header.content_hash,
        target=header.target.name,
        services=header.target.services,
        level=header.level,
        seed=header.seed,
        only=header.only,
        sittings=[*(before.sittings if before else ()), sitting],
        open=_in_order(left),
        judged=[_kept(one, sitting) for one in run.findings if not _is_open(one)],
    )
    made.sha256 = _hash(made)
    try:
        replace_whole(certificate.file, msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n", private=True)
    except OSError as problem:
        raise cannot_write(certificate.file, problem) from problem


def _is_open(finding: Finding) -> bool:
    return finding.verdict is Verdict.SKIP and finding.summary.startswith("open until ")


def _kept(finding: Finding, sitting: Sitting) -> Finding:
    """A finding as a later sitting takes it: its evidence stands in the run file of this one."""
    if finding.detail.get("sitting"):
        return finding
    return msgspec.structs.replace(finding, exchanges=(), replay=None, detail={"sitting": sitting.run_id})


def _hash(certificate: OpenCertificate) -> str:
    bare = msgspec.structs.replace(certificate, sha256="")
    return hashlib.sha256(msgspec.json.encode(msgspec.to_builtins(bare), order="deterministic")).hexdigest()


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    named = {name: msgspec.json.decode((content.folder("schemas") / name).read_bytes()) for name in _SCHEMAS}
    known = [(schema["$id"], schema) for schema in named.values()]
    registry = jsonschema_rs.Registry(known, draft=jsonschema_rs.Draft202012)
    return jsonschema_rs.Draft202012Validator(named["sitting.json"], registry=registry)


def fingerprint_of(clause: Clause, check: str, suite: SuiteFolders) -> str:
    """A hash over a clause and the check that rules on it, with the functions of its module that it calls."""
    file, _, name = check.partition("::")
    there = next((folder / file for folder in suite.folders if (folder / file).is_file()), None)
    module = ast.parse(there.read_text("utf-8")) if there else ast.Module([], [])
    known = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    wanted, seen = [name.partition("[")[0]], dict[str, str]()
    while wanted:
        function = known.get(wanted.pop())
        if function is not None and function.name not in seen:
            seen[function.name] = ast.unparse(function)
            wanted += [node.id for node in ast.walk(function) if isinstance(node, ast.Name)]
    said = msgspec.json.encode([clause.sentence, clause.strength, sorted(seen.values())])
    return hashlib.sha256(said).hexdigest()[:16]
