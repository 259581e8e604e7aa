"""Where is everything once it runs, and what can one try?"""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from eer.domain.identifiers import GLN_SYSTEMS, Gln
from sample import installation
from sample.installation import HOST, ZONE, Ports, Unfit
from smp.domain import naming
from smp.domain.identifiers import participant_of

GLN = "5790009000068"
"""Lægehuset Eksempeltorvet, to which the home nurses of Eksempelby write."""

_SCOPE = "system/Organization.rs system/Endpoint.rs system/Device.rs system/MessageDefinition.rs"


def lines(directory: Path, ports: Ports, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what is printed when the first publication is complete."""
    yield f"  Register (FHIR)  {environment['EER_BASE_URL']}"
    yield f"  SMP              {environment['SMP_BASE_URL']}/"
    yield f"  Name server      {environment['SMP_NAMESERVER']}, UDP and TCP, zone {ZONE}"
    yield f"  Data and keys    {directory}"
    yield f"  Settings         . {directory / 'environment'}"
    yield ""
    yield "Try in another terminal, from this directory:"
    yield ""
    yield f"  {_lookup(directory, ports)}"
    yield f"  {_dig(ports)}"
    yield f"  {_curl(environment)}"


def _lookup(directory: Path, ports: Ports) -> str:
    """The access point's way; where its settings are the defaults they need not be said."""
    settings = []
    if directory.resolve() != Path("var").resolve():
        settings.append(f"SMP_TRUST_FILE={shlex.quote(str(directory / 'smp-trust.pem'))}")
    if ports.dns != Ports.dns:
        settings.append(f"SMP_NAMESERVERS={HOST}:{ports.dns}")
    program = os.path.relpath(Path(sys.executable).parent / "smp")
    return " ".join([*settings, shlex.quote(program), "lookup", f"0088:{GLN}"])


def _dig(ports: Ports) -> str:
    name = naming.naptr_name(participant_of(Gln.parse(GLN)), naming.dns_name(ZONE))
    return f"dig @{HOST} -p {ports.dns} +short {name} NAPTR"


def _curl(environment: Mapping[str, str]) -> str:
    issued = installation.run(("eer", "token", "--scope", _SCOPE), environment)
    if issued.returncode:
        raise Unfit(f"`eer token` ended with {issued.returncode}: {issued.stderr.strip()}")
    header = f"Authorization: Bearer {issued.stdout.strip()}"
    query = f"identifier={quote(f'{GLN_SYSTEMS[0]}|{GLN}', safe='')}"
    return f"curl -H '{header}' '{environment['EER_BASE_URL']}/Endpoint?{query}'"
