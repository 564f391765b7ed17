"""A load run begins with certify's preflight: what is wrong with the profile is said, and no load is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from offerproof.cli import main

REFUSAL = b'{"status": "error", "payload": null, "errors": {"code": "unknown_retailer"}}'


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def address(asked: list[str]) -> Iterator[str]:
    class Refuses(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path.partition("?")[0].rpartition("/")[2])
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(404)
            self.send_header("Content-Length", str(len(REFUSAL)))
            self.end_headers()
            self.wfile.write(REFUSAL)

        do_GET = do_POST  # noqa: N815  (the name http.server looks for)

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Refuses) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(5)


def profile(folder: Path, address: str, more: str = "") -> str:
    (folder / "api-key").write_text("unit-api-key")
    services = "".join(f'[services.{name}]\nbase_url = "{address}"\n' for name in ("offers", "cloudpos"))
    text = 'schema = 1\nname = "unit"\nenvironment = "sandbox"\nallow_writes = true\n[services.core]\n'
    text += f'base_url = "{address}"\napi_key_file = "api-key"\n{services}{more}'
    text += "[capabilities]\ncreate_customer = true\n"
    (folder / "t.toml").write_text(f'{text}[limits]\nload = true\nload_rate = 100\nhosts = ["127.0.0.1"]\n')
    return str(folder / "t.toml")


def test_a_wrong_retailer_id_is_named_before_any_load(address, asked, tmp_path, capsys):
    arguments = ["load", "--target", profile(tmp_path, address), "--scenario", "browse", "--rate", "1"]
    assert main([*arguments, "--duration", "1s", "--out", str(tmp_path / "runs")]) == 3
    told = capsys.readouterr().err
    assert "offers does not know our retailer: HTTP 404" in told
    assert "hint: is ids.retailer right?" in told
    assert asked == ["search", "fetch_offer", "Lookup", "user_offer_history"]


def test_an_empty_pool_is_misuse_before_anything_is_sent(address, asked, tmp_path, capsys):
    (tmp_path / "pool.jsonl").touch()
    pool = '[customers]\nfrom = "pool"\nfile = "pool.jsonl"\n'
    arguments = ["load", "--target", profile(tmp_path, address, pool), "--scenario", "browse", "--rate", "1"]
    assert main([*arguments, "--duration", "1s", "--out", str(tmp_path / "runs")]) == 2
    assert "customers.file: the pool pool.jsonl holds no customer" in capsys.readouterr().err
    assert asked == []
