"""Whatever the register answers is FHIR to fhir.resources, and the same in JSON and XML."""

from collections.abc import Mapping, Sequence

import pytest
from fhir.resources.R4B import get_fhir_model_class

from answers import Answer, walked
from builders_web import FHIR_JSON, FHIR_XML
from eer.fhir import codec_json, codec_xml
from flows.served import sample

Walks = Mapping[str, Sequence[Answer]]


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Walks:
    """Return all answers by the form they came in, over the same register each."""
    folder, written = tmp_path_factory.mktemp("walks"), sample()
    return {
        form: walked(folder / f"{number}.sqlite", written, form)
        for number, form in enumerate((FHIR_JSON, FHIR_XML))
    }


def test_every_answer_is_what_fhir_resources_reads(walks: Walks) -> None:
    for answer in walks[FHIR_JSON]:
        json = codec_json.parse(answer.body)

        get_fhir_model_class(json["resourceType"]).model_validate(json)


def test_every_answer_says_the_same_in_json_and_xml(walks: Walks) -> None:
    for in_json, in_xml in zip(walks[FHIR_JSON], walks[FHIR_XML], strict=True):
        read = codec_json.parse if in_xml.body.startswith(b"{") else codec_xml.parse

        assert codec_json.parse(in_json.body) == read(in_xml.body), in_json.question
        assert in_json.status == in_xml.status


def test_the_answers_are_of_every_kind(walks: Walks) -> None:
    statuses = {answer.status for answer in walks[FHIR_JSON]}

    assert statuses >= {200, 201, 400, 401, 404, 405, 406, 409, 410, 412, 415, 422}
    assert max(statuses) < 500
