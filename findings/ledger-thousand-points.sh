#!/usr/bin/env bash
# 1,000 points and 2 points in one journal are 3,000 points for hledger and 1,002 for ledger and beancount; points may be paid out as money unpriced.
# Packages: Debian 12: hledger 1.25-2+b5, ledger 3.3.0-3; beancount 3.2.3 from PyPI
# Expected: the three read a common journal alike: 1,000 is a thousand, a transaction of points against euros needs a price, and is off by a cent or not.
# Happens: hledger takes a lone comma for the decimal mark and prints the sum of 1,000 and 2, three, as 3,000. ledger takes 1,50 for
#   one and a half and then refuses 1.50. Both balance 100 points against 1.00 EUR without a price, with an implied one; beancount refuses that
#   and lets half a cent go. An assertion in a file that is not in the order of dates holds for hledger and not for ledger.
# Matters: the balance of a loyalty programme depends on the tool that adds it up, by a factor of a thousand, with no message.
# Output seen:
#> 1,000 PTS: hledger 1,000 PTS, ledger 1,000 PTS, beancount 1000 PTS
#> 1,000 PTS and 2 PTS: hledger 3,000 PTS, ledger 1,002 PTS, beancount 1002 PTS
#> 2 PTS and 1,000 PTS: hledger 3,000 PTS, ledger 1,002 PTS, beancount 1002 PTS
#> 1,50 PTS and 1.50 PTS: hledger 3,00 PTS, ledger refused, beancount refused
#> 100 PTS for -1.00 EUR: hledger 100 PTS, ledger 100 PTS, beancount refused
#> 100 PTS at 0.01 EUR for -1.004 EUR: hledger refused, ledger refused, beancount refused
#> 10.00 EUR for -9.995 EUR: hledger refused, ledger refused, beancount 10.00 EUR
#> 10.00 EUR for three times -3.33 EUR: hledger refused, ledger refused, beancount refused
#> 110 PTS asserted before the sale of the day before is written: hledger 110 PTS, ledger refused
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/debs"
chmod 755 "$work"
(cd "$work/debs" && apt-get download --quiet=2 hledger=1.25-2+b5 ledger=3.3.0-3 libboost-filesystem1.74.0 libboost-iostreams1.74.0 \
  libboost-python1.74.0 libboost-regex1.74.0 libmpfr6 libgmp10 libicu72 libpython3.11 >/dev/null 2>&1)
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/root"; done
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check beancount==3.2.3
cd "$work"
cat >add.py <<'PROGRAM'
import os
import re
import subprocess

from beancount import loader
from beancount.core import realization

ROOT = os.path.abspath("root/usr")
LIBRARIES = {"LD_LIBRARY_PATH": f"{ROOT}/lib/ledger:{ROOT}/lib/x86_64-linux-gnu", "LC_ALL": "C.UTF-8"}
OPEN = "".join(f"2026-01-01 open {account}\n" for account in ("Assets:Wallet", "Assets:Cash", "Income:Sales"))
JOURNALS = {
    "1,000 PTS": ["Assets:Wallet  1,000 PTS", "Income:Sales"],
    "1,000 PTS and 2 PTS": ["Assets:Wallet  1,000 PTS", "Assets:Wallet  2 PTS", "Income:Sales"],
    "2 PTS and 1,000 PTS": ["Assets:Wallet  2 PTS", "Assets:Wallet  1,000 PTS", "Income:Sales"],
    "1,50 PTS and 1.50 PTS": ["Assets:Wallet  1,50 PTS", "Assets:Wallet  1.50 PTS", "Income:Sales"],
    "100 PTS for -1.00 EUR": ["Assets:Wallet  100 PTS", "Assets:Cash  -1.00 EUR"],
    "100 PTS at 0.01 EUR for -1.004 EUR": ["Assets:Wallet  100 PTS @ 0.01 EUR", "Assets:Cash  -1.004 EUR"],
    "10.00 EUR for -9.995 EUR": ["Assets:Wallet  10.00 EUR", "Assets:Cash  -9.995 EUR"],
    "10.00 EUR for three times -3.33 EUR": ["Assets:Wallet  10.00 EUR", *3 * ["Assets:Cash  -3.33 EUR"]],
}


def by_command(*command):
    done = subprocess.run([f"{ROOT}/bin/{command[0]}", "-f", "journal", *command[1:]], env=LIBRARIES, capture_output=True, text=True)
    return "refused" if done.returncode else " ".join(done.stdout.replace("Assets:Wallet", "").split())


def by_beancount(lines):
    text = OPEN + '2026-03-01 * "sale"\n' + "".join(f"  {line}\n" for line in lines)
    entries, errors, _ = loader.load_string(text)
    if errors:
        return "refused"
    wallet = realization.get(realization.realize(entries), "Assets:Wallet")
    return re.sub(r"[()]", "", str(wallet.balance))


for what, lines in JOURNALS.items():
    with open("journal", "w") as journal:
        journal.write("2026-03-01 sale\n" + "".join(f"    {line}\n" for line in lines))
    hledger = by_command("hledger", "balance", "--no-total", "Assets:Wallet")
    ledger = by_command("ledger", "--args-only", "balance", "--flat", "--no-total", "Assets:Wallet")
    print(f"{what}: hledger {hledger}, ledger {ledger}, beancount {by_beancount(lines)}")
with open("journal", "w") as journal:
    journal.write("2026-03-02 later\n    Assets:Wallet  10 PTS = 110 PTS\n    Income:Sales\n")
    journal.write("2026-03-01 sale\n    Assets:Wallet  100 PTS\n    Income:Sales\n")
hledger, ledger = by_command("hledger", "balance", "--no-total", "Assets:Wallet"), by_command("ledger", "--args-only", "balance", "--flat")
print(f"110 PTS asserted before the sale of the day before is written: hledger {hledger}, ledger {ledger}")
PROGRAM
env/bin/python add.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "ledger-thousand-points: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
