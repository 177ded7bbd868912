"""Who reaches whom: routes, policies, ways outside, and the public routes as a browser sees them."""

from __future__ import annotations

from runback.facts.schemas.table import table

TABLES = (
    table(
        "routes",
        "Each route of an app.",
        """
        app text app
        url text host.domain[:port][/path]
        internal boolean reachable from other apps only
        port integer port that the app is asked on
        destinations integer apps that it leads to
        """,
    ),
    table(
        "routes.ends",
        "Each app to which a route leads.",
        """
        url text host.domain[:port][/path]
        hostname text its host and domain
        internal boolean reachable from other apps only
        app text app that it leads to
        others text the other apps to which it leads, at the first one; none where one of them does harm
        all text every app to which it leads, with port and weight where they are not the usual ones
        weight integer share of the requests that goes to the app; none where nobody set it
        meant text app that is called like the route, where the route does not lead to it
        instead_of text app that is called like the route and answers at it too, where this is another one
        failing boolean requests by this route fail now
        answers text how an app that is not meant refuses what it is asked: '12 × 404'; none where it does not
        port integer port on which the router asks the app
        protocol text http1 or http2, in which the router asks the app; none where it is not said
        fits boolean the app's log or health check says that it listens there; none where nothing does
        served text ports on which its log or health check says that it listens, with commas
        refused text why the router could not talk to the app at its last try; none where it could
        """,
    ),
    table(
        "routes.extra",
        "Routes of the target's apps that neither the deployment's files nor the peers have.",
        """
        app text app
        url text host.domain[:port][/path]; '*' stands for what differs from environment to environment
        routes integer routes that the app has
        """,
    ),
    table(
        "routes.lost",
        "Routes that lead to no app any more, though an app is meant to have them.",
        """
        app text app that is meant to have it
        url text host.domain[:port][/path]
        hostname text its host and domain
        internal boolean reachable from other apps only
        asked_by text app whose variables name it; none where nobody's do
        unmapped_by text who took it from the app, from the audit events; none where unknown
        known_by text event, name, policy or file: how it is known which app is meant
        until time when it was looked at: so long nobody can have come by this route
        """,
    ),
    table(
        "network.path",
        "For each address in an app's variables that names a route: the way to the app behind it.",
        """
        source text app that connects
        variable text variable that holds the address
        hostname text host of the address
        port integer port of the address
        protocol text tcp or udp
        resolved boolean a route with this host exists
        mapped boolean the route leads to an app
        destination text app behind the route; the app that is meant, where it leads to none
        destination_space text its space
        destination_org text its organisation
        destination_state text started or stopped
        destination_running integer its running web instances
        destination_desired integer web instances that are asked for
        listening boolean the destination serves this port
        served text ports that it serves, as its log or those who reach it say, with commas
        internal boolean the route is internal, so that a policy is needed
        policy text present, missing, wrong_port, not_asked (opens what is served) or not_needed
        open_ports text ports that policies between the two open, with commas
        same_space boolean both apps are in one space
        failing boolean the source's log shows that connections to this host fail
        refused boolean of these, some are refused, reset or time out: the name leads somewhere
        """,
    ),
    table(
        "connections",
        "Which app needs which: the edges along which a cause reaches another app.",
        """
        source text app that depends
        destination text app that it depends on
        why text address, route or shares-code
        hostname text host by which it is reached; none where it is not by name
        """,
    ),
    table(
        "network.outside",
        "What apps connect to outside of the platform: addresses in variables and in failed connections.",
        """
        source text app that connects
        variable text variable that names it; none where only the log does
        hostname text host
        port integer port; none where neither variable nor log names one
        protocol text tcp or udp
        scheme text of the address, where it has one
        allowed boolean a security group of the app's space opens it
        group text the security groups that do
        error text how connections to it fail now: refused, not_resolved, timed_out or reset
        failing boolean they fail now
        space text space of the app
        """,
    ),
    table(
        "network.mistaken",
        "Addresses in apps' variables that are no route, while the same name in another domain is one.",
        """
        source text app that connects
        variable text variable that holds the address
        hostname text host of the address
        route text host.domain[:port][/path] of the route with the same name
        internal boolean that route is internal
        destination text app behind that route; none where it cannot be seen
        failing boolean the source's log shows that connections to the address fail
        """,
    ),
    table(
        "browser.pages",
        "What a browser asks for when somebody opens a public route of the target, and what it gets.",
        """
        app text app that the route leads to
        page text address that somebody opens
        url text address of this thing
        path text its path
        kind text page, script, style, or call (of the API, through the page's host or another of the target)
        status integer HTTP status; none where there was no answer
        type text media type of the answer
        problem text not_found, page_instead, failed, no_answer, policy, cross_origin, certificate, circle …
        because text the problem in words
        router_error text the router's X-Cf-Routererror
        white boolean the page stays white or unformatted for it
        """,
        may_be_unknown=False,
    ),
    table(
        "browser.certificates",
        "The certificates that the target's public routes show.",
        """
        host text host
        names text names that it is for, with commas
        expires time when it ends
        days integer until then
        ends_soon boolean that is less than 14 days
        """,
        may_be_unknown=False,
    ),
)
