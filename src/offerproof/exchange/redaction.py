"""Placeholders in the place of secrets and personal data, in whatever a run prints or keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from json import detect_encoding
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from offerproof.exchange.echoes import is_documented, unescaped
from offerproof.exchange.parsing import NOT_JSON, encode_exactly, parse_json
from offerproof.exchange.withheld import USERINFO, Withheld, plain_name

BODY_LIMIT: Final = 64 * 1024
"""Bytes of a body that are kept as evidence; longer ones are cut, and the cut is said."""

STRUCTURED_LIMIT: Final = 1024 * 1024
"""Bytes of a JSON body up to which it is cleaned member by member before it is cut; a longer one is cut as text."""

_KINDS: Final = {
    **dict.fromkeys(("email", "emailaddress", "emails"), "email"),
    **dict.fromkeys(("phone", "mobilenumber", "phonenumber", "phonenumbers", "mobile", "telephone"), "phone"),
    **dict.fromkeys(("firstname", "lastname", "middlename", "fullname", "nickname"), "name"),
    **dict.fromkeys(("dob", "dateofbirth", "birthdate", "birthday"), "date-of-birth"),
    **dict.fromkeys(
        ("address", "address1", "address2", "street", "city", "zip", "currentzip", "postalcode"), "address"
    ),
    **dict.fromkeys(("externalid", "externalcustomerid", "loyaltynumber"), "external-id"),
    **dict.fromkeys(("profilephotourl",), "photo"),
    **dict.fromkeys(("userprofile", "profilefields"), "attribute"),
}
_JSON_PAIR: Final = re.compile(r'"([A-Za-z][\w -]{1,30})"(\s*:\s*)("(?:[^"\\]|\\.)*(?:"|$)|[0-9][0-9.]*)')
_FORM_PAIR: Final = re.compile(r'\b([A-Za-z]\w{1,30})(=)([^&\s"\'<>]+)')
_BESIDE: Final = frozenset({"phonetype", "preferenceflags", "type"})
"""Members inside personal ones that say nothing of the person: ``{"phone_type": "mobile"}``."""


def personal_kind(name: str, inherited: str | None = None) -> str | None:
    """The kind of personal data that a member of this name holds, or that of what it stands in."""
    plain = plain_name(name)
    return _KINDS.get(plain, None if plain in _BESIDE else inherited)


class Redacted(str):
    """Text that holds placeholders already; a redactor leaves it as it is."""

    __slots__ = ()


class Redactor(Withheld):
    """Puts placeholders in the place of secrets and personal data; the same value always gets the same placeholder."""

    def learn(self, value: Any, kind: str | None = None, *, foreseen: bool = False) -> None:
        """Make known the personal data of a JSON value without rendering it, so that it is known in later texts.

        ``foreseen``: it gets its placeholder when it is first shown, which most of it never is.
        """
        if isinstance(value, Mapping):
            for name, inner in value.items():
                if inner is None or inner == "" or isinstance(inner, bool):
                    continue
                own = personal_kind(str(name), kind)
                own = own or _told_by_type(str(name), value)
                if own or isinstance(inner, Mapping | list):
                    self.learn(inner, own, foreseen=foreseen)
        elif isinstance(value, list):
            for inner in value:
                self.learn(inner, kind, foreseen=foreseen)
        elif kind and _is_personal(value):
            if foreseen:
                self.foresee(kind, str(value))
            else:
                self.personal(kind, value)

    def text(self, text: str) -> str:
        """Any text, with every known value and every e-mail address replaced."""
        return text if isinstance(text, Redacted) else self._clean(text, words=True)

    def sentence(self, text: str) -> str:
        """A sentence of a check: an attribute of a customer that is a word of the documents ("none") is one of ours."""
        return text if isinstance(text, Redacted) else self._clean(text, words=True, ours=True)

    def name(self, name: str) -> str:
        """The name of a member: it stays, unless it holds a credential, an address or a phone number itself."""
        return self._clean(name, words=False)

    def _clean(self, text: str, *, words: bool, ours: bool = False) -> str:
        parts: list[str] = []
        last = 0
        found = [
            (*shown.span(start, end), mark)
            for shown in unescaped(text)
            for start, end, mark in self.spans(shown, words)
            if not (ours and mark[0] == "attribute" and is_documented(mark[1].casefold()))
        ]
        for start, end, mark in sorted(found, key=lambda span: (span[0], -span[1])):
            if start >= last:
                parts += text[last:start], self.shown(mark)
                last = end
        return "".join((*parts, text[last:]))

    def free(self, text: str) -> str:
        """Text of unknown making: also what stands beside a telling name (``"first_name": "…"``, ``email=…``)."""

        def beside(found: re.Match[str]) -> str:
            name, _, value = found.groups()
            bare = value.strip('"')
            kind = personal_kind(name)
            mark = self.personal(kind, bare) if kind and _is_personal(bare) else self.credential(name, bare)
            if not mark:
                return found.group()
            quoted = '"' if value[0] == '"' else ""
            return f"{found.group()[: found.start(3) - found.start()]}{quoted}{mark}{quoted}"

        return self.text(_FORM_PAIR.sub(beside, _JSON_PAIR.sub(beside, text)))

    def document(self, value: Any, kind: str | None = None, free: bool = False) -> Any:
        """A JSON value, with personal data replaced by the names of its members and known values in every text."""
        if isinstance(value, Mapping):
            outer = kind if free else None
            return {
                self.name(str(name)): self._member(str(name), inner, _told_by_type(str(name), value) or outer)
                for name, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.document(inner, kind, free) for inner in value]
        if kind and _is_personal(value):
            return self.personal(kind, value)
        if isinstance(value, int) and not isinstance(value, bool):
            return self.number(value)
        return self.text(value) if isinstance(value, str) else value

    def _member(self, name: str, value: Any, inherited: str | None) -> Any:
        if mark := self.credential(name, value):
            return mark
        own = personal_kind(name, inherited)
        return self.document(value, own, free=bool(inherited) or own in ("attribute", "phone"))

    def url(self, url: str) -> str:
        """An address: known values in its path, personal data in its query by the names of the parameters."""
        parts = urlsplit(url)
        path = parts.path
        for pattern in self.external_ids:  # here it may have blanks, which end it in other texts
            path = pattern.sub(lambda found: self.personal("external-id", unquote(found.group())), path)
        path = unquote(self.text(path))
        base = USERINFO.sub("{userinfo}", f"{parts.scheme}://{parts.netloc}") if parts.netloc else ""
        if not parts.query:
            return base + path
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        shown = "&".join(f"{self.name(name)}={self._member(name, value, None)}" for name, value in pairs)
        return f"{base}{path}?{shown}"

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers; cookies and foreign credentials are dropped to a mark."""
        shown = {}
        for name, value in headers.items():
            clean = self.credential(name, value) or self.text(value)
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


def _told_by_type(name: str, beside: Mapping[Any, Any]) -> str | None:
    """The kind of a payer's ``user_id``, which ``user_id_type`` tells: ``External_ID``, ``email``."""
    told = beside.get("user_id_type") if name == "user_id" else None
    return personal_kind(told) if isinstance(told, str) else None


def _is_personal(value: Any) -> bool:
    return value not in (None, "") and not isinstance(value, bool)


def _decoded(body: bytes) -> str:
    """Bytes as text, in the encoding they show; what was not UTF-8 must not hide what it holds."""
    return body.decode(detect_encoding(body), "replace").lstrip("\ufeff")


def _cut(text: str, body: bytes) -> str:
    return f"{text[:BODY_LIMIT]}… (cut, {len(body)} bytes in all)"
