"""A diagnosis as `diagnose` makes it, for the reports' tests."""

from __future__ import annotations

from datetime import UTC, datetime

from runback.model import (
    Cause,
    Diagnosis,
    Finding,
    Novel,
    Plan,
    PlanStep,
    RuledOut,
    Scan,
    Symptom,
    Target,
    Timings,
    UnknownPage,
    Where,
)

AT = datetime(2026, 3, 3, 14, 2, tzinfo=UTC)


def finding(page: str, title: str, text: str = "", **more: object) -> Finding:
    return Finding(
        page=page,
        title=title,
        stage="connect",
        severity="error",
        confidence="high",
        app="tdp-clamav-nginx-dev",
        at=AT,
        where=(Where(kind="log", source="tdp-clamav-nginx-dev APP/PROC/WEB/0", line=12, text=text),)
        if text
        else (),
        **more,  # type: ignore[arg-type]  # fields of Finding
    )


REFUSED = finding(
    "connection-refused", "Connections to clamav-rest are refused", "connect() failed (111)", count=14
)
POLICY = Finding(
    page="policy-missing",
    title="No network policy lets tdp-clamav-nginx-dev reach clamav-rest on tcp 9000",
    stage="connect",
    severity="error",
    confidence="high",
    app="tdp-clamav-nginx-dev",
    where=(
        Where(kind="resource", source="network policies of tdp-clamav-nginx-dev", text="none to clamav-rest"),
    ),
    values={"source": "tdp-clamav-nginx-dev", "destination": "clamav-rest", "protocol": "tcp", "port": 9000},
)
COMMAND = "cf add-network-policy tdp-clamav-nginx-dev clamav-rest -s tanf-prod --protocol tcp --port 9000"
PLAN = Plan(
    remedy="add-network-policy",
    sentence="Let tdp-clamav-nginx-dev reach clamav-rest on tcp 9000.",
    safe=True,
    steps=(
        PlanStep(
            sentence="Add the network policy.", command=COMMAND, changes="one policy", needs="developer"
        ),
    ),
)
SYMPTOM = Symptom(
    name="request-failed", title="Virus scans of tdp-backend-raft fail", app="tdp-backend-raft", at=AT
)

DIAGNOSIS = Diagnosis(
    target=Target(app="tdp-backend-raft", environment="raft", branch="feature/scan", sha="a" * 40),
    verdict="degraded",
    sentence="Virus scans fail: no network policy lets tdp-clamav-nginx-dev reach clamav-rest.",
    causes=(
        Cause(
            finding=POLICY,
            rank=1,
            chain=(REFUSED,),
            symptoms=(SYMPTOM,),
            explains=("connection-refused", "request-failed"),
            plans=(PLAN,),
        ),
    ),
    consequences=(REFUSED,),
    notices=(finding("deprecated-setting", "A setting is deprecated"),),
    symptoms=(SYMPTOM,),
    ruled_out=(RuledOut(page="app-stopped", title="…", because="all 5 apps are started"),),
    unknown=(
        UnknownPage(page="variable-missing", title="…", reason="403: the token may not read the environment"),
    ),
    timings=Timings(collect_ms=480, diagnose_ms=12, requests=61),
)

HOSTILE = "\x1b[2J<script>alert(1)</script> `x` ```` | [a](http://e)\x00\u202egnp.exe" + "y" * 10_000

SCAN = Scan(
    inputs=("job.log",),
    lines=41,
    verdict="unknown",
    sentence="The log ends in a failure that no page explains.",
    symptoms=(Symptom(name="failure", title="Exited with code exit status 1"),),
    novel=(Novel(first=30, last=31, text="frobnication failed\nat depth 3", score=0.9),),
)
