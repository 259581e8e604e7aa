"""Whose a name is, by where its record leads."""

from dataclasses import replace

import pytest

from eer.domain.plan import Limits
from fakes.publishing import NAMING, key
from smp.domain.identifiers import DocumentKey
from smp.domain.naming import Cname, DnsName, Foreign, Naptr, Record, naptr_name
from smp.domain.ownership import judge_names, leads_to_us, owners_of
from smp.domain.state import Agreed, Found

BASE, FORMER = NAMING.base_url, "https://former.example.dk"
AGREED = Agreed((FORMER, BASE), (NAMING.publisher,), ("first",))
KEY: DocumentKey = key(1)
NAME = naptr_name(KEY.participant, NAMING.zone)
NOBODY = Found(
    documents={},
    elsewhere=frozenset(),
    names={},
    ledger=frozenset(),
    own=frozenset(),
    answering=frozenset(),
    agreed=AGREED,
    document_count=1,
    name_count=1,
)


@pytest.mark.parametrize(
    ("record", "ours"),
    [
        (Naptr(BASE), True),
        (Naptr(FORMER), True),
        (Naptr("https://other.example.dk"), False),
        (Cname(NAMING.publisher), True),
        (Cname(DnsName("other.example.dk.")), False),
        (Foreign("NAPTR …", leads_to=FORMER), True),
        (Foreign("NAPTR …", leads_to="https://other.example.dk"), False),
        (Foreign('TXT "x"'), False),
        (NAMING.publisher_record, False),
    ],
)
def test_a_record_is_ours_by_where_it_leads(record: Record, ours: bool) -> None:  # noqa: FBT001 - a table
    assert leads_to_us(record, AGREED) is ours


@pytest.mark.parametrize("base", [BASE, FORMER])
def test_a_name_that_leads_to_us_in_another_spelling_is_put_right_unasked(base: str) -> None:
    there = Foreign(f'NAPTR 100 20 "U" "Meta:SMP" "!.*!{base}!" .', leads_to=base)
    named, naming = {KEY.participant}, replace(NAMING, cname=False)
    found = replace(NOBODY, names={NAME: there})

    judged = judge_names(named, set(), owners_of(named, naming), found, naming, Limits(0, 0.0))

    assert judged.conflicts == ()
    assert judged.change.go.replace == {NAME: (there, Naptr(BASE))}
