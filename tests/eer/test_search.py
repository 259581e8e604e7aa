from eer.domain.search import canonical_system


def test_both_spellings_of_the_gln_system_are_compared_as_one() -> None:
    assert canonical_system("http://www.gs1.org/gln") == "https://www.gs1.org/gln"
    assert canonical_system("https://www.gs1.org/gln") == "https://www.gs1.org/gln"
    assert canonical_system("http://cvr.dk") == "http://cvr.dk"
