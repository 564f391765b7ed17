"""What a journal keeps when its simulator is killed, and what it says when it is damaged.

    python -m benchmarks.journal_damage [--kills 30] [--customers 200] [--seed 1]

Kills: four connections create customers without a pause, the simulator gets SIGKILL at a moment drawn by chance, and is
started again on the same journal; every customer that was acknowledged must be found, and none twice. Damage: a journal
of so many customers is damaged in each way of ``DAMAGE``; the start must be refused and say why, and ``--accept-loss``
go on with what stood before. Prints both tables; exit code 1 when something acknowledged was lost without a word.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

from offerproof.target import load_profile

Damage = Callable[[Path], object]
AT_ONCE = 4


def _sql(*statements: str) -> Damage:
    def change(path: Path) -> None:
        with contextlib.closing(sqlite3.connect(path)) as rows:
            for statement in statements:
                rows.execute(statement)
            rows.commit()

    return change


def _flip(name: str, share: float) -> Damage:
    def change(path: Path) -> None:
        file = path.with_name(f"{path.name}{name}")
        data = bytearray(file.read_bytes())
        data[int(len(data) * share)] ^= 1
        file.write_bytes(data)

    return change


def _cut(name: str) -> Damage:
    return lambda path: os.truncate(file := path.with_name(f"{path.name}{name}"), file.stat().st_size // 2)


def _remove(name: str) -> Damage:
    return lambda path: path.with_name(f"{path.name}{name}").unlink()


_LAX = "CREATE TABLE lax AS SELECT * FROM entries"
_SWAP = ("DROP TABLE entries", "ALTER TABLE lax RENAME TO entries")
DAMAGE: Mapping[str, Damage] = {
    "a changed body": _sql("UPDATE entries SET body = replace(body, 'c7', 'c8') WHERE number = 8"),
    "a changed instant": _sql("UPDATE entries SET instant = instant + 1 WHERE number = 8"),
    "a changed digest": _sql("UPDATE entries SET digest = x'00' WHERE number = 8"),
    "a lost row": _sql("DELETE FROM entries WHERE number = 8"),
    "the oldest row lost": _sql("DELETE FROM entries WHERE number = 1"),
    "NULL for a body": _sql(_LAX, "UPDATE lax SET body = NULL WHERE number = 8", *_SWAP),
    "NULL for a call": _sql(_LAX, "UPDATE lax SET call = NULL WHERE number = 8", *_SWAP),
    "text for an instant": _sql(_LAX, "UPDATE lax SET instant = 'x' WHERE number = 8", *_SWAP),
    "the newest rows lost": _sql("DELETE FROM entries WHERE number > 20"),
    "all rows lost": _sql("DELETE FROM entries"),
    "a bit of the log flipped": _flip("-wal", 0.5),
    "the log cut off": _cut("-wal"),
    "the log missing": _remove("-wal"),
    "the end missing": _remove(".end"),
    "a bit of the end flipped": _flip(".end", 0.9),
    "the end cut off": _cut(".end"),
}
"""What is done to the files of a journal whose simulator was killed, by what it is called."""


class Simulator:
    """A simulator in a process of its own, on a journal."""

    def __init__(self, journal: Path, *options: str) -> None:
        self._profile = journal.with_name("simulator.toml")
        command = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--profile-out", str(self._profile)]
        self.process = subprocess.Popen(
            [*command, "--journal", str(journal), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.told: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(line.strip())
            if "ready at" in line:
                break

    @property
    def ready(self) -> bool:
        """Whether it started."""
        return bool(self.told) and "ready at" in self.told[-1]

    def customers(self) -> Customers:
        """A connection of its own."""
        return Customers(self._profile)

    def kill(self) -> None:
        """End it as a power switch would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


class Customers:
    """One connection that creates and finds customers."""

    def __init__(self, profile: Path) -> None:
        core = load_profile(profile).services["core"]
        key, secret, api_key = (part.reveal() if part else "" for part in (core.key, core.secret, core.api_key))
        pair = b64encode(f"{key}:{secret}".encode()).decode()
        self._headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
        self._path = f"/priv/v1/apps/{api_key}/users"
        self._connection = http.client.HTTPConnection(core.base_url.rpartition("://")[2], timeout=10)

    def _status(self, method: str, path: str, body: str | None = None) -> int:
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status

    def create(self, name: str) -> int:
        """Create one; returns the HTTP status."""
        user = {"email": f"{name}@example.com", "external_id": name, "first_name": "A", "last_name": "B"}
        return self._status("POST", self._path, json.dumps({"user": user}))

    def has(self, name: str) -> bool:
        """Whether one is found."""
        return self._status("GET", f"{self._path}/search?external_id={name}") == 200


def kills(folder: Path, rounds: int, draw: random.Random) -> int:
    """Kill and start again; print a row a kill, return how many acknowledged customers were lost."""
    journal = folder / "kills.db"
    acknowledged: list[str] = []
    lost_ever = 0
    _head("kill", "after ms", "acknowledged", "under way", "found again", "lost", "start in ms")
    simulator = Simulator(journal)
    for number in range(1, rounds + 1):
        done: list[str] = []
        asked: list[str] = []
        busy = [
            threading.Thread(target=_create, args=(simulator.customers(), f"k{number}t{one}", asked, done))
            for one in range(AT_ONCE)
        ]
        for one in busy:
            one.start()
        after = draw.uniform(0.05, 0.6)
        time.sleep(after)
        simulator.kill()
        for one in busy:
            one.join()
        began = time.monotonic()
        simulator = Simulator(journal)
        took = (time.monotonic() - began) * 1000
        if not simulator.ready:
            raise SystemExit("the simulator did not start again: " + " ".join(simulator.told))
        seen = simulator.customers()
        found = sum(seen.has(name) for name in done)
        lost_ever += len(done) - found
        acknowledged += done
        row = (number, round(after * 1000), len(done), len(asked) - len(done), found, len(done) - found, round(took))
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
    seen = simulator.customers()
    found = sum(seen.has(name) for name in acknowledged)
    twice = sum(seen.create(name) == 200 for name in acknowledged[:50])
    simulator.kill()
    told = f"{len(acknowledged)} acknowledged in {rounds} kills, {found} found in the end, {twice} of 50 created twice"
    print(f"\n{told}\n")
    return lost_ever + len(acknowledged) - found + twice


def _create(customers: Customers, prefix: str, asked: list[str], done: list[str]) -> None:
    for number in range(1_000_000):
        name = f"{prefix}n{number}"
        asked.append(name)
        try:
            status = customers.create(name)
        except (OSError, http.client.HTTPException):
            return
        if status == 200:
            done.append(name)


def _head(*columns: str) -> None:
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")


def damages(folder: Path, count: int) -> int:
    """Damage a journal in every way; print a row each, return how often a loss was not told."""
    live = folder / "live" / "journal.db"
    live.parent.mkdir()
    simulator = Simulator(live)
    maker = simulator.customers()
    names = [f"c{number}" for number in range(count)]
    if any(maker.create(name) != 200 for name in names):
        raise SystemExit("a customer was not created")
    simulator.kill()
    _head("damage", "acknowledged", "refused at first", "replayed with --accept-loss", "lost", "told")
    silent = 0
    for number, (name, damage) in enumerate(DAMAGE.items()):
        here = folder / f"damage-{number}" / "journal.db"
        shutil.copytree(live.parent, here.parent)
        damage(here)
        first = Simulator(here)
        refused = not first.ready
        first.process.kill()
        first.process.communicate()
        second = Simulator(here, "--accept-loss")
        found = sum(map(second.customers().has, names))
        told = next((line for line in second.told if "LOSS ACCEPTED" in line), "")
        second.kill()
        silent += not (refused and told)
        said = told.partition("LOSS ACCEPTED: ")[2].partition(";")[0] or "nothing"
        print(f"| {name} | {count} | {'yes' if refused else 'no'} | {found} | {count - found} | {said} |", flush=True)
    return silent


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--customers", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lost = kills(Path(folder), given.kills, random.Random(given.seed))
        silent = damages(Path(folder), given.customers)
    print(f"\nlost without a word: {lost} customers in {given.kills} kills, {silent} of {len(DAMAGE)} kinds of damage")
    return 1 if lost or silent else 0


if __name__ == "__main__":
    sys.exit(main())
