"""How apps run, how they came to what they run, and what is observed to be wrong."""

from __future__ import annotations

from runback.facts.schemas.table import table

TABLES = (
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
        by text who began it, from the audit events; none where they do not say
        replaced_by text who began the one that took its place; none where none did, or nobody knows
        recent boolean it began within the last day
        error text what the platform says of it
        """,
    ),
    table(
        "deployments.left",
        "What deployments that were cancelled left behind: it waits for the next start of an instance.",
        """
        app text app
        left text what is not as the running revision has it, with commas
        strategy text rolling, canary or recreate
        """,
    ),
    table(
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
    table(
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
    table(
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
    table(
        "symptoms",
        "What was observed to be wrong.",
        """
        name text one of the fixed list of symptoms
        title text in words
        app text app; none where it belongs to none
        destination text app that could not be reached; none where it is not about one
        host text by which it was asked, where it is about one
        until time when it was last seen, where it was seen more than once
        """,
        may_be_unknown=False,
    ),
)
