"""Rebuilding an app: what the script asks for, who has it, and what a person should know before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from runback.app.diagnosis import collect, judge
from runback.app.keeping import memory
from runback.app.place import Place
from runback.app.remedying import Proposal, Remedied, guarded
from runback.app.request import Request
from runback.errors import UsageError
from runback.facts.views import app_named
from runback.model import App, Gap
from runback.remedies import rebuild
from runback.remedies.interface import Blocked


def propose_rebuild(
    request: Request,
    place: Place,
    own: Mapping[str, tuple[str, str]],
    arguments: Mapping[str, str],
    without: Iterable[str] = (),
) -> Proposal:
    """The plan that deletes an app and deploys it anew; blocked while a variable is missing.

    `own` are values that the person names, with their sources; what they do not name is looked for in the
    environment, and then in the app. Raises UsageError where no script can do it.
    """
    from runback import config

    evidence, collect_ms = collect(request, place.start, place.environ, place.progress, place.now)
    diagnosis = judge(evidence, collect_ms)
    memory(evidence.target, place.environ).remember(diagnosis, evidence.collected_at)
    app = app_named(evidence, evidence.target.app)
    if app is None:
        raise UsageError(f"no app {evidence.target.app!r} was found", "Name one: runback rebuild APP.")
    try:
        chosen = rebuild.choose(evidence, app, arguments)
    except Blocked as reason:
        raise UsageError(str(reason), "A rebuild is the repository's own script with 'rebuild'.") from reason
    known = {
        name: (value, "your environment") for name in chosen.needs.variables if (value := place.known(name))
    }
    stand = _as_they_stand(chosen.apps, place)
    values = rebuild.Values({**known, **own}, stand, frozenset(without))
    checkout = config.load(place.start, place.environ).checkout
    plan = rebuild.plan(app, chosen, values, _code(checkout, app))
    missing = (*rebuild.lacking(chosen, values), *_without_cf(place))
    remedy = Remedied(None, plan, "blocked" if missing else "planned", missing)
    asked = guarded((Remedied(None, plan, "planned"),), evidence, place)
    return Proposal(evidence.target, diagnosis, (remedy,), asked)


def _without_cf(place: Place) -> tuple[str, ...]:
    """The script deploys with cf: better known before anything is deleted."""
    import shutil

    path = {**place.environ, **place.programs()}.get("PATH")
    return () if shutil.which("cf", path=path) else ("there is no cf on PATH: install the cf CLI 8",)


def _as_they_stand(apps: Iterable[App], place: Place) -> dict[str, str]:
    """The variables that the apps have now, the first app's first; they stay in this process."""
    from runback.app.reaching import reaching
    from runback.remedies import snapshot

    found: dict[str, str] = {}
    with reaching(place) as reach:
        for app in apps:
            found = {**snapshot.variables(reach, app.guid), **found}
    return found


def _code(checkout: Path | None, app: App) -> str:
    """Which code will be deployed: that of the checkout, whatever CI would take."""
    from runback.git import current_branch, git

    said = git(checkout, "rev-parse", "HEAD") if checkout else Gap(what="commit", reason="no checkout")
    if checkout is None or isinstance(said, Gap):
        return "Code: that of this folder, whose commit is not known."
    commit = said.decode().strip()
    changed = git(checkout, "status", "--porcelain", "--untracked-files=no")
    differ = 0 if isinstance(changed, Gap) else len(changed.decode("utf-8", "replace").splitlines())
    of = f" of {current_branch(checkout)}" if current_branch(checkout) else ""
    runs = "" if app.commit in (None, commit) else f"; {app.name} ran {str(app.commit)[:8]}"
    files = f"; {differ} changed files of it are not committed" if differ else ""
    return f"Code: commit {commit[:8]}{of}, as this checkout has it{runs}{files}."
