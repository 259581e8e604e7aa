"""Everything that is told to people is said with a template, and every template has its Danish."""

import ast
import copy
import dataclasses
import io
import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import click
import orjson
import pytest
from rich.console import Console

from eer.domain.errors import Failure, IssueCode, Malformed, error
from eer.domain.identifiers import Gln, Reference
from eer.domain.model import Role
from eer.domain.wording import Sentence, all_of, any_of, say
from eer.fhir import codec_json, language, primitives, structure
from eer.fhir.language import Language, preferred, spoken

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "eer" / "fhir" / "danish.json"

# Which argument of a call is told to people, by place; its name is `text` everywhere.
TOLD = {
    "error": 2,
    "warning": 2,
    "Issue": 3,
    "Unreadable": 0,
    **dict.fromkeys(("NotAcceptable", "UnsupportedMediaType"), 0),
    **{kind.__name__: 0 for kind in Failure.__subclasses__()},
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _modules() -> Mapping[str, ast.Module]:
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "eer").rglob("*.py"))
    }


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr, node


def _literal(node: ast.expr | None) -> str | None:
    """The string that *node* is, and not one that is made."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def _templates() -> dict[str, str]:
    """Every literal template given to say, and a place where it is."""
    return {
        text: f"{path}:{call.lineno}"
        for path, tree in _modules().items()
        for name, call in _calls(tree)
        if name == "say" and call.args and (text := _literal(call.args[0])) is not None
    }


def _phrases() -> set[str]:
    """What becomes a value of a sentence without being one: roles, and kinds of claims."""
    claims = {
        text
        for tree in _modules().values()
        for name, call in _calls(tree)
        if name == "Claim" and call.args and (text := _literal(call.args[0])) is not None
    }
    return {str(role) for role in Role} | claims


def _catalogue() -> dict[str, str]:
    found: dict[str, str] = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    return found


def _fields(template: str) -> list[tuple[str, str | None, str | None]]:
    parts = Formatter().parse(template)
    return sorted((name, spec, mark) for _, name, spec, mark in parts if name is not None)


def _samples(template: str) -> dict[str, object]:
    values: dict[str, object] = {}
    for place, (name, spec, _) in enumerate(_fields(template)):
        if spec and "%" in spec:
            values[name] = datetime(2026, 1, 1 + place, tzinfo=UTC)
        else:
            values[name] = 700 + place
    return values


# What is said, and what is not.


def test_every_template_is_a_literal() -> None:
    made = [
        f"{path}:{call.lineno}"
        for path, tree in _modules().items()
        for name, call in _calls(tree)
        if name == "say" and (not call.args or _literal(call.args[0]) is None)
    ]

    assert not made, "say is given something else than a literal:\n" + "\n".join(made)


def test_every_template_has_its_danish() -> None:
    catalogue = _catalogue()
    missing = [
        f"{place}: {text!r}" for text, place in _templates().items() if text not in catalogue
    ]
    missing += [f"a phrase: {text!r}" for text in _phrases() if text not in catalogue]

    assert not missing, f"missing in {CATALOGUE.name}:\n" + "\n".join(sorted(missing))


def test_the_danish_of_a_template_has_the_same_placeholders() -> None:
    other = [
        f"{english!r}: {danish!r}"
        for english, danish in _catalogue().items()
        if _fields(english) != _fields(danish)
    ]

    assert not other, "other placeholders in the Danish:\n" + "\n".join(other)


def test_nothing_has_a_danish_that_nobody_says() -> None:
    unused = _catalogue().keys() - _templates().keys() - _phrases()

    assert not unused, f"nobody says, so remove from {CATALOGUE.name}:\n" + "\n".join(unused)


def test_the_catalogue_is_in_order_and_has_each_template_once() -> None:
    pairs = json.loads(CATALOGUE.read_text(encoding="utf-8"), object_pairs_hook=list)
    templates = [template for template, _ in pairs]

    assert templates == sorted(set(templates))


def _functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _given(call: ast.Call, place: int) -> Iterator[ast.expr]:
    """What is told by *call*, each side of a choice."""
    found = [each.value for each in call.keywords if each.arg == "text"]
    yield from _sides((call.args[place : place + 1] or found or [ast.Constant(None)])[0])


def _sides(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.IfExp):
        yield from (*_sides(node.body), *_sides(node.orelse))
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _sides(value)
    else:
        yield node


def _tellers(tree: ast.Module) -> dict[str, int]:
    """TOLD, and the functions of a module that hand on to it what they are given."""
    tellers = dict(TOLD)
    while True:
        found = {
            function.name: names.index(given.id)
            for function in _functions(tree)
            for names in [[each.arg for each in function.args.args if each.arg != "self"]]
            for name, call in _calls(function)
            if name in tellers
            for given in _given(call, tellers[name])
            if isinstance(given, ast.Name) and given.id in names
        }
        if found.items() <= tellers.items():
            return tellers
        tellers |= found


def _assigned(scope: ast.AST, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            targets, value = [node.target], node.value
        else:
            continue
        if any(isinstance(each, ast.Name) and each.id == name for each in targets):
            yield from _sides(value)


def _is_made(node: ast.expr) -> bool:
    """Whether a text stands here, or is put together: neither has a template."""
    return isinstance(node, ast.JoinedStr | ast.BinOp) or _literal(node) is not None


def _unsaid(tree: ast.Module) -> Iterator[int]:
    """The lines where something is told that is not said."""
    tellers = _tellers(tree)
    for scope in (tree, *_functions(tree)):
        for name, call in _calls(scope):
            for given in _given(call, tellers[name]) if name in tellers else ():
                told = _assigned(scope, given.id) if isinstance(given, ast.Name) else (given,)
                yield from (each.lineno for each in told if _is_made(each))


def test_what_is_told_is_said() -> None:
    lines = [
        f"{path}:{line}" for path, tree in _modules().items() for line in sorted(set(_unsaid(tree)))
    ]

    assert not lines, "told without say:\n" + "\n".join(lines)


@pytest.mark.parametrize(
    "told",
    [
        "raise Malformed(f'{found} found')",
        "raise Malformed('nothing found')",
        "raise Malformed(text='nothing found')",
        "text = f'{found} found'\n    yield error(CODE, '', text)",
        "yield warning(CODE, '', say('done') if found else 'nothing found')",
        "raise _refused('nothing found')",
        "raise Malformed('nothing ' + found)",
    ],
)
def test_what_is_told_without_say_is_found(told: str) -> None:
    helper = "def _refused(why):\n    return Refused(why)\n"
    said = "def other(text):\n    raise Malformed(say('done'))\n"

    tree = ast.parse(f"{helper}{said}def one(found):\n    {told}\n")

    assert list(_unsaid(tree))


def test_what_is_said_is_not_found_unsaid() -> None:
    tree = ast.parse("def one(text):\n    raise Malformed(say('{text}', text=text))\n")

    assert not list(_unsaid(tree))


# A sentence is a text like any other.


SENTENCE = say("{found} found, expected {expected}", found="x", expected=say("a decimal number"))


def _pickled(sentence: Sentence) -> Sentence:
    found: Sentence = pickle.loads(pickle.dumps(sentence))  # noqa: S301  # pickled just here
    return found


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, _pickled])
def test_a_sentence_is_copied_with_its_template(copied: Callable[[Sentence], Sentence]) -> None:
    found = copied(SENTENCE)

    assert found == SENTENCE
    assert (found.template, found.values) == (SENTENCE.template, SENTENCE.values)
    assert isinstance(found.values["expected"], Sentence)


def test_an_issue_keeps_its_sentence_under_another_place_and_as_a_dictionary() -> None:
    issue = error(IssueCode.VALUE, "Endpoint.period", SENTENCE).under("Bundle.entry[0].resource")

    for text in (issue.text, dataclasses.asdict(issue)["text"]):
        assert spoken(text, Language.DANISH) == "x fundet, forventede et decimaltal"


def test_a_failure_keeps_its_sentence() -> None:
    failure = Malformed(SENTENCE)

    assert str(failure) == "x found, expected a decimal number"
    for text in (failure.text, failure.issues[0].text):
        assert spoken(text, Language.DANISH) == "x fundet, forventede et decimaltal"


@pytest.mark.parametrize("dumps", [orjson.dumps, lambda it: json.dumps(it).encode()])
def test_a_sentence_is_a_string_in_json(dumps: Callable[[object], bytes]) -> None:
    assert json.loads(dumps({"text": SENTENCE})) == {"text": "x found, expected a decimal number"}
    assert dumps([SENTENCE]) == dumps([str(SENTENCE)])


def test_a_sentence_is_printed_as_it_reads(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()

    Console(file=out, width=200, highlight=False, markup=False).print(SENTENCE)
    click.echo(SENTENCE)

    assert out.getvalue() == capsys.readouterr().out == "x found, expected a decimal number\n"


# What is told in Danish.


@pytest.mark.parametrize("template", sorted(_catalogue()))
def test_a_template_can_be_said_in_both_languages(template: str) -> None:
    values = _samples(template)
    sentence = Sentence(template, values)

    assert spoken(sentence, Language.ENGLISH) is sentence
    danish = spoken(sentence, Language.DANISH)
    assert not set("{}") & set(danish)
    for name, spec, _ in _fields(template):
        assert format(values[name], spec or "") in danish


def test_sentences_inside_a_sentence_are_danish_too() -> None:
    inner = say("a second {authority} identifier: expected one", authority="GLN")
    outer = say(
        "{place}: {fault}",
        place="x.json",
        fault=say("{place}: {fault}", place="Endpoint", fault=inner),
    )

    assert spoken(outer, Language.DANISH) == (
        "x.json: Endpoint: endnu en GLN-identifier: forventede én"
    )


def test_a_role_in_a_sentence_is_danish_too() -> None:
    text = say("{target} found, expected {role}", target=Reference("Device", "d"), role=Role.AP)

    assert spoken(text, Language.DANISH) == "Device/d fundet, forventede en Device af typen AP"


def test_what_is_quoted_in_a_sentence_stays_as_it_was_written() -> None:
    text = say("{code!r} is not a code of {system}", code="a string", system="http://example.org")

    assert spoken(text, Language.DANISH) == "'a string' er ikke en kode i http://example.org"


def test_words_in_a_row_are_joined_in_danish() -> None:
    words = ("Device", "Endpoint", "Organization")

    assert all_of(words) == "Device and Endpoint and Organization"
    assert spoken(all_of(words), Language.DANISH) == "Device og Endpoint og Organization"
    assert any_of(words) == "Device or Endpoint or Organization"
    assert spoken(any_of(words), Language.DANISH) == "Device eller Endpoint eller Organization"
    assert all_of(["Device"]) == any_of(["Device"]) == "Device"


def test_what_has_no_danish_stays_english() -> None:
    strange = Sentence("{number} unheard of, expected {role}", {"number": 1, "role": Role.AP})

    assert spoken(strange, Language.DANISH) == "1 unheard of, expected a Device of type AP"
    assert spoken("unheard of", Language.DANISH) == "unheard of"


def test_faults_of_a_resource_can_be_told_in_danish() -> None:
    resource = {"resourceType": "Device", "id": 7, "owner": {"reference": "Endpoint/e"}}

    told = {
        issue.expression: spoken(issue.text, Language.DANISH)
        for issue in structure.issues(resource)
    }

    assert told == {
        "Device.id": "et tal (7) fundet, forventede en streng",
        "Device.owner.reference": ("'Endpoint/e' fundet, forventede en reference til Organization"),
    }


@pytest.mark.parametrize(
    ("parse", "text", "expected"),
    [
        (Gln.parse, "5790000000000", "GLN 5790000000000: kontrolciffer 0 fundet, forventede 5"),
        (
            codec_json.parse,
            b"[]",
            "JSON: et array fundet, forventede et objekt med en resourceType",
        ),
        (
            lambda text: primitives.to_text("string", text),
            "\0",
            "tegnet U+0000 fundet, som XML ikke kan skrive",
        ),
    ],
)
def test_failures_can_be_told_in_danish(
    parse: Callable[[str | bytes], object], text: str | bytes, expected: str
) -> None:
    with pytest.raises(Malformed) as failed:
        parse(text)

    assert spoken(failed.value.text, Language.DANISH) == expected


# What a client prefers.


@pytest.mark.parametrize(
    "header",
    [
        *("da", "DA", "da-DK", "da-Latn-DK", "da, en", "da;q=0.1", " da ; q=0.5 ", ", da,"),
        *("da-DK,da;q=0.9,en-US;q=0.8,en;q=0.7", "en;q=0.7, da;q=0.8", "de, da;q=0.1"),
        *("en;q=0, da;q=0.001", "da, *", "*, da", "*;q=0.1, da;q=0.2", "en;q=0.5, da;q=1.000"),
        *("da;q=0, da-DK", "de;q=1, da;Q=0.5"),
    ],
)
def test_danish_is_preferred_when_it_weighs_most(header: str) -> None:
    assert preferred(header) is Language.DANISH


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", " ", ",", "en", "en-GB", "de", "sv-SE, nb;q=0.9", "*", "en, da"),
        *("en, da;q=0.9", "da;q=0.5, en", "da;q=0", "da;q=0, *", "*;q=0", "da;q=0.5, *"),
        *("da;q=0.000", "en;q=0", "da;q=0.5, en;q=0.5, da;q=0.4, en;q=0.9"),
        # Malformed: a language without letters, too long, weights that are none, separators.
        *("dansk og engelsk", "danskdansk", "da;q=2", "da;q=0.1234", "da;q=1.5", "da;q=-1"),
        *("da;q=", "da;", "da;level=1", "da q=1", "da;q=x", "da_DK", "*-DK, da", "da;q=1;q=1"),
        *("dæ", "da\n", "da-", "-da", "da, ;q=1"),
    ],
)
def test_english_is_preferred_otherwise(header: str | None) -> None:
    assert preferred(header) is Language.ENGLISH


def test_a_long_accept_language_is_read_in_time() -> None:
    assert preferred("da-" * 50_000) is Language.ENGLISH
    assert preferred(", ".join(["de;q=0.1"] * 50_000 + ["da"])) is Language.DANISH


def test_the_catalogue_lies_with_the_package() -> None:
    assert language._templates() == _catalogue()
