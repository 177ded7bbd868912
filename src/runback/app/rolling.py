"""Going back to an earlier release: which one, what comes with it, and what a person should know before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from runback.app.diagnosis import collect, judge
from runback.app.keeping import memory
from runback.app.place import Place
from runback.app.remedying import Proposal, Remedied, guarded
from runback.app.request import Request
from runback.errors import UsageError
from runback.facts import tables
from runback.facts.releases import commit_of
from runback.facts.revisions import running_revision
from runback.model import App, Diagnosis, Evidence, Gap, Plan, PlanStep, Tables
from runback.remedies.interface import Blocked, command
from runback.remedies.rollback import (
    Back,
    last_good,
    lost_routes,
    named,
    plan_back,
    released_together,
)

_PUSH = "No older release is known: revert the commit and push."


def propose_rollback(
    request: Request, place: Place, to: int | None = None, *, canary: bool = False
) -> Proposal:
    """The plan that brings an app back to revision `to`, or to the last one that ran well.

    Raises UsageError, with the reason, where there is no way back.
    """
    evidence, collect_ms = collect(request, place.start, place.environ, place.progress, place.now)
    diagnosis = judge(evidence, collect_ms)
    memory(evidence.target, place.environ).remember(diagnosis, evidence.collected_at)
    app, known = _app(evidence), tables(evidence)
    try:
        back = Back(app, named(app, to) if to is not None else last_good(app, evidence))
        backs = (back, *released_together(back, evidence, known))
    except Blocked as reason:
        plan = _otherwise(app, evidence, known, place) if to is None else None
        if plan is None:
            advice = "Leave --to out: an older droplet or pipeline may do." if to is not None else _PUSH
            raise UsageError(str(reason), advice) from reason
        return _proposed(replace(plan, notes=(f"{reason}.",)), evidence, diagnosis, place)
    running = running_revision(app)
    commits = commit_of(evidence, back.revision), commit_of(evidence, running) if running else None
    steps = (*_cancel([one.app for one in backs]), *_warnings(*commits, place))
    plan = plan_back(
        backs, strategy="canary" if canary else "rolling", before=steps, after=lost_routes(backs, known)
    )
    return _proposed(plan, evidence, diagnosis, place)


def _proposed(plan: Plan, evidence: Evidence, diagnosis: Diagnosis, place: Place) -> Proposal:
    remedies = (Remedied(None, plan, "planned"),)
    return Proposal(evidence.target, diagnosis, remedies, guarded(remedies, evidence, place))


def _otherwise(app: App, evidence: Evidence, known: Tables, place: Place) -> Plan | None:
    """Where no revision can serve: the newest droplets before those that run, else the pipeline of the
    commit before, run again; None where there is neither.
    """
    from runback.app.reaching import reaching
    from runback.remedies import older

    with reaching(place) as reach:
        found = older.droplets(reach, app, evidence, known)
    if found:
        before = (*_cancel([one.app for one in found]), *_warnings(*older.commits(found[0], evidence), place))
        return older.plan_droplets(found, before)
    by_pipeline = older.plan_pipeline(app, evidence)
    if by_pipeline is None:
        return None
    plan, commit = by_pipeline
    warnings = _warnings(commit, older.running_commit(app, evidence), place)
    return replace(plan, steps=(*_cancel([app]), *warnings, *plan.steps))


def _app(evidence: Evidence) -> App:
    """The app that was named."""
    from runback.facts.views import app_named

    name = evidence.target.app
    app = app_named(evidence, name)
    if app is None:
        raise UsageError(f"no app {name!r} was found", "Name one as cf does: runback rollback APP.")
    return app


def _cancel(apps: Iterable[App]) -> tuple[PlanStep, ...]:
    """A deployment that is under way is cancelled first: the platform would supersede it half done."""
    steps = []
    for app in apps:
        found = () if isinstance(app.deployments, Gap) else app.deployments
        active = next((one for one in found if one.status == "ACTIVE"), None)
        if active is not None:
            steps.append(
                PlanStep(
                    sentence=f"Cancel the deployment of {app.name} that is under way.",
                    command=command("cf", "cancel-deployment", app.name),
                    changes="its new instances go; the old ones serve on",
                    needs="role: space developer",
                    action="POST /v3/deployments/{guid}/actions/cancel",
                    parameters={"guid": active.guid},
                )
            )
    return tuple(steps)


def _warnings(old: str | None, new: str | None, place: Place) -> tuple[PlanStep, ...]:
    """What a person should look at first: the database does not go back."""
    from runback import config

    if old is None or new is None or old == new:
        return ()
    checkout = config.load(place.start, place.environ).checkout
    files = migrations_between(checkout, old, new) if checkout else ()
    if isinstance(files, Gap):
        return (
            PlanStep(
                sentence=f"Look whether migrations lie between {old[:8]} and {new[:8]}: {files.reason}. "
                "A rollback leaves the database as it is."
            ),
        )
    if not files:
        return ()
    return (
        PlanStep(
            sentence=f"Make sure that the old code can live with the newer database: {', '.join(files)} "
            f"{'lie' if len(files) > 1 else 'lies'} between {old[:8]} and {new[:8]} and does not go back.",
        ),
    )


def migrations_between(checkout: Path, old: str, new: str) -> tuple[str, ...] | Gap:
    """The migrations that two commits differ in, where Django, Rails and Alembic keep them."""
    import re

    from runback.git import git

    if not all(re.fullmatch(r"[0-9a-f]{7,64}", sha) for sha in (old, new)):
        return Gap(what="migrations", reason="a commit is not known by its hash")
    said = git(checkout, "diff", "--no-ext-diff", "--name-only", "-z", old, new, "--")
    if isinstance(said, Gap):
        return said
    names = [name for name in said.decode("utf-8", "replace").split("\0") if name]
    own = re.compile(r"(^|/)(migrations|db/migrate|alembic/versions|migrate)/[^/]+\.(py|rb|sql)$")
    return tuple(name for name in names if own.search(name) and not name.endswith("__init__.py"))
