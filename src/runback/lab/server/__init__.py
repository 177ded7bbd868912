"""A small HTTP/1.1 server for the lab: listeners on loopback, a table of routes each, one log of requests.

It knows nothing of what it serves. A listener is given a name, a table of routes and the lab's clock:

    with Listener("api", (route("GET", "/v3/apps/{guid}", show),), now=clock.now) as api:
        print(api.url)
"""

from runback.lab.server.faults import Fault, Faults
from runback.lab.server.listener import Listener
from runback.lab.server.messages import Handler, Refused, Request, Response
from runback.lab.server.requestlog import RequestLog, Served, depth
from runback.lab.server.routing import Route, Table, route

__all__ = [
    "Fault",
    "Faults",
    "Handler",
    "Listener",
    "Refused",
    "Request",
    "RequestLog",
    "Response",
    "Route",
    "Served",
    "Table",
    "depth",
    "route",
]
