"""The parts every process of the register is built from."""

import getpass
import os
import uuid
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from eer.domain.eligibility import Reason
from eer.domain.errors import Malformed, Unavailable
from eer.domain.policy import Outcome, Policy
from eer.domain.wording import say
from eer.pki import authorities
from eer.pki.authorities import Authorities
from eer.pki.lists import Folder
from eer.pki.trust import Trust
from eer.register.counter import Counter
from eer.settings import Settings
from eer.store.session import Store

VERSION = version("ehmi-register")


def now() -> datetime:
    """Return this moment, UTC."""
    return datetime.now(UTC)


def user() -> str:
    """Return who is logged in; in a container there may be no name for that."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def counter(settings: Settings) -> Counter:
    """Return the counter over the register's database; raises when a trust file is not right."""
    return Counter(
        store=Store.at(settings.database_url),
        now=now,
        new_id=lambda: str(uuid.uuid4()),
        base_url=settings.base_url,
        policy=Policy(
            gln_per_unit=settings.gln_per_unit,
            certification=settings.certification,
            ap_certificate=settings.ap_certificate,
            tolerated=tolerated(settings),
            is_message_type_literal=settings.message_type_strict,
            hides_deleted=settings.deleted_as_not_found,
        ),
        trust=trust(settings),
    )


def tolerated(settings: Settings) -> tuple[Reason, ...]:
    """Return the reasons against a certificate that keep nothing from being published."""
    outcomes = {
        Reason.CERTIFICATE_EXPIRED: settings.ap_expired,
        Reason.CERTIFICATE_UNTRUSTED: settings.ap_untrusted,
    }
    return tuple(reason for reason, outcome in outcomes.items() if outcome is Outcome.WARN)


def trust(settings: Settings) -> Trust:
    """Return what AP certificates are judged by; raises Malformed, Refused or Unavailable."""
    trusted = _authorities("EER_AP_TRUST_FILE", settings.ap_trust_file)
    folder = settings.crl_directory
    return Trust(
        authorities=trusted,
        tests=_authorities("EER_AP_TEST_TRUST_FILE", settings.ap_test_trust_file),
        folder=None if folder is None else Folder(folder, trusted.certificates),
    )


def _authorities(setting: str, file: Path | None) -> Authorities:
    if file is None:
        return Authorities()
    try:
        return authorities.read(setting, file.read_bytes())
    except FileNotFoundError:
        text = say("{setting} {path}: no such file", setting=setting, path=file)
        raise Malformed(text) from None
    except OSError as fault:
        raise Unavailable(
            say(
                "{setting} {path}: cannot be read ({cause})",
                setting=setting,
                path=file,
                cause=fault.strerror,
            )
        ) from None
