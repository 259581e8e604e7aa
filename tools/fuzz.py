"""What does the FHIR API do with requests that nobody would think of?

    python tools/fuzz.py --minutes 10

Goes round everything that openapi.json describes, as often as there is time for, over a register of
its own; prints how many answers there were of each kind, and what is wrong with any.
"""

import argparse
import sys
import tempfile
import time
import warnings
from pathlib import Path

_ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests")]

import fuzzing  # noqa: E402 - the path comes first
from eer.store import migrations  # noqa: E402 - likewise
from eer.store.session import Store  # noqa: E402 - likewise


def main() -> None:
    """Fuzz for the time that is asked for; exit 1 when anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--examples", type=int, default=5, help="requests a time and operation")
    parser.add_argument("--seed", type=int, default=0, help="the number of the first round")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # what schemathesis thinks of itself
    with tempfile.TemporaryDirectory() as folder:
        store = Store.at(f"sqlite:///{folder}/register.sqlite")
        with store.migrating() as connection:
            migrations.migrate(connection)
        fuzz = fuzzing.over(store)
        until = time.monotonic() + asked.minutes * 60
        rounds = fuzz.go_round(fuzz.operations(), until, asked.examples, asked.seed)
        store.close()
    for (method, status), count in sorted(fuzz.answers.items()):
        print(f"{method:7} {status} {count:7}")
    for label, fault in fuzz.faults.items():
        print(f"\n--- {label}\n{fault}")
    print(f"\n{fuzz.answers.total()} requests, {rounds} rounds, {len(fuzz.faults)} faults")
    sys.exit(bool(fuzz.faults))


if __name__ == "__main__":
    main()
