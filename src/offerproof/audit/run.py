"""One audit: recordings read in the order of time, judged, and kept as a run like any other. Nothing is sent."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from offerproof import __version__
from offerproof.audit.calls import CallFinder
from offerproof.audit.clients import FOLDER, ClientAudit, ClientOptions
from offerproof.audit.feeds import Feed, RecordingGroup, grouped
from offerproof.audit.judge import Judge
from offerproof.audit.load_runs import is_load_run, judge_load_run
from offerproof.audit.observed import Known, Observer
from offerproof.audit.orders import Before
from offerproof.audit.tally import Tally
from offerproof.audit.worlds import Worlds
from offerproof.contract import (
    RUN_FILE,
    RUNS,
    Level,
    by_recordings,
    content_hash,
    load_contract,
    new_run_folder,
    now,
    shown_by,
)
from offerproof.errors import ExitCode, Misuse
from offerproof.exchange import Redactor
from offerproof.findings import (
    AnyRecord,
    Coverage,
    Event,
    Header,
    Interrupted,
    Listener,
    Needs,
    Run,
    RunFinished,
    RunPlan,
    RunWriter,
    TargetSummary,
    Waiver,
    in_force,
    versions_here,
    write_draft,
)
from offerproof.judgement.oracle import Choices
from offerproof.recording import Opened, Recorded, Traits, open_recordings, write_anonymised
from offerproof.target import Profile
from offerproof.traffic.keeper import FindingsKeeper

FINDINGS_MAX: Final = 20
_HIDDEN: Final = "no recording shows it: byte order marks, faults of the charset, how connections were kept and closed"
_SETTLE: Final = 2_000_000
"""How long effects of a load run's transactions may take where no profile says it, in microseconds."""


@dataclass(frozen=True)
class AuditOptions:
    """What to audit, and how.

    ``complete``: every call that reached the target meanwhile is in the recordings; False: some are missing; None: as
    far as their recorders can be relied on.
    """

    files: tuple[str, ...]
    profile: Profile | None = None
    bases: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    complete: bool | None = None
    out: Path = RUNS
    waivers: tuple[Waiver, ...] = ()
    strict_waivers: bool = False
    findings_max: int = FINDINGS_MAX
    anonymise: Path | None = None
    """Where to write the recording with other values in the place of people and secrets."""
    client: ClientOptions | None = None
    """Whose requests they are, to judge them as well."""
    listeners: tuple[Listener, ...] = ()


@dataclass(frozen=True)
class FinishedAudit:
    """A finished audit and the folder that holds it. ``client``: the client's certificate, where one was asked for."""

    run: Run
    folder: Path
    client: Run | None = None

    @property
    def exit_code(self) -> ExitCode:
        """The worse one of both certificates: a failure, then what could not be judged."""
        codes = [run.outcome.exit_code for run in (self.run, self.client) if run is not None]
        return ExitCode.FAILED if ExitCode.FAILED in codes else max(codes)


def audit(options: AuditOptions) -> FinishedAudit:
    """Judge recordings; ``exit_code`` of what is returned is the answer.

    Raises:
        Misuse: a file cannot be read or is of a kind that is not judged; a clause or an address is wrong.
    """
    loads = [Path(name) for name in options.files if name != "-" and is_load_run(Path(name))]
    rest = [name for name in options.files if Path(name) not in loads]
    with open_recordings(rest) if rest else Opened((), (), ExitStack()) as opened:
        if options.anonymise is not None:
            if len(opened.recordings) > 1:
                raise Misuse("--anonymise takes one recording", hint="write them one after the other")
            write_anonymised(opened.recordings[0][0], options.anonymise)
        return AuditInProgress(options, opened, loads).run()


class AuditInProgress:
    """One audit being made."""

    def __init__(self, options: AuditOptions, opened: Opened, loads: Sequence[Path] = ()) -> None:
        contract = load_contract()
        named = contract.select(options.require) if options.require else frozenset()
        for waiver in options.waivers:
            for name in (waiver.clause, *waiver.also):
                contract.find(name)
        if options.client is None:
            contract.side(client=False).select(options.require)  # what only a client can break is told at once
        self.options = options
        self.contract = contract.side(client=False)
        self.named = named & set(self.contract.clauses)
        self.opened = opened
        self.loads = loads
        self.recordings = [recording for recording, _ in opened.recordings]
        self.started = now()
        self.records: list[AnyRecord] = []
        self.keeper = FindingsKeeper(
            self.records.append,
            Redactor(),
            tell=self.tell,
            replay=lambda _: None,
            findings_max=options.findings_max,
            waived=in_force(options.waivers, self.started),
        )
        self.tally = Tally(self.contract, self.keeper)
        self.client: ClientAudit | None = None
        if options.client is not None:
            duties = contract.side(client=True)
            asked = named & set(duties.clauses)
            self.client = ClientAudit(options.client, duties, asked, self.keeper.redactor, options.findings_max)
        self.calls = CallFinder(options.profile, options.bases)
        self.matched = [0] * max(1, len(self.recordings))
        self.twins = 0
        self._folder: Path | None = None

    def tell(self, event: Event) -> None:
        """Pass an event on."""
        for listener in self.options.listeners:
            listener.notice(event)

    def run(self) -> FinishedAudit:
        """Read and judge all, then write the run: what is required is known only at the end."""
        gc.set_threshold(200_000, 50, 100)  # what is kept is freed by its counts: looking it through costs a sixth
        told, notes = grouped(self.recordings)
        observer = Observer(self.keeper.redactor, self.options.profile)
        for recording in self.recordings:
            observer.learn_credentials(recording)
        judges = [self._judged(group, observer) for group in told]
        notes += [judge_load_run(folder, self.tally, self._choices().settle or _SETTLE) for folder in self.loads]
        return self.write(judges, notes)

    def folder(self) -> Path:
        """The run's folder, made when it is first asked for."""
        if self._folder is None:
            self._folder = new_run_folder(self.options.out)
        return self._folder

    def draft(self) -> None:
        """Write what is known so far in the place of the run (and of the client's), for ``report --partial``."""
        header = self._header(self.folder())
        write_draft(self.folder() / RUN_FILE, header, self._plan(()), [*self.records, *self.tally.so_far()])
        if self.client is not None:
            below = self.folder() / FOLDER
            below.mkdir(exist_ok=True)
            self.client.draft(below, header, self.options.waivers)

    def write(self, judges: Sequence[Judge], notes: Sequence[str]) -> FinishedAudit:
        """Write the run."""
        if self.client is not None:
            self.client.refuse_our_own()
        self.records += self.tally.conclude(self.named)
        self.keeper.close()
        folder = self.folder()
        notes = [*self._read(judges), *notes]
        header = self._header(folder)
        cut = "; ".join(f"{one.title} is cut after entry {len(one.spans)}" for one in self.recordings if one.cut)
        with RunWriter(folder / RUN_FILE, header) as writer:
            writer.plan(self._plan(notes))
            for record in self.records:
                writer.add(record)
            writer.add(Coverage(operation="must-clauses", outcome="exercised", count=self.tally.judged_musts, floor=1))
            if cut:
                writer.add(Interrupted(reason=cut, at=now()))
            run = writer.finish(requests=0)
        self.tell(RunFinished(run, folder))
        if self.client is None:
            return FinishedAudit(run, folder)
        (folder / FOLDER).mkdir(exist_ok=True)
        of_client = self.client.write(folder / FOLDER, header, self.options.waivers, notes, cut)
        self.tell(RunFinished(of_client, folder / FOLDER))
        return FinishedAudit(run, folder, of_client)

    def write_client(self, notes: Sequence[str], cut: str) -> FinishedAudit:
        """Write the run of the client alone. ``cut``: why its session did not come to its end; empty where it did."""
        assert self.client is not None, "there is no certificate of nobody"
        folder = self.folder()
        run = self.client.write(folder, self._header(folder), self.options.waivers, notes, cut)
        self.tell(RunFinished(run, folder))
        return FinishedAudit(run, folder)

    def _judged(self, group: RecordingGroup, observer: Observer) -> Judge:
        judge = self.begin(group.traits, Before(group.resolution, max(group.resolution, group.apart)))
        for feed, place, recorded in group.exchanges():
            self.take(judge, observer, recorded, feed, place)
        self.end(judge)
        self.twins += group.twins
        return judge

    def begin(self, traits: Traits, before: Before) -> Judge:
        """Begin with exchanges of one kind, which come in the order of their starts."""
        if self.options.complete is False:
            traits = msgspec.structs.replace(traits, complete=False)
        if self.client is not None:
            self.client.begin(traits, complete=bool(self.options.complete))
        return Judge(self.tally, Worlds(self._choices(), bool(self.options.complete)), traits, before)

    def take(self, judge: Judge, observer: Observer, recorded: Recorded, feed: Feed, place: int) -> bool:
        """Judge one exchange; returns whether it is a call of the API."""
        found = self.calls.match(recorded)
        if found is None:
            return False
        self.matched[feed.number] += 1
        observed = observer.observe(recorded, found, feed, place)
        judge.take(observed)
        if self.client is not None:
            self.client.take(observed)
        if judge.gap is None and self.calls.ambiguous:
            judge.gap = f"several hosts answer {self.calls.ambiguous}: --base-url chooses one"
        return True

    def end(self, judge: Judge) -> None:
        """Judge what is still waiting."""
        judge.finish()
        if self.client is not None:
            self.client.end()

    def _choices(self) -> Choices:
        profile = self.options.profile
        if profile is None:
            return Choices(tiers=True)  # who shows tiers has them
        # what a profile lets us send is no matter here: nothing is sent
        return Choices.of(replace(profile, environment="sandbox", allow_writes=True))

    # What the run says of itself

    def _read(self, judges: Sequence[Judge]) -> list[str]:
        """What was read, from which recorder, what could be judged, and why the rest could not."""
        notes = []
        for number, (recording, fingerprint) in enumerate(self.opened.recordings):
            read = len(recording.spans) - sum(recording.skipped.values())
            notes.append(
                f"{recording.title}: {recording.format}, {read:,} exchanges read, "
                f"{self.matched[number]:,} of them calls of the API (SHA-256 {fingerprint[:16]})"
            )
            notes.append(f"recorder {recording.traits.told}")
            notes += [f"{recording.title}: {count} passed over: {why}" for why, count in recording.skipped.items()]
            notes += [f"{recording.title}: {note}" for note in list(recording.notes)[:5]]
        known: Counter[Known] = sum((judge.known for judge in judges), Counter())
        notes += [f"not judged in whole: {why} ({count})" for why, count in known.items() if why is not Known.ANSWERED]
        doubts: Counter[str] = sum((judge.doubts for judge in judges), Counter())
        notes += [f"not decided: {why} ({count})" for why, count in doubts.most_common()]
        notes += [f"states are not judged: {judge.gap}" for judge in judges if judge.gap]
        if self.twins:
            notes.append(f"{self.twins} exchanges were recorded twice, and judged once")
        judged = len(shown_by(self.tally.decided_clauses))
        notes.append(
            f"of the documents' requirements {judged} judged; a recording can show {len(shown_by(by_recordings()))}"
        )
        notes.append(_HIDDEN)
        return notes + self.calls.told_unmatched() + [f"passed over: {one}" for one in self.opened.passed_over]

    def _plan(self, notes: Sequence[str]) -> RunPlan:
        return RunPlan(
            chapters=dict(self.contract.chapters),
            clauses=self.tally.plan(self.contract, self.named),
            needs=Needs(),
            budget_requests=0,
            waivers=tuple(one for one in self.options.waivers if one.clause.upper() in self.contract.clauses),
            notes=tuple(notes),
        )

    def _header(self, folder: Path) -> Header:
        profile = self.options.profile
        found = {service: at for (service, at), _ in reversed(self.calls.matched.most_common())}
        return Header(
            kind="audit",
            run_id=folder.name,
            suite_version=__version__,
            content_hash=content_hash(),
            started=self.started,
            target=TargetSummary(
                name=profile.name if profile else ", ".join(dict.fromkeys(found.values())) or "recorded traffic",
                environment=profile.environment if profile else "unknown",
                services=found,
                capabilities=dict(profile.capabilities) if profile else {},
                behaviour=dict(profile.behaviours) if profile else {},
            ),
            profile=str(profile.source) if profile else None,
            level=Level.FULL,
            seed=0,
            nonce="",
            only=self.options.require,
            strict_waivers=self.options.strict_waivers,
            versions=versions_here(),
        )
