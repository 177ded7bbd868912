"""Every fact table and its columns: what a page's `select` may name.

A cell that could not be had is a `Gap`; the loader of pages refuses tables and columns that are not here.
"""

from __future__ import annotations

from collections.abc import Mapping

from runback.model import ColumnType, TableSchema

TYPES: Mapping[str, ColumnType] = {
    "text": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "time": "time",
}


def _table(name: str, about: str, columns: str, *, may_be_unknown: bool = True) -> TableSchema:
    """A schema from lines of 'column type what it holds'."""
    parsed: dict[str, tuple[ColumnType, str]] = {}
    for line in columns.strip().splitlines():
        column, kind, meaning = line.split(maxsplit=2)
        parsed[column] = (TYPES[kind], meaning)
    return TableSchema(name=name, about=about, columns=parsed, may_be_unknown=may_be_unknown)


_ALL = (
    _table(
        "ci.pipelines",
        "The pipelines of the target, newest first.",
        """
        pipeline integer number of the pipeline
        state text created, errored, setup-pending, setup or pending
        outcome text success, failed, running, on_hold, canceled, unauthorized, not_run or none (no workflow)
        branch text branch it ran for
        sha text commit it ran for
        subject text first line of that commit's message
        newest boolean nothing newer is known for the target
        """,
    ),
    _table(
        "ci.jobs",
        "Each job of the newest pipeline, in the last run of its workflow.",
        """
        pipeline integer number of the pipeline
        workflow text name of the workflow
        job text name of the job
        status text as CircleCI says it
        group text failed, waiting, running, passed, canceled or not_run
        deploys boolean it deploys the target's environment
        blocked_by text jobs before it that did not succeed, with commas; none where nothing did
        message text what CircleCI itself says of it
        runs integer of a failed job: its runs in the older pipelines that were read
        made_good integer of a failed job: how many of these failed, and went well on the same commit again
        """,
    ),
    _table(
        "ci.steps",
        "Each failed step of the newest pipeline; steps that fail alike in several jobs are one row.",
        """
        pipeline integer number of the pipeline
        workflow text name of the workflow
        job text name of the job
        step text name of the step
        run integer parallel run, from 0
        status text failed, timedout or infrastructure_fail
        exit_code integer exit status, where the step has one
        command text what it ran
        deploys boolean its job deploys the target's environment
        alike integer how many jobs or runs failed the same way, itself included
        log text id of its output; none where it has no output
        last_line text the last line of its output that is not empty
        """,
    ),
    _table(
        "ci.halts",
        "Why nothing ran for the branch head, or not to its end, although no step is red.",
        """
        kind text skipped, no_pipeline, config_error, no_credits, filtered, deploy_filtered, waiting …
        pipeline integer number of the pipeline; none where there is none
        sha text commit it is about
        branch text branch it is about
        workflow text name of the workflow
        job text job at which the workflow stands
        by text pipeline that took its place
        message text what CircleCI says, or the subject of the commit
        contexts text contexts of the job, or of those behind its approval, with commas
        filter text which filters leave the branch out; none where that is not known
        since text when it came to stand, UTC
        minutes integer minutes since then
        """,
    ),
    _table(
        "ci.baseline",
        "Steps of failed jobs beside the last green run: those that failed, those that became slow.",
        """
        pipeline integer number of the pipeline
        job text name of the job
        step text name of the step
        status text as CircleCI says it
        failed boolean the step failed
        green_pipeline integer number of the pipeline in which the job was green last
        green_branch text branch of that pipeline
        seconds integer how long the step took; none where it did not end
        usual integer how long it took when it was green
        slower boolean it took three times as long, and a minute longer at least
        """,
    ),
    _table(
        "ci.flaky",
        "Failed tests of the newest pipeline that are known to fail and pass on one commit.",
        """
        pipeline integer number of the pipeline
        job text name of the job
        test text class and name of the test
        file text file of the test; none where the results do not say
        times integer how often it was seen to fail without a change
        runs integer runs of the job among the older pipelines that were read; none where there were none
        rate text how often, in words
        source text insights or reruns
        only boolean every test of the job that failed is known to be flaky
        """,
    ),
    _table(
        "ci.tests",
        "Jobs of the newest pipeline whose stored test results name tests that failed.",
        """
        pipeline integer number of the pipeline
        job text name of the job
        failed integer tests that failed
        total integer tests in the results
        test text class and name of the first that failed
        file text its file; none where the results do not say
        message text the first line of what it said; none where it said nothing
        """,
    ),
    _table(
        "ci.memory",
        "Steps of the newest pipeline that were killed, with the memory of their job.",
        """
        pipeline integer number of the pipeline
        job text name of the job
        step text name of the step
        resource_class text resource class of the job; none where CircleCI does not say
        peak_mb integer most memory that was seen in use, MB
        limit_mb integer what the job may use, MB
        full boolean nearly all of it was in use
        log text id of the step's output; none where it has none
        """,
    ),
    _table(
        "deploy.calls",
        "Each cf command seen in the output of the newest pipeline's deploy steps.",
        """
        pipeline integer number of the pipeline
        job text name of the job
        job_status text as CircleCI says it
        job_green boolean the job succeeded
        step text name of the step
        verb text push, restage, set-env, unset-env, bind-service, map-route …
        command text the cf command as far as its output tells it
        app text app it acts on; none where it names none
        result text ok, failed or unfinished
        reason text the error that cf printed
        recovered boolean the same command succeeded later in the same job
        rolling boolean a push or restage that replaces the instances one by one
        ended text up, down or stopped: how the app stood at the command's end; none where it does not say
        still_down boolean it left the app stopped or without an instance, and the app still is
        instead_of text app of the environment that the job left out while it pushed its namesake elsewhere
        """,
    ),
    _table(
        "deploy.ignored",
        "What failed in the deploy steps of the newest pipeline although the script went on.",
        """
        pipeline integer number of the pipeline
        job text name of the job
        job_green boolean the job succeeded
        step text name of the step
        verb text of a cf command; shell where the script's own command failed
        command text what failed
        reason text what it printed
        app text app that a cf command was for; none where it names none
        variable text variable that the command should have filled, and that was empty then; none else
        """,
    ),
    _table(
        "deploy.unset",
        "Variables that the newest deploy job unset because they were empty in CI.",
        """
        pipeline integer number of the pipeline
        job text name of the job
        job_green boolean the job succeeded
        step text name of the step
        app text app that lost it
        name text name of the variable
        had_value boolean the revision before had a value
        exception text exception in the app's log that names it; none where nothing does
        expected_by text file:line of the deploy script or manifest that lists it; none where nothing does
        host text host that the app asks for in vain since it lost this address; none where it is none
        needed boolean an exception names it, or the revision before had it and the app fails without it
        """,
    ),
    _table(
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
    _table(
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
        """,
    ),
    _table(
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
    _table(
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
        host text host that the credentials name; none where they name none, or could not be read
        matters boolean the app does not run, or its log complains about the service
        """,
    ),
    _table(
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
    _table(
        "routes.ends",
        "Each app to which a route leads.",
        """
        url text host.domain[:port][/path]
        hostname text its host and domain
        internal boolean reachable from other apps only
        app text app that it leads to
        others text the other apps to which it leads, with commas, at the first one; none where there is none
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
    _table(
        "routes.lost",
        "Routes that lead to no app any more, though an app is meant to have them.",
        """
        app text app that is meant to have it
        url text host.domain[:port][/path]
        hostname text its host and domain
        internal boolean reachable from other apps only
        asked_by text app whose variables name it; none where nobody's do
        unmapped_by text who took it from the app, from the audit events; none where unknown
        known_by text event, name or policy: how it is known which app is meant
        """,
    ),
    _table(
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
    _table(
        "apps.deleted",
        "The environment's apps that are gone, and deleted ones that an app of it still asks for.",
        """
        app text name of the app that is gone
        deleted boolean an event says so; unknown where it is only not to be seen
        by text who deleted it; none where the event does not say
        asked_by text app that needs it; none where nobody is known to
        configured boolean the configuration names it as an app of the environment
        """,
    ),
    _table(
        "processes",
        "Each process type of each app.",
        """
        app text app
        type text web, worker …
        app_state text started or stopped
        desired integer instances asked for
        running integer instances that run
        crashed integer instances that have crashed
        starting integer instances that start
        down integer instances that are placed nowhere
        unready integer instances that run and get no requests, because they do not pass their readiness check
        readiness text that check and its endpoint; none where every running instance gets requests
        memory_mb integer memory limit of an instance, MB
        needed_by text apps whose variables name it, with commas; none where nothing does
        should_run boolean it belongs to the environment, or an app of it connects to it
        stopped_by text who stopped it, from the audit events; none where unknown
        idle_since text when it was stopped or scaled to none; none where it was not, or nothing tells
        on_purpose boolean it is idle for a week or more, and nobody asks for it
        details text why an instance cannot be placed; none where nothing says so
        """,
    ),
    _table(
        "crashes",
        "Crashes by app, process and way of ending; an exit that the platform asked for is none.",
        """
        app text app
        type text process type
        instance integer the last instance that crashed
        exit_status integer exit status
        exit_description text how the platform describes it
        kind text out_of_memory, disk, health_check or exit
        count integer how often since the running revision began
        current boolean it happened in the revision that runs now
        active boolean current, and the instance is not up again or it keeps happening
        revision integer version of the revision that runs
        previous_ran integer seconds that the revision before ran
        memory_mb integer memory limit of an instance, MB
        disk_mb integer disk of an instance, MB
        """,
    ),
    _table(
        "tasks",
        "The tasks of each app by their names: how the last one that ended went.",
        """
        app text app
        name text the task's name
        state text SUCCEEDED or FAILED
        kind text of a failure: exit, out_of_memory, no_room, cancelled or other
        reason text of a failure, in the platform's words
        exit_status integer of a failure, where the platform names it
        count integer how many in a row ended so
        said text the last line that it logged; none where log-cache holds none
        failing boolean the last one failed, today, and nobody cancelled it
        memory_mb integer memory that it may use
        """,
    ),
    _table(
        "sidecars",
        "The sidecars of each app's running revision, and those that crashes name.",
        """
        app text app
        name text the sidecar's name
        processes text types of process beside which it runs, with commas
        memory_mb integer memory that it may use; none where it shares the process's
        count integer crashes of which it was the reason, in the running revision
        exit_status integer of the last of these
        exit_description text of the last of these
        active boolean it goes on crashing
        """,
    ),
    _table(
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
    _table(
        "builds",
        "Each build of each app, newest first.",
        """
        app text app
        state text STAGING, STAGED or FAILED
        error_id text BuildpackCompileFailed, StagingError …; none where it did not fail
        error text the platform's message
        newest boolean no later build is known
        """,
    ),
    _table(
        "deployments",
        "Each deployment of each app.",
        """
        app text app
        status text ACTIVE or FINALIZED
        reason text DEPLOYING, PAUSED, CANCELING, DEPLOYED, CANCELED or SUPERSEDED
        strategy text rolling, canary or recreate
        newest boolean no later deployment is known
        stuck boolean it is active and no instance has become healthy for ten minutes
        minutes integer since an instance last became healthy, or since it began
        error text what the platform says of it
        """,
    ),
    _table(
        "deployments.left",
        "What deployments that were cancelled left behind: it waits for the next start of an instance.",
        """
        app text app
        left text what is not as the running revision has it, with commas
        strategy text rolling, canary or recreate
        """,
    ),
    _table(
        "revisions",
        "Each revision of each app, newest first.",
        """
        app text app
        version integer its number
        description text what changed, as the platform says it
        deployed boolean it runs now
        deployable boolean its droplet is still there
        ran_for integer seconds until the next revision, or until now
        crashes integer crashes while it ran
        good boolean it ran for ten minutes or more without a crash
        """,
    ),
    _table(
        "changes",
        "What changed of each app since the revision of it that ran well.",
        """
        app text app
        kind text droplet, buildpack, variable, command, sidecar, scale, setting, binding, route or state
        name text what of that kind: the variable's name, the service, the route …
        change text added, removed or changed
        before text what it was, where that may be told: a commit, a version
        after text what it is
        by text who changed it, from the audit events; none where they do not say
        since integer version of the revision that ran well
        """,
    ),
    _table(
        "live",
        "The commit that each app runs.",
        """
        app text app
        commit text the commit, 40 hex digits
        short text its first eight digits
        source text how it is known: label, annotation, variable, or the deploy job that made the droplet
        doubt text why another claim was not believed; none where nothing else is claimed
        since text since when it runs, UTC
        pipeline integer number of the pipeline that deployed it; none where that is not known
        by_branch text branch of that pipeline
        by text who started that pipeline
        overwritten boolean another branch's pipeline brought it, and it is no commit of the target's branch
        foreign integer commits in it that the branch does not have; none where that is not known
        branch text the target's branch
        head text head of that branch
        subject text first line of the head's message
        behind integer commits between the running one and the head
        lag text the same in words: 1 commit, 2 commits
        stale boolean the app lacks the head
        rolled_back_to integer the revision that somebody went back to on purpose
        """,
    ),
    _table(
        "connections",
        "Which app needs which: the edges along which a cause reaches another app.",
        """
        source text app that depends
        destination text app that it depends on
        why text address, route or shares-code
        hostname text host by which it is reached; none where it is not by name
        """,
    ),
    _table(
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
    _table(
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
    _table(
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
    _table(
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
    _table(
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
    _table(
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
    _table(
        "log.complaints",
        "Of each failed step, and of a log that is scanned, the line that most likely says why it failed.",
        """
        log text the log that holds the line
        line integer its number there, from 1
        text text what it says
        form text form of the complaint: place, exception, said, shell, test, killed, level, complaint, words
        """,
    ),
    _table(
        "symptoms",
        "What was observed to be wrong.",
        """
        name text one of the fixed list of symptoms
        title text in words
        app text app; none where it belongs to none
        destination text app that could not be reached; none where it is not about one
        until time when it was last seen, where it was seen more than once
        """,
        may_be_unknown=False,
    ),
)

SCHEMAS: Mapping[str, TableSchema] = {schema.name: schema for schema in _ALL}
