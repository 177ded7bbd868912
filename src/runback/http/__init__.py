"""The one way to the network: limits, time-outs, repeats, whose token goes where, answers as records."""

from __future__ import annotations

from runback.http.answers import Limits, Response
from runback.http.client import Client
from runback.http.tasks import Later, gather, later
from runback.http.tokens import HeaderToken, Token, origin_of
from runback.http.visits import Visit

__all__ = [
    "Client",
    "HeaderToken",
    "Later",
    "Limits",
    "Response",
    "Token",
    "Visit",
    "gather",
    "later",
    "origin_of",
]
