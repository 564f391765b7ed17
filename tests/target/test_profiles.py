"""Right profiles become values; wrong ones become one clear line that names the key."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from offerproof import content
from offerproof.contract import OPERATIONS
from offerproof.errors import Misuse
from offerproof.target import load_profile

EXAMPLE = Path(__file__).parents[2] / "examples" / "staging.toml"
STAGING = {
    f"STAGING_{service}_{part}": f"test-{service}-{part}".lower()
    for service in ("CORE", "OFFERS", "POS")
    for part in ("KEY", "SECRET", "API_KEY")
}


def test_the_documented_example_loads():
    profile = load_profile(EXAMPLE, STAGING)
    assert profile.name == "staging-eu"
    assert profile.request_line("lock") == ("PATCH", "/api/2.0/offers/redemption/lock")
    assert profile.request_line("lookup") == ("POST", "/api/2.0/offers/get_user_offers")
    assert profile.request_line("redeem") == ("POST", "/api/2.0/redeem")
    assert profile.behaviour("discount_config.percent_key") == "percent"
    assert profile.behaviour("request_id") is None
    assert profile.behaviour("lock_lifetime.seconds") is None
    assert profile.can("unlock")
    assert not profile.can("clock")
    assert profile.settle_s == 5.0


def test_the_least_profile_declares_nothing_and_writes_nothing(load, right):
    profile = load(right.replace("allow_writes = true\n", ""))
    assert profile.read_only
    assert not profile.can("issue")
    assert not profile.allows("lock")
    assert profile.allows("lookup")
    assert profile.services["offers"].base_url == "http://127.0.0.1:2"


def test_credentials_come_from_the_environment_and_are_not_shown(load, right):
    core = load(right).services["core"]
    assert core.key is not None
    assert core.api_key is not None
    assert core.key.reveal() == "test-key"
    assert core.api_key.shell == "$CORE_API_KEY"
    assert "test-" not in repr(core)


def test_credentials_come_from_files_beside_the_profile(load, right, tmp_path):
    (tmp_path / "pos.key").write_text("test-key-of-file\n")
    (tmp_path / "pos.secret").write_text("test-secret-of-file")
    profile = load(f'{right}key_file = "pos.key"\nsecret_file = "pos.secret"\n')
    key = profile.services["cloudpos"].key
    assert key is not None
    assert key.reveal() == "test-key-of-file"


def test_production_is_read_only_whatever_the_profile_says(load, right):
    text = right.replace('"sandbox"', '"production"').replace("http://", "https://")
    profile = load(text + "[capabilities]\nissue = true\nget_user_offers = true\n")
    assert profile.allow_writes
    assert profile.read_only
    assert not profile.can("issue")
    allowed = {operation for operation in OPERATIONS if profile.allows(operation)}
    assert allowed == {"search_customers", "fetch_offer", "user_offer_history", "lookup"}


def test_a_booleans_answer_is_yes_or_no(load, right):
    profile = load(right + "[behaviour]\nissue_rule = { fires = true }\ntier_expiry = 'unknown'\n")
    assert profile.behaviour("issue_rule.fires") == "yes"


WRONG = [
    ('name = "unit"', "", "t.toml: name: is missing"),
    ('name = "unit"', "name = 7", "t.toml: name: is 7; a string is due"),
    ("schema = 1", "schema = 2", "t.toml: schema: is 2; this offerproof reads 1"),
    ('"sandbox"', '"prod"', "t.toml: environment: is 'prod'; allowed are simulator, sandbox, staging, production"),
    ("allow_writes", "allow_write", "t.toml: allow_write: unknown key; did you mean 'allow_writes'?"),
    ("[services.offers]", "[services.offer]", "t.toml: services.offer: unknown key; did you mean 'offers'?"),
    ('base_url = "http://127.0.0.1:3"', "", "t.toml: services.cloudpos.base_url: is missing"),
    ("http://127.0.0.1:3", "127.0.0.1:3", "services.cloudpos.base_url: '127.0.0.1:3' is not written as it must be"),
    ("http://127.0.0.1:3", "http://[::1", "services.cloudpos.base_url: 'http://[::1' is no address"),
    ("http://127.0.0.1:3", "http://a.example:99999", "services.cloudpos.base_url: 'http://a.example:99999' is no"),
    ("http://127.0.0.1:3", "http://a example", "services.cloudpos.base_url: 'http://a example' is no address"),
    ("http://127.0.0.1:3", "http://a.example/x?y=1", "services.cloudpos.base_url: has a query or a fragment"),
    ("http://127.0.0.1:3", "http://u:p@a.example", "services.cloudpos.base_url: credentials never stand in a profile"),
    ('key_env = "CORE_KEY"', 'key = "k"', "services.core.key: credentials never stand in a profile"),
    ('api_key_env = "CORE_API_KEY"', "", "services.core.api_key_env: is missing"),
    ('secret_env = "CORE_SECRET"', "", "services.core.secret_env: is missing: key and secret are a pair"),
    ('"CORE_SECRET"', '"NOT_SET"', "services.core.secret_env: the environment variable NOT_SET is not set"),
    ('secret_env = "CORE_SECRET"', 'secret_file = "no"', "core.secret_file: cannot read the credential /"),
    (
        'key_env = "CORE_KEY"',
        'key_file = "/dev/zero"',
        "core.key_file: cannot read the credential /dev/zero: it is larger",
    ),
    ('key_env = "CORE_KEY"', 'key_env = "A"\nkey_file = "b"', "services.core.key_env: give either key_env or key_file"),
    ("[services.core]", '[services.core]\nca_file = "no.pem"', "services.core.ca_file: there is no file 'no.pem'"),
    ("[services.core]", '[paths]\nlok = "/x"\n[services.core]', "paths.lok: unknown key; did you mean 'lock'?"),
    ("[services.core]", '[paths]\nlock = "x"\n[services.core]', "paths.lock: 'x' is not written as it must be"),
    ("[services.core]", "[customers]\nfrom='pool'\n[services.core]", "customers.file: is missing"),
    ("[services.core]", "[customers]\nfrom='pool'\nfile='c'\n[services.core]", "customers.file: there is no file 'c'"),
    ("[services.core]", "[customers]\nfrom='create'\nfile='c'\n[services.core]", "customers.file: belongs to from"),
    (
        "[services.core]",
        "[customers]\nfrom='control'\n[services.core]",
        'customers.from: is "control", but there is no',
    ),
    ("[services.core]", "[offers]\nfrom='earn'\ntype='t'\n[services.core]", "offers.spend: is missing"),
    ("[services.core]", "[offers]\nfrom='earn'\ntype='t'\nspend='5x'\n[services.core]", "offers.spend: '5x' is not"),
    ("[services.core]", "[offers]\nfrom='issue'\nspend='x'\n[services.core]", "offers.spend: 'x' is not written"),
    (
        "[services.core]",
        "[capabilities]\nclock=true\n[services.core]",
        "capabilities.clock: is declared, but there is no",
    ),
    (
        "[services.core]",
        "[capabilities]\nclock='yes'\n[services.core]",
        "capabilities.clock: is 'yes'; a boolean is due",
    ),
    ("[services.core]", "[behaviour]\npagin='unknown'\n[services.core]", "behaviour.pagin: unknown key; did you mean"),
    ("[services.core]", "[behaviour]\npaging='many'\n[services.core]", "behaviour.paging: is 'many'; \"unknown\" or"),
    ("[services.core]", "[behaviour.paging]\nordr='x'\n[services.core]", "behaviour.paging.ordr: unknown key; did you"),
    ("[services.core]", "[limits]\nrate=0\n[services.core]", "limits.rate: 0 is less than or equal to the minimum"),
    (
        "[services.core]",
        "[limits]\nhosts=['a.example']\n[services.core]",
        "the host '127.0.0.1' is not among limits.hosts",
    ),
    (
        "[services.core]",
        "[limits]\nhosts=['127.0.0.1']\n[control]\nbase_url='http://a.example'\n[services.core]",
        "control.base_url: the host 'a.example' is not among limits.hosts",
    ),
    ('"sandbox"', '"production"', "services.core.base_url: production is addressed by https only"),
    ("schema = 1", "schema = ", "is not TOML"),
]


@pytest.mark.parametrize(("old", "new", "says"), WRONG, ids=[row[2][:60] for row in WRONG])
def test_a_wrong_profile_is_one_line_that_names_the_key(load, right, old, new, says):
    assert old in right
    with pytest.raises(Misuse) as caught:
        load(right.replace(old, new, 1))
    assert says in caught.value.message
    assert "\n" not in caught.value.message.removesuffix("\n")
    assert caught.value.exit_code == 2


def test_all_variables_that_are_missing_are_named_at_once_and_a_plan_needs_none(tmp_path, right):
    (tmp_path / "t.toml").write_text("\ufeff" + right.replace("\n", "\r\n"), encoding="utf-8", newline="")
    with pytest.raises(Misuse) as caught:
        load_profile(tmp_path / "t.toml", {"CORE_KEY": "test-key"})
    assert "services.core.secret_env: these environment variables are not set: CORE_SECRET, CORE_API_KEY" in (
        caught.value.message
    )
    assert caught.value.hint == "export CORE_SECRET=…, and so on"
    assert load_profile(tmp_path / "t.toml", {}, planning=True).name == "unit"


def test_no_message_shows_an_inline_credential(load, right):
    with pytest.raises(Misuse) as caught:
        load(right.replace('key_env = "CORE_KEY"', 'key = "planted-secret"'))
    assert "planted-secret" not in caught.value.message + (caught.value.hint or "")


def test_a_profile_that_is_not_there_is_misuse(tmp_path):
    with pytest.raises(Misuse, match="cannot read the target profile"):
        load_profile(tmp_path / "none.toml")


def test_load_runs_never_go_to_production(load, right):
    text = right.replace('"sandbox"', '"production"').replace("http://", "https://")
    with pytest.raises(Misuse, match="load runs never go to production"):
        load(text + "[limits]\nload = true\n")


def test_both_validators_agree_about_the_schema():
    schema = json.loads((content.folder("schemas") / "target.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert jsonschema_rs.Draft202012Validator(schema).is_valid({"schema": 1}) is False
    assert set(schema["properties"]["paths"]["properties"]) == set(OPERATIONS)


READ_ONLY = ('"sandbox"\nallow_writes = true', '"sandbox"')
PRODUCTION = ('"sandbox"\nallow_writes = true', '"production"')


@pytest.mark.parametrize(
    ("call", "spelled", "told"),
    [
        ("lookup", "/api/2.0/Lock", "that is the path of lock, which writes"),
        ("lookup", "/API/2.0//offers/x/../redemption/%6cock/?a=b", "that is the path of lock, which writes"),
        ("lookup", "/api/2.0/lock;v=1", "that is the path of lock, which writes"),
        ("fetch_offer", "/elsewhere/send_transaction", "that is the path of send_transaction, which writes"),
        ("user_offer_history", "/api/2.0/offers/management/create", "that is the path of create_offer, which writes"),
        ("fetch_offer", "/priv/v1/apps/k/users", "that is the path of create_customer, which writes"),
        ("search_customers", "GET /api/2.0/redeem", "that is the path of redeem, which writes"),
        ("search_customers", "POST /priv/v1/apps/{api_key}/users", "POST could write"),
        ("lookup", "PATCH /api/2.0/Lookup", "PATCH could write"),
    ],
)
@pytest.mark.parametrize(
    ("changed", "why"), [(READ_ONLY, "allow_writes is not true"), (PRODUCTION, "production is read-only")]
)
def test_no_read_is_pointed_at_what_writes_where_nothing_may_be_written(load, right, call, spelled, told, changed, why):
    safe = f"{right}[paths]\n{call} = {json.dumps(spelled)}\n"
    load(safe)
    with pytest.raises(Misuse) as caught:
        load(safe.replace(*changed).replace("http:", "https:"))
    assert f"t.toml: paths.{call}: {told}, and {why} (line " in str(caught.value)


def test_a_read_is_not_pointed_at_the_path_that_the_profile_gives_a_write(load, right):
    paths = '[paths]\nlock = "/hold"\nlookup = "/hold/"\n'
    with pytest.raises(Misuse, match=r"paths\.lookup: that is the path of lock, which writes"):
        load(right.replace(*READ_ONLY) + paths)


@pytest.mark.parametrize(
    "paths",
    [
        'lookup = "/api/2.0/offers/get_user_offers"',
        'lookup = "GET /wallets"',
        'search_customers = "/priv/v1/apps/{api_key}/users"',
        'lock = "PATCH /api/2.0/offers/redemption/lock"',
    ],
)
def test_a_read_may_be_spelled_in_any_way_that_does_not_write(load, right, paths):
    assert load(f"{right.replace(*READ_ONLY)}[paths]\n{paths}\n").read_only


def test_wrong_credentials_are_tried_everywhere_but_in_production_unless_the_profile_says_so(load, right):
    production = right.replace(*PRODUCTION).replace("http:", "https:")
    assert load(right).can("wrong_credentials")
    assert not load(production).can("wrong_credentials")
    assert load(f"{production}[limits]\nwrong_credentials = true\n").can("wrong_credentials")
    assert not load(f"{right}[limits]\nwrong_credentials = false\n").can("wrong_credentials")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("127.0.0.1:2/", "127.0.0.1:2/gw/api/2.0", "services.offers.base_url: holds /api/2.0"),
        ("127.0.0.1:3", "127.0.0.1:3/API/2.0/offers/", "services.cloudpos.base_url: holds /api/2.0"),
        ("127.0.0.1:1", "127.0.0.1:1/priv/v1", "services.core.base_url: holds /priv/v1"),
    ],
)
def test_the_beginning_of_the_paths_does_not_stand_in_an_address_as_well(load, right, old, new, says):
    with pytest.raises(Misuse) as caught:
        load(right.replace(old, new))
    assert says in str(caught.value)
    assert "it would be sent twice" in str(caught.value)


def test_a_prefix_of_a_gateway_and_paths_without_their_beginning_are_right(load, right):
    text = right.replace("127.0.0.1:3", "127.0.0.1:3/api/2.0").replace("127.0.0.1:2/", "127.0.0.1:2/api")
    calls = ("lookup", "lock", "send_transaction")
    assert load(text + "[paths]\n" + "".join(f'{call} = "/{call}"\n' for call in calls)).declares("lookup")


def test_every_key_of_a_profile_is_described_and_stands_on_its_page():
    page = importlib.import_module("benchmarks.profile_keys_page")
    told = page.page()
    schema = json.loads((content.folder("schemas") / "target.json").read_bytes())
    keys = list(_keys(schema))
    assert len(keys) > 200
    assert [name for name, one in keys if not one.get("description")] == []
    known = ("`{}`".format, "## [{}]\n".format, "### {}\n".format)
    shown = [any(form(word) in told for form in known for word in (name, name.rpartition(".")[2])) for name, _ in keys]
    assert all(shown)
    assert page.PAGE.read_text("utf-8") == told, "python -m benchmarks.profile_keys_page writes it anew"


def _keys(schema: dict[str, Any], place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, one in schema.get("properties", {}).items():
        yield f"{place}{name}", one
        yield from _keys(one, f"{place}{name}.")
    for one in schema.get("anyOf", ()):
        yield from _keys(one, place)
