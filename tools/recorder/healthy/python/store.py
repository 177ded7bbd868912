import logging
import pathlib
import warnings

log = logging.getLogger("store")


class StoreError(Exception):
    """The store cannot be reached."""


def read(path: str) -> bytes:
    warnings.warn("read() is deprecated; use open()", DeprecationWarning, stacklevel=2)
    try:
        return pathlib.Path(path).read_bytes()
    except FileNotFoundError:
        log.exception("cannot read %s", path)
        raise StoreError(f"{path}: connection refused") from None
