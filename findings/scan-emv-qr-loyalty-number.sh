#!/usr/bin/env bash
# The loyalty number of an EMV QR code is 0018 for two decoders and 04040018 for two others; the currency 978 is "978 (EUR)" for one.
# Packages: emvqr 0.0.5, emvco-qr-sdk 1.0.0, steplix-emvqr 0.2.3, @walletfactory/emvqr 0.1.1 from npm
# Expected: a decoder of the codes that EMVCo specifies opens the templates 26 to 51, 62, 64 and 80 to 99, and gives each value as it stands.
# Happens: steplix-emvqr and @walletfactory/emvqr open the merchant's account only; emvqr opens 62, not 64, and writes names behind the codes of
#   currency, country and branch, in the same text. emvco-qr-sdk opens all. A checksum in lower case is refused by two of them and taken by two.
# Matters: a till that compares the number or the currency with its own finds neither, after a change of the decoder.
# Output seen:
#> emvqr: account {"00":"till.test","01":"0018"}, currency "978 (EUR)", country "DE (Germany)", 62 {"04":"0018"}, 64 "0002DE0105Laden", checksum in lower case refused
#> emvco-qr-sdk: account {"00":"till.test","01":"0018"}, currency "978", country "DE", 62 {"04":"0018"}, 64 {"00":"DE","01":"Laden"}, checksum in lower case taken
#> steplix-emvqr: account {"00":"till.test","01":"0018"}, currency "978", country "DE", 62 "04040018", 64 "0002DE0105Laden", checksum in lower case taken
#> @walletfactory/emvqr: account {"00":"till.test","01":"0018"}, currency "978", country "DE", 62 "04040018", 64 "0002DE0105Laden", checksum in lower case refused
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" emvqr@0.0.5 emvco-qr-sdk@1.0.0 steplix-emvqr@0.2.3 @walletfactory/emvqr@0.1.1 >/dev/null
cd "$work"
cat >decode.cjs <<'PROGRAM'
const walletFactory = require("@walletfactory/emvqr");
const sdk = require("emvco-qr-sdk");
const emvqr = require("emvqr");
const steplix = require("steplix-emvqr");

const field = (tag, value) => tag + String(value.length).padStart(2, "0") + value;
const withChecksum = (text) => {
  let crc = 0xffff;
  for (const byte of Buffer.from(`${text}6304`)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return `${text}6304${crc.toString(16).toUpperCase().padStart(4, "0")}`;
};
const code = withChecksum([
  field("00", "01"), field("01", "12"), field("26", field("00", "till.test") + field("01", "0018")), field("52", "5411"), field("53", "978"),
  field("54", "19.90"), field("58", "DE"), field("59", "Shop"), field("60", "Ghent"), field("62", field("04", "0018")),
  field("64", field("00", "DE") + field("01", "Laden")),
].join(""));

const bySdk = (text) => Object.fromEntries(sdk.parseQR(text).map(({ tag, value, subTags }) => [tag, subTags ? bySubTags(subTags) : value]));
const bySubTags = (tags) => Object.fromEntries(tags.map(({ tag, value }) => [tag, value]));
const plain = (part) => (typeof part === "string" ? part : Object.fromEntries(Object.entries(part).map(([tag, { data }]) => [tag, plain(data)])));
const by = {
  emvqr: (text) => plain(emvqr.decode(text)),
  "emvco-qr-sdk": bySdk,
  "steplix-emvqr": (text) => plain(steplix.decode(text)),
  "@walletfactory/emvqr": (text) => walletFactory.decode(text),
};
for (const [name, decode] of Object.entries(by)) {
  const { 26: account, 53: currency, 58: country, 62: additional, 64: language } = decode(code);
  let lowerCase = "taken";
  try {
    decode(code.slice(0, -4) + code.slice(-4).toLowerCase());
  } catch {
    lowerCase = "refused";
  }
  const told = [["account", account], ["currency", currency], ["country", country], ["62", additional], ["64", language]];
  console.log(`${name}: ${told.map(([what, value]) => `${what} ${JSON.stringify(value)}`).join(", ")}, checksum in lower case ${lowerCase}`);
}
PROGRAM
node decode.cjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "scan-emv-qr-loyalty-number: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
