"""Whether two recorded runs are the same run: the same requests in the same order, the same answers, the same report.

Compared literally, except for what follows; nothing else is normalised.

Always: the address of the target, the run's id, the folder it is kept in, the profile's file, when something began and
ended and how long it took.

With a running clock (``instants``): every instant in a body, the length of answers and their Date.

Between two builds (``of_any_version``): the version that ``User-Agent`` names.

From the first race on (level full: the chapters CONC and TIME), because who is faster is not ours to say:

* In a race each terminal's own requests are compared, in their order; how terminals interleave is not. Where a
  terminal makes several calls, a later one depends on what the race answered to an earlier one: there
  ``send_transaction``, which needs a lock that was won, is left out, and ids that first appear in that race are not
  compared.
* Ids that the target made are named by their first use, for it hands them out in the order in which requests arrive.
* The number in ``traceparent`` counts requests, as do coverage, footer and the findings over all answers: how many
  there are depends on the locks won.
* Answers are not compared from the first race to the last, and of findings of these checks neither the evidence nor how
  many expectations held; their verdicts are. Exchanges of the other checks are numbered anew.

What a failed race shows (its smallest history, and what a report puts beneath it) is not normalised: two runs that fail
there tell of two races, and are told apart.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

RACES: Final = "test_80_concurrency.py::"
"""The checks that race terminals."""
_TERMINAL: Final = re.compile(r"(race-[0-9]+)-terminal-([0-9]+)")
_GUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_ID_OR_PIECE: Final = re.compile(rf"{_GUID.pattern}|\b[0-9A-Fa-f]{{8}}\b")
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?")
_TRACE: Final = re.compile(r"-[0-9a-f]{16}-01\Z")
_VERSION: Final = re.compile(r"offerproof/[^ ]+")
_PHASE: Final = r" \((?:setup|call|teardown)\)\Z"
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_OF_INSTANTS: Final = frozenset({"content-length", "date"})
"""Headers of an answer that follow the clock."""
SHOWN_MAX: Final = 10


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it went out, and what came back.

    ``check``: what sent it (in the file as pytest says it), empty before the first check. ``path``: all that follows
    the target's address.
    """

    check: str = ""
    thread: str
    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int | None = None
    answer_headers: dict[str, str] = {}
    answer: str = ""


class Judged(msgspec.Struct, frozen=True, order=True):
    """What one check found for one clause; without either: the run's own verdict."""

    clause: str
    check: str
    verdict: str


@dataclass(frozen=True)
class Step:
    """One place in the order of a run: a call, or a race with the calls of each of its terminals."""

    requests: Mapping[str, Sequence[str]]
    answer: str | None = None


@dataclass
class _Names:
    """Which ids the target made, and their names in the order of their first use."""

    ours: set[str] = field(default_factory=set)
    theirs: dict[str, str | None] = field(default_factory=dict)

    def asked(self, text: str) -> None:
        self.ours |= {one for one in _ids(text) if one not in self.theirs}

    def answered(self, text: str) -> None:
        for one in _ids(text):
            if one not in self.ours:
                self.theirs.setdefault(one, None)

    def named(self, text: str) -> str:
        return _GUID.sub(lambda found: self._name(found.group()), text)

    def _name(self, found: str) -> str:
        known = found.lower()
        if known not in self.theirs:
            return found
        if self.theirs[known] is None:
            self.theirs[known] = f"target-id-{sum(name is not None for name in self.theirs.values()) + 1}"
        return str(self.theirs[known]) + ("" if found == known else " in capitals")


def read_sent(path: Path) -> list[Sent]:
    """The requests of a recorded run, in the order in which they went out."""
    rows = [msgspec.json.decode(line, type=Sent) for line in path.read_bytes().splitlines()]
    return [msgspec.structs.replace(row, check=_check(row.check)) for row in rows]


def _check(told: str) -> str:
    """What pytest says it is in (``contracts/test_45_lock.py::test_a[b c] (setup)``), as findings name it."""
    file, _, rest = told.partition("::")
    return f"{file.rpartition('/')[2]}::{re.sub(_PHASE, '', rest)}" if rest else told


def of_any_version(rows: Sequence[Sent]) -> list[Sent]:
    """The same requests without the version of the build that sent them."""
    return [
        msgspec.structs.replace(
            row,
            headers={
                name: _VERSION.sub("offerproof/version", value) if name.lower() == "user-agent" else value
                for name, value in row.headers.items()
            },
        )
        for row in rows
    ]


def read_judged(path: Path) -> list[Judged]:
    """The verdicts of a recorded run, in the order in which they were found, the run's own at the end."""
    return [msgspec.json.decode(line, type=Judged) for line in path.read_bytes().splitlines()]


def judged_apart(one: Sequence[Judged], other: Sequence[Judged]) -> list[str]:
    """Verdicts that only one of two recorded runs has, the first few in words; their order is not compared."""
    left, right = Counter(one), Counter(other)
    apart = [(row, "first", times) for row, times in (left - right).items()]
    apart += [(row, "second", times) for row, times in (right - left).items()]
    apart.sort(key=lambda told: (told[0].clause, told[0].check, told[1]))
    return [f"only the {side}: {_told(row, times)}" for row, side, times in apart[:SHOWN_MAX]]


def _told(row: Judged, times: int) -> str:
    return f"{row.clause or 'the run'} {row.verdict} {row.check}".rstrip() + (f" ({times} times)" if times > 1 else "")


def steps(rows: Sequence[Sent], *, instants: bool = False) -> list[Step]:
    """What two runs of one seed have in common: see above."""
    raced = [place for place, row in enumerate(rows) if _TERMINAL.fullmatch(row.thread)]
    first, last = (raced[0], raced[-1]) if raced else (len(rows), len(rows))
    made = [Step({"": (_request(row, instants),)}, _answer(row, instants)) for row in rows[:first]]
    names = _Names()
    names.ours = {one for row in rows[:first] for one in (*_ids(row.path + row.body), *_ids(row.answer))}
    place = first
    while place < len(rows):
        held = list(_same_race(rows, place))
        before = names.ours | set(names.theirs)
        for row in held:
            names.asked(row.path + row.body)
        for row in held:
            names.answered(row.answer)
        if _TERMINAL.fullmatch(rows[place].thread):
            made.append(Step(_race(held, names, before, instants)))
        else:
            request = names.named(_request(rows[place], instants, counted=False))
            answer = names.named(_answer(rows[place], instants)) if place > last else None
            made.append(Step({"": (request,)}, answer))
        place += len(held)
    return made


def different(one: Sequence[Sent], other: Sequence[Sent], *, instants: bool = False) -> list[str]:
    """Where two recorded runs sent or got something else; the first few places, in words. Empty: nowhere."""
    left, right = steps(one, instants=instants), steps(other, instants=instants)
    told = [] if len(left) == len(right) else [f"{len(left)} steps and {len(right)} steps"]
    for place, (a, b) in enumerate(zip(left, right, strict=False), 1):
        for terminal in sorted({*a.requests, *b.requests}):
            these, those = (str(list(side.requests.get(terminal, ()))) for side in (a, b))
            if these != those:
                told.append(f"step {place}{terminal and f', {terminal}'}: request {_apart(these, those)}")
        if a.requests == b.requests and a.answer != b.answer:
            told.append(f"step {place}: answer {_apart(str(a.answer), str(b.answer))}")
        if len(told) >= SHOWN_MAX:
            break
    return told


def each_check_apart(one: Sequence[Sent], other: Sequence[Sent]) -> list[str]:
    """Where a check sent something else in two runs, in words; empty: nowhere. Who ran beside it does not matter.

    Of each check all requests are compared, whatever their order: it may send from several threads. Ids that the target
    made are masked, for it hands them out in the order in which requests arrive; so are their first pieces, and ids
    that differ from one in the last letter.
    """
    left, right = _by_check(one), _by_check(other)
    told = []
    for check in sorted({*left, *right}):
        apart = [sorted((side - away).elements()) for side, away in _both_ways(left[check], right[check])]
        if any(apart):
            first, second = (side[0] if side else "nothing" for side in apart)
            told.append(f"{check}: {len(apart[0])} and {len(apart[1])} requests apart: {_apart(first, second)}")
    return told


def _both_ways(one: Counter[str], other: Counter[str]) -> list[tuple[Counter[str], Counter[str]]]:
    return [(one, other), (other, one)]


def _by_check(rows: Sequence[Sent]) -> defaultdict[str, Counter[str]]:
    asked = [_ids(row.path + row.body) for row in rows]
    answered = [_ids(row.answer) for row in rows]
    ours: set[str] = set()
    theirs: set[str] = set()
    for mine, told in zip(asked, answered, strict=True):  # who names an id first has made it
        ours |= mine - theirs
        theirs |= told - ours
    pieces = {one[:8] for one in theirs} | {one[:-1] for one in theirs}

    def masked(found: re.Match[str]) -> str:
        known = found.group().lower()
        return "theirs" if {known, known[:-1]} & pieces else found.group()

    sent: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if not row.path.startswith("/_control/"):
            sent[row.check][_ID_OR_PIECE.sub(masked, _request(row, instants=False))] += 1
    return sent


def normalised(file: Path, *, instants: bool = False) -> bytes:
    """A run file without what differs between two runs of one seed; itself a run file, to make reports of."""
    text = file.read_text("utf-8")
    header = json.loads(text.partition("\n")[0])
    for address in set(header["target"]["services"].values()):
        text = text.replace(address, "http://target")
    text = text.replace(str(file.parent), "folder").replace(header["run_id"], "run")
    if instants:
        text = _INSTANT.sub("2000-01-01T00:00:00", text)
    records = [json.loads(line, parse_float=Decimal) for line in text.split("\n") if line]
    for record in records:
        _timeless(record)
        for name in _OF_INSTANTS & set(record.get("answer_headers", ())) if instants else ():
            record["answer_headers"][name] = "0"
    if any(str(record.get("check", "")).startswith(RACES) for record in records):
        records = _after_races(records)
    digest = hashlib.sha256()
    lines: list[bytes] = []
    for record in records:
        if record["record"] == "footer":
            record |= {"records": len(lines), "sha256": digest.hexdigest()}
        lines.append(_ENCODER.encode(record) + b"\n")
        digest.update(lines[-1])
    return b"".join(lines)


def without_instants(text: str) -> str:
    """A text whose instants do not matter."""
    return _INSTANT.sub("instant", text)


def lines_apart(one: str, other: str) -> list[str]:
    """The first few lines in which two texts differ."""
    left, right = one.split("\n"), other.split("\n")
    told = [] if len(left) == len(right) else [f"{len(left)} lines and {len(right)} lines"]
    told += [
        f"line {number}: {_apart(a, b)}" for number, (a, b) in enumerate(zip(left, right, strict=False), 1) if a != b
    ]
    return told[:SHOWN_MAX]


# Requests and answers


def _same_race(rows: Sequence[Sent], place: int) -> Iterator[Sent]:
    """The row at a place, and where it belongs to a race all the others of that race."""
    yield rows[place]
    found = _TERMINAL.fullmatch(rows[place].thread)
    for row in rows[place + 1 :] if found else ():
        other = _TERMINAL.fullmatch(row.thread)
        if other is None or found is None or other[1] != found[1]:
            return
        yield row


def _race(rows: Sequence[Sent], names: _Names, before: set[str], instants: bool) -> dict[str, Sequence[str]]:
    """The requests of each terminal of a race; ``before``: the ids that were known when it began."""
    by_terminal: dict[str, list[Sent]] = {}
    for row in sorted(rows, key=lambda row: int(row.thread.rpartition("-")[2])):
        by_terminal.setdefault(row.thread, []).append(row)
    if all(len(own) == 1 for own in by_terminal.values()):
        return {name: [names.named(_request(own[0], instants, counted=False))] for name, own in by_terminal.items()}

    def shown(row: Sent) -> str:
        text = _GUID.sub(lambda found: found.group() if found.group().lower() in before else "new", row.body)
        return names.named(f"{row.method} {row.path} {without_instants(text) if instants else text}")

    return {
        name: [shown(row) for row in own if not row.path.endswith("/send_transaction")]
        for name, own in by_terminal.items()
    }


def _request(row: Sent, instants: bool, *, counted: bool = True) -> str:
    headers = {name: value for name, value in row.headers.items() if name.lower() != "x-offerproof-run"}
    if not counted:
        headers = {name: _TRACE.sub("", value) for name, value in headers.items()}
    body = without_instants(row.body) if instants else row.body
    return f"{row.check} {row.method} {row.path} {json.dumps(headers)} {body}"


def _answer(row: Sent, instants: bool) -> str:
    headers = {name: value for name, value in row.answer_headers.items() if not (instants and name in _OF_INSTANTS)}
    body = without_instants(row.answer) if instants else row.answer
    return f"{row.status} {body} {json.dumps(headers)}"  # the body first: where it differs, so does its length


def _ids(text: str) -> set[str]:
    return {one.lower() for one in _GUID.findall(text)}


def _apart(one: str, other: str) -> str:
    """Two texts from a little before where they part."""
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, at - 60)
    return f"…{one[start : at + 80]!r} | …{other[start : at + 80]!r}"


# Run files


def _timeless(record: dict[str, Any]) -> None:
    for name in ("started", "at", "finished"):
        if name in record:
            record[name] = "2000-01-01T00:00:00.000000Z"
    if "duration_us" in record:
        record["duration_us"] = 0
    if record["record"] == "header" and record["profile"]:
        record["profile"] = "profile"


def _after_races(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    numbers: dict[int, int] = {}
    names: dict[str, str] = {}
    made: list[dict[str, Any]] = []
    raced = False
    for record in records:
        mine = str(record.get("check", "")).startswith(RACES)
        raced = raced or mine
        kind = record["record"]
        if kind == "exchange":
            if mine:
                continue
            record["number"] = numbers[record["number"]] = len(numbers) + 1
            if trace := record["request_headers"].get("traceparent"):  # a check may leave it out
                record["request_headers"]["traceparent"] = _TRACE.sub("", trace)
        elif kind == "coverage" and record["floor"] is None:
            record["count"] = 1
        elif kind == "footer":
            record["requests"] = 0
        elif kind == "finding" and (mine or record["check"] == "every answer"):
            record |= {"count": 1, "summary": re.sub(r"\b[0-9]+ ", "", record["summary"]), "exchanges": ()}
        if "exchanges" in record:
            record["exchanges"] = [numbers[one] for one in record["exchanges"] if one in numbers]
        made.append(_renamed(record, names) if raced else record)
    return made


def _renamed(record: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Ids that first stand after the first race, by the order in which they are written."""

    def name(found: re.Match[bytes]) -> bytes:
        known = found.group().decode().lower()
        return names.setdefault(known, f"id-{len(names) + 1}").encode()

    text = re.sub(_GUID.pattern.encode(), name, _ENCODER.encode(record))
    renamed: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return renamed
