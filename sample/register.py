"""What stands in the sample register, once its certificates are made?"""

import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sample import certificates

PARTS = ("message-definitions", "organizations", "access-points", "endpoints", "not-published")
"""The templates, each a transaction Bundle that a person can read; together they are one."""

_PLACEHOLDER = re.compile(r"@certificate:([a-z-]+)@")


def bundle(issued: Mapping[str, x509.Certificate]) -> dict[str, Any]:
    """Return all parts as one transaction, the certificates of *issued* in their places."""
    entries: list[Any] = []
    for part in PARTS:
        template = Path(__file__).with_name(f"{part}.json").read_text(encoding="utf-8")
        filled = _PLACEHOLDER.sub(lambda found: _base64(issued[found[1]]), template)
        entries += json.loads(filled)["entry"]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def write(directory: Path, at: datetime) -> Path:
    """Make the certificates and write `register.json` and the authority into *directory*.

    The authority comes with its revocation list, in a folder as EER_CRL_DIRECTORY wants one.
    Returns the path of `register.json`, which `eer load` reads.
    """
    authority = certificates.authority(at)
    issued = {each.name: certificates.issue(each, authority, at) for each in certificates.wanted()}
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "ap-authority.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    lists = directory / "crl"
    lists.mkdir(exist_ok=True)
    crl = certificates.nobody_revoked(authority, at)
    (lists / "ap-authority.crl").write_bytes(crl.public_bytes(Encoding.DER))
    path = directory / "register.json"
    text = json.dumps(bundle(issued), ensure_ascii=False, indent=2)
    path.write_text(f"{text}\n", encoding="utf-8")
    return path


def _base64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
