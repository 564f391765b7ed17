#!/usr/bin/env bash
# HTTPretty refuses a request for the very address that was registered with it, as if it were not, when requests brings urllib3 2 along.
# Packages: httpretty 1.1.4, requests 2.34.2 with urllib3 2.8.0 or 1.26.20 from PyPI
# Expected: the newest HTTPretty mocks the newest requests, or says that it does not fit.
# Happens: urllib3 2 asks the socket for a method that HTTPretty's socket looks up in a real one; where connections are forbidden there is none, and the
#   error speaks of an unmocked request. Where they are allowed the mock answers. With urllib3 1.26 and with http.client it works.
# Matters: the tests of a client that worked for years fail after an update, with a message about an address that is plainly registered.
# Output seen:
#> requests with urllib3 2.8.0, connections forbidden: UnmockedError
#> http.client, connections forbidden: 200
#> requests with urllib3 2.8.0, connections allowed: 200
#> http.client, connections allowed: 200
#> requests with urllib3 1.26.20, connections forbidden: 200
#> http.client, connections forbidden: 200
#> requests with urllib3 1.26.20, connections allowed: 200
#> http.client, connections allowed: 200
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/ask.py" <<'PROGRAM'
import http.client
import sys

import httpretty
import requests
import urllib3


def by_requests():
    return requests.get("http://till.test/lookup", timeout=5).status_code


def by_http_client():
    connection = http.client.HTTPConnection("till.test", timeout=5)
    connection.request("GET", "/lookup")
    return connection.getresponse().status


for allowed in (False, True):
    for ask in (by_requests, by_http_client):
        with httpretty.enabled(allow_net_connect=allowed):
            httpretty.register_uri(httpretty.GET, "http://till.test/lookup", body="{}")
            try:
                answer = ask()
            except Exception as error:
                answer = type(error).__name__
        name = f"requests with urllib3 {urllib3.__version__}" if ask is by_requests else "http.client"
        print(f"{name}, connections {'allowed' if allowed else 'forbidden'}: {answer}")
PROGRAM
for version in 2.8.0 1.26.20; do
  python3 -m venv "$work/$version"
  "$work/$version/bin/pip" install --quiet --disable-pip-version-check httpretty==1.1.4 requests==2.34.2 "urllib3==$version"
  "$work/$version/bin/python" "$work/ask.py" 2>"$work/log"
done >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "mock-httpretty-refuses-its-own: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
