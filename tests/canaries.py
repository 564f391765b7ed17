"""The forms a target may echo a value in, and what of them stands in files: for every test that looks for canaries."""

from __future__ import annotations

import base64
import html
import json
import quopri
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from pathlib import Path
from urllib.parse import quote, quote_plus

Form = Callable[[str], str]

ESCAPES: Mapping[str, Form] = {
    "as it is": lambda text: text,
    "in capitals": str.upper,
    "escaped for HTML": html.escape,
    "as numbers of HTML": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    "as hex numbers of HTML": lambda text: "".join(f"&#x{ord(sign):X};" for sign in text),
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded in every letter": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "as a form": quote_plus,
    "as JSON": lambda text: json.dumps(text)[1:-1],
    "as JSON with escaped slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "as JSON in JSON": lambda text: json.dumps(json.dumps(text))[3:-3],
    "in \\u escapes": lambda text: "".join(f"\\u{ord(sign):04X}" for sign in text),
    "as JSON, then for HTML": lambda text: html.escape(json.dumps(text)[1:-1]),
    "for HTML five times": lambda text: reduce(lambda told, _: html.escape(told), range(5), text),
    "as numbers of HTML that do not end": lambda text: "".join(f"&#{ord(sign)}" for sign in text),
    "in %u escapes": lambda text: "".join(f"%u{ord(sign):04X}" for sign in text),
    "in \\u{} escapes": lambda text: "".join(f"\\u{{{ord(sign):x}}}" for sign in text),
    "in \\U escapes": lambda text: "".join(f"\\U{ord(sign):08x}" for sign in text),
    "in octal escapes": lambda text: "".join(f"\\{ord(sign):03o}" for sign in text),
    "in quoted-printable, every letter": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "in wide letters": lambda text: "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text),
    "with accents apart": lambda text: unicodedata.normalize("NFD", text),
}
"""For secrets and for personal data."""
BROKEN: Mapping[str, Form] = {
    "in quoted-printable, in two lines": lambda text: f"{text[:5]}=\r\n{text[5:]}",
    "in two lines": lambda text: f"{text[:5]}\r\n {text[5:]}",
    "with signs that are not seen": lambda text: "\u200b".join(text),
    "with a soft hyphen": lambda text: f"{text[:3]}\u00ad{text[3:]}",
}
"""For both, where what they are broken by stands in no escape of their own."""
ANYWHERE: Mapping[str, Form] = {**ESCAPES, **BROKEN}
ALONE: Mapping[str, Form] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 without padding": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64, percent-encoded": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
    "hex": lambda text: text.encode().hex(),
    "hex in capitals": lambda text: text.encode().hex().upper(),
    "hex with colons": lambda text: text.encode().hex(":"),
    "hex with blanks": lambda text: text.encode().hex(" ").upper(),
    "hex of a language": lambda text: f"0x{text.encode().hex()}",
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "base32 in small letters": lambda text: base64.b32encode(text.encode()).decode().rstrip("=").lower(),
    "base64 in lines": lambda text: re.sub("(.{8})(?=.)", r"\1\r\n", base64.b64encode(text.encode()).decode()),
    "quoted-printable": lambda text: quopri.encodestring(text.encode(), quotetabs=True).decode(),
}
"""For secrets."""
PUNCTUATED: Mapping[str, Form] = {
    "with dashes": lambda digits: f"{digits[:3]}-{digits[3:6]}-{digits[6:]}",
    "with brackets": lambda digits: f"({digits[:3]}) {digits[3:6]}-{digits[6:]}",
    "with dots": lambda digits: f"{digits[:3]}.{digits[3:6]}.{digits[6:]}",
    "with blanks and country": lambda digits: f"+1 {digits[:3]} {digits[3:6]} {digits[6:]}",
}
"""For telephone numbers of ten digits."""


def forms(*, secrets: Iterable[str] = (), people: Iterable[str] = (), phones: Iterable[str] = ()) -> dict[str, str]:
    """Every form of every canary, by what it is."""
    tables: list[tuple[Iterable[str], Mapping[str, Form]]] = [
        (secrets, {**ANYWHERE, **ALONE}),
        (people, ANYWHERE),
        (phones, {**ANYWHERE, **PUNCTUATED}),
    ]
    return {
        f"{value} {name}": form(value) for values, table in tables for value in values for name, form in table.items()
    }


def leaks(canaries: Mapping[str, str], artefacts: Iterable[Path]) -> list[tuple[str, str]]:
    """Which canary stands in which file, byte by byte and in any letter case."""
    sought = {name: form.casefold().encode() for name, form in canaries.items()}
    found = []
    for file in artefacts:
        held = file.read_bytes().decode("utf-8", "surrogateescape").casefold().encode("utf-8", "surrogateescape")
        # a report may escape once more what it shows
        views = {held, held.replace(b"&amp;", b"&").replace(b"&lt;", b"<").replace(b"\\\\", b"\\")}
        found += [(file.name, name) for name, form in sought.items() if any(form in view for view in views)]
    return found
