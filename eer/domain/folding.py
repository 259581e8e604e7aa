"""As what is a text compared, sorted and searched, so that every database agrees?

å is aa, æ is ae and ø is oe, as Danish is written without them; other accents, case and the width
of blanks do not count.
"""

import unicodedata

_DANISH = str.maketrans({"å": "aa", "æ": "ae", "ø": "oe"})

# What Danish ears take for the same, in the order in which it is replaced.
_SOUNDS = (
    *(("qu", "kv"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("ch", "k"), ("hv", "v"), ("hj", "j")),
    *(("c", "k"), ("q", "k"), ("w", "v"), ("z", "s"), ("x", "ks"), ("gaa", "go"), ("d ", " ")),
)


def folded(text: str) -> str:
    """Return *text* as it is compared: two texts that people take for the same are the same."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    danish = unicodedata.normalize("NFC", plain).translate(_DANISH)
    bare = "".join(
        each for each in unicodedata.normalize("NFKD", danish) if not unicodedata.combining(each)
    )
    return " ".join(bare.translate(_DANISH).split())


def sound(text: str) -> str:
    """Return roughly how *text* sounds, so that spellings of one name agree."""
    heard = folded(text) + " "
    for written, said in _SOUNDS:
        heard = heard.replace(written, said)
    once = "".join(each for place, each in enumerate(heard) if each != heard[place - 1 : place])
    return once.strip()
