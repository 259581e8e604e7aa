"""`smp nameserver`: the embedded name server, for one machine."""

from smp.domain.naming import dns_name
from smp.settings.serving import NameServing
from smp.sml import tsig
from smp.sml.nameserver import Authority, Nameserver
from smp.wiring import parts


def serve(settings: NameServing, host: str, port: int) -> None:
    """Answer until told to stop; raise as Nameserver does, or when zone or key are not right."""
    parts.check_files({"SMP_TSIG_KEY_FILE": settings.tsig_key_file})
    authority = Authority(
        dns_name(settings.zone),
        settings.zone_file,
        tsig.load(settings.tsig_key_file),
        settings.absence,
    )
    Nameserver(authority, (host, port)).serve_forever()
