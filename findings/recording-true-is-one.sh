#!/usr/bin/env bash
# Recorded and mocked calls treat the JSON values true and 1 as equal, in responses and in vcrpy, and an empty parameter as none.
# Packages: responses 0.26.3, vcrpy 9.4.2, requests 2.34.2 from PyPI
# Expected: a matcher of JSON bodies tells true from 1 and false from 0; is_closed: 1 is another request than is_closed: true.
# Happens: both compare the decoded Python values, for which True == 1. vcrpy's query matcher drops parameters with an empty value, so
#   ?email= is the request without e-mail. With strict_match=False responses allows further keys in objects, but not in objects inside a list.
# Matters: a client that sends the wrong type passes its tests against the recording and is refused by the service.
# Output seen:
#> {'is_closed': 1} {'is_closed': True} same for responses: True for vcrpy: True
#> {'points': 0} {'points': False} same for responses: True for vcrpy: True
#> {'points': '1'} {'points': 1} same for responses: False for vcrpy: False
#> ?email= and no parameter, same for vcrpy: True
#> {'line': {'id': 1}} {'line': {'id': 1, 'tax': 2}} same for responses, strict_match=False: True
#> {'lines': [{'id': 1}]} {'lines': [{'id': 1, 'tax': 2}]} same for responses, strict_match=False: False
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check responses==0.26.3 vcrpy==9.4.2 requests==2.34.2
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import json

import requests
import responses
from responses.matchers import json_params_matcher
from vcr import matchers
from vcr.request import Request

JSON = {"content-type": "application/json"}


@responses.activate
def mocked(wanted, sent, **options):
    responses.post("http://till.example/", match=[json_params_matcher(wanted, **options)], json={})
    try:
        requests.post("http://till.example/", data=json.dumps(sent), headers=JSON, timeout=5)
    except requests.ConnectionError:
        return False
    return True


def recorded(matcher, one, other):
    try:
        matcher(one, other)
    except AssertionError:
        return False
    return True


for wanted, sent in (({"is_closed": 1}, {"is_closed": True}), ({"points": 0}, {"points": False}), ({"points": "1"}, {"points": 1})):
    one, other = (Request("POST", "http://till.example/", json.dumps(body).encode(), JSON) for body in (wanted, sent))
    print(wanted, sent, "same for responses:", mocked(wanted, sent), "for vcrpy:", recorded(matchers.body, one, other))
one, other = (Request("GET", f"http://till.example/users/search?{query}", None, {}) for query in ("email=", ""))
print("?email= and no parameter, same for vcrpy:", recorded(matchers.query, one, other))
for wanted, sent in (({"line": {"id": 1}}, {"line": {"id": 1, "tax": 2}}), ({"lines": [{"id": 1}]}, {"lines": [{"id": 1, "tax": 2}]})):
    print(wanted, sent, "same for responses, strict_match=False:", mocked(wanted, sent, strict_match=False))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "recording-true-is-one: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
