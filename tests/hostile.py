"""Is an answer fit to be given to anybody, whatever was asked?"""

import json
import re
from typing import Any

from werkzeug.test import TestResponse

from builders_web import FHIR_JSON, FHIR_XML

LEAKS = (
    *("Traceback", 'File "', ".py", "eer.web", "eer/web", "site-packages", "/home/", "sqlalchemy"),
    *("psycopg", "sqlite", "SELECT ", "INSERT ", " WHERE ", "constraint", 'column "', "no such "),
)
"""What no failure tells: how the code is called, where it lies, what the database says."""


def answered(response: TestResponse, form: str = FHIR_JSON) -> int:
    """Return the status of an answer that is in FHIR, and in our words where it is a failure."""
    text = response.get_data(as_text=True)
    assert response.status_code < 500, text[:300]
    if response.status_code not in (204, 304):
        assert response.content_type == f"{form}; charset=utf-8", response.content_type
    if response.status_code >= 400:
        is_outcome = (
            "<OperationOutcome " in text
            if form == FHIR_XML
            else json.loads(text)["resourceType"] == "OperationOutcome"
        )
        assert is_outcome, text[:300]
        assert [each for each in LEAKS if each in text] == [], text[:300]
    return response.status_code


def told(value: Any) -> list[str]:
    """Return the text of every issue in an answer, of its entries too."""
    if isinstance(value, list):
        return [text for each in value for text in told(each)]
    if not isinstance(value, dict):
        return []
    if value.get("resourceType") == "OperationOutcome":
        return [each["details"]["text"] for each in value["issue"]]
    return told(list(value.values()))


def is_danish(text: str) -> bool:
    """Whether none of the words is there that nearly every English text of ours has."""
    return not {"found", "expected"} & set(re.findall(r"[a-z]+", text))
