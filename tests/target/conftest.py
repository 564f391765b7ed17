"""A profile that is right, to be made wrong one key at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from offerproof.target import Profile, load_profile

RIGHT = """
schema = 1
name = "unit"
environment = "sandbox"
allow_writes = true
[services.core]
base_url = "http://127.0.0.1:1"
key_env = "CORE_KEY"
secret_env = "CORE_SECRET"
api_key_env = "CORE_API_KEY"
[services.offers]
base_url = "http://127.0.0.1:2/"
[services.cloudpos]
base_url = "http://127.0.0.1:3"
"""

ENVIRONMENT = {"CORE_KEY": "test-key", "CORE_SECRET": "test-secret", "CORE_API_KEY": "test-api-key"}


@pytest.fixture
def right() -> str:
    return RIGHT


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Profile]:
    """Write a profile's text and load it with the test's environment."""

    def write_and_load(text: str) -> Profile:
        (tmp_path / "t.toml").write_text(text)
        return load_profile(tmp_path / "t.toml", ENVIRONMENT)

    return write_and_load
