"""Import every module of the program; those that need more than the program's own dependencies are named."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import notices

# Libraries of extras, and `uno`, which belongs to the Python of LibreOffice.
EXTRAS = {
    *("uno", "unohelper", "com"),
    *("cv2", "dask", "dkim", "distributed", "keyring", "numpy", "pillow_heif", "pkcs11", "psycopg", "pyhanko"),
    "rfc3161_client",
}

for module in pkgutil.walk_packages(notices.__path__, "notices."):
    if module.name.endswith("__main__") or ".migrations" in module.name:
        continue
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRAS:
            raise
        sys.stderr.write(f"{module.name}: needs {error.name}\n")
