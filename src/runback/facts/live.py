"""Which commit each app runs, what lies between it and the branch, and who deployed over whom."""

from __future__ import annotations

from runback.facts import views
from runback.facts.revisions import rolled_back_to, running_since
from runback.facts.running import SLACK, Running, deploy_job, running_commit, same
from runback.model import (
    App,
    Between,
    Cell,
    Commit,
    Evidence,
    Gap,
    Pipeline,
    Repository,
    Row,
    Table,
    Tables,
    Where,
)

__all__ = ["SLACK", "deploy_job", "head_of", "live", "running_commit"]


def live(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    apps, found = views.apps(evidence), views.pipelines(evidence)
    if isinstance(apps, Gap):
        return apps
    own = [app for app in apps if views.belongs(evidence, app)]
    head = head_of(evidence)
    return tuple(_row(evidence, app, found, head, tables["deploy.calls"]) for app in own)


def head_of(evidence: Evidence) -> str | Gap:
    """The commit that should be live: the one that was asked for, else the head of the target's branch.

    The head is told by the repository, else by the newest pipeline.
    """
    if evidence.target.sha:
        return evidence.target.sha
    repository = evidence.repository
    if isinstance(repository, Repository) and repository.head:
        return repository.head
    found = views.pipelines(evidence)
    if not isinstance(found, Gap) and found and found[0].sha:
        return found[0].sha
    if isinstance(repository, Gap):
        return repository
    return Gap(
        what="head of the branch", reason="neither the repository nor a pipeline of the branch was read"
    )


def _row(
    evidence: Evidence,
    app: App,
    found: tuple[Pipeline, ...] | Gap,
    head: str | Gap,
    calls: Table | Gap,
) -> Row:
    running = running_commit(evidence, app, found, calls)
    known = running if isinstance(running, Running) else None
    commit: Cell = known.commit if known else running if isinstance(running, Gap) else None
    pipeline = known.pipeline if known else None
    between = between_of(evidence, commit, head)
    behind = _behind(evidence, commit, head, between)
    since = running_since(app)
    over = _overwritten(evidence, commit, pipeline, found, between)
    stale = _stale(commit, head, missing_commits(evidence, commit, head))
    return Row(
        cells={
            "app": app.name,
            "commit": commit,
            "short": commit[:8] if isinstance(commit, str) else commit,
            "source": known.source if known else commit,
            "doubt": (known.doubt or None) if known else None,
            "since": f"{since:%Y-%m-%d %H:%M} UTC" if since else None,
            "pipeline": pipeline.number if pipeline else commit if isinstance(commit, Gap) else None,
            "by_branch": pipeline.branch if pipeline else None,
            "by": (pipeline.actor or None) if pipeline else None,
            "overwritten": over if stale is not False else False,
            "foreign": len(between.foreign) if between and not isinstance(between.foreign, Gap) else None,
            "branch": _branch(evidence),
            "head": head,
            "subject": _subject(evidence, head),
            "behind": behind,
            "lag": _lag(behind),
            "stale": stale,
            "rolled_back_to": rolled_back_to(app),
        },
        app=app.name,
        confidence=known.confidence if known else None,
        where=_where(known, pipeline),
    )


def _where(known: Running | None, pipeline: Pipeline | None) -> tuple[Where, ...]:
    if known is None:
        return ()
    if pipeline is None or known.where.source.endswith(f"pipeline {pipeline.number}"):
        return (known.where,)
    said = f"{pipeline.branch}: {pipeline.subject}" if pipeline.branch else pipeline.subject
    return (known.where, views.resource(f"pipeline {pipeline.number}", said, pipeline.url))


def between_of(evidence: Evidence, commit: Cell, head: Cell) -> Between | None:
    """What lies between the two, where the checkout could tell."""
    repository = evidence.repository
    if not isinstance(repository, Repository) or not isinstance(commit, str) or not isinstance(head, str):
        return None
    found = (one for one in repository.between if same(one.base, commit) and one.head == head)
    return next((one for one in found if not isinstance(one.missing, Gap)), None)


def missing_commits(evidence: Evidence, commit: Cell, head: Cell) -> tuple[Commit, ...] | Gap:
    """The commits of the branch that the app lacks, newest first."""
    gap = next((one for one in (commit, head) if isinstance(one, Gap)), None)
    if gap is not None:
        return gap
    if commit == head:
        return ()
    between = between_of(evidence, commit, head)
    if between is not None and not isinstance(between.missing, Gap):
        return between.missing
    repository = evidence.repository
    commits = repository.commits if isinstance(repository, Repository) else ()
    if isinstance(commits, Gap):
        return commits
    order = [one.sha for one in commits]
    if commit in order and head in order:
        return commits[order.index(str(head)) : order.index(str(commit))]
    return Gap(what="commits between", reason=f"{str(commit)[:12]} is not among the commits that were read")


def _behind(evidence: Evidence, commit: Cell, head: str | Gap, between: Between | None) -> Cell:
    """How many commits of the branch the app lacks."""
    missing = missing_commits(evidence, commit, head)
    return missing if isinstance(missing, Gap) else len(missing)


def _branch(evidence: Evidence) -> str | None:
    repository = evidence.repository
    return evidence.target.branch or (repository.branch if isinstance(repository, Repository) else None)


def _subject(evidence: Evidence, head: str | Gap) -> str | None:
    repository = evidence.repository
    commits = repository.commits if isinstance(repository, Repository) else ()
    found = () if isinstance(commits, Gap) else commits
    return next((commit.subject for commit in found if commit.sha == head), None)


def _lag(behind: Cell) -> Cell:
    """The distance in words: '1 commit', '2 commits'."""
    return f"{behind} commit{'' if behind == 1 else 's'}" if isinstance(behind, int) else behind


def _overwritten(
    evidence: Evidence,
    commit: Cell,
    pipeline: Pipeline | None,
    found: tuple[Pipeline, ...] | Gap,
    between: Between | None,
) -> Cell:
    """Whether another branch's pipeline brought what runs, after this branch had deployed there."""
    branch = _branch(evidence)
    if isinstance(commit, Gap):
        return commit
    if pipeline is None or pipeline.branch is None or branch is None or pipeline.branch == branch:
        return False
    own = [one for one in (() if isinstance(found, Gap) else found) if one.branch == branch]
    if not any(one.number < pipeline.number and deploy_job(evidence, one) for one in own):
        return False  # the branch itself has never been there
    repository = evidence.repository
    commits = repository.commits if isinstance(repository, Repository) else ()
    known = () if isinstance(commits, Gap) else commits
    return bool(between.foreign) if between else commit not in [one.sha for one in known]


def _stale(commit: Cell, head: str | Gap, missing: tuple[Commit, ...] | Gap) -> Cell:
    """Whether the app lacks the head: also while a pipeline is on its way with it."""
    if isinstance(commit, Gap) or isinstance(head, Gap):
        return commit if isinstance(commit, Gap) else head
    return commit != head and missing != ()
