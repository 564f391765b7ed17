#!/usr/bin/env bash
# sarif-tools fails a build over results that the SARIF file marks as suppressed, and hands passed ones on as code-quality issues.
# Packages: sarif-tools 3.0.5 from PyPI
# Expected: a result with an accepted suppression (a waived finding) is not counted by --check, and a result of kind pass is no issue.
# Happens: suppressions are ignored by every command: the waived result is an error of the summary and of --check; in the Code Climate file,
#   which GitLab shows at a merge request, the waived and the passed result are issues like the open one.
# Matters: a pipeline that gates on sarif --check stays red after each waiver, and reviewers are shown passed checks as problems.
# Output seen:
#> only waived: check exits 1; error: 1
#> only passed: check exits 0; none: 1
#> Code Climate: [('open', 'major'), ('passed', 'info'), ('waived', 'major')]
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check sarif-tools==3.0.5
cd "$work"
python3 - <<'PROGRAM'
import json

place = {"physicalLocation": {"artifactLocation": {"uri": "clauses.toml"}, "region": {"startLine": 1}}}


def result(text, **more):
    return {"ruleId": "LOCK-3", "level": "error", "message": {"text": text}, "locations": [place], **more}


results = {
    "open": result("open"),
    "waived": result("waived", suppressions=[{"kind": "external", "status": "accepted", "justification": "known"}]),
    "passed": result("passed", kind="pass", level="none"),
}


def write(name, chosen):
    driver = {"name": "judge", "rules": [{"id": "LOCK-3"}]}
    with open(name, "w") as file:
        json.dump({"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": chosen}]}, file)


for name, one in results.items():
    write(f"{name}.sarif", [one])
write("all.sarif", list(results.values()))
PROGRAM
for name in waived passed; do
  code=0
  "$work/env/bin/sarif" --check error summary "$name.sarif" >"$name.txt" 2>&1 || code=$?
  echo "only $name: check exits $code; $(grep -E '^(error|none): [1-9]' "$name.txt")"
done >"$work/seen"
"$work/env/bin/sarif" codeclimate all.sarif -o all.json >/dev/null
python3 - >>"$work/seen" <<'PROGRAM'
import json

print("Code Climate:", sorted((one["description"], one["severity"]) for one in json.load(open("all.json"))))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "report-sarif-waived-counts: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
