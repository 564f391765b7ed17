#!/usr/bin/env bash
# When a test fails inside "with pook.use()", pook stays switched on and every later request of the run fails, those of other mocks as well.
# Packages: pook 2.1.6, respx 0.23.1, requests 2.34.2, httpx 0.28.1 from PyPI
# Expected: the end of the block switches the mock off, whether by an exception or not, as responses and respx do.
# Happens: an exception leaves pook on; the decorator pook.on does switch it off. A mock of the bare host answers every path under it, and one
#   that names no query every query; a parameter that is listed twice, or empty, can never be matched.
# Matters: one failing test of a till turns the rest of the run red, and the reports point at the wrong tests.
# Output seen:
#> with pook.use(): on afterwards: True, a request that respx mocks: PookNoMatches
#> @pook.on: on afterwards: False, a request that respx mocks: 204
#> mock of the host, asked for /anything/at/all: 200
#> mock of /users, asked for /users/18: no match
#> mock of /users, asked for /users?id=18: 200
#> mock of /users?id=18, asked for /users?id=18&x=1: 200
#> mock of {'id': '18'}, asked for id=18&x=1: 200
#> mock of {'id': ['18', '19']}, asked for id=18&id=19: no match
#> mock of {'id': '18'}, asked for id=18&id=19: no match
#> mock of {'id': ''}, asked for id=: no match
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check pook==2.1.6 respx==0.23.1 requests==2.34.2 httpx==0.28.1
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import contextlib

import httpx
import pook
import requests
import respx


def block():
    with pook.use():
        pook.get("http://till.test/lookup").reply(200)
        raise AssertionError("the test fails")


@pook.on
def decorated():
    raise AssertionError("the test fails")


def by_respx():
    with respx.mock:
        respx.get("http://till.test/lock").respond(204)
        try:
            return httpx.get("http://till.test/lock").status_code
        except BaseException as error:
            return type(error).__name__


for name, test in {"with pook.use()": block, "@pook.on": decorated}.items():
    with contextlib.suppress(AssertionError):
        test()
    print(f"{name}: on afterwards: {pook.isactive()}, a request that respx mocks: {by_respx()}")
    pook.off()


def answer(mocked, asked, params=None):
    try:
        with pook.use():
            mock = pook.get(mocked).reply(200).mock
            if params:
                mock.params(params)
            return requests.get(asked).status_code
    except pook.exceptions.PookNoMatches:
        return "no match"
    finally:
        pook.off()


for mocked, asked in [("", "/anything/at/all"), ("/users", "/users/18"), ("/users", "/users?id=18"), ("/users?id=18", "/users?id=18&x=1")]:
    print(f"mock of {mocked or 'the host'}, asked for {asked}: {answer('http://till.test' + mocked, 'http://till.test' + asked)}")
for params, query in [({"id": "18"}, "id=18&x=1"), ({"id": ["18", "19"]}, "id=18&id=19"), ({"id": "18"}, "id=18&id=19"), ({"id": ""}, "id=")]:
    print(f"mock of {params}, asked for {query}: {answer('http://till.test/users', f'http://till.test/users?{query}', params)}")
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "mock-pook-stays-on: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
