"""Each kind of recording is told by its content and read to the same exchanges; others are refused with a way out."""

from __future__ import annotations

import base64
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks.recorded_walk import BEGIN, RecordedSimulator, har, short_walk
from offerproof.errors import Misuse
from offerproof.recording import Fact, Order, Recorded, open_recordings


@pytest.fixture(scope="module")
def entries() -> list[dict[str, Any]]:
    simulator = RecordedSimulator()
    short_walk(simulator)
    return simulator.entries


def read(path: Path) -> list[Recorded]:
    with open_recordings([str(path)]) as opened:
        (recording, fingerprint), *more = opened.recordings
        assert not more
        assert len(fingerprint) == 64
        return list(recording.exchanges())


def told(exchanges: list[Recorded]) -> list[tuple[str, str, bytes, int | None, bytes]]:
    return [(one.method, one.url, one.request.data, one.status, one.answer.data) for one in exchanges]


def newman(entries: list[dict[str, Any]]) -> bytes:
    made = []
    for one in entries:
        scheme, _, rest = one["request"]["url"].partition("://")
        host, _, way = rest.partition("/")
        path, _, query = way.partition("?")
        name, _, port = host.partition(":")
        pairs = [pair.partition("=") for pair in query.split("&") if pair]
        url = {"protocol": scheme, "host": name.split("."), "port": port, "path": path.split("/")}
        url["query"] = [{"key": key, "value": value} for key, _, value in pairs]
        body = {"mode": "raw", "raw": one["request"].get("postData", {}).get("text", "")}
        listed = [{"key": header["name"], "value": header["value"]} for header in one["response"]["headers"]]
        stream = {"type": "Buffer", "data": list(one["response"]["content"]["text"].encode())}
        answer = {"code": one["response"]["status"], "header": listed, "stream": stream}
        asked = {"url": url, "method": one["request"]["method"], "header": [], "body": body}
        made.append({"request": asked, "response": answer})
    return json.dumps({"collection": {}, "run": {"stats": {}, "executions": made}}).encode()


def journal(entries: list[dict[str, Any]]) -> bytes:
    made = []
    for number, one in enumerate(entries):
        logged = round(BEGIN.timestamp() * 1000) + number * 20
        body = base64.b64encode(one["request"].get("postData", {}).get("text", "").encode()).decode()
        packed = base64.b64encode(one["response"]["content"]["text"].encode()).decode()
        asked = {"absoluteUrl": one["request"]["url"], "method": one["request"]["method"], "headers": {}}
        asked |= {"loggedDate": logged, "bodyAsBase64": body}
        answer = {"status": one["response"]["status"], "headers": {}, "bodyAsBase64": packed}
        made.append({"request": asked, "response": answer, "timing": {"totalTime": 4}})
    return json.dumps({"requests": made[::-1], "meta": {"total": len(made)}}).encode()


def cassette(entries: list[dict[str, Any]]) -> dict[str, Any]:
    made = []
    for one in entries:
        asked = {"method": one["request"]["method"], "uri": one["request"]["url"], "headers": {}}
        asked["body"] = one["request"].get("postData", {}).get("text") or None
        answer = {"status": {"code": one["response"]["status"]}, "headers": {}}
        answer["body"] = {"string": one["response"]["content"]["text"]}
        made.append({"request": asked, "response": answer})
    return {"interactions": made, "version": 1}


def test_every_kind_gives_the_same_exchanges(entries, tmp_path):
    yaml = pytest.importorskip("yaml")
    files = {
        "a.har": har(entries),
        "newman": newman(entries),
        "journal": journal(entries),
        "cassette.json": json.dumps(cassette(entries)).encode(),
        "cassette.yaml": yaml.safe_dump(cassette(entries), allow_unicode=True).encode(),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("har.har", har(entries))
    expected = told(read(tmp_path / "a.har"))
    assert len(expected) == 9
    for name in (*files, "a.zip"):
        assert told(read(tmp_path / name)) == expected, name


def test_a_gateways_lines_give_requests_and_statuses(entries, tmp_path):
    lines = []
    for number, one in enumerate(entries):
        at = BEGIN.timestamp() + number * 0.02 + 0.004
        way = "/" + one["request"]["url"].partition("://")[2].partition("/")[2]
        line = {"msec": at, "took": 0.004, "method": one["request"]["method"], "uri": way, "host": "127.0.0.1:8080"}
        lines.append(line | {"status": 200, "body": one["request"].get("postData", {}).get("text", "")})
    lines[3]["status"] = 499
    text = "\n".join(map(json.dumps, reversed(lines))) + "\nnot a line\n"
    (tmp_path / "log").write_text(text)
    with open_recordings([str(tmp_path / "log")]) as opened:
        recording = opened.recordings[0][0]
        found = list(recording.exchanges())
    asked = [one["request"].get("postData", {}).get("text", "").encode() for one in entries]
    assert [one.request.data for one in found] == asked  # a log is in the order of the ends; this is that of the starts
    assert {one.answer.fact for one in found} == {Fact.NOT_RECORDED}
    assert [one.failure for one in found] == [None, None, None, "closed", *[None] * 5]
    assert recording.skipped == {"a line that is no request": 1}


def test_bodies_beside_a_har_are_found_by_their_plain_names_only(entries, tmp_path):
    for name, found in (("body.json", True), ("../body.json", False), ("link.json", False), ("none.json", False)):
        entry = json.loads(json.dumps(entries[0]))
        entry["response"]["content"] = {"_file": name, "mimeType": "application/json"}
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / "body.json").write_text('{"status":"ok"}')
        (tmp_path / "body.json").write_text('{"status":"stolen"}')
        (tmp_path / "in" / "link.json").unlink(missing_ok=True)
        (tmp_path / "in" / "link.json").symlink_to(tmp_path / "body.json")
        (tmp_path / "in" / "a.har").write_bytes(har([entry]))
        (exchange,) = read(tmp_path / "in" / "a.har")
        assert exchange.answer.data == (b'{"status":"ok"}' if found else b"")
        assert exchange.answer.fact is (Fact.KNOWN if found else Fact.NOT_RECORDED)


def test_marks_of_failure_make_an_answer_none(entries, tmp_path):
    broken = [json.loads(json.dumps(entries[5])) for _ in range(4)]
    broken[0]["response"]["status"] = 0
    broken[1]["_failureText"] = "net::ERR_ABORTED"
    broken[2]["response"]["_error"] = "closed"
    broken[3]["response"]["status"] = 502  # mitmproxy's own
    (tmp_path / "a.har").write_bytes(har(broken))
    for one in read(tmp_path / "a.har"):
        assert (one.status, one.failure, one.ended) == (None, "closed", None)


def test_an_end_is_known_only_where_waiting_is_in_it(entries, tmp_path):
    entry = json.loads(json.dumps(entries[0]))
    entry["timings"]["wait"] = -1
    (tmp_path / "a.har").write_bytes(har([entries[0], entry], "Playwright"))
    whole, without = read(tmp_path / "a.har")
    assert whole.ended is not None
    assert whole.started is not None
    assert whole.ended - whole.started == 4500
    assert without.ended is None


@pytest.mark.parametrize(
    ("creator", "complete", "order"),
    [("mitmproxy", True, Order.TIMED), ("chrome-har", False, Order.TIMED), ("somebody", False, Order.TIMED)],
)
def test_what_is_relied_on_follows_from_the_creator(creator, complete, order, entries, tmp_path):
    (tmp_path / "a.har").write_bytes(har(entries, creator))
    with open_recordings([str(tmp_path / "a.har")]) as opened:
        recording = opened.recordings[0][0]
    assert (recording.traits.complete, recording.traits.order) == (complete, order)
    assert creator in recording.traits.told


def test_an_entry_that_strict_json_refuses_spoils_no_other(entries, tmp_path):
    odd = json.loads(json.dumps(entries[5]))
    odd["request"]["postData"]["text"] = "caf\udce9"
    odd["request"]["url"] += "?\udce9"
    data = json.dumps({"log": {"creator": {"name": "mitmproxy"}, "entries": [entries[0], odd, entries[2]]}}).encode()
    (tmp_path / "a.har").write_bytes(data)
    with open_recordings([str(tmp_path / "a.har")]) as opened:
        recording = opened.recordings[0][0]
        read_all = list(recording.exchanges())
    facts = [one.request.fact for one in read_all]
    assert sum(one.url.encode().endswith(b"??") for one in read_all) == 1
    assert sorted(facts) == sorted([Fact.KNOWN, Fact.KNOWN, Fact.ALTERED])
    assert any("no Unicode" in note for note in recording.notes)


FOREIGN = {
    "12:3:abc,": "mitmdump -nr FILE",
    "\xd4\xc3\xb2\xa1": "mitmdump --mode reverse",
    '[{"iterationIndex": 0}]': "mitmdump --mode reverse",
    '{"mappings": [{"request": {}}]}': "__admin/requests",
    "recorded_with: 'Schemathesis 4'\nhttp_interactions: []\n": "--report har",
    '{"http_interactions": [{}]}': "mitmdump --mode reverse",
    "responses:\n- response: {}\n": "mitmdump --mode reverse",
    "just words": "a gateway's JSON Lines",
    "": "record it again",
    '{"log": {"entries": []}}': "record it again",
}


@pytest.mark.parametrize("text", FOREIGN, ids=range(len(FOREIGN)))
def test_other_kinds_are_refused_in_one_sentence_with_a_way_out(text, tmp_path):
    (tmp_path / "file").write_bytes(text.encode("latin-1"))
    with pytest.raises(Misuse) as refused:
        open_recordings([str(tmp_path / "file")])
    assert "\n" not in refused.value.message
    assert FOREIGN[text] in (refused.value.hint or "")


def test_a_folder_stands_for_the_recordings_in_it(entries, tmp_path):
    (tmp_path / "a.har").write_bytes(har(entries))
    (tmp_path / "notes.txt").write_text("no recording")
    with open_recordings([str(tmp_path)]) as opened:
        pass
    assert [recording.title for recording, _ in opened.recordings] == ["a.har"]
    assert opened.passed_over == ("notes.txt is no recording that is known",)


def test_a_damaged_archive_is_refused(entries, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("har.har", har(entries))
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[200:260] = b"\0" * 60
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(Misuse, match=r"zip archive cannot be read"):
        open_recordings([str(tmp_path / "a.zip")])
