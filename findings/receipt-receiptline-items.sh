#!/usr/bin/env bash
# On a receipt by receiptline the item TV 55" loses its inch mark, A_B its underscore, and Milk {1l} its whole line with the price.
# Packages: receiptline 4.0.4 from npm
# Expected: only the bar that separates the columns is special in an item's name; what is no command is printed.
# Happens: quotes, underscores, backquotes and carets are switches of style, a tilde is a blank, a backslash and an n a new line. Braces in a line are
#   properties, wherever they stand: unknown ones make the line vanish, without an error. A price that is too long for its column goes on in
#   the next line, as 123456789012 and 3.50.
# Matters: the receipt that the customer gets lacks an item that the sum contains.
# Output seen:
#> Coffee | 3.50: [Coffee              3.50]
#> TV 55" | 499.00: [TV 55             499.00]
#> A_B | 1.00: [AB                  1.00]
#> A`B | 1.00: [AB                  1.00]
#> A^B | 1.00: [AB                  1.00]
#> Salt~Pepper | 1.00: [Salt Pepper         1.00]
#> C:\new | 1.00: [C:                  1.00] [ew           ]
#> {x} | 1.00: nothing
#> {L} Shirt | 1.00: nothing
#> Milk {1l} | 1.00: nothing
#> Gift | 1234567890123.50: [Gift        123456789012] [                    3.50]
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" receiptline@4.0.4 >/dev/null
cd "$work"
cat >print.cjs <<'PROGRAM'
const { transform } = require("receiptline");

const items = [
  "Coffee | 3.50", "TV 55\" | 499.00", "A_B | 1.00", "A`B | 1.00", "A^B | 1.00", "Salt~Pepper | 1.00", "C:\\new | 1.00", "{x} | 1.00",
  "{L} Shirt | 1.00", "Milk {1l} | 1.00", "Gift | 1234567890123.50",
];
for (const item of items) {
  const lines = transform(item, { cpl: 24, encoding: "cp437", command: "text" }).split("\n").slice(0, -1);
  console.log(`${item}: ${lines.map((line) => `[${line}]`).join(" ") || "nothing"}`);
}
PROGRAM
node print.cjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "receipt-receiptline-items: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
