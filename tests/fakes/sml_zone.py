"""What the SML makes of its books: names in a zone of its own, at a real name server."""

from eer.domain.plan import diff
from fakes.sml import FakeSml
from smp.domain.central import Registration, names_of, publisher_name
from smp.domain.naming import Cname, DnsName, Record, cname_name
from smp.sml.zone import Zone


def keep(sml: FakeSml, zone: Zone, name: DnsName) -> None:
    """Bring *zone* up to the books of *sml*, now and after every change: both kinds of name."""

    def bring() -> None:
        wanted: dict[DnsName, Record] = {}
        for smp_id, smp in sml.smps.items():
            whom = sml.of(smp_id)
            wanted |= names_of(whom, Registration(smp_id, smp.logical, smp.physical), name)
            alias = Cname(publisher_name(smp_id, name))
            wanted |= {cname_name(each, name): alias for each in whom}
        zone.apply(diff(wanted=wanted, found=zone.names()))

    sml.on_change = bring
    bring()
