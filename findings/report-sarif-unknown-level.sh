#!/usr/bin/env bash
# Microsoft's SARIF validator finds nothing in a file with an unknown level: it says that it was successful, and no fault of the rest is told.
# Packages: @microsoft/sarif-multitool-linux 5.7.0 from npm
# Expected: a level that SARIF does not have (an enumeration in its schema) is an error, as a property is that the schema does not know.
# Happens: the unknown property is an error (with exit 0, as ever). With the unknown level nothing of the file is checked any more, neither the
#   level nor that property, and the run says "Analysis completed successfully".
# Matters: a pipeline that gates its reports with this validator takes one that code scanning refuses; one wrong word hides every other fault.
# Output seen:
#> right: exit 0, errors: none
#> unknown property: exit 0, errors: JSON1005
#> unknown level: exit 0, errors: none
#> unknown property and level: exit 0, errors: none
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @microsoft/sarif-multitool-linux@5.7.0 >/dev/null 2>&1
tool=node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
chmod +x "$tool"
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

look() { # name level property
  cat >one.sarif <<DOCUMENT
{"\$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [{$3
"tool": {"driver": {"name": "till-tests", "version": "1.0.0", "informationUri": "https://example.com"}},
"results": [{"ruleId": "LOCK-1", "level": "$2", "message": {"text": "The lock was not held."}}]}]}
DOCUMENT
  code=0
  "$tool" validate one.sarif --level "Error;Warning" >told 2>&1 || code=$?
  found=$(grep -oE 'error [A-Z]+[0-9]+' told | cut -d ' ' -f 2 | sort -u | paste -sd ' ' || true)
  echo "$1: exit $code, errors: ${found:-none}"
}
{
  look "right" error ""
  look "unknown property" error '"basket": 7,'
  look "unknown level" dreadful ""
  look "unknown property and level" dreadful '"basket": 7,'
} >seen
if ! diff <(echo "$expected") seen; then
  echo "report-sarif-unknown-level: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
