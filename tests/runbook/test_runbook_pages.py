"""Every built-in page keeps what its examples promise."""

from __future__ import annotations

import pytest

from runback.facts import SCHEMAS
from runback.model import Page
from runback.rules import examples, load

RUNBOOK = load(SCHEMAS)


@pytest.mark.parametrize("page", RUNBOOK.pages, ids=lambda page: page.id)
def test_every_example_says_what_the_page_promises(page: Page) -> None:
    failed = [
        f"{result.place}: {result.outcome}, not {result.example.outcome}:\n{result.text}"
        for result in examples.run(RUNBOOK, SCHEMAS, [page.id])
        if not result.passed
    ]
    assert not failed, "\n".join(failed)


def test_no_page_fires_on_the_silent_examples_of_another() -> None:
    from io import BytesIO

    loud = []
    for page in RUNBOOK.pages:
        for example in page.examples:
            if example.outcome != "silent" or not example.log:
                continue
            for seen in RUNBOOK.signatures.sightings(BytesIO(example.log.encode())):
                # a look-alike may be another page's own business, but never certainly so
                if seen.page.confidence == "high":
                    loud.append(f"{seen.page.id} on {page.path}:{example.line}: {seen.text}")
    assert not loud
