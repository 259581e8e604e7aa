"""`smp stop`: the brake, put together."""

import getpass

from eer.settings import Settings
from smp.settings import Publishing
from smp.stop import Brake
from smp.wiring import publish


def brake(settings: Publishing, register: Settings) -> Brake:
    """Return the brake in the name of who is logged in; raises as the publisher's does."""
    return Brake(publish.publisher(settings, register), getpass.getuser())
