from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from runback.lab.circleci.state import Job, Pipeline, Project, Workflow

AT = datetime(2026, 3, 3, 15, tzinfo=UTC)


def test_two_that_look_at_an_old_job_at_once_both_see_it_whole() -> None:
    job = Job(id="j", name="deploy-dev", number=1, created=AT)
    calls: list[int] = []

    def slowly() -> None:
        calls.append(1)
        time.sleep(0.05)
        job.artifacts["report.html"] = b""

    job.recall = slowly
    workflow = Workflow(id="w", name="build", created=AT, jobs=[job])
    pipeline = Pipeline(
        id="p", number=1, branch="main", sha="a" * 40, subject="s", created=AT, workflows=[workflow]
    )
    project = Project("gh/o/r", "o", "r", "https://git.example/o/r", "main", "t", pipelines=[pipeline])
    seen: list[int] = []

    def look() -> None:
        found = project.job(1)
        assert found is not None
        seen.append(len(found[2].artifacts))

    looks = [threading.Thread(target=look) for _ in range(4)]
    for one in looks:
        one.start()
    for one in looks:
        one.join()
    assert seen == [1, 1, 1, 1]
    assert calls == [1]
