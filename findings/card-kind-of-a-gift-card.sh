#!/usr/bin/env bash
# A gift card that begins with 6006 is a Maestro card, a Hipercard or one of Forbrugsforeningen to three packages, and a Diners card a Discover card to a fourth.
# Packages: card-validator 10.0.4, payment 2.4.7, creditcard.js 3.0.58, creditcards 5.0.0 from npm; Debian 12: libbusiness-creditcard-perl 0.39-2
# Expected: the kind of a card is that of its number's first digits, unknown for what is no payment card; kinds and validity go together.
# Happens: every number has two kinds or more; Business::CreditCard has Diners and JCB as "Discover card" (they share its network) and a Maestro of 6304 as Laser.
#   creditcard.js says that a card is valid whose kind it calls invalid; a VISA card of 19 digits is none for payment, and Mir is none for creditcards.
# Matters: the till sends a gift card to the card acquirer, prints another brand on the receipt, or refuses a card that is good.
# Output seen:
#> 6006490000000000008
#>   card-validator: Maestro, valid
#>   payment: hipercard, valid
#>   creditcard.js: Credit card is invalid!, valid
#>   creditcards: Forbrugsforeningen, valid
#>   Business::CreditCard: Unknown, valid
#> 6304000000000000
#>   card-validator: Maestro, valid
#>   payment: maestro, valid
#>   creditcard.js: Credit card is invalid!, valid
#>   creditcards: Maestro, valid
#>   Business::CreditCard: Laser, valid
#> 5019717010103742
#>   card-validator: Maestro, valid
#>   payment: dankort, valid
#>   creditcard.js: Aura, valid
#>   creditcards: Dankort, valid
#>   Business::CreditCard: Unknown, valid
#> 4111111111111111110
#>   card-validator: Visa, valid
#>   payment: visa, invalid
#>   creditcard.js: Credit card is invalid!, valid
#>   creditcards: Visa, valid
#>   Business::CreditCard: VISA card, valid
#> 36148900647913
#>   card-validator: Diners Club, valid
#>   payment: dinersclub, valid
#>   creditcard.js: Diners, valid
#>   creditcards: Diners Club, valid
#>   Business::CreditCard: Discover card, valid
#> 3530111333300000
#>   card-validator: JCB, valid
#>   payment: jcb, valid
#>   creditcard.js: JCB, valid
#>   creditcards: JCB, valid
#>   Business::CreditCard: Discover card, valid
#> 6200000000000005
#>   card-validator: UnionPay, valid
#>   payment: unionpay, valid
#>   creditcard.js: Credit card is invalid!, valid
#>   creditcards: UnionPay, valid
#>   Business::CreditCard: Unknown, valid
#> 2200000000000004
#>   card-validator: Mir, valid
#>   payment: mir, valid
#>   creditcard.js: Credit card is invalid!, valid
#>   creditcards: no kind, invalid
#>   Business::CreditCard: Unknown, valid
#> 6062826786276634
#>   card-validator: Hipercard, valid
#>   payment: hipercard, valid
#>   creditcard.js: Hipercard, valid
#>   creditcards: no kind, valid
#>   Business::CreditCard: Unknown, valid
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" \
  card-validator@10.0.4 payment@2.4.7 creditcard.js@3.0.58 creditcards@5.0.0 >/dev/null
mkdir "$work/debs"
chmod 755 "$work"
(cd "$work/debs" && apt-get download --quiet=2 libbusiness-creditcard-perl=0.39-2 >/dev/null 2>&1)
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/debian"; done
cd "$work"
cat >numbers <<'TEXT'
6006490000000000008
6304000000000000
5019717010103742
4111111111111111110
36148900647913
3530111333300000
6200000000000005
2200000000000004
6062826786276634
TEXT
cat >by_perl.pl <<'PROGRAM'
use strict;
use warnings;
use Business::CreditCard;

while (my $number = <STDIN>) {
    chomp $number;
    print cardtype($number), ", ", validate($number) ? "valid" : "invalid", "\n";
}
PROGRAM
cat >by_js.cjs <<'PROGRAM'
const { readFileSync } = require("node:fs");
const cardValidator = require("card-validator");
const creditcardJs = require("creditcard.js");
const creditcards = require("creditcards");
const payment = require("payment");

const valid = (answer) => (answer ? "valid" : "invalid");
const kinds = {
  "card-validator": (number) => [cardValidator.number(number).card?.niceType, cardValidator.number(number).isValid],
  payment: (number) => [payment.fns.cardType(number), payment.fns.validateCardNumber(number)],
  "creditcard.js": (number) => [creditcardJs.getCreditCardNameByNumber(number), creditcardJs.isValid(number)],
  creditcards: (number) => [creditcards.card.type(number, true), creditcards.card.isValid(number)],
};
const perl = readFileSync("perl", "utf8").split("\n");
readFileSync("numbers", "utf8").trim().split("\n").forEach((number, place) => {
  console.log(number);
  for (const [name, kind] of Object.entries(kinds)) {
    const [type, answer] = kind(number);
    console.log(`  ${name}: ${type ?? "no kind"}, ${valid(answer)}`);
  }
  console.log(`  Business::CreditCard: ${perl[place]}`);
});
PROGRAM
PERL5LIB="$work/debian/usr/share/perl5" perl by_perl.pl <numbers >perl
node by_js.cjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "card-kind-of-a-gift-card: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
