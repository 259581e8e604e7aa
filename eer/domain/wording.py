"""How is a sentence kept so that it can be said in another language too?

A sentence is the text it makes in English, and knows its template and values. Everything that is
told to people is said in this way; the Danish stands in eer/fhir/danish.json.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Self


class Sentence(str):
    """An English sentence with the *template* and the *values* it was made from."""

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object]) -> Self:
        """Fill *values* into *template*, in the notation of str.format with names only."""
        sentence = super().__new__(cls, template.format(**values))
        sentence.template = template
        sentence.values = values
        return sentence

    def __reduce__(self) -> tuple[type["Sentence"], tuple[str, Mapping[str, object]]]:
        return Sentence, (self.template, self.values)


def say(template: str, **values: object) -> Sentence:
    """Return the sentence that *template* makes of *values*.

    *template* is a literal wherever this is called, so that a test finds every one of them.
    """
    return Sentence(template, values)


def all_of(words: Iterable[str]) -> str:
    """Return *words*, one or more, with an "and" between each two."""
    return reduce(lambda these, last: say("{these} and {last}", these=these, last=last), words)


def any_of(words: Iterable[str]) -> str:
    """Return *words*, one or more, with an "or" between each two."""
    return reduce(lambda these, last: say("{these} or {last}", these=these, last=last), words)


def row_of(sentences: Iterable[str]) -> str:
    """Return *sentences*, one or more, with a semicolon between each two."""
    return reduce(lambda these, last: say("{these}; {last}", these=these, last=last), sentences)
