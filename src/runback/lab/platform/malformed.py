"""Values that the code cannot read, and what Python says of them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runback.lab.platform.behaviour import NeededVariable

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
# cryptography 45.0.7, src/rust/src/types and the crate pem; a run of ours
_NO_PEM = (
    "Unable to load PEM file. See https://cryptography.io/en/latest/faq/#why-can-t-i-import-my-pem-file for "
    "more details. "
)


def first(
    variables: tuple[NeededVariable, ...], given: Mapping[str, str]
) -> tuple[NeededVariable, str] | None:
    """The first variable that the code cannot read as it wants to, and what the exception says."""
    for variable in variables:
        complaint = _complaint(variable.form, given[variable.name]) if variable.name in given else ""
        if complaint:
            return variable, complaint
    return None


def _complaint(form: str, value: str) -> str:
    try:
        if form == "integer":
            int(value)
        elif form == "json":
            json.loads(value)
    except ValueError as error:
        return str(error)
    return _not_pem(value) if form == "pem" else ""


def _not_pem(value: str) -> str:
    """Without line breaks it would do, in other characters it does not."""
    found = _PEM.search(value)
    if found is None:
        return f"{_NO_PEM}MalformedFraming"
    body = "".join(found[1].split())
    strange = _BASE64.search(body)
    if strange is not None:
        return f"{_NO_PEM}InvalidData(InvalidByte({strange.start()}, {ord(strange[0])}))"
    try:
        base64.b64decode(body, validate=True)
    except binascii.Error:
        return f"{_NO_PEM}InvalidData(InvalidLength)"
    return ""
