"""What leaves the simulator: an answer as bytes, and each service's envelope for success and for refusal.

Envelopes follow api.md section 1: Core says ``status, errors{code, message}``; Offers ``status, payload, errors{code,
type, message}``; CloudPOS ``status, payload, errors[{code, message}]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec


class Service(Enum):
    """The three services; each has its own credentials and its own envelope."""

    CORE = "core"
    OFFERS = "offers"
    CLOUDPOS = "cloudpos"


class Effect(msgspec.Struct, frozen=True):
    """How an answer leaves when a scenario has a hand in it. Delays are in seconds of the transport's clock."""

    delay: float = 0.0
    twice: bool = False
    drop: bool = False
    release: object | None = None  # the idempotency key that stops being pending once the answer has left


class Answer(msgspec.Struct):
    """One answer: HTTP status, body, further header lines (each ended by CRLF), and a scenario's effect if any."""

    status: int
    body: bytes
    headers: bytes = b""
    effect: Effect | None = None


class CoreErrors(msgspec.Struct):
    """Core's error: a code in lower case and a sentence."""

    code: str
    message: str


class OffersErrors(msgspec.Struct, omit_defaults=True):
    """The Offers service's error, where it is known with what is wrong with each member."""

    code: str
    type: str
    message: str
    validation_errors: Mapping[str, list[str]] | None = None


class CoreRefusal(msgspec.Struct, kw_only=True):
    """Core's envelope of a refusal."""

    status: str = "error"
    errors: CoreErrors


class OffersRefusal(msgspec.Struct, kw_only=True):
    """The Offers service's envelope of a refusal."""

    status: str = "error"
    payload: None = None
    errors: OffersErrors


class CloudposRefusal(msgspec.Struct, kw_only=True):
    """CloudPOS's envelope of a refusal."""

    status: str = "error"
    payload: None = None
    errors: list[CoreErrors]


ENCODER = msgspec.json.Encoder(decimal_format="number")
encode = ENCODER.encode


def refusal(service: Service | None, status: int, code: str, message: str, headers: bytes = b"") -> Answer:
    """Answer with an error in the envelope of ``service`` (Core's where no service can be told)."""
    if service is Service.OFFERS:
        body = encode(OffersRefusal(errors=OffersErrors(code, "business" if status < 400 else "request", message)))
    elif service is Service.CLOUDPOS:
        body = encode(CloudposRefusal(errors=[CoreErrors(code, message)]))
    else:
        body = encode(CoreRefusal(errors=CoreErrors(code, message)))
    return Answer(status, body, headers)


def plain(document: object, status: int = 200) -> Answer:
    """Answer the control API with any JSON document."""
    return Answer(status, encode(document))
