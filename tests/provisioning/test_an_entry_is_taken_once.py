"""An entry of a pool is taken once, whoever takes at the same moment: threads of a run, or runs of any command."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from offerproof.provisioning import Ledger, Pool
from offerproof.provisioning.pools import CUSTOMER_KEYS

ENTRIES = 40
TAKE = """
import sys
from pathlib import Path
from offerproof.provisioning import Ledger, Pool
from offerproof.provisioning.pools import CUSTOMER_KEYS
pool = Pool(Path(sys.argv[1]), CUSTOMER_KEYS, "user_id", Ledger(Path(sys.argv[2])))
print("ready", flush=True)
sys.stdin.readline()
while entry := pool.take("process"):
    print(entry["user_id"])
"""


@pytest.fixture
def pool_file(tmp_path: Path) -> Path:
    file = tmp_path / "pool.jsonl"
    file.write_text("".join(json.dumps({"user_id": f"u-{number}"}) + "\n" for number in range(ENTRIES)), "utf-8")
    return file


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "used.jsonl"


@pytest.fixture
def open_pool(pool_file: Path, ledger: Path) -> Callable[[], Pool]:
    return lambda: Pool(pool_file, CUSTOMER_KEYS, "user_id", Ledger(ledger))


def test_threads_of_one_process_never_get_the_same_entry(open_pool: Callable[[], Pool]) -> None:
    shared = open_pool()

    def take(pool: Pool) -> list[str]:
        taken = []
        while entry := pool.take("thread"):
            taken.append(entry["user_id"])
        return taken

    with ThreadPoolExecutor(4) as threads:
        taken = [name for names in threads.map(take, [shared, shared, open_pool(), open_pool()]) for name in names]
    assert sorted(taken) == sorted(f"u-{number}" for number in range(ENTRIES))


def test_processes_never_get_the_same_entry(pool_file: Path, ledger: Path, open_pool: Callable[[], Pool]) -> None:
    command = [sys.executable, "-c", TAKE, str(pool_file), str(ledger)]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60)[0].split() for process in running]
    taken = [name for names in told for name in names]
    assert sorted(taken) == sorted(f"u-{number}" for number in range(ENTRIES))
    assert open_pool().take("later") is None
    assert [stat.S_IMODE(file.stat().st_mode) for file in ledger.parent.iterdir()] == [0o600, 0o600]


def test_without_a_folder_for_runs_nothing_is_written_and_nothing_taken_twice(pool_file: Path) -> None:
    pool = Pool(pool_file, CUSTOMER_KEYS, "user_id", Ledger(None))
    assert [pool.take("run"), pool.take("run")] == [{"user_id": "u-0"}, {"user_id": "u-1"}]
    assert [len(owned) for owned in pool.take_owners("run", ENTRIES)] == [1] * (ENTRIES - 2)
    assert pool.take("run") is None
    assert [file.name for file in pool_file.parent.iterdir()] == ["pool.jsonl"]


def test_what_is_used_is_read_once_however_often_something_is_taken(tmp_path: Path, monkeypatch: Any) -> None:
    """A load run takes thousands of entries, some hundred at a time, while others take too."""
    mine, other = Ledger(tmp_path / "used.jsonl"), Ledger(tmp_path / "used.jsonl")
    read: list[str] = []

    def loads(line: str) -> Any:
        read.append(line)
        return json.loads(line)

    monkeypatch.setattr("offerproof.provisioning.ledger.json", SimpleNamespace(loads=loads, dumps=json.dumps))
    for number in range(50):
        assert mine.take_all([f"m-{number}", f"o-{number - 1}"] if number else ["m-0"], "a") == {f"m-{number}"}
        assert other.take_all([f"o-{number}", f"m-{number}"], "b") == {f"o-{number}"}
    assert len(read) == 99, "each reads what the other has added, once"


def test_a_line_that_was_taken_out_of_the_ledger_is_free_again(tmp_path: Path) -> None:
    file = tmp_path / "used.jsonl"
    ledger = Ledger(file)
    assert ledger.take_all(["a", "b"], "run") == {"a", "b"}
    file.write_text(file.read_text().splitlines(keepends=True)[1])
    assert ledger.take_all(["a", "b", "c"], "run") == {"a", "c"}
