"""Our own simulator as the target: a process of its own, judged over HTTP like any other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from offerproof.errors import CannotJudge
from offerproof.target import Profile, load_profile

READY_S: Final = 20.0
"""Longest wait for the simulator to say that it is ready."""
STOP_S: Final = 5.0

_RUN: Final = """
import os, runpy, signal, threading
def watch():
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=watch, daemon=True).start()
runpy.run_module("offerproof", run_name="__main__", alter_sys=True)
"""
"""``python -m offerproof``, which ends when we do, however we end: its standard input closes."""


@contextmanager
def own_simulator(
    folder: Path, seed: int, options: Sequence[str] = (), *, for_children: bool = False
) -> Iterator[Profile]:
    """Start ``offerproof simulate`` on a free port, wait until it is ready, and stop it in the end.

    ``options`` are further ones of that command. The files with its credentials are gone from ``folder`` once they are
    read: nothing of them is left when we are killed. ``for_children``: the profile stays as long as it runs, for
    processes that we start; they find the credentials in their environment.

    Raises:
        CannotJudge: it does not start.
    """
    profile, log = folder / "simulator.toml", folder / "simulator.log"
    # -P: a file of the current folder must not pass for a module of ours
    command = [sys.executable, "-P", "-c", _RUN, "simulate", "--port", "0", "--control", "--seed", str(seed)]
    command += options
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OFFERPROOF_SIMULATOR_")}
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  (our own interpreter, a fixed list of arguments)
            [*command, "--profile-out", str(profile)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal is for us; we stop it ourselves
        )
    try:
        _wait(process, log)
        if for_children:
            with _in_environment(profile):
                _remove(folder, besides=profile)
                yield load_profile(profile)
        else:
            found = load_profile(profile)
            _remove(folder)
            yield found
    finally:
        _stop(process)
        _remove(folder)


def _remove(folder: Path, besides: Path | None = None) -> None:
    for left in folder.glob("simulator.*"):
        if left != besides:
            with suppress(OSError):
                left.unlink()


_KEPT: Final = re.compile(r'(\w+)_file = "([^"]+)"')


@contextmanager
def _in_environment(profile: Path) -> Iterator[None]:
    """Rewrite the profile so that it names environment variables instead of files, and set them meanwhile."""
    held: dict[str, str] = {}

    def named(line: re.Match[str]) -> str:
        variable = "OFFERPROOF_" + re.sub(r"\W", "_", line[2]).upper()
        held[variable] = profile.with_name(line[2]).read_text("utf-8")
        return f'{line[1]}_env = "{variable}"'

    profile.write_text(_KEPT.sub(named, profile.read_text("utf-8")), "utf-8")
    os.environ |= held
    try:
        yield
    finally:
        for variable in held:
            os.environ.pop(variable, None)


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while b": ready at " not in log.read_bytes():
        if process.poll() is not None:
            told = log.read_text("utf-8", "replace").strip().splitlines()[-3:]
            raise CannotJudge(f"our simulator did not start: {' / '.join(told) or 'it said nothing'}")
        if time.monotonic() > deadline:
            raise CannotJudge(f"our simulator was not ready within {READY_S:.0f} s")
        time.sleep(0.01)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_S)
