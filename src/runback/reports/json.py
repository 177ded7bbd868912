"""A diagnosis or a scan as JSON: the contract `runback.diagnosis/1` and `runback.scan/1` (schemas/*.json)."""

from __future__ import annotations

from typing import Any

import msgspec

from runback.model import (
    Cause,
    ChangesSeen,
    Diagnosis,
    Finding,
    Plan,
    Scan,
    StepSeen,
    Symptom,
    Target,
    Views,
    Where,
)


def render_diagnosis(diagnosis: Diagnosis) -> str:
    """The document of schema `runback.diagnosis/1`, indented, ending with a newline."""
    return dump(
        {
            "schema": "runback.diagnosis/1",
            "target": _target(diagnosis.target),
            "verdict": diagnosis.verdict,
            "sentence": diagnosis.sentence,
            **_results(diagnosis),
            "steps": [_step(step) for step in diagnosis.views.steps],
            "changes": [_changes(seen) for seen in diagnosis.views.changes],
            "logs": _logs(diagnosis.views),
            "ruled_out": [{"page": item.page, "because": item.because} for item in diagnosis.ruled_out],
            "unknown": [{"page": item.page, "reason": item.reason} for item in diagnosis.unknown],
            "timings": {
                "collect_ms": diagnosis.timings.collect_ms,
                "diagnose_ms": diagnosis.timings.diagnose_ms,
                "requests": diagnosis.timings.requests,
            },
        }
    )


def _logs(views: Views) -> dict[str, Any]:
    """Exceptions counted together, error rates of routes, and where a log does not reach back."""
    return {
        "exceptions": [
            {
                "app": one.app,
                "error": one.error,
                "place": one.place,
                "count": one.count,
                "instances": one.instances,
                "at": one.at,
                "until": one.until,
                "new": one.new,
            }
            for one in views.traces
        ],
        "routes": [
            {
                "app": one.app,
                "host": one.host,
                "requests": one.requests,
                "failed": one.failed,
                "error": one.error,
            }
            for one in views.routes
        ],
        "begins": [
            {"app": one.app, "at": one.begins, "wanted": one.wanted, "archive": one.archive}
            for one in views.log_begins
        ],
    }


def _changes(seen: ChangesSeen) -> dict[str, Any]:
    return {
        "app": seen.app,
        "revision": seen.version,
        "since": seen.since,
        "changes": [
            {
                "kind": one.kind,
                "name": one.name,
                "change": one.change,
                "before": one.before,
                "after": one.after,
                "at": one.at,
                "by": one.by,
            }
            for one in seen.changes
        ],
    }


def render_scan(scan: Scan) -> str:
    """The document of schema `runback.scan/1`, indented, ending with a newline."""
    return dump(
        {
            "schema": "runback.scan/1",
            "inputs": list(scan.inputs),
            "lines": scan.lines,
            "verdict": scan.verdict,
            "sentence": scan.sentence,
            **_results(scan),
            "novel": [
                {"first": block.first, "last": block.last, "text": block.text, "score": block.score}
                for block in scan.novel
            ],
        }
    )


def dump(document: object) -> str:
    """Any document of ours as indented JSON with a final newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _results(report: Diagnosis | Scan) -> dict[str, Any]:
    return {
        "causes": [_cause(cause) for cause in report.causes],
        "consequences": [_finding(finding) for finding in report.consequences],
        "notices": [_finding(finding) for finding in report.notices],
        "symptoms": [_symptom(symptom) for symptom in report.symptoms],
    }


def _target(target: Target) -> dict[str, Any]:
    return {
        "app": target.app,
        "environment": target.environment,
        "branch": target.branch,
        "sha": target.sha,
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        **_finding(cause.finding),
        "rank": cause.rank,
        "explains": list(cause.explains),
        "advice": cause.advice,
        "chain": [_finding(finding) for finding in cause.chain],
        "remedies": [plan_document(plan) for plan in cause.plans],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "page": finding.page,
        "title": finding.title,
        "stage": finding.stage,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "app": finding.app,
        "at": finding.at.isoformat() if finding.at else None,
        "count": finding.count,
        "where": [_where(where) for where in finding.where],
        "values": dict(finding.values),
    }


def _symptom(symptom: Symptom) -> dict[str, Any]:
    return {
        "name": symptom.name,
        "title": symptom.title,
        "app": symptom.app,
        "at": symptom.at.isoformat() if symptom.at else None,
        "where": [_where(where) for where in symptom.where],
    }


def _step(step: StepSeen) -> dict[str, Any]:
    """A failed step of CI: how to run it, and what differs from its last green run."""
    green = step.since
    return {
        "job": step.job,
        "step": step.step,
        "run": step.run,
        "image": step.image,
        "directory": step.directory,
        "command": step.command,
        "paste": step.paste,
        "needs": step.needs,
        "since": None
        if green is None
        else {
            "pipeline": green.pipeline,
            "branch": green.branch,
            "sha": green.sha,
            "at": green.at.isoformat() if green.at else None,
            "url": green.url,
            "commits": list(green.commits),
            "files": list(green.files),
            "versions": list(green.versions),
            "slower": list(green.slower),
            "unknown": green.unknown or None,
        },
        "novel": [{"first": one.first, "last": one.last, "text": one.text} for one in step.novel],
    }


def _where(where: Where) -> dict[str, Any]:
    return {
        "kind": where.kind,
        "source": where.source,
        "line": where.line,
        "text": where.text,
        "url": where.url,
    }


def plan_document(plan: Plan) -> dict[str, Any]:
    """A plan as every document of ours shows it; `by_hand`: a step that Runback cannot carry out."""
    return {
        "id": plan.remedy,
        "sentence": plan.sentence,
        "safe": plan.safe,
        "blocked": plan.blocked or None,
        "notes": list(plan.notes),
        "commands": [step.command for step in plan.steps if step.command],
        "steps": [
            {
                "sentence": step.sentence,
                "command": step.command or None,
                "by_hand": not step.action,
                "changes": step.changes,
                "interrupts": step.interrupts,
                "undo": step.undo,
                "needs": step.needs,
            }
            for step in plan.steps
        ],
    }
