"""CI: what pipelines, jobs and steps did, and what the deploy steps did to the platform."""

from __future__ import annotations

from runback.facts.schemas.table import table

TABLES = (
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
    table(
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
)
