"""The simulator beside mock servers, and wrk beside other load tools: same request, same machine, in turns.

    python -m benchmarks.peers mocks|clients|stalls|validators [--seconds 4] [--warm-up 10] [--rounds 3]

Peers are installed under ``.venv/peers`` by their own clients (npm; pip in an environment of its own; apt-get where we
are root and it has them), pinned below. What cannot be installed is shown as "not to be had here". One core for the
server, one for the client, where the machine can pin; all of it on the loopback. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.request import Request, urlopen

HERE: Final = Path(__file__).resolve().parent
PLACE: Final = HERE.parent / ".venv" / "peers"
LACKING: Final = "not to be had here"
PATH: Final = "/api/2.0/Lookup"
BODY: Final = json.dumps(
    {
        "store_id": "332b6ee0-e981-4f96-8047-d0d358cfb3e0",
        "client_id": "686ed454-ecab-4e86-8abe-c9470e8dd787",
        "request_id": "7e7b5cb7-7a7c-4a43-b4a5-a50c3ff8c60f",
        "request_payload": {"external_customer_id": "c1"},
    }
)
ANSWER: Final = json.dumps({"status": "success", "payload": [{"offers": [], "text": "x" * 500}], "errors": None})
CONNECTIONS: Final = 32


@dataclass(frozen=True)
class Npm:
    """A package of the npm registry, at a version, and the program in it."""

    package: str
    program: str

    def get(self) -> list[str] | None:
        """The command; None when it cannot be had."""
        folder = PLACE / re.sub(r"\W", "-", self.package)
        program = folder / "node_modules" / ".bin" / self.program
        if not program.exists() and shutil.which("npm"):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "package.json").write_text("{}")
            quiet = ["npm", "install", "--silent", "--no-audit", "--no-fund", self.package]
            with suppress(subprocess.TimeoutExpired):
                subprocess.run(quiet, cwd=folder, capture_output=True, timeout=300, check=False)
        return [str(program)] if program.exists() else None


@dataclass(frozen=True)
class Apt:
    """A program of the system, and the Debian package that has it."""

    program: str
    package: str

    def get(self) -> list[str] | None:
        """The command; None when it cannot be had."""
        if not shutil.which(self.program) and shutil.which("apt-get") and os.geteuid() == 0:
            quiet = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", self.package]
            with suppress(subprocess.TimeoutExpired):
                subprocess.run(quiet, capture_output=True, timeout=300, check=False)
        found = shutil.which(self.program)
        return [found] if found else None


@dataclass(frozen=True)
class Pip:
    """Packages of PyPI in one environment for all peers, and the module to run."""

    packages: tuple[str, ...]
    module: str = ""

    def get(self) -> list[str] | None:
        """The command; None when it cannot be had."""
        folder = PLACE / "python"
        python = folder / "bin" / "python"
        if not python.exists():
            venv.create(folder, with_pip=True)
        quiet = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *self.packages]
        if subprocess.run(quiet, capture_output=True, timeout=300, check=False).returncode:
            return None
        return [str(python), *(["-m", self.module] if self.module else [])]


@dataclass(frozen=True)
class Nowhere:
    """What no package index has (a tool of another distribution)."""

    def get(self) -> None:
        """Never."""


Source = Npm | Apt | Pip | Nowhere


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """Run on one core, where there are two and taskset is there."""
    can = (os.cpu_count() or 1) > 1 and shutil.which("taskset")
    return ["taskset", "-c", str(core), *command] if can else list(command)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(command: Sequence[str], port: int, folder: Path) -> Iterator[bool]:
    """A server while it is needed; False when it does not listen within a minute."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(pinned(0, command), cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        yield _listens(port, process)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)


def _listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    limit = time.monotonic() + 60
    while time.monotonic() < limit and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return True
        time.sleep(0.1)
    return False


# Mock servers


def openapi(folder: Path) -> Path:
    """The one call as an OpenAPI document, with its answer as an example."""
    answer = {"content": {"application/json": {"schema": {"type": "object"}, "example": json.loads(ANSWER)}}}
    body = {"content": {"application/json": {"schema": {"type": "object", "required": ["request_id"]}}}}
    call = {"requestBody": body, "responses": {"200": {"description": "found", **answer}}}
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {PATH: {"post": call}}}
    file = folder / "openapi.json"
    file.write_text(json.dumps(document))
    return file


def wiremock(command: list[str], folder: Path, port: int) -> list[str]:
    """WireMock with one static stub and without its journal."""
    (folder / "mappings").mkdir()
    stub = {"request": {"method": "POST", "urlPath": PATH}, "response": {"status": 200, "body": ANSWER}}
    (folder / "mappings" / "lookup.json").write_text(json.dumps(stub))
    return [*command, "--port", str(port), "--root-dir", str(folder), "--no-request-journal", "--disable-banner"]


def nginx(command: list[str], folder: Path, port: int, answer: str = ANSWER) -> list[str]:
    """nginx that returns a constant: what the machine can carry."""
    text = f"location / {{ default_type application/json; return 200 '{answer}'; }}"
    events = "worker_processes 1; daemon off; pid nginx.pid; error_log stderr crit; events { worker_connections 512; }"
    places = "".join(f"{one}_temp_path {one};" for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    server = f"server {{ listen 127.0.0.1:{port}; keepalive_requests 1000000000; {text} }}"
    (folder / "nginx.conf").write_text(f"{events} http {{ access_log off; {places} {server} }}")
    return [*command, "-p", str(folder), "-c", str(folder / "nginx.conf")]


def uvicorn(command: list[str], folder: Path, port: int) -> list[str]:
    """uvicorn with a bare ASGI application that reads the body and answers a constant."""
    (folder / "constant.py").write_text(
        f"BODY = {ANSWER.encode()!r}\n"
        "async def app(scope, receive, send):\n"
        "    while (await receive()).get('more_body'): pass\n"
        "    head = [(b'content-type', b'application/json'), (b'content-length', str(len(BODY)).encode())]\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': head})\n"
        "    await send({'type': 'http.response.body', 'body': BODY})\n"
    )
    return [*command, "constant:app", "--port", str(port), "--log-level", "critical", "--lifespan", "off"]


def ours(command: list[str], folder: Path, port: int) -> list[str]:
    """Our simulator: credentials, the whole request checked, a customer who is looked up."""
    world = [*command, "simulate", "--port", str(port), "--credential", "cloudpos=test-key:test-secret", "--control"]
    return [*world, "--control-token", "token"]


def with_customer(url: str) -> None:
    """Make the customer that our simulator is asked for."""
    known = json.dumps({"customers": [{"external_id": "c1", "email": "c1@example.com"}]}).encode()
    headers = {"Content-Type": "application/json", "Authorization": "Bearer token"}
    with urlopen(Request(f"{url}/_control/load", known, headers), timeout=10) as answer:
        answer.read()


Start = Callable[[list[str], Path, int], list[str]]


@dataclass(frozen=True)
class Mock:
    """A server that is asked the same: where it comes from, how it is started, what it does for an answer."""

    source: Source | None
    start: Start
    does: str


MOCKS: Final[Mapping[str, Mock]] = {
    "nginx": Mock(Apt("nginx", "nginx-light"), nginx, "a constant; the ceiling of the machine"),
    "offerproof simulate": Mock(None, ours, "credentials, request checked, customer found, wallet answered"),
    "uvicorn": Mock(Pip(("uvicorn[standard]==0.35.0",), "uvicorn"), uvicorn, "a constant; bare ASGI"),
    "WireMock": Mock(Npm("wiremock@3.13.2", "wiremock"), wiremock, "a constant by a stub; no journal"),
    "Prism": Mock(
        Npm("@stoplight/prism-cli@5.14.2", "prism"),
        lambda command, folder, port: [*command, "mock", "-h", "127.0.0.1", "-p", str(port), str(openapi(folder))],
        "request checked against its schema, the example answered",
    ),
    "Mockoon": Mock(
        Npm("@mockoon/cli@9.3.0", "mockoon-cli"),
        lambda command, folder, port: [*command, "start", "--data", str(openapi(folder)), "--port", str(port)],
        "the example of the description",
    ),
    "Specmatic": Mock(
        Npm("specmatic@2", "specmatic"),
        lambda command, folder, port: [*command, "stub", str(openapi(folder)), "--port", str(port)],
        "request checked against its schema, an answer generated",
    ),
}


def wrk(url: str, folder: Path, seconds: float) -> float:
    """Requests a second of one client on core 1; nothing where an answer was no success."""
    script = folder / "lookup.lua"
    known = {"Content-Type": "application/json", "Authorization": "Basic dGVzdC1rZXk6dGVzdC1zZWNyZXQ="}
    headers = "".join(f"wrk.headers['{name}'] = '{value}'\n" for name, value in known.items())
    script.write_text(f"wrk.method = 'POST'\n{headers}wrk.body = '{BODY}'\n")
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "-s", str(script), f"{url}{PATH}"]
    told = subprocess.run(pinned(1, command), capture_output=True, text=True, timeout=seconds + 60, check=False).stdout
    found = re.search(r"Requests/sec: *([0-9.]+)", told)
    return float(found[1]) if found and "Non-2xx" not in told else 0.0


def mocks(options: argparse.Namespace) -> dict[str, float | str]:
    """Every mock server in turns, the whole of it as many times as there are rounds."""
    rates: dict[str, list[float]] = {}
    commands = {
        name: [sys.executable, "-m", "offerproof"] if one.source is None else one.source.get()
        for name, one in MOCKS.items()
    }
    for _ in range(options.rounds):
        for name, command in commands.items():
            if command is None:
                continue
            with tempfile.TemporaryDirectory() as place:
                folder, port = Path(place), free_port()
                with served(MOCKS[name].start(command, folder, port), port, folder) as there:
                    url = f"http://127.0.0.1:{port}"
                    if there and MOCKS[name].source is None:
                        with_customer(url)
                    if there:
                        wrk(url, folder, options.warm_up)
                        rates.setdefault(name, []).append(wrk(url, folder, options.seconds))
    shown: dict[str, float | str] = {}
    for name, one in MOCKS.items():
        rate = statistics.median(rates[name]) if rates.get(name) else 0.0
        absent = LACKING if commands[name] is None else "gave no rate in this run"
        shown[name] = rate or absent
        print(f"{name:<22} {f'{rate:>9,.0f}/s' if rate else absent:<20} {one.does}")
    return shown


# Load tools


@dataclass(frozen=True)
class Client:
    """A load tool: where it comes from, its options with ``{seconds}``, and where it tells its rate."""

    source: Source
    options: str = ""
    rate: str = ""


CLIENTS: Final[Mapping[str, Client]] = {
    "wrk": Client(Apt("wrk", "wrk"), "-t1 -c32 -d{seconds}s", r"Requests/sec: *([0-9.]+)"),
    "ab": Client(Apt("ab", "apache2-utils"), "-k -q -c 32 -t {seconds} -n 9999999", r"Requests per second: *([0-9.]+)"),
    "h2load": Client(Apt("h2load", "nghttp2-client"), "--h1 -c32 -D{seconds}", r"finished in [^,]*, ([0-9.]+) req/s"),
    "autocannon": Client(
        Npm("autocannon@8.0.0", "autocannon"),
        "-c 32 -d {seconds} --json",
        r'"requests":\{[^}]*?"(?:average|mean)":([0-9.]+)',
    ),
    "hey": Client(Apt("hey", "hey"), "-z {seconds}s -c 32", r"Requests/sec:\s*([0-9.]+)"),
    "k6": Client(Nowhere()),
    "vegeta": Client(Nowhere()),
    "Gatling": Client(Nowhere()),
}


def clients(options: argparse.Namespace) -> dict[str, float | str]:
    """Every load tool against nginx, closed loop, in turns."""
    server = Apt("nginx", "nginx-light").get()
    if server is None:
        raise SystemExit("nginx is not to be had here: there is nothing fast enough to load")
    commands = {name: one.source.get() for name, one in CLIENTS.items()}
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as place:
        folder, port = Path(place), free_port()
        with served(nginx(server, folder, port), port, folder):
            for _ in range(options.rounds):
                for name, command in commands.items():
                    if command is None:
                        continue
                    options_of = CLIENTS[name].options.format(seconds=round(options.seconds)).split()
                    asked = [*command, *options_of, f"http://127.0.0.1:{port}/"]
                    ran = subprocess.run(
                        pinned(1, asked), capture_output=True, text=True, timeout=options.seconds + 60, check=False
                    )
                    found = re.search(CLIENTS[name].rate, ran.stdout + ran.stderr)
                    rates.setdefault(name, []).append(float(found[1]) if found else 0.0)
    shown: dict[str, float | str] = {}
    for name, command in commands.items():
        rate = statistics.median(rates[name]) if rates.get(name) else 0.0
        shown[name] = rate or (LACKING if command is None else "told no rate")
        print(f"{name:<12} {f'{rate:>9,.0f}/s' if rate else shown[name]}")
    return shown


STALLED: Final[Mapping[str, tuple[Source, str, str, float]]] = {
    "autocannon": (
        Npm("autocannon@8.0.0", "autocannon"),
        "-c 4 -R 200 -d {seconds} --json -m POST -H Content-Type=application/json -b",
        r'"latency":\{[^}]*?"p99":([0-9.]+)',
        1.0,
    ),
    "hey": (
        Apt("hey", "hey"),
        "-c 4 -q 50 -z {seconds}s -m POST -T application/json -d",
        r"99% in ([0-9.]+) secs",
        1000.0,
    ),
}
"""By tool: its options, where it tells the 99th percentile, and how many milliseconds its unit has."""


def stalls(options: argparse.Namespace) -> dict[str, float | str]:
    """What other tools say of a server that answers nothing for 0.2 s of every 2 s; open arrivals see 180 ms at p99."""
    shown: dict[str, float | str] = {}
    with tempfile.TemporaryDirectory() as place:
        folder, port = Path(place), free_port()
        command = [sys.executable, str(HERE / "load_canned_server.py"), "--port", str(port)]
        command += ["--profile", str(folder / "canned.toml"), "--stall", "0.2", "--every", "2"]
        with served(command, port, folder):
            for name, (source, call, pattern, unit) in STALLED.items():
                tool = source.get()
                if tool is None:
                    print(f"{name:<14} {LACKING}")
                    continue
                asked = [*tool, *call.format(seconds=round(options.seconds)).split()]
                asked += [BODY, f"http://127.0.0.1:{port}{PATH}"]
                ran = subprocess.run(pinned(1, asked), capture_output=True, text=True, timeout=120, check=False)
                found = re.search(pattern, ran.stdout + ran.stderr)
                if found:
                    shown[name] = float(found[1]) * unit
                print(f"{name:<14} p99 {shown.get(name, 'not told')} ms, truth 180 ms")
    return shown


# Validators

_VALIDATE: Final = """
import json, sys, time
schema, value, seconds = json.load(open(sys.argv[1])), json.load(open(sys.argv[2])), float(sys.argv[3])
def jsonschema():
    import jsonschema
    return jsonschema.Draft202012Validator(schema).is_valid
def jsonschema_rs():
    import jsonschema_rs
    return jsonschema_rs.Draft202012Validator(schema).is_valid
def fastjsonschema():
    import fastjsonschema
    return fastjsonschema.compile(schema)
for make in (jsonschema_rs, fastjsonschema, jsonschema):
    check, count, begun = make(), 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        check(value); count += 1
    print(make.__name__, count / (time.perf_counter() - begun))
"""


def validators(options: argparse.Namespace) -> dict[str, float | str]:
    """Validators of JSON Schema on one answer: the offers of a wallet, as the documents print them."""
    text, guid = {"type": "string", "minLength": 1}, {"type": "string", "pattern": "^[0-9a-f-]{36}$"}
    one = {
        "type": "object",
        "properties": {
            "reference_id": guid,
            "status": text,
            "amount": {"type": "number"},
        },
        "required": ["reference_id", "status", "amount"],
        "additionalProperties": False,
    }
    schema = {"type": "object", "properties": {"offers": {"type": "array", "items": one}}, "required": ["offers"]}
    offer = {"reference_id": "332b6ee0-e981-4f96-8047-d0d358cfb3e0", "status": "INFO", "amount": 5}
    command = Pip(("jsonschema==4.26.0", "jsonschema-rs==0.33.0", "fastjsonschema==2.21.2")).get()
    if command is None:
        print(LACKING)
        return {}
    with tempfile.TemporaryDirectory() as place:
        for name, value in {"schema": schema, "value": {"offers": [offer] * 20}, "script": None}.items():
            (Path(place) / name).write_text(_VALIDATE if value is None else json.dumps(value))
        asked = [*command, "script", "schema", "value", str(options.seconds)]
        told = subprocess.run(asked, cwd=place, capture_output=True, text=True, timeout=120, check=True).stdout
    shown: dict[str, float | str] = {name: float(rate) for name, rate in map(str.split, told.splitlines())}
    for name, rate in shown.items():
        print(f"{name:<16} {rate:>12,.0f}/s")
    return shown


def main() -> None:
    """Measure, print a table, and the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["mocks", "clients", "stalls", "validators"])
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--warm-up", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(
        json.dumps(
            {"mocks": mocks, "clients": clients, "stalls": stalls, "validators": validators}[options.what](options)
        )
    )


if __name__ == "__main__":
    main()
