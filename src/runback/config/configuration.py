"""From what a person types to a `Target`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from runback.config.access import access
from runback.config.checked import listed, near
from runback.config.file import NAME, Environment, find, read
from runback.config.slug import Asked, asked, derive, same_project
from runback.errors import ConfigurationError, UsageError
from runback.model import Record, Target

SymptomWord = Literal["stale", "down", "unreachable"]
INIT = "Run `runback init` in the project's checkout, or name an app: runback diagnose APP."


class UnknownApp(UsageError):
    """An app that runback.toml does not name. The platform may know it all the same."""


class Surroundings(Record, frozen=True, kw_only=True):
    """What git, the CI job and the cf login say without being asked."""

    branch: str | None = None
    sha: str | None = None
    org: str | None = None
    space: str | None = None


class Configuration(Record, frozen=True, kw_only=True):
    """The project as far as it is known. `path` is None where there is no runback.toml."""

    path: Path | None = None
    checkout: Path | None = None
    project: str | None = None  # CircleCI slug
    environments: dict[str, Environment] = msgspec.field(default_factory=dict)
    open_spaces: tuple[str, ...] = ()
    surroundings: Surroundings = Surroundings()

    def target(
        self,
        app: str | None = None,
        environment: str | None = None,
        branch: str | None = None,
        sha: str | None = None,
        pipeline: int | str | None = None,
        symptoms: tuple[SymptomWord, ...] = (),
    ) -> Target:
        """What one run looks at. `app` is an app's name or its role; `pipeline` a number or an address.

        Raises UsageError with the near names for an app, environment or project that is not known, and where
        nothing says what to look at.
        """
        run = self._run(pipeline)
        project = run.project or self.project
        if not self.environments:
            return self._bare(app, environment, branch, sha, run, symptoms)
        place = self._environment(app, environment, branch)
        name = self._app(app, place)
        chosen = branch or place.branch or self.surroundings.branch
        return Target(
            app=name,
            environment=place.name,
            branch=chosen,
            sha=sha or self._sha(chosen, run),
            pipeline=run.pipeline,
            job=run.job,
            symptoms=symptoms,
            project=project,
            org=place.org or self.surroundings.org,
            space=place.space,
            apps=tuple(place.apps.values()),
            peers=self._peers(place),
            deploy_jobs=place.deploy_jobs,
            may_differ=place.may_differ,
        )

    def protected(self, environment: str | None) -> bool:
        """Whether a change there asks for the app's name.

        It always does, but in the spaces that the user's own configuration opens and that runback.toml does
        not protect: so nothing in a checkout can take protection away.
        """
        place = self.environments.get(environment or "")
        org = (place.org if place else None) or self.surroundings.org
        space = place.space if place else self.surroundings.space
        if place is not None and place.protected:
            return True
        return f"{org}/{space}" not in self.open_spaces

    def _run(self, pipeline: int | str | None) -> Asked:
        if pipeline is None:
            return Asked()
        run = asked(pipeline)
        if run.project and self.project and not same_project(run.project, self.project):
            raise UsageError(
                f"that pipeline belongs to {run.project}, this project is {self.project}",
                "Run it in the checkout of that project, or in a folder without runback.toml.",
            )
        return run

    def _sha(self, branch: str | None, run: Asked) -> str | None:
        """Inside a CI job the commit of that job, unless another run was asked for."""
        other = run.pipeline is not None or run.job is not None
        return None if other or branch != self.surroundings.branch else self.surroundings.sha

    def _bare(
        self,
        app: str | None,
        environment: str | None,
        branch: str | None,
        sha: str | None,
        run: Asked,
        symptoms: tuple[SymptomWord, ...],
    ) -> Target:
        """Without runback.toml: the app in the targeted space, or CI alone."""
        if environment is not None:
            raise UsageError(f"there is no {NAME} that would say what {environment!r} is", INIT)
        project = run.project or self.project
        named = branch or sha or run.pipeline or run.job or self.surroundings.sha
        if app is None and not (project and named):
            raise UsageError(f"there is no {NAME} here, and no app was named", INIT)
        chosen = branch or self.surroundings.branch
        return Target(
            app=app,
            branch=chosen,
            sha=sha or self._sha(chosen, run),
            pipeline=run.pipeline,
            job=run.job,
            symptoms=symptoms,
            project=project,
            org=self.surroundings.org if app else None,
            space=self.surroundings.space if app else None,
            apps=(app,) if app else (),
        )

    def _environment(self, app: str | None, environment: str | None, branch: str | None) -> Environment:
        if environment is not None:
            if environment not in self.environments:
                raise UsageError(
                    f"there is no environment {environment!r}.{near(environment, self.environments)}",
                    f"{self.path} has: {listed(self.environments)}.",
                )
            return self.environments[environment]
        places = list(self.environments.values())
        if app is not None:
            places = [place for place in places if app in place.apps.values()] or [
                place for place in places if app in place.apps
            ]
            if not places:
                raise self._unknown_app(app)
        if len(places) > 1:
            wanted = branch or self.surroundings.branch
            places = [place for place in places if wanted and place.branch == wanted] or places
        if len(places) > 1:
            example = f"--env {places[0].name}"
            what = f"{app!r} is in" if app else "there are"
            raise UsageError(
                f"{what} several environments: {listed(place.name for place in places)}",
                f"Say which: {example}.",
            )
        return places[0]

    def _app(self, app: str | None, place: Environment) -> str | None:
        if app is None or app in place.apps.values():
            return app
        if app in place.apps:
            return place.apps[app]
        raise self._unknown_app(app, place)

    def _unknown_app(self, app: str, place: Environment | None = None) -> UsageError:
        known = {name: other.name for other in self.environments.values() for name in other.apps.values()}
        if place is not None and app in known:
            return UsageError(
                f"{app!r} belongs to environment {known[app]!r}, not to {place.name!r}",
                f"Leave --env out, or use --env {known[app]}.",
            )
        return UnknownApp(
            f"there is no app {app!r} in {self.path}.{near(app, known)}", f"It has: {listed(known)}."
        )

    def unnamed(self, app: str) -> Target:
        """An app that runback.toml does not name, wherever the platform shows it."""
        branch = self.surroundings.branch
        return Target(app=app, branch=branch, project=self.project, apps=(app,))

    def _peers(self, place: Environment) -> dict[str, tuple[str, ...]]:
        """app → the apps of the same role in the other environments, each once."""
        peers: dict[str, tuple[str, ...]] = {}
        for role, name in place.apps.items():
            others = [other.apps[role] for other in self.environments.values() if role in other.apps]
            peers[name] = tuple(dict.fromkeys(other for other in others if other != name))
        return peers


def load(start: Path, environ: Mapping[str, str]) -> Configuration:
    """What the checkout around `start`, the CI job and the cf login say.

    Raises ConfigurationError where runback.toml, or the user's own configuration, is malformed.
    """
    from runback.git import current_branch, top

    checkout = top(start)
    path = find(start, checkout)
    project, environments = read(path) if path else (None, {})
    own = access(environ)
    branch = environ.get("CIRCLE_BRANCH") or (current_branch(checkout) if checkout else None)
    org, space = _cf_target(own.cloudfoundry.login)
    return Configuration(
        path=path,
        checkout=checkout or (path.parent if path else None),
        project=project or derive(checkout, environ),
        environments=environments,
        open_spaces=own.open_spaces,
        surroundings=Surroundings(
            branch=branch,
            sha=environ.get("CIRCLE_SHA1") if environ.get("CIRCLE_BRANCH") else None,
            org=org,
            space=space,
        ),
    )


def project_of(start: Path) -> str | None:
    """The CircleCI project of the checkout around `start`, where runback.toml or git tells one."""
    from runback.git import top

    checkout = top(start)
    path = find(start, checkout)
    try:
        return (read(path)[0] if path else None) or derive(checkout, {})
    except ConfigurationError:
        return None  # whoever needs the file says what is wrong with it


def _cf_target(login: Path) -> tuple[str | None, str | None]:
    """The organisation and space that `cf target` shows; the collector judges the rest of the file."""
    try:
        loaded = json.loads(login.read_text("utf-8"))
    except (OSError, ValueError):
        return None, None
    names = [
        fields.get("Name") if isinstance(fields, dict) else None
        for fields in (
            (loaded.get("OrganizationFields"), loaded.get("SpaceFields")) if isinstance(loaded, dict) else ()
        )
    ]
    org, space = (name if isinstance(name, str) and name else None for name in (*names, None, None)[:2])
    return org, space
