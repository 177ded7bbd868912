"""Everything that is asked for one run: all services at once, then secrets learned, then all of it sealed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from runback.collect.interface import Breadth, Collected, Now, Progress, Secret
from runback.config import Access
from runback.errors import AccessError
from runback.http import Client, later
from runback.model import Ci, Evidence, Gap, Platform, Repository, Target
from runback.redact import Redactor, guard

__all__ = ["Breadth", "Now", "Progress", "collect"]

Part = TypeVar("Part")


def collect(
    target: Target,
    access: Access,
    *,
    checkout: Path | None,
    progress: Progress,
    now: Now,
    key: bytes,
    client: Client | None = None,
    environ: Mapping[str, str] | None = None,
    breadth: Breadth | None = None,
) -> Evidence:
    """The evidence for a target. `key` is the project's: fingerprints are only comparable under one key.

    `client` is for those who want to count or limit requests; without one, one is made for `environ`, by
    default the process's (proxies, certificates). `breadth` is how far to look.
    Raises UsageError for a target that does not exist, and
    AccessError where neither CircleCI nor Cloud Foundry could be asked. Anything else that cannot be had is
    a Gap in the evidence.
    """
    target = _with_whole_hash(target, checkout)
    redactor = Redactor(key)
    guard(redactor)
    known = os.environ if environ is None else environ
    if client is not None:
        return _collect(
            target, access, client, redactor, checkout, progress, now, known, breadth or Breadth()
        )
    with Client(known) as own:
        return _collect(target, access, own, redactor, checkout, progress, now, known, breadth or Breadth())


def _with_whole_hash(target: Target, checkout: Path | None) -> Target:
    """People type the beginning of a hash; CircleCI knows only whole ones."""
    if target.sha is None or checkout is None:
        return target
    from msgspec.structs import replace

    from runback.collect.repository import commit_named

    found: Target = replace(target, sha=commit_named(checkout, target.sha) or target.sha)
    return found


def _collect(
    target: Target,
    access: Access,
    client: Client,
    redactor: Redactor,
    checkout: Path | None,
    progress: Progress,
    now: Now,
    environ: Mapping[str, str],
    breadth: Breadth,
) -> Evidence:
    from runback.collect.circleci import collect_circleci, with_deployers
    from runback.collect.circleci.inside import of_this_job
    from runback.collect.history import with_history
    from runback.collect.repository import collect_repository
    from runback.collect.seal import seal_evidence, seal_logs

    _learn_access(redactor, access)
    platform_later = later(_platform, target, access, client, redactor, progress, now, breadth)
    ci_later = later(collect_circleci, target, access.circleci, client, progress)
    repository = collect_repository(checkout, target)
    ci, platform = ci_later.result(), platform_later.result()
    if isinstance(ci.part, Gap) and not access.circleci.token:
        at = platform.at or now()
        ci = of_this_job(environ, checkout, target, access.circleci.missing or ci.part.reason, at) or ci
    _check(ci, platform)
    ci = with_deployers(ci, platform.part, target, access.circleci, client, progress)
    repository = with_history(repository, checkout, ci.part, platform.part, target)
    _learn(redactor, target, (ci, repository, platform), platform.part)
    progress("removing secrets")
    evidence = Evidence(
        collected_at=platform.at or ci.at or now(),
        target=target,
        ci=ci.part,
        platform=platform.part,
        repository=repository.part,
        unlearned=(*_unlearned(platform), *ci.unlearned, *repository.unlearned),
        limits=(*ci.limits, *platform.limits, *repository.limits),
        requests=client.requests,
    )
    logs = seal_logs((*ci.logs, *platform.logs, *repository.logs), redactor)
    return seal_evidence(evidence, logs, redactor)


def _platform(
    target: Target,
    access: Access,
    client: Client,
    redactor: Redactor,
    progress: Progress,
    now: Now,
    breadth: Breadth,
) -> Collected[Platform]:
    """As the collector says, with a failed login as a Gap: CircleCI may still have the answer."""
    from runback.collect.cloudfoundry import collect as collect_cloudfoundry

    if not (target.apps or target.app):
        return Collected(Gap(what="Cloud Foundry", reason="no app is known: name one, or write runback.toml"))
    try:
        return collect_cloudfoundry(target, access.cloudfoundry, client, redactor, progress, now, breadth)
    except AccessError as error:
        return Collected(
            Gap(what="Cloud Foundry", reason=f"{error}. {error.advice}".strip()),
            unlearned=(Gap(what="environments of the apps", reason=str(error)),),
        )


def _check(ci: Collected[Ci], platform: Collected[Platform]) -> None:
    if isinstance(ci.part, Gap) and isinstance(platform.part, Gap):
        raise AccessError(
            f"{platform.part.what}: {platform.part.reason} {ci.part.what}: {ci.part.reason}",
            "`runback check` says what each of them needs.",
        )


def _learn_access(redactor: Redactor, access: Access) -> None:
    """Before the first request: an error may carry what was sent."""
    tokens = {
        "CircleCI token": access.circleci.token,
        "cf password": access.cloudfoundry.password,
        "cf client_secret": access.cloudfoundry.client_secret,
    }
    for name, token in tokens.items():
        redactor.learn_token(name, token)


def _learn(
    redactor: Redactor,
    target: Target,
    parts: tuple[Collected[Ci], Collected[Repository], Collected[Platform]],
    platform: Platform | Gap,
) -> None:
    redactor.keep(*_names(target, platform))
    for part in parts:
        _teach(redactor, part.secrets)
    if any(part.unlearned for part in parts) or _unlearned(parts[2]):
        redactor.be_strict()


def _unlearned(platform: Collected[Platform]) -> tuple[Gap, ...]:
    """The sources of secrets at the platform that could not be read; without apps, all of them."""
    part = platform.part
    gap = part if isinstance(part, Gap) else part.apps
    if platform.unlearned or not isinstance(gap, Gap):
        return platform.unlearned
    return (Gap(what="environments of the apps", reason=gap.reason),)


def _teach(redactor: Redactor, secrets: Iterable[Secret]) -> None:
    for secret in secrets:
        if secret.whole:
            redactor.learn_token(secret.name, secret.value)
        else:
            redactor.learn(secret.name, secret.value)


def _names(target: Target, platform: Platform | Gap) -> set[str]:
    """Names that a report is about: they stay readable even where some variable holds the same text."""
    names = {*target.apps, target.app, target.environment, target.branch, target.org, target.space}
    if not isinstance(platform, Gap):
        if not isinstance(platform.apps, Gap):
            for app in platform.apps:
                names |= {app.name, app.space, app.org}
        if not isinstance(platform.services, Gap):
            names |= {service.name for service in platform.services}
        if not isinstance(platform.routes, Gap):
            names |= {route.url for route in platform.routes}
    return {name for name in names if name}
