#!/usr/bin/env bash
# Most barcodes made by Mimesis and most card numbers made by Falso have a wrong check digit; those of Faker and Chance are right.
# Packages: mimesis 22.2.0, Faker 40.63.0, python-stdnum 2.2 from PyPI; @ngneat/falso 8.0.2, @faker-js/faker 10.6.0, chance 1.1.13 from npm
# Expected: a generator of EAN, ISBN or card numbers makes numbers that pass the check digit, as the same library's IMEI does.
# Happens: Mimesis fills EAN-13, EAN-8 and ISBN with random digits (its IMEI and card numbers are right), Falso card numbers likewise;
#   of EAN-13, EAN-8 and Falso's cards about one in ten passes by chance, of ISBN one in twenty.
# Matters: baskets filled with such items are refused by a till or service that reads barcodes, and a test blames the service.
# Output seen:
#> mimesis: EAN-13 under a fifth, EAN-8 under a fifth, ISBN under a fifth, IMEI all, card all
#> Faker: EAN-13 all, EAN-8 all, card all
#> falso: card under a fifth
#> faker-js: card all
#> chance: card all
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check mimesis==22.2.0 Faker==40.63.0 python-stdnum==2.2
npm install --silent --no-audit --no-fund --prefix "$work" @ngneat/falso@8.0.2 @faker-js/faker@10.6.0 chance@1.1.13 >/dev/null
cd "$work"
cat >numbers.mjs <<'PROGRAM'
import { faker } from "@faker-js/faker";
import * as falso from "@ngneat/falso";
import Chance from "chance";

const chance = new Chance();
const makers = { falso: () => falso.randCreditCardNumber(), "faker-js": () => faker.finance.creditCardNumber(), chance: () => chance.cc() };
for (const [name, make] of Object.entries(makers)) for (let n = 0; n < 1000; n++) console.log(`${name} ${make().replace(/\D/g, "")}`);
PROGRAM
node numbers.mjs >numbers.txt
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
from faker import Faker
from mimesis import Code, Payment
from mimesis.enums import EANFormat
from stdnum import ean, imei, isbn, luhn


def share(right, numbers):
    good = sum(map(right, numbers))
    return "all" if good == len(numbers) else "under a fifth" if good < 200 else f"{good} of {len(numbers)}"


def thousand(make):
    return [make().replace(" ", "") for _ in range(1000)]


code, faker = Code(), Faker()
made = {
    "mimesis": {
        "EAN-13": share(ean.is_valid, thousand(lambda: code.ean(fmt=EANFormat.EAN13))),
        "EAN-8": share(ean.is_valid, thousand(lambda: code.ean(fmt=EANFormat.EAN8))),
        "ISBN": share(isbn.is_valid, thousand(code.isbn)),
        "IMEI": share(imei.is_valid, thousand(code.imei)),
        "card": share(luhn.is_valid, thousand(Payment().credit_card_number)),
    },
    "Faker": {
        "EAN-13": share(ean.is_valid, thousand(faker.ean13)),
        "EAN-8": share(ean.is_valid, thousand(faker.ean8)),
        "card": share(luhn.is_valid, thousand(faker.credit_card_number)),
    },
}
numbers = [line.split() for line in open("numbers.txt")]
for name in ("falso", "faker-js", "chance"):
    made[name] = {"card": share(luhn.is_valid, [number for maker, number in numbers if maker == name])}
for name, kinds in made.items():
    print(f"{name}:", ", ".join(f"{kind} {told}" for kind, told in kinds.items()))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "testdata-check-digits: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
