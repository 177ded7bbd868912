"""What an app needs: variables and services."""

from __future__ import annotations

from runback.facts.schemas.table import table

TABLES = (
    table(
        "environment.variables",
        "Each variable that an app has or should have.",
        """
        app text app
        name text name of the variable
        state text present, empty or missing
        expected_by text file:line of the deploy script or manifest that lists it; none where nothing does
        in_last_revision boolean the revision before the running one had it
        peers_with integer peers that have it
        peers integer peers that could be read
        unset_by_ci boolean the newest deploy job unset it
        exception text exception in the app's log that names it; none where nothing does
        host text host that the app asks for in vain since it lost this address; none where it is none
        needed boolean an exception names it, or the revision before had it and the app fails without it
        """,
    ),
    table(
        "environment.values",
        "Each variable that is there, but not as it should be.",
        """
        app text app
        name text name of the variable
        kind text localhost, elsewhere, address (not the one that the deployment sets), malformed or differs
        says text what is odd, in words
        host text host of the address that it holds; none where it holds none
        expected_by text file:line that lists it; none where nothing does
        changed boolean the last revision that ran well had another value
        matters boolean the app fails at that host, an exception names it, or it is down since it changed
        answered_by text app of another environment to which the address leads; none where it leads to none
        """,
    ),
    table(
        "services.bindings",
        "Each service that an app is bound to or should be.",
        """
        app text app
        service text name of the service instance
        state text bound, not_bound, failed or in_progress
        expected_by text file:line, a peer or the binding that was removed; none where nothing says so
        exists boolean the service instance is in the space
        description text what the last operation of the binding says
        unbound_by text who removed the binding, from the audit events; none where unknown
        """,
    ),
    table(
        "services.instances",
        "Each service that an app is bound to, and each that a file binds to it and that is not there.",
        """
        app text app
        service text name of the service instance
        state text succeeded, failed, in_progress or gone; none where the platform says nothing
        operation text create, update or delete
        description text what the broker said last; none where it said nothing
        shared_from text space that shares it with the app's; none where it is the app's own
        plan text offering and plan
        wanted_plan text offering and plan that a file creates it with; none where none does
        plan_differs boolean it has another plan than the file says
        bound_late boolean bound after the processes were started: they do not know it yet
        stale boolean user-provided, and its content changed after the processes were started
        near text a service of the space with nearly the name; none where there is none
        renamed text the service that is gone by this name only; none where it is gone altogether
        host text host that the credentials name; none where they name none, or could not be read
        matters boolean the app does not run, or its log complains about the service
        """,
    ),
)
