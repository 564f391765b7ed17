"""How a refusal of the program looks on the wire: HTTP status and error code, by service.

The documents leave open which 4xx a bad request gets (api.md section 1): it is a setting, ``[http]`` in the program
file: ``refusals = "4xx"`` or ``"200"`` (an error envelope under status 200), a status for single reasons, and
``retailers = "own"`` or ``"any"``: whether the Offers service refuses a retailer_id that is not the program's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer, OffersErrors, OffersRefusal, Service, encode, refusal
from offerproof.toml_file import Document

_STATUS = {
    Reason.INVALID: 400,
    Reason.UNSUPPORTED: 400,
    Reason.UNKNOWN_CUSTOMER: 404,
    Reason.UNKNOWN_OFFER: 404,
    Reason.UNKNOWN_USER_OFFER: 404,
    Reason.UNKNOWN_PAYER: 404,
}
_OTHERWISE = 409
_CORE_CODES = {
    Reason.INVALID: "validation",
    Reason.UNSUPPORTED: "not_available",
    Reason.UNKNOWN_CUSTOMER: "user_not_found",
    Reason.AMBIGUOUS_CUSTOMER: "argument_error",
    Reason.IDENTIFIER_TAKEN: "validation",
}


@dataclass(frozen=True)
class HttpSettings:
    """The ``[http]`` table of the program file."""

    as_success: bool = False
    any_retailer: bool = False
    statuses: Mapping[str, int] = field(default_factory=dict)

    def status(self, reason: str, usual: int) -> int:
        """Return the HTTP status of a refusal."""
        return self.statuses.get(reason, 200 if self.as_success else usual)


def http_settings(document: Document) -> HttpSettings:
    """Read the ``[http]`` table of a program file; raises :class:`Misuse` for a refusal that there is not."""
    table = dict(document.values["http"])
    refusals, retailers = table.pop("refusals"), table.pop("retailers")
    for key in table:
        if key not in _NAMED:
            hint = f"there are refusals, retailers, {', '.join(sorted(_NAMED))}"
            raise document.wrong(("http", key), "unknown key", hint)
    return HttpSettings(refusals == "200", retailers == "any", table)


MALFORMED = "malformed"
REPEATED = "request_id_reused"
PENDING = "request_pending"
UNKNOWN_RETAILER = "unknown_retailer"
_NAMED = {*(reason.value for reason in Reason), MALFORMED, REPEATED, PENDING, UNKNOWN_RETAILER}


def refused(service: Service, settings: HttpSettings, problem: Refused) -> Answer:
    """Answer what the program refused."""
    reason = problem.reason
    status = settings.status(reason.value, _STATUS.get(reason, _OTHERWISE))
    if service is Service.CORE:
        return refusal(service, status, _CORE_CODES.get(reason, "argument_error"), problem.detail)
    if service is Service.OFFERS:
        details = {name: list(wrong) for name, wrong in problem.errors.items()} or None
        errors = OffersErrors(reason.value, "business", problem.detail, details)
        return Answer(status, encode(OffersRefusal(errors=errors)))
    return refusal(service, status, reason.value, problem.detail)


def unknown_retailer(settings: HttpSettings) -> Answer:
    """Answer a call of the Offers service for a retailer that is not the program's."""
    status = settings.status(UNKNOWN_RETAILER, 404)
    return refusal(Service.OFFERS, status, UNKNOWN_RETAILER, "there is no retailer with this retailer_id")


def malformed(service: Service, settings: HttpSettings, message: str) -> Answer:
    """Answer a request of the wrong shape."""
    code = "argument_error" if service is Service.CORE else "invalid_request"
    return refusal(service, settings.status(MALFORMED, 400), code, message)
