"""Who signs, put together: certificates, keys in files or in an HSM, and the processes that sign.

Keys may be installed while a process runs: files are read anew when one of them has changed.
"""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from eer.domain.errors import Absent, Failure, Malformed, Refused, Unavailable
from smp import signing
from smp.cores import Cores
from smp.pki import trust
from smp.pki.key import KeyFiles, Keys, Moving, following
from smp.pki.ring import Ring
from smp.pki.sign import Signer
from smp.settings.archive import Exporting
from smp.settings.keys import Renewing
from smp.settings.publishing import Publishing
from smp.signing import Nobody, Signers, Signing
from smp.store.ledger import Ledger
from smp.wiring import parts

Settings = Publishing | Renewing | Exporting


def ring(given: Settings) -> Ring:
    """Return where the certificates stand, and the keys."""
    return Ring(given.signing_certificate_file, keys(given))


def keys(given: Settings) -> Keys:
    """Return where the keys are: in files; or in an HSM if one is set, those in files still held.

    So the change from one to the other is a change of signers like any other.
    """
    beside = KeyFiles(given.signing_key_file)
    if not given.pkcs11_module:
        return beside
    if not given.pkcs11_token:
        raise Malformed("SMP_PKCS11_MODULE is set and SMP_PKCS11_TOKEN is not: name the token")
    try:
        from smp.pki.token import Token  # noqa: PLC0415 - an extra, not always installed
    except ImportError:
        raise Unavailable(
            "SMP_PKCS11_MODULE wants python-pkcs11: pip install ehmi-register[hsm]"
        ) from None
    token = Token(
        module=Path(given.pkcs11_module),
        token=given.pkcs11_token,
        label=given.pkcs11_key,
        pin_file=given.pkcs11_pin_file,
    )
    return Moving(token, beside)


def files(given: Settings) -> dict[str, Path]:
    """Return the files that signing reads, by setting; the next signer's will do as well."""
    found = {
        "SMP_SIGNING_CERTIFICATE_FILE": _there(given.signing_certificate_file),
        "SMP_TRUST_FILE": given.trust_file,
    }
    if given.pkcs11_module:
        return {**found, "SMP_PKCS11_PIN_FILE": given.pkcs11_pin_file}
    return {"SMP_SIGNING_KEY_FILE": _there(given.signing_key_file), **found}


def installed(given: Publishing) -> Callable[[], Signers]:
    """Return what tells who is installed; raises at once when nobody is who may sign.

    Later it raises Unavailable, since what signs in this process may go on once that is mended.
    """
    read = [(_state(given), _read(given))]

    def signers() -> Signers:
        state = _state(given)
        if state != read[-1][0]:
            try:
                read[:] = [(state, _read(given))]
            except (Malformed, Refused, Absent) as fault:
                raise Unavailable(f"the signers have changed: {fault.text}") from None
        return read[-1][1]

    return signers


def or_nobody(given: Publishing, ledger: Ledger) -> Callable[[], Signers]:
    """Return what tells who is installed, or that nobody can sign, in place of who signed last.

    For what must be done whether anything can be signed or not; nothing is raised for a key.
    """
    try:
        parts.check_files(files(given))
        return installed(given)
    except Failure as fault:
        (who,) = ledger.agreed().signers[-1:] or ("nobody",)
        nobody = Nobody(who, fault.text)
        return lambda: Signers(Signing(nobody, signing.unproved))


def _read(given: Publishing) -> Signers:
    anchors = trust.anchors(parts.content("SMP_TRUST_FILE", given.trust_file))
    found = ring(given).signers(anchors, parts.now())
    follows = None if found.follows is None else _at_work(found.follows, given)
    return Signers(_at_work(found.present, given), follows, found.trouble)


def _at_work(signer: Signer, given: Publishing) -> Signing:
    here = Signing(signer, signing.proof(signer))
    processes = given.signing_processes or len(os.sched_getaffinity(0))
    return Signing(
        here.signer,
        here.prove,
        Cores(here, partial(signing.opened, keys(given), signer.der), processes).many,
    )


def _there(file: Path) -> Path:
    return file if file.exists() or not following(file).exists() else following(file)


def _state(given: Publishing) -> tuple[tuple[int, int, int] | None, ...]:
    """Return what changes whenever a file does that says who signs."""
    files = (given.signing_certificate_file, given.signing_key_file)
    return tuple(_stat(file) for file in (*files, *map(following, files), given.trust_file))


def _stat(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
