"""Record what a green deployment prints, for the old pipelines of the lab: `python tools/print_deploys.py`.

Runs the lab's own deploy jobs once for each environment that has one, and keeps what their scripts print in
src/runback/lab/worlds/reference/printed/JOB/STEP.txt. Dates become {at} and {day}: old jobs show their own.
"""

from __future__ import annotations

import re
import sys

from runback import lab
from runback.lab.circleci.scripts import file_name
from runback.lab.circleci.state import Job
from runback.lab.places import WORLDS
from runback.lab.running import RunningLab

PRINTED = WORLDS / "reference" / "printed"
AT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
DAY = re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d \w{3} \d\d:\d\d:\d\d UTC \d{4}")


def main() -> int:
    with lab.start("healthy") as running:
        for branch in ("main", "master"):
            change = {"docs/record.md": "A change to record.\n"}
            running.push(branch, "A change to record", files=change, parameters={})
        running.approve_all()
        jobs = [job for one in running.pipelines()[-3:] for flow in one.workflows for job in flow.jobs]
        deploys = [job for job in jobs if job.name.startswith("deploy-")]
        if any(job.status != "success" for job in deploys):
            print("A deployment of the healthy world failed.", file=sys.stderr)
            return 1
        for job in deploys:
            _keep(running, job)
    return 0


def _keep(running: RunningLab, job: Job) -> None:
    folder = PRINTED / job.name
    folder.mkdir(parents=True, exist_ok=True)
    for action in job.actions:
        if action.command is None:
            continue
        text = "".join(message.text for message in action.output).replace("\r\n", "\n")
        text = DAY.sub("{day}", AT.sub("{at}", text))
        (folder / file_name(action.name)).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
