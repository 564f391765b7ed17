#!/usr/bin/env bash
# junit2html leaves out the tests of a nested suite: a report whose only failure is nested shows no failure.
# Packages: junit2html 31.1.4, junitparser 5.0.3 from PyPI; junit-to-ctrf 0.0.14 from npm
# Expected: a testsuite inside a testsuite (what runners that group by chapter write) is counted by every reader of JUnit XML.
# Happens: junit2html tells 1 passed, 0 failed, and its page does not name the nested test; junitparser and junit-to-ctrf find it.
# Matters: a certificate's failing clause is missing from the page that people look at, while the machine reads it.
# Output seen:
#> junit2html page names the nested test: 0
#> junit2html: passed 1 failed 0
#> junitparser: tests 2 failures 1
#> junit-to-ctrf: passed 1 failed 1
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/report.xml" <<'XML'
<testsuites><testsuite name="certificate" tests="2" failures="1"><testcase classname="smoke" name="answers" time="1"/>
<testsuite name="locks" tests="1" failures="1"><testcase classname="locks" name="held twice" time="1"><failure message="both"/></testcase></testsuite>
</testsuite></testsuites>
XML
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check junit2html==31.1.4 junitparser==5.0.3
npm install --silent --no-audit --no-fund --prefix "$work" junit-to-ctrf@0.0.14 >/dev/null
cd "$work"
env/bin/junit2html report.xml page.html
node_modules/.bin/junit-to-ctrf report.xml --output ctrf.json --tool x >log
{
  echo "junit2html page names the nested test: $(grep -c 'held twice' page.html || true)"
  env/bin/python - <<'PROGRAM'
import json

from junit2htmlreport.parser import Junit
from junitparser import JUnitXml

suites = Junit("report.xml").suites
print("junit2html: passed", sum(len(s.passed()) for s in suites), "failed", sum(len(s.failed()) for s in suites))
report = JUnitXml.fromfile("report.xml")
report.update_statistics()
print("junitparser: tests", report.tests, "failures", report.failures)
summary = json.load(open("ctrf.json"))["results"]["summary"]
print("junit-to-ctrf: passed", summary["passed"], "failed", summary["failed"])
PROGRAM
} >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "junit-nested-suite: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
