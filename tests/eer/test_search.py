from eer.domain.search import ancestors, canonical_system


def test_both_spellings_of_the_gln_system_are_compared_as_one() -> None:
    assert canonical_system("http://www.gs1.org/gln") == "https://www.gs1.org/gln"
    assert canonical_system("https://www.gs1.org/gln") == "https://www.gs1.org/gln"
    assert canonical_system("http://cvr.dk") == "http://cvr.dk"


def test_above_an_address_are_its_beginnings_up_to_its_scheme() -> None:
    assert list(ancestors("http://one/two/three")) == [
        "http://one/two/three",
        "http://one/two",
        "http://one",
        "http:/",
        "http:",
    ]
    assert list(ancestors("urn:oid:1.2")) == ["urn:oid:1.2"]


def test_there_is_nothing_above_a_root() -> None:
    assert list(ancestors("/one")) == ["/one"]
