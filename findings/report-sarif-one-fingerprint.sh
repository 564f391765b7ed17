#!/usr/bin/env bash
# Two rules that say the same of one line have one fingerprint in the code-quality file that sarif-tools writes, so GitLab keeps one of them.
# Packages: sarif-tools 3.0.5 from PyPI
# Expected: each finding has a fingerprint of its own, as the format asks: another rule or column is another finding. A message that is given by its
#   id, which SARIF allows, is told in words.
# Happens: the fingerprint is made of the text, the path and the line only: of three findings GitLab shows one. A message by id is told as its id
#   ("held"), so all messages of a rule with other arguments are one finding as well. A finding without a place has the path - and the line "1",
#   a text.
# Matters: a merge request shows one failed clause where three failed, and a clause that is new is no news.
# Output seen:
#> LOCK-3 | answered twice | clauses.toml 1 | fingerprint 1
#> LOCK-4 | answered twice | clauses.toml 1 | fingerprint 1
#> LOCK-3 | answered twice | clauses.toml 1 | fingerprint 1
#> LOCK-3 | answered twice | clauses.toml 2 | fingerprint 2
#> LOCK-5 | held | clauses.toml 3 | fingerprint 3
#> LOCK-5 | held | clauses.toml 3 | fingerprint 3
#> LOCK-3 | nowhere | - '1' | fingerprint 4
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check sarif-tools==3.0.5
cd "$work"
cat >write.py <<'PROGRAM'
import json


def result(rule, message, line=None, column=1):
    region = {"startLine": line, "startColumn": column}
    place = {"physicalLocation": {"artifactLocation": {"uri": "clauses.toml"}, "region": region}}
    return {"ruleId": rule, "level": "error", "message": message, "locations": [place] if line else []}


twice = {"text": "answered twice"}
results = [
    result("LOCK-3", twice, 1), result("LOCK-4", twice, 1), result("LOCK-3", twice, 1, column=9), result("LOCK-3", twice, 2),
    result("LOCK-5", {"id": "held", "arguments": ["A"]}, 3), result("LOCK-5", {"id": "held", "arguments": ["B"]}, 3),
    result("LOCK-3", {"text": "nowhere"}),
]
rules = [{"id": "LOCK-3"}, {"id": "LOCK-4"}, {"id": "LOCK-5", "messageStrings": {"held": {"text": "lock {0} is held twice"}}}]
with open("report.sarif", "w") as file:
    json.dump({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "judge", "rules": rules}}, "results": results}]}, file)
PROGRAM
cat >read.py <<'PROGRAM'
import json

with open("quality.json") as file:
    issues = json.load(file)
order = []
for issue in issues:
    order += [issue["fingerprint"]] * (issue["fingerprint"] not in order)
    place = issue["location"]
    number = order.index(issue["fingerprint"]) + 1
    print(issue["check_name"], issue["description"], f"{place['path']} {place['lines']['begin']!r}", f"fingerprint {number}", sep=" | ")
PROGRAM
python3 write.py
env/bin/sarif codeclimate report.sarif -o quality.json >/dev/null
python3 read.py >seen
if ! diff <(echo "$expected") seen; then
  echo "report-sarif-one-fingerprint: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
