"""One run of the suite with every request and answer written down: ``python -m tests.determinism.recorded_run …``.

A process of its own for each run, so that nothing of one run (hash seed, imported modules, caches) is in another. It
leaves in the folder: ``sent.jsonl``, the requests; ``runs/``, the run; ``normalised.jsonl``, the same without what may
differ; ``reports/``, every report of that; ``verdicts.jsonl``, what each check found. The requests and the verdicts are
in a form of their own (``sameness.Sent``, ``sameness.Judged``), for another build to be compared with.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from offerproof.client import HttpRequest, HttpResponse, Transport, transport_for
from offerproof.client.wire import CHECK
from offerproof.conformance import Options, certify, nonce, runner
from offerproof.contract import Level
from offerproof.findings import Run, read_run
from offerproof.report.formats import all_formats
from offerproof.target import Profile, load_profile
from tests.determinism.sameness import Judged, Sent, normalised


class Recording:
    """A transport that keeps what goes out, in the order in which it goes out, and what comes back."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._guard = threading.Lock()
        self.sent: list[Sent] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send once, and write it down."""
        rest = request.url.partition("://")[2]
        row = Sent(
            check=CHECK.get() or "",
            thread=threading.current_thread().name,
            method=request.method,
            path="/" + rest.partition("/")[2],
            headers=dict(request.headers),
            body=request.body.decode("utf-8", "backslashreplace"),
        )
        with self._guard:
            place = len(self.sent)
            self.sent.append(row)
        answer = self._inner.send(request)
        told = answer.body.decode("utf-8", "backslashreplace")
        self.sent[place] = msgspec.structs.replace(
            row, status=answer.status, answer_headers=dict(answer.headers), answer=told
        )
        return answer

    def close(self) -> None:
        """Close every connection."""
        close = getattr(self._inner, "close", None)
        if close is not None:
            close()


def record(folder: Path, profile: Path | None, *, level: Level, seed: int, connections: int | None = None) -> Run:
    """Run the suite, write everything down, and return the run."""
    recordings: list[Recording] = []

    def recording_for(target: Profile) -> Recording:
        recordings.append(Recording(transport_for(target)))
        return recordings[-1]

    for module in (nonce, runner):
        vars(module)["transport_for"] = recording_for
    target = load_profile(profile) if profile else None
    if target is not None and connections is not None:
        target = replace(target, limits=replace(target.limits, connections=connections))
    done = certify(Options(profile=target, level=level, seed=seed, out=folder / "runs"))
    sent = [row for one in recordings for row in one.sent]
    (folder / "sent.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in sent))
    found = [Judged(one.clause, one.check, one.verdict.value) for one in done.run.findings]
    found.append(Judged("", "", done.run.outcome.verdict.value))
    (folder / "verdicts.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in found))
    same = folder / "normalised.jsonl"
    same.write_bytes(normalised(done.folder / "run.jsonl", instants=profile is None))
    reports = folder / "reports"
    reports.mkdir()
    for one in all_formats():
        (reports / f"report.{one.name}").write_text(one.run(read_run(same)), encoding="utf-8")
    return done.run


def main(arguments: Sequence[str] | None = None) -> int:
    """Record one run; the exit code is the run's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--profile", type=Path, help="of the target; none: our simulator, with its running clock")
    parser.add_argument("--level", type=Level, default=Level.GATE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--connections", type=int, help="in place of the profile's")
    given = parser.parse_args(arguments)
    run = record(given.folder, given.profile, level=given.level, seed=given.seed, connections=given.connections)
    return int(run.outcome.exit_code)


if __name__ == "__main__":
    raise SystemExit(main())
