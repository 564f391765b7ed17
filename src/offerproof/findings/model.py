"""The values every report is made of: verdicts and the records of a run.

Each record is an immutable ``msgspec.Struct`` and one line of a run file; ``schemas/run.json`` says the same in JSON
Schema, and a run file is checked against it when it is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

import msgspec

from offerproof.contract import Clause, Level
from offerproof.findings.load_records import AnyLoadRecord, LoadSettings

RUN_SCHEMA = 2
"""Version of the run format; a reader refuses any other."""


class Verdict(StrEnum):
    """What is known of a clause. ``unknown`` is never rounded up to ``pass``; ``error`` means that *we* failed."""

    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    FAIL = "fail"
    WARN = "warn"
    WAIVED = "waived"
    SKIP = "skip"
    UNKNOWN = "unknown"
    ERROR = "error"


MOST_URGENT_FIRST: Final = (
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.WARN,
    Verdict.UNKNOWN,
    Verdict.WAIVED,
    Verdict.SKIP,
    Verdict.PASS,
)


def most_urgent(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict that stands for several: the most urgent, ``pass`` for none."""
    return min(verdicts, key=MOST_URGENT_FIRST.index, default=Verdict.PASS)


class RunVerdict(StrEnum):
    """The one answer of a run."""

    CONFORMS = "conforms"
    SO_FAR = "conforms so far"
    """Of a first sitting: clauses are open whose time has not come."""
    FAILS = "fails"
    NOT_JUDGED = "not judged"


class PlannedClause(msgspec.Struct, frozen=True, kw_only=True):
    """A clause as this run takes it: required, or outside the required set for a stated reason."""

    clause: Clause
    required: bool
    outside: str | None = None
    """Why it is not required here: ``no clock``, ``level full``, ``not selected``, ``no check: …``."""
    scope: bool = False
    """Whether ``outside`` limits what the certificate proves and so belongs into its scope."""
    checks: tuple[str, ...] = ()


class Waiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A known failure somebody answers for until a date (ISO, that day included)."""

    clause: str
    reason: str
    owner: str
    expires: str
    also: tuple[str, ...] = ()
    """Clauses that break, or cannot be observed, because of it: covered while ``clause`` itself is seen to fail."""


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What a set of checks consumes on the target."""

    customers: int = 0
    user_offers: dict[str, int] = {}
    """By offer type; the key ``any`` counts those whose type does not matter."""
    requests: int = 0


class TargetSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a report may say of the target: no credentials, and the API key never stands in a base URL."""

    name: str
    environment: str
    services: dict[str, str]
    capabilities: dict[str, bool] = {}
    behaviour: dict[str, str] = {}


class AddedClauses(msgspec.Struct, frozen=True, kw_only=True):
    """Clauses, checks and defects that a team added to a run, whose code ran as it is trusted: whose they were."""

    folder: str
    """As it was given."""
    sha256: str
    """Over their files."""
    chapters: tuple[str, ...]


class Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag=str.lower):
    """One line of a run file; its ``record`` member names its kind."""


class _Made(Record, frozen=True, kw_only=True):
    """What a run was made with."""

    suite_version: str
    content_hash: str
    """SHA-256 over the schemas and the contract suite."""
    load_hash: str | None = None
    """Of a load run: SHA-256 over scenarios and load profiles."""
    versions: dict[str, str] = {}
    """Of Python and of the libraries that a seed, a schema's verdict and a figure depend on; empty in old runs."""


class Header(_Made, frozen=True, kw_only=True, tag="header"):
    """First line: who judged whom, with what, and how to do it again."""

    schema: int = RUN_SCHEMA
    kind: str
    """``certify``, ``load``, ``audit``, ``client``, ``replay`` or ``selfcheck``."""
    run_id: str
    started: str
    target: TargetSummary
    profile: str | None
    """The profile's file as it was given; None when we started our own simulator."""
    level: Level
    seed: int
    nonce: str
    only: tuple[str, ...] = ()
    strict_waivers: bool = False
    load: LoadSettings | None = None
    """Of a load run: what was to be sent."""


class RunPlan(Record, frozen=True, kw_only=True, tag="plan"):
    """Second line: the clauses as this run takes them, and what it may use."""

    chapters: dict[str, str]
    clauses: tuple[PlannedClause, ...]
    needs: Needs
    budget_requests: int
    waivers: tuple[Waiver, ...] = ()
    notes: tuple[str, ...] = ()
    unjudged: dict[str, tuple[str, ...]] = {}
    """Ids of what the documents say and this run does not judge, by what in the profile would change that."""
    added: AddedClauses | None = None


class ClauseStarted(Record, frozen=True, kw_only=True, tag="clause_started"):
    """A check begins; a run that dies shows where."""

    check: str
    clauses: tuple[str, ...]
    at: str


class ExchangeRecord(Record, frozen=True, kw_only=True, tag="exchange"):
    """One request and its answer as evidence: placeholders stand where secrets and personal data stood."""

    number: int
    check: str | None
    operation: str
    service: str
    method: str
    url: str
    request_headers: dict[str, str]
    request_body: Any
    status: int | None
    answer_headers: dict[str, str]
    answer_body: Any
    started: str
    duration_us: int
    failure: str | None
    """Kind of transport failure (``timeout``, ``closed``, ``unreachable``, ``tls``, ``too_large``) or None."""
    setup: bool = False
    """Whether provisioning sent it, before the check itself began."""
    curl: str = ""


class Observation(Record, frozen=True, kw_only=True, tag="observation"):
    """Which reading of an open question the target follows: information, never a verdict."""

    question: str
    reading: str
    clause: str | None = None
    exchanges: tuple[int, ...] = ()


class Finding(Record, frozen=True, kw_only=True, tag="finding"):
    """What one check found for one clause. Two findings with the same ``identity`` are one defect seen twice."""

    clause: str
    check: str
    verdict: Verdict
    identity: str
    summary: str
    """One sentence: what was looked at. For a pass, what held; for an error, what broke on our side."""
    operation: str | None = None
    expected: str | None = None
    observed: str | None = None
    exchanges: tuple[int, ...] = ()
    """Numbers of the exchanges that prove it, in order; the last one cited decided."""
    count: int = 1
    """How often it was seen; for a pass, the number of expectations that held."""
    replay: str | None = None
    """The command that shows it again."""
    waiver: Waiver | None = None
    detail: dict[str, Any] = {}


class Coverage(Record, frozen=True, kw_only=True, tag="coverage"):
    """How often a cell (operation, outcome, and the state before it where it is known) was exercised."""

    operation: str
    outcome: str
    """The word of an :class:`offerproof.contract.Outcome`; ``exercised`` where clauses are counted."""
    count: int
    state: str | None = None
    floor: int | None = None
    """The least count that is enough; below it the run is not judged. None: no floor."""


class OperationRecord(Record, frozen=True, kw_only=True, tag="operation"):
    """One operation of a load run's history: when it was called, when it returned, what came of it."""

    operation: str
    key: str
    started_us: int
    ended_us: int | None
    outcome: str
    transaction: str = ""
    """Its id on the wire; empty when it had none."""
    caller: str = ""
    """Who sent it, such as ``till 7``."""


class Audit(Record, frozen=True, kw_only=True, tag="audit"):
    """One question asked after a load run (was anything redeemed twice?) and its answer."""

    question: str
    verdict: Verdict
    clause: str
    expected: str | None = None
    observed: str
    checked: int = 0
    """How much was looked at for it; of this so many were bad, and so many could not be decided."""
    bad: int = 0
    undecided: int = 0
    examples: tuple[str, ...] = ()


class OpenItem(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at in a sitting of its own: by which clauses, when at the earliest, and what must be seen."""

    check: str
    clauses: tuple[str, ...]
    due: str
    awaited: str


class Sittings(Record, frozen=True, kw_only=True, tag="sittings"):
    """Of a certificate in two sittings: when it was opened, when gone on with, what came due since, what is open."""

    file: str
    began: tuple[str, ...]
    """When each sitting began, this one last."""
    run_ids: tuple[str, ...]
    came_due: tuple[OpenItem, ...] = ()
    open: tuple[OpenItem, ...] = ()

    @property
    def told(self) -> str:
        """What is open, in a few words: ``23 clauses open until 2027-01-02``."""
        count = len({name for one in self.open for name in one.clauses})
        until = max((one.due[:10] for one in self.open), default="")
        return f"{count} clause{'' if count == 1 else 's'} open until {until}" if count else "nothing is open"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What a client did wrongly in a situation: the clause it breaks, what was seen, and what comes of it in a shop."""

    clause: str
    verdict: Verdict
    told: str
    harm: str


class Situation(Record, frozen=True, kw_only=True, tag="situation"):
    """One situation of a guided session: what a client did in it, what of that was right, and what was wrong.

    ``verdict``: pass, warn or fail; unknown where the client did not get into it, ``told`` says why.
    """

    name: str
    title: str
    verdict: Verdict
    told: str
    did: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    wrong: tuple[Fault, ...] = ()


class Interrupted(Record, frozen=True, kw_only=True, tag="interrupted"):
    """The run was stopped before its end."""

    reason: str
    at: str


class Footer(Record, frozen=True, kw_only=True, tag="footer"):
    """Last line. Without it, a run is not a finished run."""

    finished: str
    duration_us: int
    requests: int
    counts: dict[str, int]
    """Clauses by verdict."""
    verdict: RunVerdict
    exit_code: int
    reasons: tuple[str, ...]
    scope: tuple[str, ...]
    records: int
    """Number of lines before this one."""
    sha256: str
    """SHA-256 of every byte before this line."""


AnyRecord = (
    Header
    | RunPlan
    | ClauseStarted
    | ExchangeRecord
    | Observation
    | Finding
    | Coverage
    | OperationRecord
    | Audit
    | Interrupted
    | Sittings
    | Situation
    | Footer
    | AnyLoadRecord
)
