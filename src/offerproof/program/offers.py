"""The catalogue: creating offers, revising and fetching them, and how long one is valid once it is issued."""

from __future__ import annotations

from dataclasses import replace

from offerproof.program.calendar import later, unit_of
from offerproof.program.drafts import discount_of, draft_errors, is_unsupported_type
from offerproof.program.model import OfferCreated, OfferDraft, OfferText, OfferVersion, OfferView
from offerproof.program.refusal import Reason, Refused
from offerproof.program.state import State

Window = tuple[int, int | None]
"""From when to when a user offer can be redeemed, in microseconds; None: for ever."""


class Offers:
    """What there is to be issued."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._newest: dict[str, OfferVersion] = {}  # by root id
        self._newest_published: dict[str, OfferVersion] = {}  # by root id
        self._last_window: tuple[OfferVersion, int, Window] | None = None

    def create(self, now: int, draft: OfferDraft) -> OfferCreated:
        """Create or revise an offer. Refused: INVALID (``errors`` by member), UNSUPPORTED, UNKNOWN_OFFER."""
        self.require_valid_draft(draft)
        earlier = None if draft.offer_id is None else self._newest[self._state.offer(draft.offer_id).root_id]
        offer_id = self._free_offer_id(draft)
        offer = self._make(now, draft, offer_id, earlier)
        self._remember(offer)
        before = "unknown_status" if earlier is None else _status_word(earlier)
        how = "created_new" if earlier is None else "revisioned"
        self._state.tell(now, "offer_created", "", offer.id)
        return OfferCreated(offer, earlier is not None, f"{how}-({before}>{_status_word(offer)})")

    def fetch(self, offer_id: str, culture: str | None = None) -> OfferView:
        """One version of an offer and its words for a culture. Refused: UNKNOWN_OFFER, and INVALID when there are no
        words for the culture and the settings allow no last fall-back."""
        offer = self._state.offer(offer_id)
        text = self._text_for(offer, culture)
        if text is None:
            raise Refused(Reason.INVALID, "the offer has no text in this culture", {"culture": ["has no text"]})
        return OfferView(offer, text, offer.texts if self._state.settings.offers.fetch_all_texts else (text,))

    def text_of(self, offer: OfferVersion, culture: str | None = None) -> OfferText:
        """The words that fit a culture best; the first text when nothing fits (never refused)."""
        return self._text_for(offer, culture) or offer.texts[0]

    def _text_for(self, offer: OfferVersion, culture: str | None) -> OfferText | None:
        """en-us falls back to en, then to the first text. Upper and lower case, "-" and "_" are the same."""
        texts = offer.texts
        if not culture:
            return texts[0]
        wanted = _plain(culture)
        while wanted:
            for text in texts:
                if _plain(text.culture) == wanted:
                    return text
            wanted = wanted.rpartition("-")[0]
        return texts[0] if self._state.settings.offers.fall_back_to_first else None

    def require_valid_draft(self, draft: OfferDraft) -> None:
        """Refused: UNSUPPORTED, INVALID with ``errors`` by member as on the wire."""
        if is_unsupported_type(draft.offer_type):
            raise Refused(
                Reason.UNSUPPORTED,
                f"offers of type {draft.offer_type} are not supported by this program",
                {"offer_type": ["is not supported by this program"]},
            )
        readings = self._state.settings.offers
        errors = draft_errors(draft, readings.amount_keys, readings.percent_keys)
        if errors:
            raise Refused(Reason.INVALID, "; ".join(f"{key} {words[0]}" for key, words in errors.items()), errors)

    def _free_offer_id(self, draft: OfferDraft) -> str:
        if draft.new_offer_id is None:
            return self._state.new_id()
        offer_id = draft.new_offer_id.lower()
        if offer_id in self._state.offers:
            raise Refused(Reason.IDENTIFIER_TAKEN, "another offer has this id", {"offer_id": ["is taken"]})
        return offer_id

    def _make(self, now: int, draft: OfferDraft, offer_id: str, earlier: OfferVersion | None) -> OfferVersion:
        readings, unit = self._state.settings.offers, draft.common.validity_unit
        return OfferVersion(
            id=offer_id,
            root_id=offer_id if earlier is None else earlier.root_id,
            parent_ids=() if earlier is None else (*earlier.parent_ids, earlier.id),
            offer_type=draft.offer_type,
            published=draft.publish,
            texts=tuple(replace(text, id=self._state.new_id()) for text in draft.texts),
            media=tuple(replace(one, id=self._state.new_id()) for one in draft.media),
            common=replace(draft.common, validity_unit=None if unit is None else unit_of(unit)),
            discount=discount_of(draft, readings.amount_keys, readings.percent_keys),
            created_at=now,
        )

    def _remember(self, offer: OfferVersion) -> None:
        self._state.offers[offer.id] = offer
        self._newest[offer.root_id] = offer
        if offer.published:
            self._newest_published[offer.root_id] = offer

    def to_issue(self, now: int, offer_id: str, *, exact_version: bool) -> OfferVersion:
        """The version to issue, if it may be issued now."""
        offer = self._state.offer(offer_id)
        if not exact_version:
            offer = self._newest_published.get(offer.root_id, offer)
        readings = self._state.settings.offers
        if not offer.published and not readings.issue_unpublished:
            raise Refused(Reason.OFFER_NOT_PUBLISHED, "the offer is not published")
        if not readings.issue_outside_acquisition:
            self._require_acquisition_open(now, offer)
        return offer

    def _require_acquisition_open(self, now: int, offer: OfferVersion) -> None:
        common = offer.common
        if common.acquisition_start is not None and now < common.acquisition_start:
            raise Refused(Reason.ACQUISITION_NOT_STARTED, "the offer cannot be acquired yet")
        if common.acquisition_end is not None and now >= common.acquisition_end:
            raise Refused(Reason.ACQUISITION_ENDED, "the offer can no longer be acquired")

    def window(self, offer: OfferVersion, at: int) -> Window:
        """From when to when a user offer acquired at ``at`` can be redeemed. Many at one instant share the answer."""
        last = self._last_window
        if last is not None and last[0] is offer and last[1] == at:
            return last[2]
        opens = offer.common.acquisition_start
        start = at if opens is None else max(at, opens)
        window = (start, self.validity_end(offer, start))
        self._last_window = (offer, at, window)
        return window

    def validity_end(self, offer: OfferVersion, start: int) -> int | None:
        """The end of validity: the period from the start, never past the offer's end unless it says so."""
        common = offer.common
        if common.does_not_expire:
            return None
        end = None
        if common.validity_unit is not None and common.validity_period is not None:
            end = later(start, common.validity_unit, common.validity_period)
        if common.valid_after_end_date or common.acquisition_end is None:
            return end
        return common.acquisition_end if end is None else min(end, common.acquisition_end)


def _status_word(offer: OfferVersion) -> str:
    return "published" if offer.published else "unpublished"


def _plain(culture: str) -> str:
    return culture.lower().replace("_", "-")
