"""The whole surface of the API: Schemathesis generates requests from ``openapi.json``, we send and judge them.

Schemathesis knows what a description allows and forbids, and how to break it; it does not know this API's envelopes,
nor that a refusal may come with HTTP 200, nor what may be tolerated. So its own checks are off, and what was really
sent and answered is judged by ``surface_rules``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from offerproof import content
from offerproof.client import Api
from offerproof.client.lines import AHEAD
from offerproof.conformance.hypothesis_seed import without_source_literals
from offerproof.conformance.surface.bridge import Asked, Bridge, Sender, SentCase
from offerproof.conformance.surface.ids import ExistingObjects, IdReplacer
from offerproof.contract import OPERATIONS
from offerproof.target import NotAllowed, Profile

REQUESTS_MAX: Final = 2_000
"""Most generated requests of one part."""
PARTS: Final = ("cloudpos", "core", "offers", "links")
"""The three services, each from its own description, who takes longest first; and sequences of calls along the links
between them."""
_EXAMPLES: Final = 12
_SEQUENCES: Final = 40


@dataclass(frozen=True)
class Explored:
    """What a part sent, and whether its bound was reached."""

    sent: Sequence[SentCase]
    bounded: bool


def explore(
    api: Api,
    existing: Callable[[], ExistingObjects],
    part: str,
    *,
    most: int = REQUESTS_MAX,
    operations: Sequence[str] | None = None,
) -> Explored:
    """Send what Schemathesis generates for one part, or some of its operations; the same seed generates the same.

    ``existing`` makes what the requests are about. It is asked as late as can be: parts generate one after the other,
    in the order in which they come.

    Raises:
        NotAllowed: the target is production. Whatever sending raises: the budget is used up, or 429 to the last.
    """
    profile = api.profile
    if profile.environment == "production":
        hint = "judge a sandbox or a staging system"
        raise NotAllowed("production gets documented reads only", scope="production: reads only", hint=hint)
    names = [name for name in offered(profile, part) if operations is None or name in operations]
    if not names:
        return Explored((), False)
    links = Sender(api, IdReplacer(api, existing())) if part == "links" else None
    bridge = Bridge(most=most, sender=links)
    with without_source_literals(), _hidden_home():
        _drive(bridge, names, part, api.minter.seed)
    if bridge.problem is not None:
        raise bridge.problem
    if links is not None:
        return Explored(links.sent, bridge.full)
    lanes = [[asked for asked in bridge.asked if asked.operation == name] for name in names]
    about = existing()
    sent = api.wire.side_by_side([partial(_sent, api, about, lane) for lane in lanes if lane])
    return Explored([one for lane in sent for one in lane], bridge.full)


def _sent(api: Api, existing: ExistingObjects, lane: Sequence[Asked]) -> list[SentCase]:
    """Send what was generated for one operation, in order."""
    with api.minter.scope(f"generated {lane[0].operation}"):
        sender = Sender(api, IdReplacer(api, existing))
        for place, asked in enumerate(lane):
            AHEAD.set(len(lane) - place)
            sender.send(asked)
        return sender.sent


def offered(profile: Profile, part: str) -> list[str]:
    """The operations of a part that the profile declares and allows."""
    return [name for name, known in OPERATIONS.items() if part in (known.service, "links") and profile.allows(name)]


def _drive(bridge: Bridge, names: Sequence[str], part: str, seed: int) -> None:
    """Let the engine run until it has nothing more or the bridge has enough."""
    import schemathesis  # a second of import, and only level full gets here
    from schemathesis.engine import from_schema

    config = schemathesis.Config.from_dict(_config(part, seed))
    whole = schemathesis.openapi.from_path(content.folder("schemas") / "openapi.json", config=config)
    schema: Any = whole.include(operation_id=list(names))
    schema.app = bridge
    stream = from_schema(schema).execute()
    for _ in stream:
        if bridge.full or bridge.problem is not None:
            stream.stop()


def _config(part: str, seed: int) -> dict[str, Any]:
    links = part == "links"
    return {
        "seed": seed,
        "workers": 1,
        "continue-on-failure": True,
        "suppress-health-check": ["all"],
        "warnings": False,
        "cache": {"enabled": False},
        "analysis": {"constants": {"enabled": False}},  # literals of this package: in a checkout, not in a wheel
        "parameters": {"path.api_key": "unused"},
        "generation": {
            "database": "none",
            "mode": "positive" if links else "all",
            "max-examples": _SEQUENCES if links else _EXAMPLES,
            "no-shrink": True,
            "with-security-parameters": False,
        },
        "checks": {"enabled": False},
        "phases": {
            "examples": {"enabled": not links},
            "coverage": {"enabled": not links, "unexpected-methods": []},
            "fuzzing": {"enabled": not links},
            "stateful": {"enabled": links, "max-steps": 8},
        },
    }


@contextmanager
def _hidden_home() -> Iterator[None]:
    """Hypothesis and Schemathesis keep files in the working folder: they get another one for it."""
    from hypothesis import configuration

    with TemporaryDirectory(prefix="offerproof-") as folder:
        before = configuration.__hypothesis_home_directory
        configuration.set_hypothesis_home_dir(Path(folder))
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(before)
