"""The elements of a large file are found without reading it as a whole, wherever chunks and cuts fall."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from offerproof.recording import elements as module
from offerproof.recording.elements import Cut, elements

DOCUMENT = {
    "log": {
        "version": "1.2",
        "entries": [{"a": 'quote " and \\ and } and ]', "b": [1, {"c": []}]}, {"ü☕": "\\\\"}, {}, 7],
        "creator": {"name": "somebody", "deep": {"er": [1]}},
    },
    "after": [True],
}


def listed(data: bytes) -> list[tuple[tuple[str, ...], object]]:
    return [(one.path, json.loads(one.raw)) for one in elements(BytesIO(data))]


EXPECTED = [
    (("log", "version"), "1.2"),
    *((("log", "entries"), one) for one in DOCUMENT["log"]["entries"]),  # type: ignore[index]
    (("log", "creator"), DOCUMENT["log"]["creator"]),  # type: ignore[index]
    (("after",), True),
]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 4096])
def test_elements_do_not_depend_on_where_chunks_end(chunk, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", chunk)
    for spelled in (json.dumps(DOCUMENT), json.dumps(DOCUMENT, indent=2, ensure_ascii=False)):
        assert listed(spelled.encode()) == EXPECTED


def test_each_element_stands_where_it_says():
    data = b"\xef\xbb\xbf" + json.dumps(DOCUMENT).encode()
    for one in elements(BytesIO(data)):
        assert data[one.offset : one.offset + len(one.raw)] == one.raw


def test_a_cut_file_gives_what_was_whole():
    data = json.dumps({"log": {"entries": [{"n": 1}, {"n": 2}, {"n": 3}]}}).encode()
    for end in range(len(data)):
        seen: list[object] = []
        with pytest.raises(Cut):
            seen.extend(json.loads(one.raw) for one in elements(BytesIO(data[:end])))
        assert seen == [{"n": 1}, {"n": 2}, {"n": 3}][: data[:end].count(b"}")]


def test_what_is_no_json_is_cut_at_once():
    for data in (b"", b"}", b"[}", b'{"log" 1}'):
        with pytest.raises(Cut):
            listed(data)
