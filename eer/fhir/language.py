"""In which language does a client want to be told things, and what is that in Danish?

RFC 9110 section 12.5.4, Accept-Language. English is what the rest of the house writes; the Danish
of each template stands in danish.json.
"""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any

from eer.domain.wording import Sentence

_RANGE = re.compile(
    r"(?P<language>[A-Za-z]{1,8}|\*(?!-))(?:-[A-Za-z0-9]{1,8})*"
    r"(?:[ \t]*;[ \t]*[qQ]=(?P<weight>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)


class Language(StrEnum):
    """A language that people are told things in."""

    ENGLISH = "en"
    DANISH = "da"


_SPOKEN = frozenset(Language)


def preferred(accept_language: str | None) -> Language:
    """Return the language that an Accept-Language asks for: English unless Danish weighs more.

    Of two that weigh the same the first named is taken. What cannot be read asks for nothing.
    """
    weights: dict[str, float] = {}
    for item in (accept_language or "").split(","):
        written = item.strip(" \t")
        if not written:
            continue
        found = _RANGE.fullmatch(written)
        if found is None:
            return Language.ENGLISH
        name, weight = found["language"].lower(), float(found["weight"] or 1)
        weights[name] = max(weight, weights.get(name, 0))
    wanted = [Language(name) for name in weights if name in _SPOKEN and weights[name]]
    other = weights.get("*", 0)
    return max((*wanted, Language.ENGLISH), key=lambda each: weights.get(each, other))


def spoken(text: str, language: Language) -> str:
    """Return *text* in *language*; it stays English where there is no Danish for its template."""
    return _danish(text) if language is Language.DANISH else text


def _danish(text: str) -> str:
    if not isinstance(text, Sentence):
        return _templates().get(text, text)
    template = _templates().get(text.template)
    return text if template is None else _FORMATTER.vformat(template, (), text.values)


class _Danish(Formatter):
    """Fills a Danish template, saying in Danish what has a Danish; what is quoted is quoted."""

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        if conversion is None and isinstance(value, str):
            return _danish(value)
        return super().convert_field(value, conversion)


_FORMATTER = _Danish()


@cache
def _templates() -> Mapping[str, str]:
    text = resources.files(__package__).joinpath("danish.json").read_text(encoding="utf-8")
    templates: Mapping[str, str] = json.loads(text)
    return templates
