"""Placeholders in the place of secrets and personal data, in whatever a run prints or keeps."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Mapping
from json import detect_encoding
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from offerproof.exchange.parsing import NOT_JSON, encode_exactly, parse_json

BODY_LIMIT: Final = 64 * 1024
"""Bytes of a body that are kept as evidence; longer ones are cut, and the cut is said."""

STRUCTURED_LIMIT: Final = 1024 * 1024
"""Bytes of a JSON body up to which it is cleaned member by member before it is cut; a longer one is cut as text."""

_SHORTEST: Final = 4
"""Shorter values ("Li") are replaced where a member's name says what they are, not in running text."""

_KINDS: Final = {
    **dict.fromkeys(("email", "emailaddress", "emails"), "email"),
    **dict.fromkeys(("phone", "mobilenumber", "phonenumber", "phonenumbers", "mobile", "telephone"), "phone"),
    **dict.fromkeys(("firstname", "lastname", "middlename", "fullname", "nickname"), "name"),
    **dict.fromkeys(("dob", "dateofbirth", "birthdate", "birthday"), "date-of-birth"),
    **dict.fromkeys(
        ("address", "address1", "address2", "street", "city", "zip", "currentzip", "postalcode"), "address"
    ),
    **dict.fromkeys(("profilephotourl",), "photo"),
    **dict.fromkeys(("userprofile", "profilefields"), "attribute"),
}
_EMAIL: Final = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
PLACEHOLDER: Final = re.compile(r"\{(?:[a-z]+-)*[a-z_]+(?:-[0-9]+)?\}")
_JSON_PAIR: Final = re.compile(r'"([A-Za-z][\w -]{1,30})"(\s*:\s*)("(?:[^"\\]|\\.)*(?:"|$)|[0-9][0-9.]*)')
_FORM_PAIR: Final = re.compile(r'\b([A-Za-z]\w{1,30})(=)([^&\s"\'<>]+)')
_WORD_BEGINS: Final = r"(?:(?<!\w)|(?<=\\[nrt]))"
_PHONE_DIGITS: Final = 7


_BESIDE: Final = frozenset({"phonetype", "preferenceflags", "type"})
"""Members inside personal ones that say nothing of the person: ``{"phone_type": "mobile"}``."""


def _plain(name: str) -> str:
    """A member's name without case and separators: ``first_name`` and ``firstName`` are one."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def personal_kind(name: str, inherited: str | None = None) -> str | None:
    """The kind of personal data that a member of this name holds, or that of what it stands in."""
    plain = _plain(name)
    return _KINDS.get(plain, None if plain in _BESIDE else inherited)


class Redacted(str):
    """Text that holds placeholders already; a redactor leaves it as it is."""

    __slots__ = ()


class Redactor:
    """Puts placeholders in the place of secrets and personal data; the same value always gets the same placeholder."""

    def __init__(self) -> None:
        self._guard = threading.Lock()  # several checks learn at once
        self._known: dict[tuple[str, str], str] = {}
        self._numbers: dict[str, int] = {}
        self._anywhere: dict[str, str] = {}
        """Credentials, addresses and numbers, whatever they stand in; also in the name of a member."""
        self._words: dict[str, str] = {}
        """Other personal values: whole words of values and of free text, never names of members."""
        self.shell: dict[str, str] = {}
        """How a shell command names what a placeholder stands for."""
        self.private: dict[str, str] = {}
        """Environment variable → personal value, for the private file of the run's folder."""

    def secret(self, placeholder: str, value: str, shell: str) -> None:
        """Make known a credential; it is shown as ``{placeholder}`` and written ``shell`` in a command."""
        marked = "{" + placeholder + "}"
        for form in {value, quote(value, safe="")}:
            self._anywhere[form.casefold()] = marked
        self.shell[marked] = shell

    def credentials(self, service: str, key: str, secret: str, shell: tuple[str, str]) -> None:
        """Make known a service's key and secret, alone and as the token of its Authorization header."""
        self.secret(f"{service}_key", key, shell[0])
        self.secret(f"{service}_secret", secret, shell[1])
        token = base64.b64encode(f"{key}:{secret}".encode()).decode()
        self.secret(f"{service}_credentials", token, f'$(printf %s "{shell[0]}:{shell[1]}" | base64)')

    def personal(self, kind: str, value: object) -> str:
        """Return the placeholder of a personal value."""
        text = str(value)
        with self._guard:
            return self._known.get((kind, text.casefold())) or self._placeholder(kind, text)

    def _placeholder(self, kind: str, text: str) -> str:
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        placeholder = f"{{{kind}-{number}}}"
        self._known[kind, text.casefold()] = placeholder
        variable = f"OFFERPROOF_{kind}_{number}".upper().replace("-", "_")
        self.shell[placeholder] = f"${variable}"
        self.private[variable] = text
        if "@" in text or (kind == "phone" and sum(map(str.isdigit, text)) >= _PHONE_DIGITS):
            for form in {text, quote(text, safe="")}:
                self._anywhere.setdefault(form.casefold(), placeholder)
        elif len(text) >= _SHORTEST and kind != "phone":
            self._words.setdefault(text.casefold(), placeholder)
        return placeholder

    def learn(self, value: Any, kind: str | None = None) -> None:
        """Make known the personal data of a JSON value without rendering it, so that it is known in later texts."""
        if isinstance(value, Mapping):
            for name, inner in value.items():
                if inner is None or inner == "" or isinstance(inner, bool):
                    continue
                own = personal_kind(str(name), kind)
                if own or isinstance(inner, Mapping | list):
                    self.learn(inner, own)
        elif isinstance(value, list):
            for inner in value:
                self.learn(inner, kind)
        elif kind and _is_personal(value):
            self.personal(kind, value)

    def text(self, text: str) -> str:
        """Any text, with every known value and every e-mail address replaced."""
        return text if isinstance(text, Redacted) else self._clean(text, words=True)

    def name(self, name: str) -> str:
        """The name of a member: it stays, unless it holds a credential, an address or a phone number itself."""
        return self._clean(name, words=False)

    def _clean(self, text: str, *, words: bool) -> str:
        lowered = text.casefold()
        forms = [(known, re.escape(known)) for known in list(self._anywhere) if known in lowered]
        if words:
            forms += [
                (known, rf"{_WORD_BEGINS}{re.escape(known)}(?!\w)") for known in list(self._words) if known in lowered
            ]
        if forms:
            forms.sort(key=lambda form: len(form[0]), reverse=True)
            pattern = "|".join((PLACEHOLDER.pattern, *(form for _, form in forms)))
            text = re.sub(pattern, lambda found: self._placed(found.group(), words), text, flags=re.IGNORECASE)
        return _EMAIL.sub(lambda found: self.personal("email", found.group()), text)

    def _placed(self, found: str, words: bool) -> str:
        known = self._anywhere.get(found.casefold()) or self._words.get(found.casefold())
        if known or found in self.shell:
            return known or found
        if found[0] == "{":  # it only looked like a placeholder
            return "{" + self._clean(found[1:-1], words=words) + "}"
        return "{personal}"

    def free(self, text: str) -> str:
        """Text of unknown making: also what stands beside a telling name (``"first_name": "…"``, ``email=…``)."""

        def beside(found: re.Match[str]) -> str:
            name, _, value = found.groups()
            bare = value.strip('"')
            kind = personal_kind(name)
            if not kind or not _is_personal(bare):
                return found.group()
            quoted = '"' if value[0] == '"' else ""
            front = found.group()[: found.start(3) - found.start()]
            return f"{front}{quoted}{self.personal(kind, bare)}{quoted}"

        return self.text(_FORM_PAIR.sub(beside, _JSON_PAIR.sub(beside, text)))

    def document(self, value: Any, kind: str | None = None, free: bool = False) -> Any:
        """A JSON value, with personal data replaced by the names of its members and known values in every text."""
        if isinstance(value, Mapping):
            return {
                self.name(str(name)): self._member(str(name), inner, kind if free else None)
                for name, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.document(inner, kind, free) for inner in value]
        if kind and _is_personal(value):
            return self.personal(kind, value)
        if isinstance(value, int) and not isinstance(value, bool):
            return self._anywhere.get(str(value), value)
        return self.text(value) if isinstance(value, str) else value

    def _member(self, name: str, value: Any, inherited: str | None) -> Any:
        own = personal_kind(name, inherited)
        return self.document(value, own, free=bool(inherited) or own in ("attribute", "phone"))

    def url(self, url: str) -> str:
        """An address: known values in its path, personal data in its query by the names of the parameters."""
        parts = urlsplit(url)
        path = self.text(unquote(parts.path)) if "%" in parts.path else self.text(parts.path)
        base = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
        if not parts.query:
            return base + path
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        shown = "&".join(f"{self.name(name)}={self._member(name, value, None)}" for name, value in pairs)
        return f"{base}{path}?{shown}"

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers; cookies and foreign credentials are dropped to a mark."""
        shown = {}
        for name, value in headers.items():
            clean = self.text(value)
            if name.lower() in ("cookie", "set-cookie"):
                clean = "{cookie}"
            elif name.lower() in ("authorization", "proxy-authorization") and "{" not in clean:
                clean = clean.partition(" ")[0] + " {other_credentials}"
            shown[name] = clean
        return shown

    def body(self, body: bytes) -> Any:
        """A body as evidence: JSON with placeholders, else text; cut at ``BODY_LIMIT``."""
        if not body:
            return None
        parsed = parse_json(body) if len(body) <= STRUCTURED_LIMIT else NOT_JSON
        if parsed is not NOT_JSON:
            shown = self.document(parsed)
            return shown if len(body) <= BODY_LIMIT else _cut(encode_exactly(shown), body)
        text = self.free(_decoded(body[:BODY_LIMIT]))
        return text if len(body) <= BODY_LIMIT else _cut(text, body)


def _is_personal(value: Any) -> bool:
    return value not in (None, "") and not isinstance(value, bool)


def _decoded(body: bytes) -> str:
    """Bytes as text, in the encoding they show; what was not UTF-8 must not hide what it holds."""
    return body.decode(detect_encoding(body), "replace").lstrip("\ufeff")


def _cut(text: str, body: bytes) -> str:
    return f"{text[:BODY_LIMIT]}… (cut, {len(body)} bytes in all)"
