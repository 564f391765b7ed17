"""Hostile and broken requests against the simulator, in great number: what it answers, and what they cost it.

    nice python -m benchmarks.hostile_requests [--requests 300000] [--connections 8] [--seed 1]

Every kind of ``KINDS`` makes requests from what is right: bodies cut short, of wrong types, deep, long or in another
encoding; heads, paths, methods and framing that no client sends, or that end in the middle. Counted by kind: the status
of each answer, ``closed`` where the connection ended without one (what is no whole request), ``silence`` where nothing
came in time. Between them a documented request goes, which must be answered as ever. Prints counts by kind and the
resident memory every ten seconds; exit code 1 on a 5xx, on silence, when the documented request fails, or when the
simulator is gone.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from offerproof.target import Profile, load_profile

TIMEOUT_S = 10.0
USUAL_EVERY = 100
_MARK = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
Draw = random.Random


class Right:
    """Documented requests of one target, to be spoilt."""

    def __init__(self, profile: Profile) -> None:
        self._auth = {
            name: b64encode(f"{one.key.reveal()}:{one.secret.reveal()}".encode()).decode()
            for name, one in profile.services.items()
            if one.key and one.secret
        }
        core = profile.services["core"]
        self.api_key = core.api_key.reveal() if core.api_key else ""
        guid = "00000000-0000-4000-8000-000000000000"
        till = {"store_id": profile.ids.store, "client_id": profile.ids.client, "request_id": guid}
        basket = [{"item_id": "1", "line_number": 1, "quantity": 1, "unit_price": 5.0, "extended_amount": 5.0}]
        sale = {"transaction_id": guid, "transaction_is_closed": True, "user_id": guid, "basket": basket}
        lock = {"offer_lookup_code": guid, "transaction": sale}
        retailer = {"retailer_id": profile.ids.retailer}
        self.calls: list[tuple[str, str, dict[str, Any]]] = [
            ("core", f"/priv/v1/apps/{self.api_key}/users", {"user": {"email": "a@example.com", "first_name": "A"}}),
            ("offers", "/api/2.0/offers/get_user_offers", {**retailer, "user_id": guid, "skip": 0, "take": 10}),
            ("offers", "/api/2.0/offers/user_offer_history", {**retailer, "user_ids": [guid], "skip": 0, "take": 10}),
            ("offers", "/api/2.0/offers/fetch_offer", {**retailer, "offer_id": guid}),
            ("offers", "/api/2.0/offers/acquisition/issue", {**retailer, "user_id": guid, "offer_id": guid}),
            ("cloudpos", "/api/2.0/Lookup", {**till, "request_payload": {"user_id": guid, "transaction": sale}}),
            ("cloudpos", "/api/2.0/Lock", {**till, "request_payload": lock}),
            ("cloudpos", "/api/2.0/send_transaction", {**till, "request_payload": sale}),
        ]

    def usual(self) -> bytes:
        """A documented request that is answered with 200."""
        return self.request(*self.calls[1])

    def request(
        self,
        service: str,
        path: str,
        body: Any,
        *,
        method: str = "POST",
        head: str = "",
        kind: str = "application/json",
        auth: str | None = None,
    ) -> bytes:
        """The bytes of a request."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        basic = f"Basic {self._auth[service]}" if auth is None else auth
        lines = f"{method} {path} HTTP/1.1\r\nHost: t\r\nAuthorization: {basic}\r\nContent-Type: {kind}\r\n{head}"
        return f"{lines}Content-Length: {len(data)}\r\n\r\n".encode("utf-8", "surrogateescape") + data


_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 10**40, -(2**63), 1e308, "", " ", "x" * 5000, "\x00", "\ud83d\ude00", "' OR 1=1 --",
    "<script>", "../../etc/passwd", "%s%n", [], {}, [[]], [None] * 50, {"a": {"b": {"c": {}}}}, "1e9999", "NaN", "9.0",
)  # fmt: skip


def _members(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*place, name)
        if isinstance(inner, dict | list):
            yield from _members(inner, (*place, name))


def _changed(right: Right, draw: Draw, change: Callable[[Any, Any], None]) -> bytes:
    service, path, body = draw.choice(right.calls)
    copy = json.loads(json.dumps(body))
    *outer, last = draw.choice(list(_members(copy)))
    inner = copy
    for step in outer:
        inner = inner[step]
    change(inner, last)
    return right.request(service, path, copy)


def _wrong_value(right: Right, draw: Draw) -> bytes:
    value = draw.choice(_VALUES)
    return _changed(right, draw, lambda inner, last: inner.__setitem__(last, value))


def _lacking(right: Right, draw: Draw) -> bytes:
    return _changed(right, draw, lambda inner, last: inner.__delitem__(last))


def _more(right: Right, draw: Draw) -> bytes:
    def add(inner: Any, last: Any) -> None:
        if isinstance(inner, dict):
            inner |= {f"{last}{number}": draw.choice(_VALUES) for number in range(draw.randint(1, 40))}
        else:
            inner *= draw.randint(2, 200)

    return _changed(right, draw, add)


def _text(right: Right, draw: Draw, spoil: Callable[[bytes], bytes], kind: str = "application/json") -> bytes:
    service, path, body = draw.choice(right.calls)
    return right.request(service, path, spoil(json.dumps(body).encode()), kind=kind)


def _flipped(data: bytes, draw: Draw) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.randint(1, 8)):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def _deep(right: Right, draw: Draw) -> bytes:
    depth = draw.choice((50, 200, 2000, 50_000))
    opened, closed = draw.choice(((b"[", b"]"), (b'{"a":', b"}")))
    return _text(right, draw, lambda _: opened * depth + b"1" + closed * (depth if draw.random() < 0.7 else 0))


def _encoded(right: Right, draw: Draw) -> bytes:
    encoding = draw.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "cp037"))
    return _text(right, draw, lambda data: data.decode().encode(encoding))


def _numbers(right: Right, draw: Draw) -> bytes:
    odd = draw.choice((b"NaN", b"-Infinity", b"1e400", b"0x10", b"01", b"1.", b"+1", b"9" * 400, b"1e-999", b"-0"))
    return _text(right, draw, lambda data: re.sub(rb"\b\d+(\.\d+)?\b(?=[,}\]])", odd, data))


def _twice(right: Right, draw: Draw) -> bytes:
    return _text(right, draw, lambda data: data[:-1] + b"," + data[1:])


def _large(right: Right, draw: Draw) -> bytes:
    size = draw.choice((70_000, 300_000, 1_100_000))
    return _text(right, draw, lambda data: data[:-1] + b',"x":"' + b"y" * size + b'"}')


def _path(right: Right, draw: Draw) -> bytes:
    service, path, body = draw.choice(right.calls)
    odd = draw.choice((
        path + "/", path + "//", path.replace("/", "//"), path.upper(), path + "?" + "a=b&" * 400, path + "%00",
        path + "%zz", path + "/../../x", "/" + "a" * 6000, "/%2e%2e/%2e%2e", path + "#x", "*", path[1:], path + ";x=1",
        "/\xe4\xf6",
        f"/priv/v1/apps/{right.api_key}/users/{'9' * 300}", f"/priv/v1/apps/{right.api_key}/users/search?email=",
    ))  # fmt: skip
    return right.request(service, odd, body, method=draw.choice(("POST", "GET")))


def _method(right: Right, draw: Draw) -> bytes:
    service, path, body = draw.choice(right.calls)
    method = draw.choice(
        ("GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "get", "BREW", "POST" * 30, "P\x00")
    )
    return right.request(service, path, body, method=method)


def _credentials(right: Right, draw: Draw) -> bytes:
    service, path, body = draw.choice(right.calls)
    auth = draw.choice(
        ("", "Basic", "Basic !!", "Basic Og==", "Bearer x", "Basic " + "A" * 4000, "basic YTpi", "Basic \xff")
    )
    return right.request(service, path, body, auth=auth)


def _head(right: Right, draw: Draw) -> bytes:
    service, path, body = draw.choice(right.calls)
    head = draw.choice((
        "X: " + "y" * 9000 + "\r\n", "X: y\r\n" * 300, "Content-Encoding: gzip\r\n", "Expect: 100-continue\r\n",
        "X\r\n", "Content-Length: 5\r\n", "Host: u\r\n", "Transfer-Encoding: gzip\r\n", ": y\r\n", "X : y\r\n",
        "X: \x01\r\n",
        "Connection: close\r\n", "Upgrade: h2c\r\nConnection: Upgrade\r\n", "Accept: text/html\r\n", "X: a\r\n b\r\n",
    ))  # fmt: skip
    return right.request(service, path, body, head=head)


def _kind(right: Right, draw: Draw) -> bytes:
    kind = draw.choice(
        ("", "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/json; charset=x")
    )
    return _text(right, draw, lambda data: data, kind)


def _chunks(right: Right, draw: Draw) -> bytes:
    whole = right.usual()
    head, _, body = whole.partition(b"\r\n\r\n")
    head = re.sub(rb"\r\nContent-Length: \d+", b"\r\nTransfer-Encoding: chunked", head)
    told = draw.choice(
        (b"%x" % len(body), b"zz", b"-1", b"f" * 20, b"%x;a=b" % len(body), b"", b"%x" % (len(body) + 4))
    )
    return (
        head
        + b"\r\n\r\n"
        + told
        + b"\r\n"
        + body
        + draw.choice((b"\r\n0\r\n\r\n", b"\r\n0\r\nX: y\r\n\r\n", b"0\r\n\r\n"))
    )


def _bytes(right: Right, draw: Draw) -> bytes:
    return draw.randbytes(draw.randint(1, 400)) + b"\r\n\r\n"


def _cut(right: Right, draw: Draw) -> bytes:
    whole = right.usual()
    return whole[: draw.randrange(1, len(whole))]


KINDS: Mapping[str, Callable[[Right, Draw], bytes]] = {
    "a member of another value": _wrong_value,
    "a member missing": _lacking,
    "members too many": _more,
    "JSON cut short": lambda right, draw: _text(right, draw, lambda data: data[: draw.randrange(len(data))]),
    "bytes of the body changed": lambda right, draw: _text(right, draw, lambda data: _flipped(data, draw)),
    "nested deep": _deep,
    "another encoding": _encoded,
    "odd numbers": _numbers,
    "every member twice": _twice,
    "a large body": _large,
    "another content type": _kind,
    "an odd path": _path,
    "another method": _method,
    "odd credentials": _credentials,
    "an odd head": _head,
    "odd chunks": _chunks,
    "bytes of the request changed": lambda right, draw: _flipped(right.usual(), draw),
    "no HTTP": _bytes,
    "hung up in the middle": _cut,
}
"""By name: what makes one request of the kind."""
_RARE = {"a large body": 0.05, "nested deep": 0.3}
"""How often a kind is drawn, beside 1: it is many bytes."""
_NO_END = {
    "hung up in the middle",
    "bytes of the request changed",
    "odd chunks",
    "no HTTP",
    "an odd head",
    "an odd path",
}
"""What may leave the server waiting for more: the client says that nothing more comes."""


class Attacker:
    """One connection after the other, each as long as the server keeps it."""

    def __init__(self, address: tuple[str, int], right: Right, seed: int) -> None:
        self._address, self._right, self._draw = address, right, random.Random(seed)
        self.counts: Counter[tuple[str, str]] = Counter()
        self.slowest = 0.0
        self._connection: socket.socket | None = None

    def run(self, requests: int) -> None:
        """Send so many."""
        names = list(KINDS)
        weights = [_RARE.get(name, 1.0) for name in names]
        for number in range(requests):
            if number % USUAL_EVERY == 0:
                self.counts["(documented)", self._sent(self._right.usual(), last=False)] += 1
            (name,) = self._draw.choices(names, weights)
            self.counts[name, self._sent(KINDS[name](self._right, self._draw), last=name in _NO_END)] += 1

    def _sent(self, data: bytes, *, last: bool) -> str:
        began = time.monotonic()
        connection = self._connection or socket.create_connection(self._address, timeout=TIMEOUT_S)
        self._connection = None
        try:
            told, goes_on = _exchange(connection, data, last)
        except TimeoutError:
            told, goes_on = "silence", False
        except OSError:
            told, goes_on = "closed", False
        self.slowest = max(self.slowest, time.monotonic() - began)
        if goes_on and not last:
            self._connection = connection
        else:
            connection.close()
        return told


def _exchange(connection: socket.socket, data: bytes, last: bool) -> tuple[str, bool]:
    """The first answer's status, and whether the connection goes on."""
    try:
        connection.sendall(data)
        if last:
            connection.shutdown(socket.SHUT_WR)
    except (BrokenPipeError, ConnectionResetError):
        pass  # it may have answered before it had read all
    held = b""
    while True:
        piece = connection.recv(65536)
        if not piece:
            found = _MARK.search(held)
            return (found[1].decode() if found else "closed"), False
        held += piece
        head, end, body = held.partition(b"\r\n\r\n")
        if not end:
            continue
        status, length = _MARK.match(head), _LENGTH.search(head)
        if status and status[1] == b"100":
            held = body
            continue
        whole = data[:5] == b"HEAD " or len(body) >= int(length[1] if length else 0)
        if status and whole:
            return status[1].decode(), b"connection: close" not in head.lower()


def _resident(pid: int) -> int:
    """Resident memory of a process in kB; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return 0
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) if found else 0


def main() -> int:
    """Run, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--requests", type=int, default=300_000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "simulator.toml"
        command = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--profile-out", str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
            assert simulator.stdout is not None
            simulator.stdout.readline()
            try:
                return _attacked(simulator, load_profile(file), given)
            finally:
                simulator.terminate()


def _attacked(simulator: subprocess.Popen[str], profile: Profile, given: argparse.Namespace) -> int:
    host, _, port = profile.services["core"].base_url.rpartition("://")[2].rpartition(":")
    right = Right(profile)
    each = given.requests // given.connections
    attackers = [Attacker((host, int(port)), right, given.seed + number) for number in range(given.connections)]
    threads = [threading.Thread(target=one.run, args=(each,)) for one in attackers]
    began, memory = time.monotonic(), [(0, _resident(simulator.pid))]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        threads[0].join(1.0)
        if time.monotonic() - began >= 10 * len(memory):
            memory.append((round(time.monotonic() - began), _resident(simulator.pid)))
    took = time.monotonic() - began
    memory.append((round(took), _resident(simulator.pid)))
    counts: Counter[tuple[str, str]] = sum((one.counts for one in attackers), Counter())
    _print(counts, memory)
    slowest = max(one.slowest for one in attackers)
    print(f"\n{sum(counts.values()):,} requests in {took:.0f} s, slowest answer {slowest * 1000:.0f} ms")
    bad = {f"{name}: {told}": count for (name, told), count in counts.items() if _is_bad(name, told)}
    if simulator.poll() is not None:
        bad["the simulator is gone, exit code"] = simulator.returncode
    print(f"wrong: {bad or 'nothing'}")
    return 1 if bad else 0


def _is_bad(name: str, told: str) -> bool:
    """501 and 505 are the right refusals of codings and versions; every other 5xx is a fault."""
    return told == "silence" or (told[0] == "5" and told not in ("501", "505")) or (name[0] == "(" and told != "200")


def _print(counts: Counter[tuple[str, str]], memory: list[tuple[int, int]]) -> None:
    statuses = sorted({status for _, status in counts})
    print(f"| kind | {' | '.join(statuses)} |\n|{'---|' * (len(statuses) + 1)}")
    for name in dict.fromkeys(("(documented)", *KINDS)):
        print(f"| {name} | {' | '.join(str(counts[name, status] or '') for status in statuses)} |")
    sums = [sum(count for (_, told), count in counts.items() if told == status) for status in statuses]
    print(f"| all | {' | '.join(f'{one:,}' for one in sums)} |\n")
    print("resident memory, kB: " + ", ".join(f"{at} s {kilobytes:,}" for at, kilobytes in memory))


if __name__ == "__main__":
    sys.exit(main())
