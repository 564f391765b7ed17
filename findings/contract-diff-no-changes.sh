#!/usr/bin/env bash
# openapi-diff finds no changes at all when a parameter becomes required, a value of an enum goes, or a field may be null; a new optional field breaks.
# Packages: openapi-diff 0.24.1 from npm
# Expected: what was refused or sent otherwise before is told, as a breaking change where it is one; a client may not have to change for an
#   optional field of a request.
# Happens: parameters, security, and the keywords enum, pattern and nullable of bodies are passed over: exit code 0, and "No changes found between the
#   two specifications". A new optional field of a request exits with 1, as any value was allowed under its name before; a new field of an
#   answer does not. Removed paths, methods, statuses, fields and required headers are found. Tables in the package's folder docs, and in that of a
#   package below it, list what is not looked at; the command does not speak of it.
# Matters: a gate for contracts lets the changes through that stop a till, and stops the ones that do not.
# Output seen:
#> a new required query parameter | exit 0 | No changes found
#> a parameter becomes required | exit 0 | No changes found
#> a parameter of texts becomes one of integers | exit 0 | No changes found
#> a value of an enum of the request is gone | exit 0 | No changes found
#> a field of the answer may be null | exit 0 | No changes found
#> a pattern for a field of the request | exit 0 | No changes found
#> an API key is wanted | exit 0 | No changes found
#> a new optional field of the request | exit 1 | breaking
#> a new field of the answer | exit 0 | not breaking
#> a field of the answer is gone | exit 1 | breaking
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" openapi-diff@0.24.1 >/dev/null
cd "$work"
cat >program.py <<'PROGRAM'
import copy
import json
import subprocess

TEXT = {"type": "string"}
SENT = {"type": "object", "required": ["card"], "properties": {"card": TEXT, "kind": {"type": "string", "enum": ["sale", "return"]}}}
READ = {"type": "object", "required": ["points"], "properties": {"points": {"type": "integer"}, "tier": TEXT}}
OLD = {
    "openapi": "3.0.3",
    "info": {"title": "offers", "version": "1"},
    "paths": {"/sales": {"post": {
        "parameters": [{"name": "shop", "in": "query", "schema": TEXT}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": SENT}}},
        "responses": {"200": {"description": "sold", "content": {"application/json": {"schema": READ}}}},
    }}},
}


def told(label, change):
    new = copy.deepcopy(OLD)
    call = new["paths"]["/sales"]["post"]
    sent = call["requestBody"]["content"]["application/json"]["schema"]["properties"]
    read = call["responses"]["200"]["content"]["application/json"]["schema"]
    change(new, call["parameters"], sent, read)
    for name, description in (("old.json", OLD), ("new.json", new)):
        with open(name, "w") as file:
            json.dump(description, file)
    done = subprocess.run(["node_modules/.bin/openapi-diff", "old.json", "new.json"], capture_output=True, text=True, timeout=60)
    said = "No changes found" if "No changes found between the two specifications" in done.stdout else "not breaking"
    print(label, f"exit {done.returncode}", "breaking" if done.returncode else said, sep=" | ")


def key(new):
    new["components"] = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}
    new["security"] = [{"key": []}]


required = {"name": "till", "in": "query", "required": True, "schema": TEXT}
told("a new required query parameter", lambda new, parameters, sent, read: parameters.append(required))
told("a parameter becomes required", lambda new, parameters, sent, read: parameters[0].update(required=True))
told("a parameter of texts becomes one of integers", lambda new, parameters, sent, read: parameters[0].update(schema={"type": "integer"}))
told("a value of an enum of the request is gone", lambda new, parameters, sent, read: sent["kind"]["enum"].remove("return"))
told("a field of the answer may be null", lambda new, parameters, sent, read: read["properties"]["points"].update(nullable=True))
told("a pattern for a field of the request", lambda new, parameters, sent, read: sent["card"].update(pattern="^[0-9]{7}$"))
told("an API key is wanted", lambda new, parameters, sent, read: key(new))
told("a new optional field of the request", lambda new, parameters, sent, read: sent.update(coupon=TEXT))
told("a new field of the answer", lambda new, parameters, sent, read: read["properties"].update(coupon=TEXT))
told("a field of the answer is gone", lambda new, parameters, sent, read: read["properties"].pop("tier"))
PROGRAM
python3 program.py >seen
if ! diff <(echo "$expected") seen; then
  echo "contract-diff-no-changes: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
