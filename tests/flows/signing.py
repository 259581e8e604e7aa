"""Sign with two processes, tell their ids, and wait until somebody says something.

python -m flows.signing
"""

import multiprocessing
import sys
from functools import partial

from builders_smp import SIGNING_KEY, signer
from fakes.signing import planned
from smp.cores import Cores
from smp.pki.key import KeyFiles
from smp.signing import Signing, opened, proof


def main() -> None:
    here = Signing(signer(), proof(signer()))
    opening = partial(opened, KeyFiles(SIGNING_KEY), signer().der)
    made = Cores(here, opening, 2, 1).many([[planned()]] * 20)
    for _ in range(10):
        next(made)
    ids = (str(child.pid) for child in multiprocessing.active_children())
    sys.stdout.write(f"{' '.join(ids)}\n")
    sys.stdout.flush()
    sys.stdin.readline()


if __name__ == "__main__":
    main()
