"""With which key does a participant move from one SMP to another?

Whoever hands a participant over tells the SML a key, and whoever takes it over has to know it.
SML 1.0.1 wants at most 24 characters; the service in use wants 8 to 24, with two of each kind.
"""

from collections.abc import Callable
from string import ascii_lowercase, ascii_uppercase, digits

LENGTH = 24
SPECIAL = "#%=@_~"
"""Of those that the service takes, the ones that need no care in a shell or in XML."""

_KINDS = (ascii_uppercase, ascii_lowercase, digits, SPECIAL)
_EACH = 2


def make(choose: Callable[[int], int]) -> str:
    """Return a new key; *choose* gives by chance a number from 0 to below the one it is given.

    It begins with a letter, so that no command takes it for an option.
    """
    everything = "".join(_KINDS)
    letters = ascii_uppercase + ascii_lowercase
    kinds = [*(kind for kind in _KINDS for _ in range(_EACH))]
    kinds += [everything] * (LENGTH - 1 - len(kinds))
    key = [kind[choose(len(kind))] for kind in kinds]
    for last in range(len(key) - 1, 0, -1):
        other = choose(last + 1)
        key[last], key[other] = key[other], key[last]
    return letters[choose(len(letters))] + "".join(key)
