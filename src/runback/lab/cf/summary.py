"""How an app is doing, as `cf app` and the ends of push, restart and scale show it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from runback.lab.cf.client import Json
from runback.lab.cf.errors import ApiError
from runback.lab.cf.session import Session

COLUMNS: tuple[str, ...] = (
    "", "state", "since", "cpu", "memory", "disk", "logging", "cpu entitlement", "details", "ready"
)  # fmt: skip


def show(session: Session, name: str, *, start_command: bool = False) -> None:
    screen, api = session.screen, session.api
    app = session.app(name)
    guid = app["guid"]
    droplet = _droplet(session, guid)
    urls = [one["url"] for one in api.every(f"/v3/apps/{guid}/routes")]
    screen.pairs(
        [
            ("name:", name),
            ("requested state:", app["state"].lower()),
            ("routes:", ", ".join(urls)),
            ("last uploaded:", friendly(droplet["created_at"]) if droplet else ""),
            ("stack:", str(droplet.get("stack") or "") if droplet else ""),
            ("buildpacks:", ""),
        ]
    )
    if droplet and droplet.get("buildpacks"):
        rows = [("name", "version", "detect output", "buildpack name")]
        rows += [
            tuple(str(one.get(key) or "") for key in ("name", "version", "detect_output", "buildpack_name"))  # type: ignore[misc]  # four cells
            for one in droplet["buildpacks"]
        ]
        screen.table(rows, "\t")
    processes = sorted(
        api.every(f"/v3/apps/{guid}/processes"),
        key=lambda one: (one["type"] != "web", one["type"], one["created_at"]),
    )
    for process in processes:
        _process(session, process, start_command=start_command)
    _deployment(session, guid)


def stats(session: Session, process: Json) -> list[Json]:
    """The instances of a process, by index."""
    found = session.api.get(f"/v3/processes/{process['guid']}/stats")["resources"]
    return sorted(found, key=lambda one: int(one["index"]))


def friendly(moment: str) -> str:
    """'Tue 03 Mar 15:00:00 UTC 2026', as cf writes dates."""
    return f"{_time(moment):%a %d %b %H:%M:%S UTC %Y}"


def size(count: int | None) -> str:
    """1.5M, as bytefmt writes sizes."""
    value = float(count or 0)
    for unit in ("E", "P", "T", "G", "M", "K"):
        scale = 1024.0 ** ("KMGTPE".index(unit) + 1)
        if value >= scale:
            return f"{value / scale:.1f}".removesuffix(".0") + unit
    return f"{value:.0f}B" if value else "0B"


def _droplet(session: Session, guid: str) -> Json | None:
    try:
        return session.api.get(f"/v3/apps/{guid}/droplets/current")
    except ApiError as error:
        if error.status == 404:
            return None
        raise


def _process(session: Session, process: Json, *, start_command: bool) -> None:
    screen = session.screen
    instances = stats(session, process)
    running = sum(one["state"] == "RUNNING" for one in instances)
    screen.say()
    rows = [
        ("type:", process["type"]),
        ("sidecars:", ""),
        ("instances:", f"{running}/{process['instances']}"),
        ("memory usage:", f"{process['memory_in_mb']}M"),
    ]
    # A list of processes hides the command.
    if start_command and (command := session.api.get(f"/v3/processes/{process['guid']}").get("command")):
        rows.append(("start command:", command))
    screen.pairs(rows)
    if not instances:
        screen.say("There are no running instances of this process.")
        return
    table = [COLUMNS]
    table += [_instance(one, session.api.moment) for one in instances]
    screen.table(table)


def _instance(one: Json, moment: datetime | None) -> tuple[str, ...]:
    usage = one.get("usage") or {}
    entitled = usage.get("cpu_entitlement")
    limit = one.get("log_rate_limit")
    allowed = "unlimited" if limit == -1 else f"{size(limit)}/s"
    measured = _time(usage["time"]) if usage.get("time") else moment
    began = measured - timedelta(seconds=int(one.get("uptime") or 0)) if measured else None
    return (
        f"#{one['index']}",
        one["state"].lower(),
        f"{began:%Y-%m-%dT%H:%M:%SZ}" if began else "",
        f"{(usage.get('cpu') or 0) * 100:.1f}%",
        f"{size(usage.get('mem'))} of {size(one.get('mem_quota'))}",
        f"{size(usage.get('disk'))} of {size(one.get('disk_quota'))}",
        f"{size(usage.get('log_rate'))}/s of {allowed}",
        f"{entitled * 100:.1f}%" if entitled is not None else "",
        one.get("details") or "",
        "-" if one.get("routable") is None else str(one["routable"]).lower(),
    )


def _deployment(session: Session, guid: str) -> None:
    active = session.api.first(
        "/v3/deployments", app_guids=guid, status_values="ACTIVE", order_by="-created_at"
    )
    if active is None:
        return
    status = active["status"]
    since = (status.get("details") or {}).get("last_status_change") or status.get("last_status_change")
    tail = f" (since {friendly(since)})" if since else "."
    session.screen.say()
    session.screen.say(f"Active deployment with status {status['reason']}{tail}")
    session.screen.pairs([("strategy:", active["strategy"])])


def _time(moment: str) -> datetime:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(UTC)
