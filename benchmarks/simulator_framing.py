"""How the simulator frames HTTP beside nginx, uvicorn (with httptools) and hypercorn, on the same bytes.

    python -m benchmarks.simulator_framing [--uvicorn COMMAND] [--hypercorn COMMAND]

Each server gets each request on a connection of its own, followed by a plain one; the table shows the status of every
answer and whether the connection was closed. Its last rows are seconds until a connection is closed on which nothing
comes, or a blank line every second: for these it takes a minute and a half. A server that is not installed is left
out. All of it is ordinary HTTP that clients, proxies and people with a terminal send; answers of the other servers are
shown, not judged. Exit code 1 when the simulator does not answer as the table says.
"""

from __future__ import annotations

import argparse
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

RETAILER = "2d5b5a08-becd-4837-a69a-2ab967c7773a"
BODY = b'{"retailer_id":"%b","user_id":"00000000-0000-4000-8000-000000000000"}' % RETAILER.encode()
AUTHORIZATION = b"Authorization: Basic b2ZmZXJzOnNpbXVsYXRlZA==\r\n"  # offers:simulated
TARGET = b"/offers/api/2.0/offers/get_user_offers"
QUIET = 0.4
"""Seconds without a byte after which nothing more is waited for."""
IDLE_S, LONGEST_S = 78, 90
"""Seconds until the simulator closes a connection that idles (75, and it looks each second); and that are waited."""
ASGI = {
    "uvicorn": ("--http", "httptools", "--lifespan", "off", "--log-level", "critical", "--port"),
    "hypercorn": ("--log-level", "CRITICAL", "--bind"),
}
"""ASGI servers that are compared, with their options; the port comes last."""


def request(
    *, start: bytes = b"POST %b HTTP/1.1", host: bytes = b"Host: test\r\n", extra: bytes = b"", chunked: bytes = b""
) -> bytes:
    """A request whose body comes with its length, or with ``chunked``: these bytes in its place."""
    framing = b"" if chunked else b"Content-Length: %d\r\n" % len(BODY)
    head = start % TARGET if b"%b" in start else start
    return b"%b\r\n%b%bContent-Type: application/json\r\n%b%b\r\n%b" % (
        head, host, AUTHORIZATION, extra, framing, chunked or BODY,
    )  # fmt: skip


CHUNKS = b"%x\r\n%b\r\n0\r\n" % (len(BODY), BODY)
CODED = b"Transfer-Encoding: chunked\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
NEXT = request()
TWICE = b"Content-Length: %d\r\n" % len(BODY)
PIECES = CHUNKS.replace(b"\r\n", b";part=1\r\n", 1)
CASES: dict[str, tuple[bytes | tuple[bytes, ...], str]] = {
    "plain": (request(), "200 200"),
    "two, pipelined": (request() + request(), "200 200 200"),
    "chunked": (request(extra=CODED, chunked=CHUNKS + b"\r\n"), "200 200"),
    "chunked, with an extension": (request(extra=CODED, chunked=PIECES + b"\r\n"), "200 200"),
    "offer of h2c, with length": (request(extra=UPGRADE), "200 200"),
    "offer of h2c, chunked": (request(extra=UPGRADE + CODED, chunked=CHUNKS + b"\r\n"), "200 200"),
    "offer of h2c, body in a later packet": (tuple(request(extra=UPGRADE).partition(b"\r\n\r\n")), "200 200"),
    "offer of h2c, two pipelined": (request(extra=UPGRADE) * 2, "200 200 200"),
    "offer of TLS/1.2": (request(extra=UPGRADE.replace(b"h2c", b"TLS/1.2")), "200 200"),
    "a trailer": (request(extra=CODED, chunked=CHUNKS + b"X-Sum: 1\r\n\r\n"), "200 200"),
    "Host in the trailer only": (request(host=b"", extra=CODED, chunked=CHUNKS + b"Host: test\r\n\r\n"), "400 end"),
    "no Host": (request(host=b""), "400 end"),
    "two Host headers": (request(host=b"Host: test\r\nHost: test\r\n"), "400 end"),
    "Transfer-Encoding: gzip, chunked": (
        request(extra=CODED.replace(b"chunked", b"gzip, chunked"), chunked=CHUNKS + b"\r\n"),
        "501 end",
    ),
    "Transfer-Encoding: gzip": (request(extra=CODED.replace(b"chunked", b"gzip"), chunked=CHUNKS + b"\r\n"), "501 end"),
    "HTTP/2.0": (request(start=b"POST %b HTTP/2.0"), "505 end"),
    "HTTP/1.0": (request(start=b"POST %b HTTP/1.0"), "200 end"),
    "HTTP/1.0 with chunked": (
        request(start=b"POST %b HTTP/1.0", extra=CODED, chunked=CHUNKS + b"\r\n"),
        "400 end",
    ),
    "CONNECT": (b"CONNECT test:443 HTTP/1.1\r\nHost: test:443\r\n\r\n", "405 end"),
    "absolute form, http": (request(start=b"POST http://test%b HTTP/1.1"), "200 200"),
    "absolute form, https": (request(start=b"POST https://test%b HTTP/1.1"), "200 200"),
    "Content-Encoding: gzip": (request(extra=b"Content-Encoding: gzip\r\n"), "415 200"),
    "Content-Length twice, the same": (request(extra=TWICE), "400 end"),
    "Content-Length twice, another": (request(extra=TWICE.replace(b": ", b": 1")), "400 end"),
    "blank lines before it": (b"\r\n\r\n" + request(), "200 200"),
    "lines that end in LF": (request().replace(b"\r\n", b"\n"), "400 end"),
    "a header in two lines": (request(extra=b"X: a\r\n b\r\n"), "400 end"),
    "Content-Length: -1": (b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: -1\r\n\r\n", "400 end"),
    "no HTTP at all": (b"hello\r\n\r\n", "400 end"),
}  # fmt: skip


def main() -> int:
    """Run the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in ASGI:
        options.add_argument(f"--{name}", default=name, help="its command, when it is not on the path")
    given = vars(options.parse_args())
    with ExitStack() as stack:
        ports = {"simulator": stack.enter_context(simulator())}
        if nginx := shutil.which("nginx"):
            ports[version_of([nginx, "-v"])] = stack.enter_context(started_nginx(nginx))
        for name, words in ASGI.items():
            if program := shutil.which(given[name]):
                ports[version_of([program, "--version"])] = stack.enter_context(started_asgi(program, words))
        pool = stack.enter_context(ThreadPoolExecutor(2 * len(ports)))
        waited = {
            name: [pool.submit(closed_after, port, blank) for port in ports.values()]
            for name, blank in (("idle: nothing comes", False), ("idle: a blank line every second", True))
        }
        print("| request | " + " | ".join([*ports, "expected"]) + " |")
        print("|---|" + "---|" * (len(ports) + 1))
        wrong = 0
        for name, (data, expected) in CASES.items():
            seen = [exchange(port, data) for port in ports.values()]
            wrong += seen[0] != expected
            print(f"| {name} | {' | '.join(seen)} | {expected}{'' if seen[0] == expected else ' !'} |")
        for name, each in waited.items():
            after = [one.result() for one in each]
            wrong += after[0] > IDLE_S
            told = " | ".join(f"{one:.0f} s" if one < LONGEST_S else "open" for one in after)
            print(f"| {name} | {told} | at most {IDLE_S} s{'' if after[0] <= IDLE_S else ' !'} |")
    return 1 if wrong else 0


def exchange(port: int, data: bytes | tuple[bytes, ...]) -> str:
    """Send a request and a plain one after it; returns the statuses of the answers, and "end" if the server closed.

    Parts go one by one, each as a packet of its own.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in (data,) if isinstance(data, bytes) else data:
            one.sendall(part)
            time.sleep(0.05)
        answers, ended = read(one)
        if not ended:
            one.sendall(NEXT)
            more, ended = read(one)
            answers += more
    statuses = re.findall(rb"(?:^|\n|\})HTTP/1\.[01] (\d{3})", answers)
    return " ".join([*(status.decode() for status in statuses), *(["end"] if ended else [])]) or "silence"


def closed_after(port: int, blank: bool) -> float:
    """Seconds until a server closes a connection that has had one answer; ``LONGEST_S`` when it does not."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
        one.sendall(NEXT)
        read(one)
        begun = time.monotonic()
        one.settimeout(1.0)
        while (waited := time.monotonic() - begun) < LONGEST_S:
            try:
                if blank:
                    one.sendall(b"\r\n")
                if not one.recv(65536):
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        return waited


def read(one: socket.socket) -> tuple[bytes, bool]:
    """Read until the server closes or is quiet."""
    one.settimeout(QUIET)
    data = b""
    try:
        while piece := one.recv(65536):
            data += piece
    except TimeoutError:
        return data, False
    except ConnectionError:
        pass
    return data, True


def version_of(command: list[str]) -> str:
    """Return name and version of a server; the name alone of one that does not tell (hypercorn)."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"(?:nginx|uvicorn)[ /](\d[\d.]*)", done.stdout + done.stderr)
    return f"{Path(command[0]).name} {found[1]}" if found else Path(command[0]).name


@contextmanager
def simulator() -> Iterator[int]:
    """Start ``offerproof simulate``."""
    command = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--credential", "offers=offers:simulated"]
    with running(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(rb"ready at http://127\.0\.0\.1:(\d+)", line):
                yield int(found[1])
                return
        raise SystemExit("the simulator did not start")


@contextmanager
def started_nginx(program: str) -> Iterator[int]:
    """Start nginx with one place that answers 200 to everything."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        places = "".join(
            f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        Path(folder, "nginx.conf").write_text(
            f"daemon off; master_process off; pid {folder}/pid; error_log /dev/null; events {{}}\n"
            f"http {{ access_log off; {places} server {{ listen 127.0.0.1:{port};"
            ' location / { default_type application/json; return 200 "{}"; } } }\n',
            "utf-8",
        )
        with running([program, "-p", folder, "-c", f"{folder}/nginx.conf"], stderr=subprocess.DEVNULL):
            wait_for(port)
            yield port


@contextmanager
def started_asgi(program: str, words: tuple[str, ...]) -> Iterator[int]:
    """Start an ASGI server with an app that reads the body and answers 200."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "framing_app.py").write_text(
            "async def app(scope, receive, send):\n"
            "    while scope['type'] == 'http' and (await receive()).get('more_body'): pass\n"
            "    if scope['type'] != 'http': raise NotImplementedError(scope['type'])\n"
            "    headers = [(b'content-length', b'2'), (b'content-type', b'application/json')]\n"
            "    await send({'type': 'http.response.start', 'status': 200, 'headers': headers})\n"
            "    await send({'type': 'http.response.body', 'body': b'{}'})\n",
            "utf-8",
        )
        at = f"127.0.0.1:{port}" if words[-1] == "--bind" else str(port)
        command = [program, "framing_app:app", *words, at]
        with running(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder):
            wait_for(port)
            yield port


@contextmanager
def running(
    command: list[str], stdout: int | None = None, stderr: int | None = None, cwd: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process for the time of the block."""
    process = subprocess.Popen(command, stdout=stdout, stderr=stderr, cwd=cwd)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    """Return a port of the loopback that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until a port is listened on."""
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


if __name__ == "__main__":
    raise SystemExit(main())
