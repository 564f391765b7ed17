#!/usr/bin/env bash
# A test of 1,234.5 seconds in a JUnit report took one second for Allure 3 and junit-to-ctrf, and Allure passes a report whose failure is nested.
# Packages: allure 3.18.0, junit-to-ctrf 0.0.14 from npm; junitparser 5.0.3, junit2html 31.1.4 from PyPI
# Expected: the schema of Surefire's reports, which Jenkins uses too, allows a comma at the thousands of seconds, so readers know it. A suite inside
#   a suite counts.
# Happens: both npm packages stop reading at the comma, so twenty minutes are 1000 ms; junitparser and junit2html read 1234.5. Allure does not read the
#   tests of a nested suite, and calls the report passed whose only failed test is there; junit-to-ctrf and junitparser find it.
# Matters: the slowest tests are the fastest of the page, a limit on the run's time is kept, and a failed chapter is not there.
# Output seen:
#> 1,234.5 seconds: Allure 1000 ms, junit-to-ctrf 1000 ms, junitparser 1234.5 s, junit2html 1234.5 s
#> failure in a nested suite: Allure passed {'total': 1, 'passed': 1}, junit-to-ctrf passed 1, failed 1, junitparser tests 2, failures 1
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check junitparser==5.0.3 junit2html==31.1.4
npm install --silent --no-audit --no-fund --prefix "$work" allure@3.18.0 junit-to-ctrf@0.0.14 >/dev/null
cat >"$work/program.py" <<'PROGRAM'
import json
import subprocess
from pathlib import Path

from junit2htmlreport.parser import Junit
from junitparser import JUnitXml

BINARIES = Path("node_modules/.bin").resolve()


def read(name, xml):
    folder = Path(name)
    folder.mkdir()
    path = folder / "TEST-report.xml"
    path.write_text(xml)
    for command in (["allure", "awesome", ".", "-o", "page"], ["junit-to-ctrf", path.name, "-o", "ctrf.json", "-t", "x"]):
        subprocess.run([BINARIES / command[0], *command[1:]], cwd=folder, capture_output=True, timeout=120)
    page, ctrf = (json.loads((folder / file).read_text()) for file in ("page/summary.json", "ctrf.json"))
    return page, ctrf["results"], JUnitXml.fromfile(str(path)), Junit(str(path))


page, ctrf, parsed, html = read("slow", """<testsuite name="locks" tests="1" time="1,234.5">
<testcase classname="locks" name="held to the end" time="1,234.5"/></testsuite>""")
print(f"1,234.5 seconds: Allure {page['duration']} ms, junit-to-ctrf {ctrf['tests'][0]['duration']} ms,", end=" ")
print(f"junitparser {next(iter(parsed)).time} s, junit2html {html.suites[0].all()[0].duration} s")
page, ctrf, parsed, _ = read("nested", """<testsuites><testsuite name="certificate" tests="2" failures="1">
<testcase classname="smoke" name="answers" time="1"/><testsuite name="locks" tests="1" failures="1">
<testcase classname="locks" name="held once" time="1"><failure message="held twice"/></testcase></testsuite></testsuite></testsuites>""")
parsed.update_statistics()
print(f"failure in a nested suite: Allure {page['status']} {page['stats']},", end=" ")
print(f"junit-to-ctrf passed {ctrf['summary']['passed']}, failed {ctrf['summary']['failed']},", end=" ")
print(f"junitparser tests {parsed.tests}, failures {parsed.failures}")
PROGRAM
cd "$work"
env/bin/python program.py >seen
if ! diff <(echo "$expected") seen; then
  echo "junit-twenty-minutes: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
