"""push: manifest, files, staging, start or deployment."""

from __future__ import annotations

from pathlib import Path

from runback.lab.cf import bits, difference, manifest, starting, summary
from runback.lab.cf.arguments import Given
from runback.lab.cf.client import POLL, Json
from runback.lab.cf.errors import AllInstancesCrashed, ApiError, CfError, IncorrectUsage
from runback.lab.cf.session import Session

YAML = "application/x-yaml"


def push(session: Session, given: Given) -> None:
    session.need()
    strategy = given.value("strategy")
    if strategy not in ("", "rolling", "canary"):
        raise IncorrectUsage(
            'invalid argument for flag `--strategy\': STRATEGY must be "canary", "rolling" or not set'
        )
    if given.has("no-start") and strategy:
        raise IncorrectUsage(
            f"The following arguments cannot be used together: --no-start, --strategy={strategy}"
        )
    found = manifest.read(session, given)
    names = [str(one["name"]) for one in found.applications]
    many = "s" if len(names) > 1 else ""
    settings = session.settings
    session.screen.say(
        f"Pushing app{many} {', '.join(names)} to org {settings.org} / space {settings.space}"
        f" as {session.user}..."
    )
    _apply(session, given, found)
    for one in found.applications:
        _push_one(session, given, one, found)


def _apply(session: Session, given: Given, found: manifest.Manifest) -> None:
    screen, space = session.screen, session.settings.space_guid
    text = found.written().encode()
    if found.path is not None:
        screen.say(f"Applying manifest file {found.named}...")
        try:
            answer, _ = session.api.call("POST", f"/v3/spaces/{space}/manifest_diff", text, kind=YAML)
        except ApiError as error:
            if error.status < 500:
                raise
            screen.warn("Unable to generate diff. Continuing to apply manifest...")
        else:
            screen.say()
            screen.say("Updating with these attributes...")
            for line in difference.lines(found.document(), answer["diff"], redact=given.has("redact-env")):
                screen.say(line)
    session.api.finish("POST", f"/v3/spaces/{space}/actions/apply_manifest", text, kind=YAML)
    if found.path is not None:
        screen.say("Manifest applied")


def _push_one(session: Session, given: Given, one: manifest.Application, found: manifest.Manifest) -> None:
    app = session.app(str(one["name"]))
    package = _upload(session, app, _folder(session, given, one, found))
    crashed: AllInstancesCrashed | None = None
    try:
        _run(session, given, app, package)
    except AllInstancesCrashed as error:
        crashed = error
    session.screen.say()
    summary.show(session, app["name"], start_command=True)
    if crashed:
        raise crashed


def _run(session: Session, given: Given, app: Json, package: str) -> None:
    """Stage and start, as flags say."""
    screen, strategy = session.screen, given.value("strategy")
    if given.has("no-start"):
        if app["state"] == "STARTED":
            screen.say("Stopping Application...")
            session.api.post(f"/v3/apps/{app['guid']}/actions/stop")
            screen.say("Application Stopped")
        return
    screen.say()
    screen.say("Staging app and tracing logs...")
    droplet = starting.stage(session, app, package)
    if strategy and app["state"] == "STARTED":
        screen.say()
        screen.say(f"Starting deployment for app {app['name']}...")
        deployment = starting.deploy(
            session, app, strategy, {"droplet": {"guid": droplet}, **_options(given)}
        )
        screen.say("Waiting for app to deploy...")
        screen.say()
        starting.follow(session, app, deployment, wait=not given.has("no-wait"))
        return
    starting.use_droplet(session, app, droplet)
    screen.say()
    screen.say(f"Waiting for app {app['name']} to start...")
    screen.say()
    session.api.post(f"/v3/apps/{app['guid']}/actions/restart")
    starting.watch(session, app, wait=not given.has("no-wait"))


def _options(given: Given) -> Json:
    """The sizes of a push with a strategy."""
    found = {
        "web_instances": given.number("instances"),
        "memory_in_mb": given.megabytes("memory"),
        "disk_in_mb": given.megabytes("disk"),
        "max_in_flight": given.number("max-in-flight"),
    }
    options = {name: value for name, value in found.items() if value is not None}
    return {"options": options} if options else {}


def _folder(session: Session, given: Given, one: manifest.Application, found: manifest.Manifest) -> Path:
    """-p counts from where the command runs, a manifest's path from the manifest."""
    if given.value("path"):
        folder = session.cwd / given.value("path")
    elif one.get("path") and found.path is not None:
        folder = found.path.parent / str(one["path"])
    else:
        folder = session.cwd
    if not folder.exists():
        raise CfError(f"File not found locally, make sure the file exists at given path {folder}")
    return folder


def _upload(session: Session, app: Json, folder: Path) -> str:
    """Create a package, upload the files, wait until it is ready; returns its guid."""
    screen, api = session.screen, session.api
    relationships = {"app": {"data": {"guid": app["guid"]}}}
    package = api.post("/v3/packages", {"type": "bits", "relationships": relationships})
    screen.say("Packaging files to upload...")
    data = folder.read_bytes() if folder.is_file() else bits.zipped(folder)
    screen.say("Uploading files...")
    body, kind = bits.multipart(data)
    api.call("POST", f"/v3/packages/{package['guid']}/upload", body, kind=kind)
    amount = f"{len(data) / 1024:.2f} KiB"
    screen.say(f" {amount} / {amount} [{'=' * 60}] 100.00% 1s")
    screen.say()
    screen.say("Waiting for API to complete processing files...")
    while package["state"] not in ("READY", "FAILED", "EXPIRED"):
        package = api.get(f"/v3/packages/{package['guid']}")
        if package["state"] in ("AWAITING_UPLOAD", "PROCESSING_UPLOAD"):
            session.sleep(POLL)
    if package["state"] != "READY":
        raise CfError(
            f"Package failed to process correctly after upload: {(package['data'] or {}).get('error')}"
        )
    return str(package["guid"])
