"""The nonce of a run: what keeps its ids apart from those of every other run on the same target.

Ids follow from seed and nonce, so the same two give the same requests. On a target that has seen them before, these
would be the same request_ids and e-mail addresses again: a right target then answers what it stored, or refuses a
second customer. So a nonce is drawn, and recorded; giving a recorded one again is the user's choice.

A simulator that was made anew is to see the same requests again without being asked. It cannot be told by looking
whether it was: but its ids are seeded, so the first id that it hands out is the same whenever it was made anew, and
another one whenever it was not. The nonce of a run on a simulator follows from that id.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

from offerproof.client import Api, Budget, Minter, Wire, transport_for
from offerproof.conformance.reading import is_success
from offerproof.errors import CannotJudge, Misuse
from offerproof.target import Profile

OWN: Final = "own"
"""The nonce of a run on a simulator that was started for it."""
_FORM: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def checked_nonce(nonce: str) -> str:
    """A nonce that was given.

    Raises:
        Misuse: it is not written as a nonce is.
    """
    if not _FORM.fullmatch(nonce):
        raise Misuse(
            "the nonce is not written as a nonce is: letters, digits, dot, dash and underscore, at most 64",
            hint="give the one that an earlier run's certificate names, or leave --nonce out",
        )
    return nonce


def nonce_for(profile: Profile, seed: int, budget: Budget) -> str:
    """The nonce of a run on the target of a profile: from a simulator's first id, elsewhere drawn.

    Asking a simulator costs one request and leaves an offer on it.
    """
    if profile.environment == "simulator" and profile.allows("create_offer"):
        first = _first_id(profile, seed, budget)
        if first is not None:
            return hashlib.blake2b(first.encode(), digest_size=4).hexdigest()
    return secrets.token_hex(4)


def _first_id(profile: Profile, seed: int, budget: Budget) -> str | None:
    """The id of an offer that is created for it; None when there is none. What is wrong then is for others to say."""
    transport = transport_for(profile)
    try:
        api = Api(Wire(profile, transport, minter=Minter(seed, "first"), budget=budget))
        answered = api.create_offer(api.offer("manual_fulfillment"))
    except CannotJudge:
        return None
    finally:
        transport.close()
    payload = answered.answer.get("payload") if is_success(answered) else None
    offer_id = payload.get("offer_id") if isinstance(payload, dict) else None
    return offer_id if isinstance(offer_id, str) else None
