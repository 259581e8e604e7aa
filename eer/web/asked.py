"""With what does a request ask an operation? By GET in the URL, by POST in a Parameters as well."""

from collections.abc import Mapping

from flask import request

from eer.fhir import arguments, operations, results
from eer.fhir.arguments import Arguments
from eer.web import formats

_NONE: Mapping[str, str] = {}


def asked(name: str, spellings: Mapping[str, str] = _NONE) -> Arguments:
    """Return the values of every parameter that the operation *name* takes, by its name.

    *spellings* are other names of them, in small letters. Raises Malformed for a name that is
    none, and for too few or too many values.
    """
    pairs = [each for each in request.args.items(multi=True) if each[0] not in results.FORMAT]
    if request.method == "POST" and request.get_data():
        pairs += arguments.of_body(formats.body(request))
    return arguments.checked(operations.OPERATIONS[name], pairs, spellings)
