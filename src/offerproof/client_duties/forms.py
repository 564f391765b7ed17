"""What each request shows by itself: credentials, container, body, query, amounts, times, what may name a person."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from offerproof.client_duties.model import Came, ClientRequest, DutyLog, Remembered, breach, items, payments
from offerproof.judgement.oracle.calls import moment, number

_CRITERIA: Final = ("external_customer_id", "email", "phone", "user_id")
_RAW_PLUS: Final = re.compile(r"(?:^|&)(email|mobile_number)=([^&]*\+[^&]*)")
_EMAIL: Final = re.compile(r"[\w.%-]+@[\w-]+\.[\w.-]+")
_CARD: Final = re.compile(r"(?<![0-9])[0-9]{13,19}(?![0-9])")
_TAG: Final = re.compile(r"[A-Za-z]{2}(?:[-_][A-Za-z]{2})?")
_CREDENTIALS: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]* +[A-Za-z0-9+/_.~=,\"-][^*\[\]<>]*")
_ALWAYS_SENT: Final = frozenset({"host", "content-type", "content-length", "accept"})
"""A request without any of these was not recorded with all its headers."""
_SECRET_FROM: Final = 8
"""A shorter secret may be a word that stands in a body by chance."""
_DECIMALS: Final = 4
_TOLERANCE: Final = Decimal("0.01")
_LOOKED_WITH: Final = ("lookup", "lock", "redeem", "send_transaction")


class Forms:
    """Judges each request by itself."""

    def __init__(self, log: DutyLog) -> None:
        self.log = log
        self.signed = False
        """Whether any request carried credentials: a recorder that drops them drops all."""
        self.masked = False
        """Whether something else stands where credentials stood: then nothing can be said of any."""
        self._unsigned: list[ClientRequest] = []
        self._pairs: Remembered[str, set[str]] = Remembered()
        self._pages: Remembered[tuple[str, object], ClientRequest] = Remembered()

    def take(self, sent: ClientRequest) -> None:
        """Judge one request."""
        self._credentials(sent)
        self._secrets(sent)
        self._query(sent)
        if not sent.request_known:
            return
        if sent.exchange.method != "GET" and not self._body(sent):
            return
        if sent.of_till:
            self._container(sent)
        if sent.operation == "lookup":
            self._criterion(sent)
        if sent.operation in _LOOKED_WITH and sent.transaction:
            self._lines(sent)
            self._amounts(sent)
            self._times(sent)
        self._privacy(sent)
        self._culture(sent)
        self._page(sent)

    def finish(self) -> None:
        """Judge those without credentials, now that it is known whether the recorder keeps credentials."""
        for sent in self._unsigned:
            if self.signed and not self.masked:
                breach(self.log, "TILL-22", "credentials of a request", "Authorization: Basic …", "none", sent)
            else:
                self.log.undecided("TILL-22", "the recording does not hold credentials as they were sent")

    def _credentials(self, sent: ClientRequest) -> None:
        told = sent.exchange.raw.headers.get("authorization", "")
        kind, _, token = told.partition(" ")
        if not told and not _ALWAYS_SENT & sent.exchange.raw.headers.keys():
            self.log.undecided("TILL-22", "the recording does not hold all headers of the request")
            return
        if not told:
            if len(self._unsigned) < 20:
                self._unsigned.append(sent)
            return
        self.signed = True
        if masked_credentials(told):
            self.masked = True
            self.log.undecided("TILL-22", "the recording does not hold credentials as they were sent")
            return
        if kind.lower() != "basic":
            breach(self.log, "TILL-22", "kind of the credentials", "Basic", kind, sent)
            return
        services = self._pairs.setdefault(token, set())
        if sent.exchange.status == 401:
            others = services - {sent.exchange.service}
            if others:
                what, wrong = f"credentials of {sent.exchange.service}", f"those of {min(others)}, answered 401"
                breach(self.log, "TILL-22", what, "the pair of the service that is called", wrong, sent)
            return
        services.add(sent.exchange.service)
        self.log.hold(["TILL-22"], sent.exchange)

    def _secrets(self, sent: ClientRequest) -> None:
        secret = _secret(sent.exchange.raw.headers.get("authorization", ""))
        url = unquote(sent.exchange.raw.url)
        if urlsplit(sent.exchange.raw.url).password:
            breach(self.log, "TILL-41", "credentials in the address", "in the header only", "in the URL", sent)
        elif secret is not None and secret in url:
            breach(self.log, "TILL-41", "the secret in the query", "in the header only", "in the URL", sent)
        elif secret is not None and secret.encode() in sent.exchange.raw.body:
            breach(self.log, "TILL-41", "the secret in the body", "in the header only", "in the body", sent)
        elif secret is not None:
            self.log.hold(["TILL-41"], sent.exchange)

    def _query(self, sent: ClientRequest) -> None:
        if sent.operation != "search_customers":
            return
        found = _RAW_PLUS.search(urlsplit(sent.exchange.raw.url).query)
        if found is None:
            self.log.hold(["TILL-29"], sent.exchange)
        else:
            breach(self.log, "TILL-29", f"+ in the query's {found.group(1)}", "%2B", "+, which means a blank", sent)

    def _body(self, sent: ClientRequest) -> bool:
        """Judge the form of a body; returns whether it is a JSON object, of which more can be said."""
        kind = sent.exchange.raw.headers.get("content-type")
        if not isinstance(sent.exchange.sent, Mapping):
            breach(self.log, "TILL-27", f"body of {sent.operation}", "a JSON object", "no JSON object", sent)
            return False
        missing = list(_missing(sent))
        if kind is not None and kind.partition(";")[0].strip().lower() != "application/json":
            breach(self.log, "TILL-27", f"Content-Type of {sent.operation}", "application/json", kind, sent)
        elif missing:
            breach(self.log, "TILL-27", f"members of {sent.operation}", "as documented", missing[0], sent)
        else:
            self.log.hold(["TILL-27"], sent.exchange)
        return True

    def _container(self, sent: ClientRequest) -> None:
        request = sent.call.request
        empty = [name for name in ("store_id", "client_id", "request_id") if not _is_text(request.get(name))]
        if not isinstance(request.get("request_payload"), Mapping):
            empty.append("request_payload")
        if empty:
            breach(self.log, "TILL-26", "the container", "complete", f"without {', '.join(empty)}", sent)
        else:
            self.log.hold(["TILL-26"], sent.exchange)

    def _criterion(self, sent: ClientRequest) -> None:
        named = [name for name in _CRITERIA if sent.asked.get(name) not in (None, "")]
        phone = str(sent.asked.get("phone") or "")
        if not named:
            breach(self.log, "TILL-28", "criterion of Lookup", "one of " + ", ".join(_CRITERIA), "none", sent)
        elif phone and not phone.isdigit():
            breach(self.log, "TILL-28", "phone of Lookup", "digits only", "other characters in it", sent)
        else:
            self.log.hold(["TILL-28"], sent.exchange)

    def _lines(self, sent: ClientRequest) -> None:
        ids = [str(line.get("line_id")) for line in items(sent.transaction)]
        twice = [name for name, count in Counter(ids).items() if count > 1]
        lost = {str(line.get("modifies_line_id") or "") for line in items(sent.transaction)} - {"", *ids}
        if twice:
            breach(self.log, "TILL-30", "line ids of a basket", "each once", f"line {twice[0]} twice", sent)
        elif lost:
            breach(self.log, "TILL-30", "modifies_line_id", "a line of the basket", f"no line {min(lost)}", sent)
        elif len(ids) > 1:
            self.log.hold(["TILL-30"], sent.exchange)

    def _amounts(self, sent: ClientRequest) -> None:
        sold = sent.transaction
        told = number(sold.get("subtotal"))
        lines = [number(line.get("subtotal")) for line in items(sold)]
        tax = number(sold.get("tax_total", sold.get("TaxTotal"))) or Decimal()
        if told is not None and lines and None not in lines:
            whole = sum((one for one in lines if one is not None), Decimal())
            near = _TOLERANCE * len(lines)
            if min(abs(told - whole), abs(told - whole - tax)) > near:
                breach(
                    self.log, "TILL-31", "subtotal of a transaction", f"{whole}, or with tax {whole + tax}", told, sent
                )
            else:
                self.log.hold(["TILL-31"], sent.exchange)
        long = [name for name, value in _money(sold) if isinstance(value, Decimal) and _unrounded(value)]
        if long:
            breach(self.log, "TILL-33", "an amount", "a decimal of money", f"{long[0]} with a binary remainder", sent)
        elif any(isinstance(value, Decimal) for _, value in _money(sold)):
            self.log.hold(["TILL-33"], sent.exchange)

    def _times(self, sent: ClientRequest) -> None:
        opened, modified = moment(sent.transaction.get("open_time")), moment(sent.transaction.get("modified_time"))
        if opened is None or modified is None:
            return
        if opened > modified:
            breach(self.log, "TILL-34", "times of a transaction", "open_time first", "modified_time before it", sent)
        else:
            self.log.hold(["TILL-34"], sent.exchange)

    def _privacy(self, sent: ClientRequest) -> None:
        for name, value in _own_ids(sent):
            if _EMAIL.search(value) or any(_checks(one) for one in _CARD.findall(value)):
                breach(self.log, "TILL-40", f"{name} of {sent.operation}", "an id", "an address or card number", sent)
                return
        if sent.of_till:
            self.log.hold(["TILL-40"], sent.exchange)

    def _culture(self, sent: ClientRequest) -> None:
        culture = sent.call.request.get("culture")
        if isinstance(culture, str) and culture and not _TAG.fullmatch(culture):
            breach(self.log, "TILL-42", "culture of a request", "a language tag", culture, sent)

    def _page(self, sent: ClientRequest) -> None:
        skip, take = number(sent.asked.get("skip")), number(sent.asked.get("take"))
        if sent.operation not in ("user_offer_history", "get_user_offers") or skip is None or take is None:
            return
        who = (sent.operation, str(sent.asked.get("user_ids", sent.asked.get("user_id"))))
        before = self._pages.get(who)
        if before is not None and skip and before.came is Came.TAKEN:
            known = number(before.asked.get("skip")) or Decimal()
            step = number(before.asked.get("take")) or Decimal()
            if skip > known and skip != known + step:
                breach(self.log, "TILL-38", "pages of a listing", f"skip {known + step}", f"skip {skip}", before, sent)
        self._pages[who] = sent


def masked_credentials(authorization: str) -> bool:
    """Whether an Authorization header stands there as a mask, such as ``[Filtered]`` or ``Basic ********``."""
    return not _CREDENTIALS.fullmatch(authorization.strip())


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _secret(authorization: str) -> str | None:
    try:
        _, colon, secret = (
            base64.b64decode(authorization.partition(" ")[2].strip(), validate=True).decode().partition(":")
        )
    except (binascii.Error, UnicodeDecodeError):
        return None
    return secret if colon and len(secret) >= _SECRET_FROM else None


def _missing(sent: ClientRequest) -> Iterator[str]:
    """Members without which the documents have no transaction and no call about an offer."""
    asked = sent.asked
    if sent.operation in ("lock", "redeem") and not _is_text(asked.get("offer_lookup_code")):
        yield "no offer_lookup_code"
    if sent.operation in ("unlock", "reinstate") and not _is_text(asked.get("user_offer_id")):
        yield "no user_offer_id"
    if sent.operation not in ("lock", "redeem", "send_transaction"):
        return
    if not sent.transaction_id:
        yield "no transaction_id"
    lines = sent.transaction.get("items")
    if not isinstance(lines, list) or not all(isinstance(line, Mapping) for line in lines):
        yield "no items"
        return
    for line in lines:
        for name in ("line_id", "item_id"):
            if line.get(name) in (None, ""):
                yield f"a line without {name}"
        for name in ("quantity", "subtotal"):
            if number(line.get(name)) is None:
                yield f"a line without a number as {name}"


def _money(sold: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("subtotal", "tax_total"):
        yield name, sold.get(name)
    for line in items(sold):
        for name in ("unit_price", "subtotal", "tax_included"):
            yield name, line.get(name)
    for one in payments(sold):
        yield "amount", one.get("amount")


def _unrounded(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and -exponent > _DECIMALS


def _own_ids(sent: ClientRequest) -> Iterator[tuple[str, str]]:
    if sent.of_till:
        yield "request_id", sent.request_id
    yield "transaction_id", sent.transaction_id
    for line in items(sent.transaction):
        yield "line_id", str(line.get("line_id", ""))
    for one in payments(sent.transaction):
        yield "payment_id", str(one.get("payment_id", ""))


def _checks(digits: str) -> bool:
    """Whether the last digit is right for a card number (Luhn)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
