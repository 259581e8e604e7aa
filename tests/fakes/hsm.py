"""An HSM: a token of SoftHSM2 in a folder, with the settings by which the publisher finds it."""

import os
import subprocess
from pathlib import Path

from builders_smp import program

PIN, LABEL = "4321", "smp"
_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)


def hsm(folder: Path) -> dict[str, str]:
    """Make a token in *folder*, or skip; return the environment that leads to it."""
    tool = program("softhsm2-util", "softhsm2")
    module = next(path for path in _MODULES if Path(path).exists())
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    (folder / "pin").write_text(f"{PIN}\n")
    environment = {
        "SOFTHSM2_CONF": str(configuration),
        "SMP_PKCS11_MODULE": module,
        "SMP_PKCS11_TOKEN": LABEL,
        "SMP_PKCS11_PIN_FILE": str(folder / "pin"),
    }
    pins = ("--so-pin", PIN, "--pin", PIN)
    subprocess.run(
        [tool, "--init-token", "--free", "--label", LABEL, *pins],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    return environment
