"""Measure what this house promises, each figure with its reference in the same run.

python tests/bench/run.py [signing] [all] [lookups] [names] [idle] [change] [audit] [fhir]
"""

import os
import platform
import sys
from pathlib import Path

_TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(_TESTS.parent), str(_TESTS)]

from bench import (  # noqa: E402 - the path comes first
    all_documents,
    audit,
    change,
    fhir_load,
    idle,
    lookups,
    names,
    signing,
)

PARTS = {
    "signing": signing.measure,
    "all": all_documents.measure,
    "lookups": lookups.measure,
    "names": names.measure,
    "idle": idle.measure,
    "change": change.measure,
    "audit": audit.measure,
    "fhir": fhir_load.measure,
}


def main() -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
