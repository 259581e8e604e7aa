import pytest

import builders_fhir as build
from eer.domain.errors import Absent
from eer.domain.identifiers import Reference
from eer.fhir import canonicals
from eer.register import changes
from eer.register.counter import Counter


def gone(counter: Counter, reference: str) -> None:
    build.remove(counter, reference)


def touched_by_last(counter: Counter) -> set[str]:
    return set(changes.touched(counter, changes.sequence(counter) - 1))


def test_who_hangs_on_a_resource_is_told_by_gln(counter: Counter) -> None:
    build.put(counter, *build.registered())
    [one] = {build.gln(1)}

    for name in (
        "Endpoint/endpoint-1",
        str(build.ref(build.access_point())),
        "Organization/unit-1",
    ):
        reference = Reference(*name.split("/"))
        assert changes.hanging_on(counter, reference) == {one}


def test_nothing_hangs_on_what_is_not_there(counter: Counter) -> None:
    build.put(counter, build.device(1))
    build.remove(counter, "Device/device-1")

    for name in ("device-1", "nowhere"):
        with pytest.raises(Absent, match=f"Device/{name} is not in the register"):
            changes.hanging_on(counter, Reference("Device", name))


def test_nothing_is_touched_behind_the_last_version(counter: Counter) -> None:
    build.put(counter, *build.registered())

    assert changes.touched(counter, changes.sequence(counter)) == frozenset()
    assert changes.touched(counter, 10_000) == frozenset()


def test_an_endpoint_touches_its_gln(counter: Counter) -> None:
    build.put(counter, build.organization(1), build.endpoint(1))

    assert touched_by_last(counter) == {build.gln(1)}


def test_an_endpoint_that_changes_its_gln_touches_both(counter: Counter) -> None:
    build.put(counter, build.organization(1), build.endpoint(1))

    build.put(counter, build.endpoint(1, identifier=build.endpoint(2)["identifier"]))

    assert touched_by_last(counter) == {build.gln(1), build.gln(2)}


def test_an_endpoint_that_is_deleted_and_one_that_comes_back_touch_its_gln(
    counter: Counter,
) -> None:
    build.put(counter, build.organization(1), build.endpoint(1))

    gone(counter, "Endpoint/endpoint-1")
    assert touched_by_last(counter) == {build.gln(1)}
    build.put(counter, build.endpoint(1))
    assert touched_by_last(counter) == {build.gln(1)}


def test_an_access_point_touches_the_endpoints_it_serves(counter: Counter) -> None:
    build.put(counter, *build.registered())

    build.put(counter, build.access_point(url="https://ny.example.dk/as4"))

    assert touched_by_last(counter) == {build.gln(1)}


def test_an_owner_touches_the_endpoints_of_its_access_points(counter: Counter) -> None:
    build.put(counter, *build.registered())

    build.put(counter, build.owner(active=False))

    assert touched_by_last(counter) == {build.gln(1)}


def test_a_unit_touches_the_endpoints_it_manages(counter: Counter) -> None:
    build.put(counter, *build.registered(), build.organization(2), build.endpoint(2))

    build.put(counter, build.organization(1, active=False))

    assert touched_by_last(counter) == {build.gln(1)}


def test_what_nobody_hangs_on_touches_nobody(counter: Counter) -> None:
    build.put(counter, *build.registered())

    build.put(counter, build.device(), build.message_definition())

    assert changes.touched(counter, 4) == frozenset()


def test_an_access_point_that_is_let_go_touches_who_let_it_go(counter: Counter) -> None:
    build.put(counter, *build.registered(), build.access_point(2))
    before = changes.sequence(counter)
    link = build.linked(canonicals.AP_SYSTEM, "Device/ap-2")

    build.put(counter, build.endpoint(extension=[link]))
    build.put(counter, build.access_point(status="inactive"))

    assert changes.touched(counter, before) == {build.gln(1)}
    assert touched_by_last(counter) == set()
