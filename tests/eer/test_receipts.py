from datetime import timedelta
from threading import Thread

import builders_fhir as build
from eer.domain.receipt import Receipt, Step, participant
from eer.register import changes, publication, receipts
from eer.register.counter import Counter

PARTICIPANT = f"iso6523-actorid-upis::0088:{build.gln()}"


def receipt(step: str, seconds: int = 0, participant: str = PARTICIPANT) -> Receipt:
    at = build.NOW + timedelta(seconds=seconds)
    return Receipt(participant, 7, step, at, "https://smp.example.dk")


def test_what_is_reported_of_a_participant_is_told_oldest_first(counter: Counter) -> None:
    other = receipt("store", participant="iso6523-actorid-upis::0088:other")
    receipts.receive(counter, [receipt("store", 5), other])
    receipts.receive(counter, [receipt("name", 1)])

    found = receipts.of_participant(counter, PARTICIPANT)

    assert found == (receipt("store", 5), receipt("name", 1))


def test_nothing_may_be_reported(counter: Counter) -> None:
    receipts.receive(counter, [])

    assert receipts.of_participant(counter, PARTICIPANT) == ()


def test_a_receipt_takes_no_sequence(counter: Counter) -> None:
    receipts.receive(counter, [receipt("store")])

    assert changes.sequence(counter) == 0


def test_many_may_report_at_once(counter: Counter) -> None:
    threads = [
        Thread(target=receipts.receive, args=(counter, [receipt("store")])) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(receipts.of_participant(counter, PARTICIPANT)) == 8


def test_who_is_behind_is_told_until_a_run_has_finished(counter: Counter) -> None:
    one, other = build.gln(1), build.gln(2)
    looks: list[int] = []

    def report() -> bool:
        looks.append(1)
        who = participant((one, other)[len(looks) - 1])
        receipts.receive(counter, [Receipt(who, 7, Step.FINISHED, build.NOW, "x")])
        return True

    assert publication.behind(counter, [one, other], 7) == {one, other}
    assert publication.awaited(counter, [one, other], 7, report) == frozenset()
    assert len(looks) == 2
    assert publication.behind(counter, [one], 8) == {one}
    assert publication.awaited(counter, [one], 8, lambda: False) == {one}


def test_what_was_finished_earlier_does_not_count(counter: Counter) -> None:
    who = participant(build.gln(1))
    receipts.receive(counter, [Receipt(who, 9, Step.NAMED, build.NOW, "x")])

    assert publication.behind(counter, [build.gln(1)], 1) == {build.gln(1)}
