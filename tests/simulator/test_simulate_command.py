"""``offerproof simulate``: options, the ready line, the profile, a clean stop, one clear error for each misuse."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import time
from typing import Any

import pytest

from offerproof.cli import main, simulate
from offerproof.simulator import profile, program_file, runner
from offerproof.simulator.answers import Service
from offerproof.simulator.clock import SimulatedClock
from offerproof.simulator.credentials import drawn, drawn_token
from offerproof.simulator.planting import none
from offerproof.target import load_profile


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_ready_serves_and_stops_cleanly(start_simulator, number):
    simulator = start_simulator("--control", "--control-token", "test-token")
    assert simulator.ready.startswith("offerproof simulate: ready at http://127.0.0.1:")
    assert "test-secret" not in simulator.ready
    user = simulator.customer()
    assert simulator.history(user) == {}
    simulator.process.send_signal(number)
    assert simulator.process.wait(10) == 0


def test_a_planted_defect_a_scenario_and_other_spellings_come_with_the_command(start_simulator):
    defect, scenario = ("--defect", "unknown-customer-is-success"), ("--scenario", "lookup=unavailable:2s")
    simulator = start_simulator(*defect, *scenario, "--vary")
    assert "planted: unknown-customer-is-success" in simulator.ready
    path = "/priv/v1/apps/test-api-key/users/search?email=nobody"
    assert simulator.call("GET", path) == (200, {"status": "ok", "user": None})
    assert simulator.call("POST", "/api/2.0/Lookup", simulator.container({"phone": "1"}))[0] == 503
    searched = "/priv/v1/apps/test-api-key/users/search?external_id=x-first"
    simulator.customer()
    assert [simulator.ok("GET", searched)["status"] for _ in range(3)] == ["success", "ok", "Success"]


def test_a_planted_defect_changes_what_is_done_and_not_what_the_profile_declares(start_simulator, tmp_path):
    start_simulator()
    right = load_profile(tmp_path / "simulator.toml").behaviours
    start_simulator("--defect", "request-ids-of-all-stores")
    assert load_profile(tmp_path / "simulator.toml").behaviours == right


def test_three_services_may_have_three_ports(start_simulator, tmp_path):
    simulator = start_simulator("--separate-ports")
    services = load_profile(tmp_path / "simulator.toml").services
    assert len({one.base_url for one in services.values()}) == 3
    simulator.port = int(services["cloudpos"].base_url.rpartition(":")[2])
    assert simulator.call("POST", "/api/2.0/Lookup", simulator.container({"phone": "1"}))[0] == 404
    assert simulator.call("POST", "/api/2.0/offers/fetch_offer", {})[1]["errors"][0]["code"] == "not_found"


@pytest.mark.parametrize("control", [True, False])
def test_the_profile_fits_and_names_files_of_mode_0600(tmp_path, control):
    keys = drawn(1)
    addresses = dict.fromkeys(Service, "http://127.0.0.1:8080")
    token = "test-token" if control else None
    path = tmp_path / "profile.toml"
    profile.write(path, program_file.read().settings, keys, addresses, token=token, control="http://127.0.0.1:8080")
    fits = load_profile(path)
    for service in Service:
        named: Any = fits.services[service.value]
        assert (named.key.reveal(), named.secret.reveal()) == (keys.pair(service).key, keys.pair(service).secret)
    core: Any = fits.services["core"]
    assert core.api_key.reveal() == keys.api_key
    assert fits.can("clock") is fits.can("reset") is control
    assert fits.behaviour("paging.default_take") == "100"
    assert fits.behaviour("request_id.other_body") == "refused"
    assert fits.ids.retailer == "2d5b5a08-becd-4837-a69a-2ab967c7773a"
    text = path.read_text("utf-8")
    for secret in (keys.core.secret, keys.offers.key, keys.cloudpos.secret, keys.api_key, "test-token"):
        assert secret not in text
    files = [one for one in tmp_path.iterdir() if one != path]
    assert len(files) == 7 + control
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "203.0.113.7", "simulator.example"])
def test_who_can_be_reached_by_others_draws_credentials_that_nobody_knows(host):
    first, second = (runner.ServerOptions(runner.ListenOn(host), control=True) for _ in range(2))
    drawn_here = [runner.build(one, none).auth.keys for one in (first, second)]
    words = {pair.secret for keys in (*drawn_here, drawn(0)) for pair in (keys.core, keys.offers, keys.cloudpos)}
    assert len(words | {keys.api_key for keys in (*drawn_here, drawn(0))}) == 12
    assert len({drawn_token(one.draw) for one in (first, second, runner.ServerOptions())}) == 3


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_on_this_machine_alone_credentials_follow_from_the_seed(host):
    keys = runner.build(runner.ServerOptions(runner.ListenOn(host), seed=3), none).auth.keys
    assert (keys.core.secret, keys.api_key) == (drawn(3).core.secret, drawn(3).api_key)


def test_secrets_of_the_environment_are_not_printed_and_drawn_ones_are(monkeypatch, tmp_path):
    monkeypatch.setenv("OFFERPROOF_SIMULATOR_CORE", "inherited-key:inherited-secret")
    monkeypatch.setenv("OFFERPROOF_SIMULATOR_API_KEY", "inherited-api-key")
    monkeypatch.setenv("OFFERPROOF_SIMULATOR_CONTROL_TOKEN", "inherited-token")
    monkeypatch.setenv("OFFERPROOF_SIMULATOR_OFFERS", "inherited-other:inherited-other-secret")
    command = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--control"]
    command += ["--credential", "offers=stated-key:stated-secret"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or "ready at" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], lines
        process.terminate()
    text = "".join(lines)
    assert "inherited" not in text
    assert [line.split()[-1] for line in lines if "OFFERPROOF_SIMULATOR" in line] == [
        "OFFERPROOF_SIMULATOR_CORE",
        "OFFERPROOF_SIMULATOR_API_KEY",
        "OFFERPROOF_SIMULATOR_CONTROL_TOKEN",
    ]
    assert "key stated-key  secret stated-secret" in text
    assert f"secret {drawn(0).cloudpos.secret}" in text


@pytest.mark.parametrize("ports", [("9000",) * 3, ("9000", "9001", "9002")])
def test_it_prints_the_command_that_writes_a_profile_for_it(tmp_path, monkeypatch, capsys, ports):
    monkeypatch.chdir(tmp_path)
    app = runner.build(runner.ServerOptions(), none)
    addresses = {service: f"http://127.0.0.1:{port}" for service, port in zip(Service, ports, strict=True)}
    simulate.say_what_a_profile_needs(runner.Running(app, addresses, app.auth.keys, None, 0, ""), set())
    (pasted,) = (line.split()[1:] for line in capsys.readouterr().out.splitlines() if "offerproof init" in line)
    assert main(pasted) == 0
    written = load_profile(tmp_path / "mine.toml", {}, planning=True)
    assert {service.value: address for service, address in addresses.items()} == {
        name: service.base_url for name, service in written.services.items()
    }
    assert written.ids.retailer == app.settings.retailer_id


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--program", "nowhere.toml"], "cannot read the program file"),
        (["--clock", "yesterday"], "expected an instant"),
        (["--defect", "lock-is-stole"], "there is no defect"),
        (["--scenario", "lock=explode"], "there is no scenario"),
        (["--credential", "core=nocolon"], "not of the form key:secret"),
        (["--credential", "till=a:b"], "not written as it must be"),
        (["--credential", "api_key=a/b"], "the API key may only have"),
        (["--port", "70000"], "cannot listen on port 70000"),
        (["--port", "65534", "--separate-ports"], "cannot listen on port 65534"),
        (["--host", ""], "--host is empty"),
        (["--host", "203.0.113.1", "--port", "0"], "cannot listen on 203.0.113.1"),
        (["--max-body", "1"], "--max-body is less"),
        (["--journal", "/nowhere/journal.db"], "cannot use the journal"),
        (["--profile-out", "/nowhere/profile.toml", "--port", "0"], "cannot write /nowhere/profile.toml"),
    ],
)
def test_misuse_gets_one_clear_error_and_exit_code_2(capfd, options, message):
    assert main(["simulate", *options]) == 2
    error = capfd.readouterr().err
    assert message in error
    assert "hint:" in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ("\n[http]\nrefusals = 418\n", "http.refusals"),
        ("\n[http]\nunknown_offer = 500\n", "http.unknown_offer"),
        ("\n[http]\nteapot = 418\n", "http.teapot: unknown key"),
        ("\nthis is no toml", "is not TOML"),
    ],
)
def test_a_wrong_program_file_names_the_key(capfd, program_with, added, message):
    assert main(["simulate", "--program", str(program_with(added=added))]) == 2
    assert message in capfd.readouterr().err


def test_a_status_is_a_setting_of_the_program_file(make_app, make_till, program_with):
    till = make_till(make_app(program=program_with(added="\n[http]\nlocked_by_another = 423\n")))
    code = till.issue(till.customer(), till.offer())
    till.lock(code, "t-1")
    assert till.lock(code, "t-2")[0] == 423


def test_the_list_of_defects_has_a_line_for_each(capsys):
    from offerproof import defects

    assert main(["simulate", "--list-defects"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(defects.registry())
    assert [line.split()[3] for line in lines] == [one.kind.split()[0] for one in defects.registry().values()]


def test_the_clock_starts_where_it_is_told_and_never_goes_back():
    begun = time.time_ns()
    clock = SimulatedClock(1_000_000_000)
    first = clock.now()
    assert 0 <= first - 1_000_000_000 <= (time.time_ns() - begun) // 1000 + 1
    clock.freeze(first + 5)
    assert clock.now() == first + 5
    begun = time.time_ns()
    clock.unfreeze()
    assert 0 <= clock.now() - (first + 5) <= (time.time_ns() - begun) // 1000 + 1
    assert SimulatedClock().real
    assert not SimulatedClock(5).real
