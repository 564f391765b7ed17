"""Whoever writes a scenario file of their own needs nothing but ``offerproof.load``, and says nothing anywhere else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import asdict

import offerproof.cli.load
from offerproof.cli import main
from offerproof.errors import Misuse
from offerproof.loadtest.generator.scenario_facts import facts_of
from offerproof.loadtest.generator.workflows import Browse, Checkout, Earn, Mix, Stampede, known_workflows
from offerproof.loadtest.plan.options import LoadOptions
from offerproof.loadtest.plan.scenario import ScenarioFacts, scenario_file, scenario_names

LOOK_TWICE = (
    (Path(__file__).parents[2] / "docs" / "load-runs.md").read_text("utf-8").split("```python\n")[1].split("```")[0]
)
"""The example of the documents."""
BUY = """
from offerproof.load import LoyaltyUser, Mix


class Buy:
    name = "buy"

    def serve(self, steps, supply):
        customer, offer = supply.take_with_offer()
        purchase = steps.purchase()
        steps.lock(customer, offer, purchase)
        steps.close(customer, purchase, offer)
        supply.stock.give_back(customer)


class BuyingUser(LoyaltyUser):
    mix = Mix((Buy(), 1))
"""


@pytest.fixture
def own(tmp_path: Path) -> Any:
    """Write a scenario file; returns its path."""

    def write(text: str) -> Path:
        file = tmp_path / "mine.py"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.mark.slow
def test_a_workflow_of_ones_own_is_loaded_and_judged_by_offerproof(load, own, tmp_path):
    slo = tmp_path / "slo.toml"
    slo.write_text('[thresholds.workflow.look-twice]\n"p95_ms" = 20000\n[thresholds.workflow.checkout]\np95_ms = 1\n')
    arguments = ("--rate", "20", "--duration", "2s", "--warm-up", "0s", "--slo", str(slo))
    run = load("--scenario", str(own(LOOK_TWICE)), *arguments, tries=4)
    assert run.code == 0, run.text
    counts = {one["name"]: one["count"] for one in run.of("series")}
    assert (counts["look-twice"], counts["lookup"]) == (40, 80)
    assert [one["name"] for one in run.of("threshold")] == ["look-twice", "(all visits)"]
    assert run.of("header")[0]["load"]["scenario"] == "mine.py"
    assert not run.of("audit"), "a scenario that only reads needs no audit"


SLOW_TO_READ = "import time\nuntil = time.perf_counter() + 4\nwhile time.perf_counter() < until:\n    pass\n"


@pytest.mark.slow
def test_the_same_file_runs_with_locust_alone_however_long_it_takes_to_be_read(simulator, own, tmp_path):
    command = [sys.executable, "-m", "locust", "-f", str(own(SLOW_TO_READ + LOOK_TWICE)), "--headless"]
    command += ["--only-summary", "-u", "2", "-r", "2", "-t", "4s", "--target", str(simulator())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"FLOW +look-twice +[0-9]{2,}", done.stderr + done.stdout)


@pytest.mark.slow
def test_a_workflow_without_facts_is_audited_and_gets_user_offers(load, own, tmp_path):
    slo = tmp_path / "slo.toml"
    slo.write_text("[thresholds.all]\np95_ms = 20000\n")
    arguments = ("--rate", "10", "--duration", "2s", "--warm-up", "0s", "--slo", str(slo))
    run = load("--scenario", str(own(BUY)), *arguments, tries=4)
    assert run.code == 0, run.text
    assert {one["clause"]: one["checked"] for one in run.of("audit")}["LOAD-8"] == 20


def test_a_workflow_without_facts_is_taken_to_write_and_to_use_offers(own):
    expected = ScenarioFacts(workflows=("buy",), writes=True, calls=4.0, offers=1.0, shared=False)
    assert facts_of(own(BUY)) == expected


@pytest.mark.slow
def test_what_a_target_does_not_allow_is_refused_before_anything_is_sent(own, simulator, capsys):
    profile = simulator()
    profile.with_name("customers.jsonl").write_text('{"user_id": "u-1"}\n', encoding="utf-8")
    text = profile.read_text().replace("allow_writes = true", "allow_writes = false")
    text = text.replace('[customers]\nfrom = "create"', '[customers]\nfrom = "pool"\nfile = "customers.jsonl"')
    profile.write_text(text, encoding="utf-8")
    assert main(["load", "--dry-run", "--target", str(profile), "--scenario", str(own(BUY))]) == 2
    assert "does not allow writes" in capsys.readouterr().err
    assert main(["load", "--dry-run", "--target", str(profile), "--scenario", str(own(LOOK_TWICE))]) == 0


def test_a_dry_run_counts_the_calls_that_the_workflow_states(own, capsys):
    arguments = ["--rate", "10", "--duration", "10s", "--warm-up", "0s"]
    assert main(["load", "--dry-run", "--scenario", str(own(LOOK_TWICE)), *arguments]) == 0
    assert "visits     100, about 200 requests" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import os\n", "has no LoyaltyUser with a mix"),
        ("raise RuntimeError('not here')\n", "importing it failed: RuntimeError: not here"),
        ("import nothing_of_that_name\n", "importing it failed: ModuleNotFoundError"),
        (f"{BUY}\nclass Another(LoyaltyUser):\n    mix = Mix((Buy(), 1))\n", "has 2 LoyaltyUsers"),
        (BUY.replace("Mix((Buy(), 1))", "Buy()"), "the mix of a LoyaltyUser is a Mix"),
        (BUY.replace("(Buy(), 1)", "(Buy(), 0)"), "weights above 0"),
        (BUY.replace('name = "buy"', 'name = "lookup"'), "needs a name that no call has"),
        (BUY.replace('name = "buy"', "pass"), "the workflow Buy needs a name"),
        ("import sys\nsys.exit(7)\n", "importing it failed: SystemExit"),
    ],
)
def test_a_file_that_is_no_scenario_is_misuse_and_says_why(own, capsys, text, told):
    file = own(text)
    assert main(["load", "--dry-run", "--scenario", str(file)]) == 2
    assert f"{file}: " in (said := capsys.readouterr().err)
    assert told in said


def test_what_a_scenario_file_prints_is_no_fact(own):
    assert facts_of(own(f"print('hello')\n{LOOK_TWICE}")).workflows == ("look-twice",)


def test_a_scenario_file_that_never_ends_its_import_is_misuse(own, monkeypatch):
    monkeypatch.setattr("offerproof.loadtest.generator.scenario_facts.LONGEST_S", 3.0)
    with pytest.raises(Misuse, match="importing it took more than 3 s"):
        facts_of(own("import time\ntime.sleep(600)\n"))


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_of_the_package_uses_the_public_names_alone(name):
    lines = scenario_file(name).read_text("utf-8").splitlines()
    assert [line.split()[1] for line in lines if line.startswith(("import ", "from "))] == ["offerproof.load"]


def test_the_facts_of_our_scenarios_are_those_of_their_workflows():
    assert facts_of(scenario_file("day")) == Mix((Checkout(), 50), (Browse(), 30), (Earn(), 20)).facts
    assert facts_of(scenario_file("stampede")) == Mix((Stampede(), 1)).facts
    day = Mix((Checkout(), 50), (Browse(), 30), (Earn(), 20)).facts
    assert (day.writes, round(day.calls, 2), day.offers, day.shared) == (True, 2.82, 0.5, False)
    assert known_workflows() == {"checkout", "browse", "earn", "stampede"}


def test_the_command_imports_no_locust():
    code = "import sys, offerproof.cli.load; sys.exit(any(name in sys.modules for name in ('locust', 'gevent')))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_help_lists_every_option_once_and_in_its_group():
    shown = CliRunner().invoke(offerproof.cli.offerproof, ["load", "--help"]).output
    listed = re.findall(r"^  (?:-h, )?--([a-z-]+)", shown, re.MULTILINE)
    options = [name.replace("_", "-") for group in asdict(LoadOptions()).values() for name in asdict(group)]
    assert listed == [*options, "help"]
    assert re.findall(r"^(\S.*):$", shown, re.MULTILINE) == [
        "What is sent",
        "What has to be reached",
        "Where it comes from",
        "Customers and user offers",
        "What is kept",
        "Help",
        "Measures of thresholds",
    ]


@pytest.mark.parametrize(
    "arguments",
    [("--rate", "0"), ("--users", "many"), ("--arrivals", "rare"), ("--processes", "0"), ("--master-port", "70000")],
)
def test_a_number_out_of_its_range_is_misuse(arguments, capsys):
    assert main(["load", *arguments]) == 2
    assert f"Invalid value for '{arguments[0]}'" in capsys.readouterr().err
