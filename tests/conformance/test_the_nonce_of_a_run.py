"""Ids are none that the target knows: not on a second run, not by chance, only when a nonce is given again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from offerproof.cli import main
from offerproof.conformance import Options, certify
from offerproof.contract import Level
from offerproof.errors import Misuse
from offerproof.findings import RunVerdict, read_run
from offerproof.selfcheck.in_process_simulator import in_process_simulator

CHECK = """
@clause("LOCK-1", requests=9)
def test_it(api, expect):
    api.lookup(user_id=api.fresh_id())
    api.create_customer({"email": api.fresh_email()})
    expect.that(True, what="requests were sent")
"""


@pytest.fixture(scope="module")
def simulated():
    with in_process_simulator() as made:
        yield made


@pytest.fixture
def smoke(simulated, tmp_path):
    def run(**changes):
        given = {"profile": simulated.profile, "level": Level.SMOKE, "out": tmp_path / "runs"}
        return certify(Options(**{**given, **changes})).run

    return run


def test_runs_on_simulators_made_anew_have_the_same_nonce(simulated, smoke):
    runs = []
    for _ in range(2):
        simulated.renew(4)
        runs.append(smoke(seed=4))
    assert [run.outcome.verdict for run in runs] == [RunVerdict.CONFORMS] * 2
    assert runs[0].header.nonce == runs[1].header.nonce


def test_a_second_run_on_the_same_simulator_has_another_nonce_and_conforms_too(simulated, smoke):
    simulated.renew(4)
    runs = [smoke(seed=4) for _ in range(3)]
    assert [run.outcome.verdict for run in runs] == [RunVerdict.CONFORMS] * 3
    assert len({run.header.nonce for run in runs}) == 3


def test_the_nonce_of_another_run_given_again_on_a_simulator_made_anew_repeats_it(simulated, smoke):
    simulated.renew(4)
    smoke(seed=4)
    second = smoke(seed=4)
    simulated.renew(4)
    again = smoke(seed=4, nonce=second.header.nonce)
    assert (again.header.nonce, again.outcome.verdict) == (second.header.nonce, RunVerdict.CONFORMS)
    traces = [[one.request_headers["traceparent"][3:35] for one in run.exchanges.values()] for run in (second, again)]
    assert traces[0] == traces[1]


def test_asking_a_simulator_counts_among_the_requests_of_a_run(simulated, smoke):
    simulated.renew(4)
    asked = smoke()
    simulated.renew(4)
    given = smoke(nonce="given")
    assert asked.footer.requests == given.footer.requests + 1


@pytest.mark.parametrize(
    "changes",
    [{"environment": "sandbox"}, {"environment": "simulator", "allow_writes": False}, {"environment": "simulator"}],
    ids=["another target", "a simulator without writes", "a simulator that creates no offer"],
)
def test_elsewhere_a_nonce_is_drawn(bench, target, make_profile, changes):
    nonces = {bench.run(CHECK, replace(make_profile(), **changes)).run.header.nonce for _ in range(2)}
    assert len(nonces) == 2
    asked = [path for _, path, _ in target.asked if path.endswith("/create")]
    assert len(asked) == (2 if changes == {"environment": "simulator"} else 0)


def test_the_nonce_of_a_run_given_again_sends_the_same_requests_to_any_target(bench, target):
    def sent(**options: str) -> tuple[str, list[Any]]:
        target.asked.clear()
        done = bench.run(CHECK, **options)
        return read_run(done.folder).header.nonce, list(target.asked)

    nonce, first = sent()
    assert sent(nonce=nonce) == (nonce, first)
    assert sent()[1] != first


@pytest.mark.parametrize("nonce", ["", "two words", "x" * 65, "semi;colon", "line\n"])
def test_what_is_no_nonce_is_misuse(bench, nonce):
    with pytest.raises(Misuse, match="not written as a nonce"):
        bench.run(CHECK, nonce=nonce)


def test_the_command_takes_a_nonce(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["certify", "--level", "smoke", "--nonce", "c0ffee.1"]) == 0
    (folder,) = (tmp_path / "offerproof-runs").iterdir()
    assert read_run(folder).header.nonce == "c0ffee.1"
    assert main(["certify", "--level", "smoke", "--nonce", "c0 ffee"]) == 2
    assert "not written as a nonce" in capsys.readouterr().err


def test_a_nonce_given_for_a_target_that_is_no_simulator_is_warned_of(simulate, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with simulate() as profile:
        arguments = ["certify", "--target", str(profile), "--only", "SMOKE-2", "--nonce", "recorded"]
        assert main(arguments) == 0
        assert "--nonce" not in capsys.readouterr().err
        text = profile.read_text("utf-8").replace('environment = "simulator"', 'environment = "sandbox"')
        profile.write_text(text, encoding="utf-8")
        assert main([*arguments, "--seed", "2"]) == 0
        assert "--nonce: a target that has seen it with this seed answers what it stored" in capsys.readouterr().err
