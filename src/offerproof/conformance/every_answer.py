"""What every answer of a run is judged by, whoever asked: its schema, no server error, and that there is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from offerproof.client.silence import Silence
from offerproof.conformance.checkrun import RUNNING
from offerproof.conformance.recorder import EVERY_ANSWER, Recorder, current_check
from offerproof.contract import CLOCK_MOVES, EVERY, NEVER_ANSWERED, UNANSWERED, Clause
from offerproof.exchange import Exchange
from offerproof.findings import Coverage, Finding, Verdict
from offerproof.judgement import shapes
from offerproof.traffic.evidence import TRANSCRIPT_MAX, outcome_of


class EveryAnswer:
    """Judges every exchange as it passes, and at the end what can only be said of all of them."""

    def __init__(self, recorder: Recorder, silence: Silence, stuck: Sequence[str] = ()) -> None:
        self._recorder = recorder
        self._stuck = stuck
        self._silence = silence
        recorder.at_the_end.append(self.close)
        clauses = recorder.required.values()
        self._shape_clause = {operation: clause for clause in clauses for operation in clause.shapes}
        self._coverage: Counter[tuple[str, str]] = Counter()
        self._shaped: Counter[str] = Counter()
        self._unanswered: Counter[tuple[str, str]] = Counter()
        self._lost: list[Exchange] = []
        """The first exchanges that had no answer."""

    def exchanged(self, exchange: Exchange) -> None:
        """Take note of an exchange: for the transcript, the coverage, and the shape of its answer."""
        with self._recorder.guard:
            self._exchanged(exchange)

    def _exchanged(self, exchange: Exchange) -> None:
        check = RUNNING.get()
        if check is not None:
            check.add(exchange)
        if exchange.unanswered:
            self.not_answered(exchange)
        self._coverage[exchange.operation, outcome_of(exchange).word] += 1
        clause = self._shape_clause.get(exchange.operation)
        if exchange.failure or exchange.unanswered or not exchange.documented or exchange.status == 429:
            return
        self._not_broken(exchange)
        shape = shapes.look_at(exchange)
        problems = shape.problems
        self._as_printed(exchange, shape)
        if problems and check is not None and check.malformed is None:
            check.malformed = f"{exchange.operation} at {problems[0].pointer or 'the top'}: {problems[0].message}"
        if clause is None:
            return
        self._shaped[clause.id] += 1
        self._belongs(exchange, self._recorder.wrong_shape(clause, current_check(), exchange, problems))

    def _belongs(self, exchange: Exchange, identities: Sequence[str]) -> None:
        """Note findings about an answer, for what else it shows to be wrong."""
        if identities:
            self._recorder.misshapen.setdefault(exchange.number, []).extend(identities)

    def _as_printed(self, exchange: Exchange, shape: shapes.Shape) -> None:
        """Another form than the one printed says what it says, but no client of the documents expects it."""
        for word in shapes.OTHER_FORMS:
            clause = self._shape_clause.get(word)
            if clause is not None:
                self._shaped[clause.id] += 1
                self._recorder.other_form(clause, current_check(), exchange, word, shape.others.get(word, ()))

    def not_answered(self, exchange: Exchange) -> None:
        """Count a request that the target gave no answer to, whether it was sent again or not."""
        with self._recorder.guard:
            self._not_answered(exchange)

    def _not_answered(self, exchange: Exchange) -> None:
        if exchange.documented:
            self._unanswered[exchange.operation, exchange.unanswered or ""] += 1
            if len(self._lost) < TRANSCRIPT_MAX:
                self._lost.append(exchange)

    def _not_broken(self, exchange: Exchange) -> None:
        """A server error is no right answer to anything, also while a check is being set up."""
        clause = self._shape_clause.get(EVERY)
        if clause is None or exchange.unanswered:
            return
        self._shaped[clause.id] += 1
        if (exchange.status or 0) >= 500:
            self._belongs(exchange, [self._recorder.server_error(clause, current_check(), exchange)])

    def close(self) -> None:
        """Write what is only known at the end: shapes that held, availability, coverage."""
        for clause, operations in _shape_clauses(self._shape_clause).items():
            if UNANSWERED in operations:
                self._close_availability(clause)
            elif NEVER_ANSWERED in operations:
                self._close_calls(self._shape_clause[NEVER_ANSWERED])
            elif CLOCK_MOVES in operations:
                self._close_clock(self._shape_clause[CLOCK_MOVES])
            else:
                self._close_shapes(clause, operations)
        for (operation, outcome), count in sorted(self._coverage.items()):
            self._recorder.add(Coverage(operation=operation, outcome=outcome, count=count))

    def _close_shapes(self, clause: str, operations: Sequence[str]) -> None:
        if any(
            found.clause == clause and found.verdict in (Verdict.FAIL, Verdict.WARN)
            for found in self._recorder.findings
        ):
            return
        judged = self._shaped[clause]
        if not judged and self._recorder.writer.knows(clause):  # an earlier sitting saw such answers
            return
        names = ", ".join(operations)
        verdict = Verdict.PASS if judged else Verdict.UNKNOWN
        fits = f"{judged} answers of {names} fit their schema" if judged else f"no answer of {names} was seen"
        if EVERY in operations:
            fits = f"none of {judged} answers was a server error"
        for word in shapes.OTHER_FORMS.keys() & set(operations):
            fits = shapes.OTHER_FORMS[word].none.format(count=judged)
        self._recorder.put(
            Finding(
                clause=clause,
                check=EVERY_ANSWER,
                verdict=verdict,
                identity=f"{clause}:shapes:{verdict}",
                summary=fits,
                count=max(judged, 1),
            )
        )

    def _close_availability(self, clause: str) -> None:
        lost, total = sum(self._unanswered.values()), sum(self._coverage.values())
        kinds = ", ".join(
            f"{operation} {count} × {kind}" for (operation, kind), count in self._unanswered.most_common()
        )
        self._recorder.put(
            Finding(
                clause=clause,
                check=EVERY_ANSWER,
                verdict=Verdict.WARN if lost else Verdict.PASS,
                identity=f"{clause}:availability",
                summary=f"{lost} of {total:,} requests had no answer" + (f": {kinds}" if lost else ""),
                exchanges=self._recorder.keep(self._lost),
                count=max(lost, 1),
            )
        )

    def _close_calls(self, clause: Clause) -> None:
        """Say of each call that never had an answer that it never had one."""
        alone = self._silence.alone()
        for operation, count in alone.items():
            self._recorder.fail(
                clause,
                EVERY_ANSWER,
                f"{operation} is never answered",
                signature=operation,
                expected="an answer, as other calls of its service have",
                observed=f"none to any of {count} requests",
                on=self._silence.latest[operation],
                exchanges=[self._silence.latest[operation]],
            )
        if not alone:
            self._held(clause, "every call that was sent often enough had answers, or none of its service had")

    def _close_clock(self, clause: Clause) -> None:
        """Say how a clock that can be set did not go where it was set."""
        for told in dict.fromkeys(self._stuck):
            self._recorder.fail(
                clause,
                EVERY_ANSWER,
                "the clock was set twice, and stays",
                signature=told,
                expected="that time goes on",
                observed=told,
                on=None,
                exchanges=[],
            )
        if not self._stuck:
            self._held(clause, "wherever the clock was set, it went")

    def _held(self, clause: Clause, told: str) -> None:
        identity = f"{clause.id}:every answer:pass"
        self._recorder.put(
            Finding(clause=clause.id, check=EVERY_ANSWER, verdict=Verdict.PASS, identity=identity, summary=told)
        )


def _shape_clauses(by_operation: Mapping[str, Clause]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for operation, clause in by_operation.items():
        grouped.setdefault(clause.id, []).append(operation)
    return grouped
