#!/usr/bin/env bash
# Normalized, till.0018@live.com is till0018@live.com for normalize-email, and till-0018@yahoo.com is till@yahoo.com for validator.
# Packages: validator 13.15.35, normalize-email 1.1.1 from npm; email-validator 2.4.0, normalise-email 0.1.23 from PyPI
# Expected: normalizing makes lower case of the domain and removes what the provider ignores: dots and +tag at Gmail, +tag at Outlook and iCloud.
# Happens: validator, and normalise-email with it, cut the name at Yahoo from the hyphen on, write ya.ru as yandex.ru, and make lower case of the name at
#   any provider. normalize-email removes dots at live.com, where they count, and leaves them at hotmail.com, the same service; the +tag of
#   iCloud stays. Only email-validator changes nothing but the domain.
# Matters: a search for a customer by e-mail finds somebody else, or nobody, when the one side normalizes and the other does not.
# Output seen:
#> Till.0018+a@Gmail.com: validator till0018@gmail.com, normalize-email till0018@gmail.com, normalise-email till0018@gmail.com, email-validator Till.0018+a@gmail.com
#> till.0018@googlemail.com: validator till0018@gmail.com, normalize-email till0018@gmail.com, normalise-email till0018@gmail.com, email-validator till.0018@googlemail.com
#> till-0018@yahoo.com: validator till@yahoo.com, normalize-email till-0018@yahoo.com, normalise-email till@yahoo.com, email-validator till-0018@yahoo.com
#> till-0018@yahoo.co.uk: validator till@yahoo.co.uk, normalize-email till-0018@yahoo.co.uk, normalise-email till@yahoo.co.uk, email-validator till-0018@yahoo.co.uk
#> till.0018@live.com: validator till.0018@live.com, normalize-email till0018@live.com, normalise-email till.0018@live.com, email-validator till.0018@live.com
#> till.0018@hotmail.com: validator till.0018@hotmail.com, normalize-email till.0018@hotmail.com, normalise-email till.0018@hotmail.com, email-validator till.0018@hotmail.com
#> till+a@outlook.com: validator till@outlook.com, normalize-email till@outlook.com, normalise-email till@outlook.com, email-validator till+a@outlook.com
#> till+a@icloud.com: validator till@icloud.com, normalize-email till+a@icloud.com, normalise-email till@icloud.com, email-validator till+a@icloud.com
#> till.0018@ya.ru: validator till.0018@yandex.ru, normalize-email till.0018@ya.ru, normalise-email till.0018@yandex.ru, email-validator till.0018@ya.ru
#> Till+a@Example.COM: validator till+a@example.com, normalize-email till+a@example.com, normalise-email till+a@example.com, email-validator Till+a@example.com
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check email-validator==2.4.0 normalise-email==0.1.23
npm install --silent --no-audit --no-fund --prefix "$work" validator@13.15.35 normalize-email@1.1.1 >/dev/null
cd "$work"
cat >addresses.json <<'JSON'
["Till.0018+a@Gmail.com", "till.0018@googlemail.com", "till-0018@yahoo.com", "till-0018@yahoo.co.uk", "till.0018@live.com", "till.0018@hotmail.com",
  "till+a@outlook.com", "till+a@icloud.com", "till.0018@ya.ru", "Till+a@Example.COM"]
JSON
cat >by_js.cjs <<'PROGRAM'
const normalizeEmail = require("normalize-email");
const validator = require("validator");

for (const address of require("./addresses.json")) {
  console.log(`validator ${validator.normalizeEmail(address)}, normalize-email ${normalizeEmail(address)}`);
}
PROGRAM
cat >by_python.py <<'PROGRAM'
import json

import email_validator
from normalise.email import normalise_email

for address in json.load(open("addresses.json")):
    only_domain = email_validator.validate_email(address, check_deliverability=False).normalized
    print(f"normalise-email {normalise_email(address)}, email-validator {only_domain}")
PROGRAM
node by_js.cjs >js
env/bin/python by_python.py >python
python3 -c 'import json; print(*json.load(open("addresses.json")), sep="\n")' | paste -d '~' - js python | sed 's/~/: /; s/~/, /' >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "customer-email-normalized: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
