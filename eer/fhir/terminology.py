"""Which codes does a code system have, and which one was probably meant?

The codes and displays of dk.ehmi.terminology 1.2.0 and three systems of HL7, as data.
"""

import difflib
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def _systems() -> Mapping[str, Mapping[str, str]]:
    text = resources.files(__package__).joinpath("terminology.json").read_text(encoding="utf-8")
    systems: Mapping[str, Mapping[str, str]] = json.loads(text)
    return systems


def codes(system: str) -> Mapping[str, str]:
    """Return the codes of *system* with their displays; empty when it is not known here."""
    return _systems().get(system, {})


def nearest(system: str, code: str) -> str | None:
    """Return the code of *system* that is written most like *code*, or None."""
    found = difflib.get_close_matches(code, codes(system), n=1, cutoff=0.7)
    return found[0] if found else None
