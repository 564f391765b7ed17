"""A server that answers the hot path without thinking: so that a load generator's own limit can be measured.

Answers have the documented shape and echo the ids they are asked about; nothing is remembered. A customer's user id is
also the id of the customer's one user offer, so that a pool file can be made for it. ``--stall 0.2 --every 2`` makes it
answer nothing at all for the first 0.2 s of every 2 s: what the coordinated-omission test needs.

    python benchmarks/load_canned_server.py --port 0 --profile canned.toml --customers 1000
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ssl
import time
from pathlib import Path
from typing import cast
from uuid import UUID

import httptools
import msgspec

ACCOUNT = {
    "AccountName": "ACME Spendable Account",
    "UserPointAccountID": "",
    "PointAccountID": "657ebb21-af8a-48f1-86eb-3d239d7731ab",
    "GroupingLabel": "Spend",
    "AvailableBalance": 0,
    "LifeTimeValue": 0,
}
_OFFER = (
    b'{"reference_id":"%b","user_id":"%b","reference_id_type":"userofferid","pos_discount_id":null,"status":"%b",'
    b'"display_name":"canned","image_url":null,"discounted_line_ids":["1"],"discounted_line_id_quantities":[],'
    b'"discount_source":"canned","amount":5,"stack_order":0,"applied_time":"2020-01-01T00:00:00Z"}'
)
_LOOKUP = (
    b'{"status":"success","payload":[{"user_reference_id":"%b","user_account_id":"%b","partial_response":false,'
    b'"first_name":null,"last_name":null,"phone":null,"email":null,"points":0,"profile_fields":{},"offers":['
    + _OFFER
    + b'],"accounts":['
    + msgspec.json.encode(ACCOUNT)
    + b']}],"errors":null}'
)
_LOCK = b'{"status":"OK","payload":' + _OFFER + b',"errors":null}'
_DONE = b'{"status":"OK","payload":null,"errors":null}'


class LookupPayload(msgspec.Struct):
    """What a lookup asks by; the canned server knows user ids only."""

    user_id: str = ""


class LockPayload(msgspec.Struct):
    """What a lock asks for."""

    offer_lookup_code: str = ""


class LookupRequest(msgspec.Struct):
    """A lookup."""

    request_payload: LookupPayload


class LockRequest(msgspec.Struct):
    """A lock."""

    request_payload: LockPayload


class Canned(asyncio.Protocol):
    """One connection."""

    _lookup = msgspec.json.Decoder(LookupRequest)
    _lock = msgspec.json.Decoder(LockRequest)

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's own kind

    def data_received(self, data: bytes) -> None:
        """Parse and answer."""
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """Take the path."""
        self._url = url

    def on_body(self, body: bytes) -> None:
        """Take the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """Answer the request that is complete."""
        body, self._body = self._body, b""
        assert self._transport is not None
        answer = self._answer(self._url.lower(), body)
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer)
        )

    def _answer(self, url: bytes, body: bytes) -> bytes:
        if url.endswith(b"/lookup"):
            user = self._lookup.decode(body).request_payload.user_id.encode()
            return _LOOKUP % (user, user, user, user, b"INFO")
        if url.endswith((b"/lock", b"/redeem")):
            code = self._lock.decode(body).request_payload.offer_lookup_code.encode()
            return _LOCK % (code, code, b"LOCKED")
        return _DONE


async def stall(seconds: float, every: float, started: float) -> None:
    """Hold the whole process still at the beginning of each period."""
    period = 0
    while True:
        period += 1
        await asyncio.sleep(max(started + period * every - time.monotonic(), 0))
        time.sleep(seconds)


def write_pool(profile: Path, port: int, customers: int, certificate: Path | None = None) -> None:
    """Write a target profile with pools of customers, each with one user offer of the same id."""
    pool = profile.with_suffix(".pool.jsonl")
    with pool.open("w", encoding="ascii") as file:
        for number in range(customers):
            user = UUID(int=(1 << 96) + number, version=4)
            file.write(f'{{"user_id":"{user}","user_offer_id":"{user}","type":"fixed_amount_check_discount"}}\n')
    secret = profile.with_suffix(".secret")
    secret.write_text("test-key", encoding="ascii")
    lines = ["schema = 1", 'name = "canned"', 'environment = "simulator"', "allow_writes = true"]
    for service in ("core", "offers", "cloudpos"):
        scheme = "https" if certificate else "http"
        lines += ["", f"[services.{service}]", f'base_url = "{scheme}://127.0.0.1:{port}"']
        lines += [f'ca_file = "{certificate}"'] if certificate else []
        lines += [f'key_file = "{secret.name}"', f'secret_file = "{secret.name}"']
        lines += [f'api_key_file = "{secret.name}"'] if service == "core" else []
    lines += ["", "[customers]", 'from = "create"', "", "[offers]", 'from = "pool"', f'file = "{pool.name}"']
    lines += ["", "[capabilities]", "unlock = true", "", "[limits]", "load = true", ""]
    profile.write_text("\n".join(lines), encoding="utf-8")


async def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--profile", type=Path, help="write a target profile and a pool here")
    parser.add_argument("--customers", type=int, default=1000, help="in the pool")
    parser.add_argument("--stall", type=float, default=0.0, help="seconds without any answer ...")
    parser.add_argument("--every", type=float, default=2.0, help="... in each period of so many seconds")
    parser.add_argument("--tls", type=Path, help="speak TLS, with the certificate and key of this file")
    options = parser.parse_args()
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(options.tls)
    server = await asyncio.get_running_loop().create_server(Canned, "127.0.0.1", options.port, ssl=context)
    port = server.sockets[0].getsockname()[1]
    if options.profile:
        write_pool(options.profile, port, options.customers, options.tls)
    print(f"ready at {'https' if context else 'http'}://127.0.0.1:{port}", flush=True)
    if options.stall:
        await stall(options.stall, options.every, time.monotonic())
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(main())
