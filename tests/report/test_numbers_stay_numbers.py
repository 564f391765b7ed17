"""A number of a body or a setting is shown as the number it was, never as a text: the difference may be the finding."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from offerproof.findings.load_records import LoadSettings, PhaseSetting
from offerproof.report.formats import html, json, text


def _run(making: Any, **more: Any) -> Any:
    body = {"amount": Decimal("11.770"), "tax_total": ".77", "note": "café 🎁"}
    records = [making.exchange(1, answer_body=body), making.finding("LOCK-1", "fail", exchanges=(1,))]
    return making.run([making.clause("LOCK-1")], records, **more)


def test_a_decimal_of_a_body_is_a_number_in_html(making: Any) -> None:
    page = html.render(_run(making))
    assert "&#34;amount&#34;: 11.770," in page
    assert "&#34;tax_total&#34;: &#34;.77&#34;," in page


def test_a_decimal_of_a_body_is_a_number_in_json_which_stays_ascii(making: Any) -> None:
    document = json.render(_run(making))
    assert '"amount": 11.770,' in document
    assert '"tax_total": ".77",' in document
    assert '"note": "caf\\u00e9 \\ud83c\\udf81"' in document
    assert document.isascii()


def test_a_setting_reads_alike_before_and_after_the_run_was_written(making: Any) -> None:
    made = making.settings(duration_s=12.0, phases=(PhaseSetting(12.0, 12.0, 0.5),))
    for settings in (made, msgspec.json.Decoder(LoadSettings, float_hook=Decimal).decode(msgspec.json.encode(made))):
        shown = " ".join(text.render(_run(making, load=settings)).split())
        assert "Duration (s) 12 Warm up (s)" in shown
        assert "Phases 12 s from 12 to 0.5 Thresholds" in shown
