"""The three key pairs and the API key: from options, the environment, or drawn.

A pair is HTTP Basic, base64(key:secret) (api.md section 1). Comparison takes constant time; a header once found right
is remembered as bytes, so that the hot path pays one dictionary look-up.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from offerproof.errors import Misuse
from offerproof.simulator.answers import Service

_REMEMBERED = 64
_NAMES = ("core", "offers", "cloudpos")


@dataclass(frozen=True)
class Pair:
    """A key and its secret."""

    key: str
    secret: str

    def __repr__(self) -> str:
        return "Pair(***)"

    def header(self) -> bytes:
        """Return the value of the Authorization header."""
        return b"Basic " + base64.b64encode(f"{self.key}:{self.secret}".encode())


@dataclass(frozen=True)
class Keys:
    """All credentials of one simulator."""

    core: Pair
    offers: Pair
    cloudpos: Pair
    api_key: str

    def __repr__(self) -> str:
        return "Keys(***)"

    def pair(self, service: Service) -> Pair:
        """Return the pair of one service."""
        return {Service.CORE: self.core, Service.OFFERS: self.offers, Service.CLOUDPOS: self.cloudpos}[service]


def drawn(seed: int) -> Keys:
    """Return credentials that follow from a number; one that others can reach needs one that nobody knows."""
    pairs = {name: Pair(_word(seed, f"{name} key"), _word(seed, f"{name} secret")) for name in _NAMES}
    return Keys(pairs["core"], pairs["offers"], pairs["cloudpos"], _word(seed, "api key"))


def from_texts(seed: int, texts: dict[str, str]) -> Keys:
    """Return drawn credentials with those in ``texts`` in place: ``core=key:secret``, ``api_key=…``."""
    keys = drawn(seed)
    pairs = {name: getattr(keys, name) for name in _NAMES}
    for name in pairs:
        if name in texts:
            key, colon, secret = texts[name].partition(":")
            if not (colon and key and secret):
                raise Misuse(
                    f"the credential of {name!r} is not of the form key:secret", hint="give both, parted by a colon"
                )
            pairs[name] = Pair(key, secret)
    api_key = texts.get("api_key", keys.api_key)
    if not api_key or any(not (sign.isalnum() or sign in "-_.~") for sign in api_key):
        raise Misuse("the API key may only have letters, digits and - _ . ~", hint="it stands in the path of the calls")
    return Keys(pairs["core"], pairs["offers"], pairs["cloudpos"], api_key)


class Authenticator:
    """Tells which service a request's Authorization header opens."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self._known: dict[bytes, Service] = {}
        self._tokens = [(f"{pair.key}:{pair.secret}".encode(), service) for service, pair in _pairs(keys)]

    def opens(self, header: bytes | None) -> Service | None:
        """Return the service whose pair the header carries, or None."""
        if header is None:
            return None
        service = self._known.get(header)
        if service is None:
            service = self._check(header)
        return service

    def _check(self, header: bytes) -> Service | None:
        scheme, _, token = header.partition(b" ")
        if scheme.lower() != b"basic":
            return None
        try:
            given = base64.b64decode(token.strip(), validate=True)
        except (binascii.Error, ValueError):
            return None
        found = None
        for right, service in self._tokens:
            if hmac.compare_digest(given, right):
                found = service
        if found is not None and len(self._known) < _REMEMBERED:
            self._known[header] = found
        return found


def _pairs(keys: Keys) -> list[tuple[Service, Pair]]:
    return [(service, keys.pair(service)) for service in Service]


def _word(seed: int, purpose: str) -> str:
    return hashlib.blake2b(f"offerproof simulator {seed} {purpose}".encode(), digest_size=16).hexdigest()


def drawn_token(seed: int) -> str:
    """Return the control token that follows from a number."""
    return _word(seed, "control token")
