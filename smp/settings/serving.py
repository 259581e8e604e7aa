"""What do the processes read that answer the public?"""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from eer.settings import HttpUrl
from smp.settings.defaults import TSIG_KEY, ZONE
from smp.settings.spelling import (
    ENVIRONMENT,
    CaseSensitiveSchemes,
    DatabaseUrl,
    DnsTtl,
    MaxAge,
    NegativeTtl,
    TsigKeyFile,
    Zone,
)


class Serving(BaseSettings):
    """What `smp serve` reads: it holds no key and knows no mapping."""

    model_config = ENVIRONMENT

    database_url: DatabaseUrl
    base_url: Annotated[
        HttpUrl | None, Field(description="its path, if it has one, is answered as well")
    ] = None
    max_age: MaxAge = 60
    case_sensitive_schemes: CaseSensitiveSchemes = ()


class NameServing(BaseSettings):
    """What `smp nameserver` reads."""

    model_config = ENVIRONMENT

    zone: Zone = ZONE
    zone_file: Annotated[
        Path, Field(description="where the embedded name server keeps the zone")
    ] = Path("var/zone")
    tsig_key_file: TsigKeyFile = TSIG_KEY
    dns_ttl: DnsTtl = 60
    negative_ttl: NegativeTtl = None

    @property
    def absence(self) -> int:
        """For how many seconds the zone lets absence be remembered."""
        return self.dns_ttl if self.negative_ttl is None else self.negative_ttl
