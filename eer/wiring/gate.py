"""The gate, for every process that takes writes under the register's policy."""

from eer.gate import issuer
from eer.gate.gate import Gate
from eer.settings import Settings
from eer.wiring import parts


def gate(settings: Settings) -> Gate:
    """Return the gate; the development issuer is trusted on loopback only.

    Raises Absent or Malformed when its key is not right.
    """
    key = issuer.load(settings.development_issuer_key_file) if settings.is_loopback else None
    return Gate(key=key, audience=settings.base_url, now=parts.now)
