"""Cloud Foundry over HTTP: the v3 API, UAA, log-cache, the network policy server and the public router.

    with Servers(world) as servers:
        servers.api.url, servers.uaa.url, servers.log_cache.url, servers.router.url

Handlers parse a request, call an operation of the world and present what it returns.
"""

from runback.lab.platform.api.servers import ENDPOINTS, Servers, api_routes

__all__ = ["ENDPOINTS", "Servers", "api_routes"]
