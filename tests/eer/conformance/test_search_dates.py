"""FHIR R4 search: times as the spans they stand for, compared by each prefix.

https://hl7.org/fhir/R4/search.html#prefix and #date
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

import builders_fhir as build
import builders_plain as plain
import builders_web as web
import searches
from builders_fhir import Clock
from builders_web import Api

MORNING, EVENING = (datetime(2026, 5, 5, hour, tzinfo=UTC) for hour in (6, 18))
NEXT_DAY, LATER = datetime(2026, 5, 6, 12, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
DAYS = ("2026", "2026-03", "2026-03-10", "2026-03-10T12:00:00+01:00")


def numbers(fhir: Api, below: str, values: Iterable[str]) -> dict[str, str]:
    """Return the last digits of the ids that each value finds."""
    found = searches.findings(fhir, values, below)
    return {value: "".join(each[-1] for each in ids) for value, ids in found.items()}


@pytest.fixture
def written(fhir: Api, clock: Clock) -> Api:
    """Return the API over devices 1, 2 and 3, written on one morning, its evening, the next day."""
    lasting = fhir.as_(web.token(exp=int(LATER.timestamp())))
    for number, at in enumerate((MORNING, EVENING, NEXT_DAY), start=1):
        clock.at = at
        searches.registered(lasting, build.device(number))
    return lasting


@pytest.mark.fhir(83, 84, 133)
def test_when_a_resource_was_written_is_compared_by_each_prefix(written: Api) -> None:
    expected = {
        "2026": "123",
        "2026-05": "123",
        "2026-05-05": "12",
        "2026-05-04": "",
        "eq2026-05-05": "12",
        "ne2026-05-05": "3",
        "ne2026": "",
        "gt2026-05-05": "3",
        "ge2026-05-05": "123",
        "ge2026-05-06": "3",
        "lt2026-05-05": "",
        "lt2026-05-06": "12",
        "le2026-05-05": "12",
        "le2026": "123",
        "sa2026-05-05": "3",
        "sa2026-05-04": "123",
        "eb2026-05-06": "12",
        "eb2026-05-05": "",
        "gt2025": "123",
        "lt2026": "",
        "sa2026-05": "",
        "gt2026-05-05T12:00:00Z": "23",
        "lt2026-05-05T12:00:00Z": "1",
        "ge2026-05-05T18:00:00Z": "23",
        "le2026-05-05T18:00:00Z": "12",
        "ge2026-05-05T20:00:00+02:00": "23",
        "gt2026-05-05T20:00:01+02:00": "3",
        "2026-05-05T18:00:00Z": "2",
        "2026-05-05T18:00Z": "2",
        "2026-05-05T18:00:01Z": "",
        "gt2026-05-04T23:59:59.999Z": "123",
        "sa2026-05-05T12:00Z": "23",
        "eb2026-05-05T12:00Z": "1",
        "gt2030-01-01": "",
        "2026-05-06,2026-05-04": "3",
    }

    assert numbers(written, "Device?_lastUpdated=", expected) == expected


@pytest.mark.fhir(83)
def test_two_times_make_a_span(written: Api) -> None:
    span = "_lastUpdated=ge2026-05-05T12:00:00Z&_lastUpdated=lt2026-05-06"

    assert searches.found(written, f"Device?{span}") == ["device-2"]


@pytest.mark.fhir(83)
def test_a_time_without_a_zone_is_one_of_the_server(written: Api) -> None:
    after = searches.found(written, "Device?_lastUpdated=gt2026-05-06T00:00:00")
    before = searches.found(written, "Device?_lastUpdated=lt2026-05-06T00:00:00")

    assert (after, before) == (["device-3"], ["device-1", "device-2"])


@pytest.mark.fhir(83)
def test_a_new_version_is_of_its_own_time(written: Api, clock: Clock) -> None:
    clock.at = LATER
    searches.registered(written, build.device(1, manufacturer="Et andet hus"))

    assert searches.found(written, "Device?_lastUpdated=2026-05-05") == ["device-2"]
    assert searches.found(written, "Device?_lastUpdated=gt2026-05-31") == ["device-1"]


@pytest.fixture
def dated(fhir: Api) -> Api:
    """Return the API over definitions of the year, the month, the day and the second."""
    made = [
        build.message_definition(id=f"d{place}", url=f"https://m.example.dk/{place}", date=date)
        for place, date in enumerate(DAYS)
    ]
    return searches.registered(fhir, *made)


@pytest.mark.fhir(83)
def test_a_date_is_the_span_it_stands_for(dated: Api) -> None:
    expected = {
        "2026": "0123",
        "2026-03": "123",
        "2026-03-10": "23",
        "2026-03-11": "",
        "2026-03-10T11:00:00Z": "3",
        "2026-03-10T12:00:00Z": "",
        "2026-03-10T12:00+01:00": "3",
        "ne2026": "",
        "ne2026-03": "0",
        "ne2026-03-10": "01",
        "gt2026-03-10": "01",
        "ge2026-03-10": "0123",
        "gt2026": "",
        "gt2026-02": "0123",
        "lt2026-03-10": "01",
        "le2026-03-10": "0123",
        "lt2026": "",
        "lt2026-04": "0123",
        "sa2026-02": "123",
        "sa2025": "0123",
        "sa2026-03-09": "23",
        "sa2026-03-10": "",
        "eb2026-04": "123",
        "eb2027": "0123",
        "eb2026-03-11": "23",
        "eb2026-03-10": "",
        "gt2026-03-10T11:00:00Z": "012",
        "lt2026-03-10T11:00:00Z": "012",
        "sa2026-03-10T10:59:59Z": "3",
        "eb2026-03-10T11:00:01Z": "3",
    }

    assert numbers(dated, "MessageDefinition?date=", expected) == expected


@pytest.fixture
def agreed(fhir: Api) -> Api:
    """Return agreements from February to March, from April on, until January, and for ever."""
    periods = (
        {"start": "2026-02-01", "end": "2026-03-31"},
        {"start": "2026-04-01"},
        {"end": "2026-01-31"},
        None,
    )
    only = {"location": None, "healthcareService": None, "endpoint": None}
    return searches.registered(
        fhir,
        build.organization(1),
        build.organization(2),
        *(
            plain.affiliation(1, id=f"p{place}", period=period, **only)
            for place, period in enumerate(periods)
        ),
    )


@pytest.mark.fhir(83, 132)
def test_a_period_is_open_where_it_says_nothing(agreed: Api) -> None:
    expected = {
        "2026": "0",
        "2026-02": "",
        "eq2026-02-01": "",
        "2027": "",
        "gt2026-03-15": "01",
        "gt2026-03-31": "1",
        "gt2050": "1",
        "ge2026-03-30": "01",
        "lt2026-02-15": "02",
        "lt2026-02-01": "2",
        "lt1950": "2",
        "le2026-02-02": "02",
        "sa2026-01-31": "01",
        "sa2026-02-01": "1",
        "sa2026-04-01": "",
        "eb2026-04-01": "02",
        "eb2026-03-31": "2",
        "eb2026-01-31": "",
        "ne2026": "12",
    }

    assert numbers(agreed, "OrganizationAffiliation?date=", expected) == expected


@pytest.mark.fhir(80, 83)
def test_a_period_that_is_not_there_is_missing(agreed: Api) -> None:
    assert searches.found(agreed, "OrganizationAffiliation?date:missing=true") == ["p3"]


@pytest.mark.fhir(76, 83)
@pytest.mark.parametrize("parameter", ["_lastUpdated", "date"])
def test_what_is_no_time_is_refused(fhir: Api, parameter: str) -> None:
    values = (
        *("abc", "gt", "xx2026", "2026-13", "2026-00-10", "2026-02-30", "2026-1-1", "26"),
        *("gtgt2026", "2026-05-05T25:00:00Z", "2026-05-05T12", "2026-05-05T12:00:00+25:00"),
        *("20260505", "now", "2026-05-05 12:00:00", "٢٠٢٦", "0000", "2026,abc"),
    )

    taken = [
        value
        for value in values
        if searches.asked(fhir, f"MessageDefinition?{parameter}={value}").status_code != 400
    ]

    assert taken == []
