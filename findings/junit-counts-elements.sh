#!/usr/bin/env bash
# junitparser counts failure elements, not failing tests: 3 tests with 3 failures and 1 error, of which 1 test passed.
# Packages: junitparser 5.0.3, junit2html 31.1.4 from PyPI; junit-to-ctrf 0.0.14 from npm
# Expected: failures and errors of a suite are numbers of tests, so that tests - failures - errors - skipped is what passed.
# Happens: update_statistics() adds one for each <failure> and each <error> of a test that has several; here nothing, and less than
#   nothing, is left to have passed. junit2html and junit-to-ctrf count tests. What the file itself stated is overwritten.
# Matters: merging reports with it turns rates of passed tests wrong, below zero where tests fail in several ways at once;
#   Schemathesis 4.32.5 writes a <failure> for each failing case of an operation, so its files are such ones.
# Output seen:
#> junitparser: tests 3 failures 3 errors 1 so passed -1
#> junit2html: passed 1 failed 2
#> junit-to-ctrf: passed 1 failed 2
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/report.xml" <<'XML'
<testsuites name="locks"><testsuite name="locks" tests="3" failures="2" errors="0">
<testcase classname="locks" name="passes" time="1"/>
<testcase classname="locks" name="wrong amount and status" time="1"><failure message="amount"/><failure message="status"/></testcase>
<testcase classname="locks" name="wrong, then its clean-up" time="1"><failure message="amount"/><error message="clean-up"/></testcase>
</testsuite></testsuites>
XML
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check junitparser==5.0.3 junit2html==31.1.4
npm install --silent --no-audit --no-fund --prefix "$work" junit-to-ctrf@0.0.14 >/dev/null
cd "$work"
node_modules/.bin/junit-to-ctrf report.xml --output ctrf.json --tool x >log
env/bin/python - >seen <<'PROGRAM'
import json

from junit2htmlreport.parser import Junit
from junitparser import JUnitXml

report = JUnitXml.fromfile("report.xml")
report.update_statistics()
left = report.tests - report.failures - report.errors - report.skipped
print("junitparser: tests", report.tests, "failures", report.failures, "errors", report.errors, "so passed", left)
suite = Junit("report.xml").suites[0]
print("junit2html: passed", len(suite.passed()), "failed", len(suite.failed()))
summary = json.load(open("ctrf.json"))["results"]["summary"]
print("junit-to-ctrf: passed", summary["passed"], "failed", summary["failed"])
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "junit-counts-elements: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
