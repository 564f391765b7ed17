"""A target profile as checked values; secrets are wrapped so that printing one shows nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import idna

from offerproof.contract import IN_PRODUCTION, OPERATIONS, TO_READ
from offerproof.errors import Misuse


class NotAllowed(Misuse):
    """The profile does not let us send this: production, a target without writes, or a call it does not declare."""

    def __init__(self, message: str, *, scope: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.scope = scope
        """Why, as a line of a certificate's scope."""


def ascii_host(name: str) -> str:
    """Return a host name as it goes over the wire: lower case, other alphabets as IDNA writes them.

    Raises:
        Misuse: it is no host name.
    """
    if name.isascii():
        return name.lower()
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as problem:
        raise Misuse(f"{name!r} is no host name: {problem}", hint="correct base_url, or limits.hosts") from None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Secret:
    """A credential. ``reveal()`` gives it; every other way of looking at it gives ``***``."""

    __slots__ = ("_value", "shell")

    def __init__(self, value: str, shell: str) -> None:
        self._value = value
        self.shell = shell
        """How a shell command can name it: ``$VARIABLE`` or ``$(cat FILE)``."""

    def reveal(self) -> str:
        """The credential itself, for the request only."""
        return self._value

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True)
class TargetService:
    """One of the three services: where it is and how we are known there."""

    name: str
    base_url: str
    key: Secret | None
    secret: Secret | None
    api_key: Secret | None = None
    ca_file: Path | None = None
    proxy: str | None = None

    @property
    def host(self) -> str:
        """Host name without port, in lower case and ASCII."""
        return ascii_host(urlsplit(self.base_url).hostname or "")

    @property
    def is_here(self) -> bool:
        """Whether it listens on this machine, by its address."""
        return is_loopback(self.host)


@dataclass(frozen=True)
class Ids:
    """Ids the target knows us by; the defaults are those a fresh simulator accepts from anyone."""

    retailer: str = "2d5b5a08-becd-4837-a69a-2ab967c77731"
    store: str = "332b6ee0-e981-4f96-8047-d0d358cfb3e0"
    client: str = "686ed454-ecab-4e86-8abe-c9470e8dd787"
    employee: str = "1000"


@dataclass(frozen=True)
class CustomerSource:
    """Where customers come from: ``pool`` (with ``file``), ``create`` or ``control``; and who is there anyway."""

    kind: str
    file: Path | None = None
    standing: Path | None = None
    """Customers that exist, of whom at most ``standing_max`` are read and judged."""
    standing_max: int = 200


@dataclass(frozen=True)
class OfferSource:
    """Where user offers come from: ``issue``, ``earn``, ``pool`` (with ``file``) or ``control``."""

    kind: str
    file: Path | None = None
    type: str | None = None
    spend: Decimal | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Control:
    """The control interface of a simulator."""

    base_url: str
    token: Secret | None


@dataclass(frozen=True)
class Timing:
    """How long things may take on this target, in milliseconds and seconds as named."""

    settle_ms: int = 2_000
    request_timeout_ms: int = 10_000
    return_period_s: int | None = None
    tier_period_s: int | None = None
    redemption_window_s: int | None = None
    wait_s: int = 120
    """Longest wait for a period to end, within a run."""


@dataclass(frozen=True)
class Limits:
    """What the target may be asked to bear: requests a run, requests a second, requests at once, whether load is
    allowed, and whether wrong or missing credentials may be tried (None: wherever it is not production)."""

    requests: int | None = None
    rate: float | None = None
    connections: int | None = None
    """None: 8, of our own simulator 64."""
    load: bool = False
    load_rate: float | None = None
    wrong_credentials: bool | None = None
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """Everything we know of a target. Ask it what the target can do; nothing else may tell who the target is."""

    name: str
    environment: str
    services: Mapping[str, TargetService]
    ids: Ids = Ids()
    paths: Mapping[str, str] = field(default_factory=dict)
    customers: CustomerSource = CustomerSource("create")
    offers: OfferSource = OfferSource("issue")
    control: Control | None = None
    capabilities: Mapping[str, bool] = field(default_factory=dict)
    behaviours: Mapping[str, str] = field(default_factory=dict)
    timing: Timing = Timing()
    limits: Limits = Limits()
    allow_writes: bool = False
    source: Path | None = None

    @property
    def one_at_a_time(self) -> bool:
        """Whether checks run one after the other: with one connection, or on a simulator, where runs are repeatable."""
        return (self.limits.connections or (1 if self.environment == "simulator" else 2)) == 1

    @property
    def read_only(self) -> bool:
        """Whether nothing may be changed; always so in production, whatever the profile says."""
        return self.environment == "production" or not self.allow_writes

    @property
    def reads_standing(self) -> bool:
        """Whether who needs a customer reads one of ``customers.standing``: where nothing is written, and none other is
        named."""
        return self.read_only and self.customers.standing is not None and self.customers.kind != "pool"

    @property
    def return_period(self) -> timedelta:
        """How long points stay in escrow: 30 days by the documents, unless the profile says otherwise."""
        stated = self.timing.return_period_s
        return timedelta(days=30) if stated is None else timedelta(seconds=stated)

    def period_s(self, period: str) -> float | None:
        """How long a period (of ``contract.PERIODS``) lasts on this target, in seconds from what begins it; None where
        nobody says, or it never ends. A tier is entered when a return period is over, and that counts in."""
        timing, lock = self.timing, self.behaviour("lock_lifetime.seconds") or ""
        tier = None
        if timing.tier_period_s is not None and timing.return_period_s is not None:
            tier = timing.tier_period_s + timing.return_period_s
        return {
            "return_period": timing.return_period_s,
            "tier_period": tier,
            "redemption_window": timing.redemption_window_s,
            "lock_lifetime": int(lock) if lock.isdigit() else None,
        }[period]

    def sees_end_of(self, period: str) -> bool:
        """Whether a run sees this period end: the clock can be set, or it is short enough to be waited for."""
        lasts = self.period_s(period)
        return self.can("clock") or (lasts is not None and lasts <= self.timing.wait_s)

    @property
    def settle_s(self) -> float:
        """How long effects of send_transaction may take to show, in seconds."""
        return self.timing.settle_ms / 1000

    def can(self, capability: str) -> bool:
        """Whether the target declares a capability; what a read-only target would have to write for, it cannot.

        Two are ours to declare: whether wrong credentials may be tried (``wrong_credentials``, by ``limits``), and
        whether customers are known that stand there (``standing``, by ``customers``).
        """
        if capability == "standing":
            return self.customers.standing is not None
        if capability == "wrong_credentials":
            told = self.limits.wrong_credentials
            return self.environment != "production" if told is None else told
        if self.read_only and capability not in TO_READ:
            return False
        return self.capabilities.get(capability, False)

    def behaviour(self, question: str) -> str | None:
        """What the target does where the sources leave it open (``"paging.default_take"``); None when unknown."""
        answer = self.behaviours.get(question)
        return None if answer == "unknown" else answer

    def declares(self, operation: str) -> bool:
        """Whether the target has this call, as far as the profile says; what it does not declare is never sent."""
        capability = OPERATIONS[operation].capability
        return capability is None or self.can(capability)

    def allows(self, operation: str) -> bool:
        """Whether an operation may be sent to this target at all."""
        return self.barred(operation) is None

    def barred(self, operation: str) -> NotAllowed | None:
        """Why an operation may not be sent to this target: production, no writes, not declared; None when it may."""
        known = OPERATIONS[operation]
        if self.environment == "production" and operation not in IN_PRODUCTION:
            hint = "judge a sandbox or a staging system"
            return NotAllowed(f"{operation} is never sent to production", scope="production: reads only", hint=hint)
        if known.writes and self.read_only:
            told = f"{operation} is never sent to a target without allow_writes"
            return NotAllowed(told, scope="no writes", hint="see allow_writes in the profile")
        if not self.declares(operation):
            told = f"{operation} is never sent to a target that does not declare it"
            hint = f"see [capabilities] {known.capability} in the profile"
            return NotAllowed(told, scope=f"no {known.capability}", hint=hint)
        return None

    def barred_probe(self) -> NotAllowed | None:
        """Why a request that is no documented operation (another path, method or form) may not be sent."""
        if self.environment == "production":
            hint = "judge a sandbox or a staging system"
            return NotAllowed("production gets documented reads only", scope="production: reads only", hint=hint)
        if self.read_only:
            told = "the profile does not allow writes, and this request could be one"
            return NotAllowed(told, scope="no writes", hint="see allow_writes in the profile")
        return None

    def barred_credentials(self) -> NotAllowed | None:
        """Why wrong or missing credentials may not be tried: real tills share a pair that could be locked."""
        if self.can("wrong_credentials"):
            return None
        told = "wrong or missing credentials are not tried on this target"
        hint = "if its owner agrees, set limits.wrong_credentials = true in the profile"
        return NotAllowed(told, scope="no wrong_credentials", hint=hint)

    def request_line(self, operation: str) -> tuple[str, str]:
        """Method and path template of an operation in the spelling this target offers."""
        known = OPERATIONS[operation]
        method, _, path = self.paths.get(operation, known.path).rpartition(" ")
        return method or known.method, path
