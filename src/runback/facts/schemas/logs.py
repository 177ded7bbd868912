"""What the logs tell."""

from __future__ import annotations

from runback.facts.schemas.table import table

TABLES = (
    table(
        "exceptions",
        "The stack traces in the apps' logs, the same ones together.",
        """
        app text app in whose log it stands
        language text python, javascript, java, ruby, go or php
        exception text the innermost cause's class
        error text the innermost cause as the log has it: class and message
        message text its message
        file text the innermost frame's file, of the team's own code where it was on the way
        number integer line in that file
        function text function in that file
        own boolean the frame is the team's own code
        outer text the exception that the program ended with, where it is another one
        source text app, sidecar, task or staging
        count integer how often it stands there
        instances integer logs of instances in which it stands
        until time when it was last seen
        new boolean it began with what runs now, and is not in the log before
        """,
    ),
    table(
        "requests",
        "Requests that failed, by app, upstream and error, from the router's and the apps' own logs.",
        """
        app text app in whose log it stands
        kind text response, upstream, connection or exception
        status integer HTTP status
        upstream text host that was asked; none where the line does not say
        destination text app behind that host, where it is known
        port integer port that was asked, where the line says so
        error text refused, not_resolved, timed_out, reset or other
        count integer how many lines
        recovered boolean a later request of the same kind succeeded
        until time when it was last seen
        """,
    ),
    table(
        "router",
        "What the router logged of each route: how many requests, how many failed, and its own reason.",
        """
        app text app that the route led to
        host text host of the route
        requests integer how many are in the log
        failed integer of these, answered with 5xx or not passed on
        percent number failed of all
        status integer the most frequent status of those that failed
        error text the most frequent x_cf_routererror of those that failed; none where the app answered itself
        errors integer how often it was that
        recovered boolean the last request did not fail
        until time when one failed last
        """,
    ),
    table(
        "log.complaints",
        "Of each failed step, and of a log that is scanned, the line that most likely says why it failed.",
        """
        log text the log that holds the line
        line integer its number there, from 1
        text text what it says
        form text form of the complaint: place, exception, said, shell, test, killed, level, complaint, words
        """,
    ),
)
