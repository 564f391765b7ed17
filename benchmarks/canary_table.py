"""Does a secret or a person leave through anything that a command prints or keeps? Canaries, command by command.

    python -m benchmarks.canary_table [--keep FOLDER]

A simulator stands behind a proxy that echoes: two answers of three tell, in a member, in a header or on an error page,
the target's credentials and whoever the request names, each answer in a seventh of the forms of ``tests.canaries``.
Then each command is run as its user runs it, and all that it prints and keeps is searched byte by byte, in any letter
case. Printed are two tables: what was searched of each command, and how often each form was told to it. Files that
hold people by their purpose (mode 0600, ``PRIVATE``) are searched for credentials alone. ``--keep`` leaves the
artefacts in a folder. Exit code: 0 nothing was found, 1 something was; each find is a line.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

from benchmarks.recorded_walk import har
from offerproof.cli import COMMANDS
from offerproof.cli import main as offerproof
from offerproof.findings import read_run
from offerproof.report.formats import all_formats
from tests.canaries import ALONE, ANYWHERE, PUNCTUATED, leaks
from tests.dialects.proxy import Answer, Call, Forward, Proxy, render

SERVICES = ("core", "offers", "cloudpos")
SECRETS = {
    "core": ("canary-core-key", "Can&ry/sec+ret<7>'pw' 9"),
    "offers": ("canary-offers-key", 'Of+fer=s%20"se\\cret'),
    "cloudpos": ("canary-cloudpos-key", "ClöudPøs~{pass}-13"),
}
API_KEY = "canary-api-key-41c7"
PRIVATE = {"private.env", "supply.jsonl"}
KNOW_NOTHING = {"explain", "clauses", "contract", "selfcheck"}
"""Commands that are given neither a target nor a recording nor a run of one."""
SET_UP = {"create_customer", "create_offer", "issue_offer"}
"""Calls that do not end on an error page: a run has to go on."""
PEOPLE = 5
"""Customers of each command who are looked for, evenly among those whom it named."""
RECORDED = 250
"""Calls of certify that make the recording for audit and init, and that are sent through watch."""
Forms = dict[str, str]


def forms_of(values: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Every form of values, each given with its kind: the form's name, and the text."""
    further = {"secret": ALONE, "phone": PUNCTUATED}
    for kind, value in values:
        for name, form in {**ANYWHERE, **further.get(kind, {})}.items():
            yield name, form(value)


def secrets() -> Iterator[tuple[str, str]]:
    """The credentials of the target: keys, secrets, tokens of headers, the API key."""
    yield "secret", API_KEY
    for key, secret in SECRETS.values():
        yield from (("secret", key), ("secret", secret))
        yield "secret", b64encode(f"{key}:{secret}".encode()).decode()


@dataclass(frozen=True)
class Recorded:
    """A call and its answer. ``told``: the forms that it holds."""

    call: Call
    came: Answer
    at: datetime
    told: Counter[str]

    def entry(self) -> dict[str, Any]:
        """The entry of a HAR."""
        call, came = self.call, self.came
        asked: dict[str, Any] = {"method": call.method, "url": f"http://127.0.0.1:8080{call.path}"}
        asked |= {"httpVersion": "HTTP/1.1", "cookies": [], "queryString": [], "headersSize": -1}
        asked |= {"headers": _pairs(_of_client(call)), "bodySize": len(call.body)}
        if call.body:
            asked["postData"] = {"mimeType": "application/json", "text": call.body.decode("utf-8", "replace")}
        kind = next((value for name, value in came.headers if name.lower() == "content-type"), "application/json")
        got: dict[str, Any] = {"status": came.status, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": []}
        got |= {"redirectURL": "", "headers": _pairs(came.headers), "headersSize": -1, "bodySize": len(came.body)}
        got["content"] = {"size": len(came.body), "mimeType": kind, "text": came.body.decode("utf-8", "replace")}
        begun, timings = self.at.isoformat(timespec="microseconds"), {"send": 0.5, "wait": 3.5, "receive": 0.5}
        entry = {"startedDateTime": begun, "time": 4.5, "request": asked, "response": got}
        return {**entry, "cache": {}, "timings": timings}


def _of_client(call: Call) -> list[tuple[str, str]]:
    """The headers of a call that are its client's own: not those of the connection, nor who it was."""
    hop = ("host", "content-length", "connection", "accept-encoding", "user-agent")
    return [(name, value) for name, value in call.headers.items() if name.lower() not in hop]


def _pairs(headers: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


@dataclass
class Echo:
    """The layer that echoes. ``people``: by each identifier, what is known of a customer, by kind and value."""

    people: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    calls: int = 0
    told: Counter[str] = field(default_factory=Counter)
    named: dict[tuple[tuple[str, str], ...], None] = field(default_factory=dict)
    """Whom the present command was told of, in this order."""
    recorded: list[Recorded] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Count for the next command."""
        self.told, self.named, self.calls, self.people = Counter(), {}, 0, {}

    def layer(self, forward: Forward) -> Forward:
        """Answer with what the target knows."""

        def answer(call: Call) -> Answer:
            came = forward(call)
            with self.turn:  # nobody is named in what was recorded before the call that made them known
                before, at = self.told.copy(), datetime.now(UTC)
                came = self._spoilt(call, came)
                self.recorded.append(Recorded(call, came, at, self.told - before))
            return came

        return answer

    def _spoilt(self, call: Call, came: Answer) -> Answer:
        self.calls += 1
        turn = self.calls % 6
        self._learn(call, came)
        if turn in (1, 4):
            return came
        told = list(forms_of(sorted({*secrets(), *self._named(call)})))[self.calls % 7 :: 7]
        self.told.update(name for name, _ in told)
        texts = [f"no such '{text}'." for _, text in told]
        if turn == 0 and call.operation not in SET_UP:
            page = "<p>" + "<br>".join(texts) + "</p>"
            return Answer(500, page.encode(), (("Content-Type", "text/html; charset=utf-8"),))
        document = came.document()
        if not isinstance(document, dict) or (turn == 3 and call.operation not in SET_UP):
            refused = {"status": "error", "payload": None, "errors": [{"code": "x", "message": one} for one in texts]}
            return Answer(500, json.dumps(refused).encode(), (("Content-Type", "application/json"),))
        lines = [text for text in texts if text.isascii() and text.isprintable()]
        heads = [("X-Told", "; ".join(lines[first : first + 40])) for first in range(0, len(lines), 40)]
        body = render({**document, "notes": texts, "message": "; ".join(texts)}).encode()
        return Answer(came.status, body, (*came.headers, *heads))

    def _learn(self, call: Call, came: Answer) -> None:
        if call.operation != "create_customer":
            return
        asked, got = call.asked(), came.document()
        user = asked.get("user") if isinstance(asked, dict) else None
        if not isinstance(user, dict):
            return
        kinds = {"email": "person", "first_name": "person", "last_name": "person", "external_id": "person"}
        known = {(kind, user[name]) for name, kind in kinds.items() if isinstance(user.get(name), str)}
        known |= {("phone", one) for one in re.findall(r"\b\d{10}\b", render(user))}
        known = {(kind, value) for kind, value in known if len(value) >= 6 and value != "nobody"}
        made = got.get("user", {}).get("id") if isinstance(got, dict) and isinstance(got.get("user"), dict) else None
        for value in (*(value for _, value in known), *([str(made)] if made else [])):
            self.people.setdefault(value.casefold(), set()).update(known)

    def _named(self, call: Call) -> set[tuple[str, str]]:
        words = re.findall(r"[\w.@+-]+", f"{unquote(call.path)} {call.body.decode('utf-8', 'replace')}".casefold())
        found: set[tuple[str, str]] = set()
        for word in dict.fromkeys(words):
            if known := self.people.get(word):
                self.named.setdefault(tuple(sorted(known)))
                found |= known
        return found


@dataclass
class Searched:
    """What of one artefact of a command was searched, and what was found."""

    command: str
    artefact: str
    size: int
    sought: int
    found: list[str]


class Desk:
    """Runs commands, keeps what they print, and searches what they leave."""

    def __init__(self, folder: Path, echo: Echo) -> None:
        self.folder = folder
        self.echo = echo
        self.rows: list[Searched] = []
        self.told: dict[str, Counter[str]] = {}
        self.recording: list[Recorded] = []
        self.known: Forms = {}
        """The forms of those whom any command until now was told of."""

    def run(self, command: str, *arguments: str, allowed: Iterable[int] = (0, 1)) -> None:
        """Run a command to its end."""
        done = subprocess.run(_offerproof(command, *arguments), cwd=self.folder, capture_output=True, timeout=300)
        printed = done.stdout + done.stderr
        if done.returncode not in set(allowed) or b"Traceback" in printed:
            raise SystemExit(f"offerproof {command} ended with {done.returncode}:\n{printed[-3000:].decode()}")
        self.keep(command, printed)

    def keep(self, command: str, printed: bytes) -> None:
        """Keep what a command printed."""
        file = self.folder / command / "(what it prints)"
        file.parent.mkdir(exist_ok=True)
        with file.open("ab") as kept:
            kept.write(printed)

    def inside(self, command: str, *arguments: str) -> None:
        """Run a command that only reads, in this process; its artefact is named by its format."""
        told = io.StringIO()
        with redirect_stdout(told), redirect_stderr(told):
            offerproof([command, *arguments])
        form = arguments[arguments.index("--format") + 1] if "--format" in arguments else "(what it prints)"
        file = self.folder / command / form
        file.parent.mkdir(exist_ok=True)
        with file.open("a", encoding="utf-8") as kept:
            kept.write(told.getvalue())

    def search(self, command: str, people: Forms | None = None) -> None:
        """Search all that a command left in its folder; ``people`` are those whom it was told of, when left out."""
        self.told[command] = self.echo.told
        people = self.people() if people is None else people
        self.known |= people
        own = {f"{name} of a credential, no. {number}": form for number, (name, form) in enumerate(forms_of(secrets()))}
        by_name: dict[str, list[Path]] = {}
        for file in sorted((self.folder / command).rglob("*")):
            if file.is_file():
                by_name.setdefault(file.name, []).append(file)
        for name, files in by_name.items():
            sought = own if name in PRIVATE else {**own, **people}
            sought = {what: form for form, what in {form.casefold(): what for what, form in sought.items()}.items()}
            found = [what for _, what in leaks(sought, files)]
            size = sum(file.stat().st_size for file in files)
            self.rows.append(Searched(command, name, size, len(sought), found))
        self.echo.begin()

    def people(self) -> Forms:
        """The forms of those whom the present command was told of."""
        named = list(self.echo.named)
        chosen = named[:: max(len(named) // PEOPLE, 1)][:PEOPLE]
        told = forms_of(sorted({one for known in chosen for one in known}))
        return {f"{name} of a customer, no. {number} ({form})": form for number, (name, form) in enumerate(told)}

    def latest(self, command: str) -> Path:
        """The folder of a command's run."""
        return next((self.folder / command).glob("2*"))


def _offerproof(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "offerproof", *arguments]


def main() -> int:
    """Run everything and print the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--keep", type=Path, metavar="FOLDER")
    kept: Path | None = options.parse_args().keep
    with TemporaryDirectory() as temporary:
        folder = (kept or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        desk = Desk(folder, Echo())
        with simulator(folder) as upstream:
            proxy = Proxy(upstream, [desk.echo.layer])
            try:
                targets(desk, proxy.address)
            finally:
                proxy.close()
        desk.search("simulate", {})
        runs_and_recordings(desk)
        till(desk)
    show(desk)
    missing = set(COMMANDS) - set(desk.told) - KNOW_NOTHING
    if missing:
        print(f"not searched: {', '.join(sorted(missing))}")
    return int(bool(missing or any(row.found for row in desk.rows)))


@contextmanager
def simulator(folder: Path) -> Iterator[str]:
    """Start a simulator whose credentials are the canaries, from the environment, and which logs; gives its address."""
    pairs = {f"OFFERPROOF_SIMULATOR_{name.upper()}": f"{key}:{secret}" for name, (key, secret) in SECRETS.items()}
    place, log = folder / "target.toml", folder / "simulate" / "log"
    log.parent.mkdir(exist_ok=True)
    command = _offerproof("simulate", "--port", "0", "--profile-out", str(place), "--log", str(log))
    environment = {**os.environ, **pairs, "OFFERPROOF_SIMULATOR_API_KEY": API_KEY}
    with (folder / "simulate" / "(what it prints)").open("wb") as printed:
        process = subprocess.Popen(command, env=environment, stdout=printed, stderr=subprocess.STDOUT)
    try:
        told = _until(folder / "simulate" / "(what it prints)", rb"ready at (\S+)", process)
        yield told
    finally:
        process.terminate()
        process.wait(20)


def _until(file: Path, pattern: bytes, process: subprocess.Popen[bytes]) -> str:
    """Wait until a file says something; returns what the pattern's group is."""
    limit = time.monotonic() + 60
    while not (found := re.search(pattern, file.read_bytes())):
        if process.poll() is not None or time.monotonic() > limit:
            raise SystemExit(file.read_text("utf-8", "replace"))
        time.sleep(0.05)
    return found[1].decode()


def targets(desk: Desk, address: str) -> None:
    """The commands that send requests to a target."""
    profile = desk.folder / "target.toml"
    profile.write_text(re.sub(r'base_url = "[^"]+"', f'base_url = "{address}"', profile.read_text("utf-8")), "utf-8")
    key = str(desk.folder / "signer.pem")
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
    at = ("--target", str(profile), "--out")
    desk.run("check", *at, "check", allowed=(0, 1, 3))
    desk.search("check")
    desk.run("certify", *at, "certify", "--keep", "all", "--sign", key)
    desk.recording = desk.echo.recorded[-desk.echo.calls :][:RECORDED]
    desk.search("certify")
    run = desk.latest("certify")
    failed = next(one for one in read_run(run).findings if one.exchanges)
    desk.run("replay", str(run), failed.identity, *at, "replay", allowed=(0, 1, 3))
    desk.search("replay")
    more = ("--rate", "20", "--duration", "4s", "--warm-up", "500ms", "--processes", "2")
    desk.run("load", *at, "load", *more, allowed=(0, 1, 3))
    desk.search("load")
    watched(desk, profile)


def watched(desk: Desk, profile: Path) -> None:
    """Send the recorded calls once more, through ``watch``."""
    place = desk.folder / "watch"
    place.mkdir()
    printed = place / "(what it prints)"
    command = _offerproof("watch", "--target", str(profile), "--listen", "0", "--out", str(place))
    with printed.open("wb") as told:
        process = subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT)
    port = int(_until(printed, rb"all=(\d+)", process))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for one in desk.recording:
        connection.request(one.call.method, one.call.path, one.call.body or None, dict(_of_client(one.call)))
        connection.getresponse().read()
    connection.close()
    process.send_signal(signal.SIGINT)
    process.wait(120)
    desk.search("watch")


def runs_and_recordings(desk: Desk) -> None:
    """The commands that read what others left: a recording, and runs."""
    recording = desk.folder / "recording.har"
    recording.write_bytes(har([one.entry() for one in desk.recording]))
    told = str(recording)
    audited = (told, "--out", "audit", "--client", "canary", "--anonymise", "audit/anonymous.har")
    begun = ("init/profile.toml", "--name", "canary", "--environment", "sandbox", "--recording", told)
    for command, arguments in {"audit": audited, "init": begun}.items():
        (desk.folder / command).mkdir()
        desk.run(command, *arguments)
        for one in desk.recording:
            desk.echo.told.update(one.told)
        desk.search(command, desk.known)
    runs = {one: desk.latest(one) for one in ("certify", "load", "audit", "watch")}
    cut = desk.folder / "cut"
    cut.mkdir()
    lines = (runs["certify"] / "run.jsonl").read_bytes().splitlines(keepends=True)
    (cut / "run.jsonl").write_bytes(b"".join(lines[:-1]))
    for form in all_formats():
        for name, run in {**runs, "client": runs["audit"] / "client", "unfinished": cut}.items():
            desk.inside("report", str(run), "--format", form.name, *(["--partial"] if name == "unfinished" else []))
            if form.comparison and name in runs:
                desk.inside("compare", str(run), str(run), "--format", form.name)
            if form.matrix and name in runs:
                desk.inside("matrix", str(run), str(run), "--format", form.name)
    for run in runs.values():
        desk.inside("runs", "--out", str(run.parent))
        desk.inside("runs", "--json", "--out", str(run.parent))
    public = str(desk.folder / "public.pem")
    key = ["openssl", "pkey", "-in", str(desk.folder / "signer.pem"), "-pubout", "-out", public]
    subprocess.run(key, check=True, capture_output=True)
    desk.inside("verify", str(runs["certify"] / "certificate.dsse.json"), "--key", public)
    for command in ("report", "compare", "matrix", "runs", "verify"):
        desk.search(command, desk.known)


def till(desk: Desk) -> None:
    """A till without hands that prints all that it was told, in every form, and ends as if it had failed."""
    script = desk.folder / "till.py"
    root = Path(__file__).resolve().parents[1]
    script.write_text(TILL.format(folder=str(desk.folder), root=str(root)), "utf-8")
    example = root / "examples" / "till" / "till.py"
    session = {"command": [sys.executable, str(script), str(example)], "till_timeout_s": 2, "limit_s": 60}
    (desk.folder / "session.json").write_text(json.dumps(session), "utf-8")
    scripted = ("--script", str(desk.folder / "session.json"), "--only", "sale", "--only", "two-payers")
    desk.run("till", *scripted, "--out", "till", allowed=(0, 1, 3))
    told = [json.loads(line) for line in (desk.folder / "told.jsonl").read_text("utf-8").splitlines()]
    desk.echo.told.update(name for one in told for name in one)
    desk.search("till", {f"{name} of the till ({text})": text for one in told for name, text in one.items()})


TILL = """
import json, os, subprocess, sys
sys.path.insert(0, "{root}")
from tests.canaries import ALONE, ANYWHERE, PUNCTUATED

done = subprocess.run([sys.executable, sys.argv[1]])
forms = []
for name, value in os.environ.items():
    if name.startswith("TILL_") and name.endswith(("_KEY", "_SECRET", "_EMAIL", "_EXTERNAL_ID", "_PHONE")):
        phone = name.endswith("_PHONE")
        value = value.replace("-", "") if phone else value
        further = PUNCTUATED if phone else ALONE if name.endswith(("_KEY", "_SECRET")) else {{}}
        forms += [(form, make(value)) for form, make in {{**ANYWHERE, **further}}.items()]
with open("{folder}/told.jsonl", "a", encoding="utf-8") as kept:
    for pair in forms:
        kept.write(json.dumps(dict([pair])) + "\\n")
print("; ".join(text for _, text in forms))
sys.exit(1)
"""


def show(desk: Desk) -> None:
    """Print both tables and each find."""
    print("| command | artefacts | bytes | forms sought | found |\n|---|---|---|---|---|")
    for command in desk.told:
        rows = [row for row in desk.rows if row.command == command]
        names, size = ", ".join(row.artefact for row in rows), sum(row.size for row in rows)
        sought, found = max(row.sought for row in rows), sum(len(row.found) for row in rows)
        print(f"| {command} | {names} | {size:,} | {sought:,} | {found} |")
    size, leaked = sum(row.size for row in desk.rows), sum(len(row.found) for row in desk.rows)
    print(f"| all | {len(desk.rows)} | {size:,} | | {leaked} |\n")
    columns = [command for command in desk.told if desk.told[command]]
    print("| form | " + " | ".join(f"told to {command}" for command in columns) + " | found in anything |")
    print("|---|" + "---|" * (len(columns) + 1))
    for form in (*ANYWHERE, *ALONE, *PUNCTUATED):
        found = sum(what.startswith(f"{form} of ") for row in desk.rows for what in row.found)
        print(f"| {form} | " + " | ".join(f"{desk.told[one][form]:,}" for one in columns) + f" | {found} |")
    for row in desk.rows:
        for what in row.found:
            print(f"FOUND {row.command}, {row.artefact}: {what}")


if __name__ == "__main__":
    raise SystemExit(main())
