"""What does the process read that takes writes of tools?"""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from smp.settings.spelling import ENVIRONMENT, DatabaseUrl, Texts


class Managing(BaseSettings):
    """What `smp manage` and `smp import` read."""

    model_config = ENVIRONMENT

    database_url: DatabaseUrl
    manage_clients_file: Annotated[
        Path, Field(description="the tools that may write, with hashed passwords")
    ] = Path("var/smp-clients.json")
    manage_wait: Annotated[
        float, Field(ge=0, le=300, description="seconds a write waits for the publisher")
    ] = 10
    manage_proxies: Annotated[
        Texts, Field(description="addresses of proxies that tell of client certificates")
    ] = ("127.0.0.1", "::1")
    manage_certificate_header: Annotated[
        str | None, Field(description="the header they tell it in; without, no certificate counts")
    ] = None
