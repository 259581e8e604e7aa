"""What SOR says of a unit."""

import pytest

from sync.domain.unit import Hierarchy


@pytest.mark.parametrize(("english", "danish"), [("IO", "IE"), ("HI", "SI"), ("OU", "OE")])
def test_english_and_danish_codes_are_one(english: str, danish: str) -> None:
    assert Hierarchy.parse(english) is Hierarchy.parse(danish)


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(ValueError, match="XX"):
        Hierarchy.parse("XX")
