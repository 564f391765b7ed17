"""Where the contract's files are: inside the package in a wheel, at the repository root in a checkout.

Apart, as both worlds may import it and nothing that it would stand beside.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from offerproof.errors import ContentMissing


def folder(name: str) -> Path:
    """Return the real folder ``schemas``, ``contracts`` or ``load`` (pytest and Locust need files on disk)."""
    shipped = Path(str(files("offerproof"))) / "_content" / name
    checkout = Path(__file__).resolve().parents[2] / name
    for place in (shipped, checkout):
        if place.is_dir():
            return place
    raise ContentMissing(
        f"the folder {name!r} is neither in the package nor beside it",
        hint="reinstall offerproof: pip install --force-reinstall offerproof",
    )
