"""What coordinator and workers say to each other, as bytes in messages of Locust's. Instants are ``monotonic_ns``."""

from __future__ import annotations

import msgspec

from offerproof.loadtest.figures import Series
from offerproof.loadtest.generator.health import HealthSample
from offerproof.loadtest.generator.supply import Shopper
from offerproof.loadtest.plan.load_plan import LoadPlan


class LoadMessage(msgspec.Struct, tag=True):
    """What one says to the other; its class is its kind."""


class Begin(LoadMessage):
    """The plan: this is worker ``index`` of ``count``; the run begins at ``begin_ns`` of the worker's own clock."""

    plan: LoadPlan
    index: int
    count: int
    begin_ns: int
    shared: list[Shopper]
    """Whose user offers all workers fight for."""
    every: int
    """Operations of every so many-th customer are recorded."""


class Supplied(LoadMessage):
    """Further customers; ``dry`` says that nothing more will come, and why."""

    customers: list[Shopper]
    dry: str = ""


class Sample(LoadMessage):
    """Record the operations of every so many-th customer from now on."""

    every: int


class EndVisits(LoadMessage):
    """No new visits."""


class GiveUp(LoadMessage):
    """Report what there is: nobody waits any longer."""


class HoldAll(LoadMessage):
    """Let no request leave for so many seconds: another process was told so by the target (429)."""

    seconds: float


class ClockAnswer(LoadMessage):
    """The coordinator's time, to a worker who asked at ``sent``; ``boot`` tells whether they share a clock."""

    sent: int
    now: int
    boot: str


class ClockQuestion(LoadMessage):
    """What time is it? Asked at ``sent``."""

    sent: int


class ClockMeasured(LoadMessage):
    """How the worker's clock stands to the coordinator's, in nanoseconds."""

    offset: int
    uncertainty: int


class Wanted(LoadMessage):
    """So many customers are wanted."""

    customers: int


class HoldAsked(LoadMessage):
    """The target asked to send nothing for so many seconds."""

    seconds: float


class Dry(LoadMessage):
    """A visit found nothing unused any more."""

    reason: str


class Crashed(LoadMessage):
    """A user broke: an error of ours, or of a scenario."""

    what: str


class WorkerReport(LoadMessage, kw_only=True):
    """What a worker did in one second; ``final``: nothing more will come."""

    second: int
    final: bool
    figures: dict[str, Series]
    warm_up: dict[str, Series]
    operations: bytes
    """Records as :mod:`offerproof.traffic.operations` packs them."""
    finished: list[int]
    """Numbers of the customers who go back, for fresh user offers."""
    health: HealthSample
    sent: int
    """Requests since the run began."""
    busy: int
    """Visits going on."""
    offers: int
    """Unused user offers on hand."""
    queued: int
    """Arrivals that wait for a user."""


ToWorker = Begin | Supplied | Sample | EndVisits | GiveUp | HoldAll | ClockAnswer
ToCoordinator = ClockQuestion | ClockMeasured | Wanted | HoldAsked | Dry | Crashed | WorkerReport
encode = msgspec.msgpack.Encoder().encode
to_worker = msgspec.msgpack.Decoder(ToWorker).decode
to_coordinator = msgspec.msgpack.Decoder(ToCoordinator).decode
