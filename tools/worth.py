"""Which run shows that a page is worth having: `python tools/worth.py [CASES…]`.

A page counts where a result names it: without the page that result would be another one. Three kinds of
results are looked at: diagnoses of the lab's scenarios, scans of what real programs printed (recordings of
the lab and the corpus, each with the program and its version), and, where they are given, labelled logs as
benchmarks/accuracy.py reads them. All others are shown by the examples of their page alone.

Writes tests/runbook/shown.yml, from which tools/known.py makes its sums. Takes some minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import yaml

from runback import app, lab
from runback.errors import InputError
from runback.model import Diagnosis, Scan

ROOT = Path(__file__).parent.parent
SHOWN = ROOT / "tests/runbook/shown.yml"
RECORDINGS = (ROOT / "src/runback/lab/recordings", ROOT / "tests/corpus/failing")


def named(result: Diagnosis | Scan) -> set[str]:
    """The pages that the result names as cause, as what follows from one, or as a notice."""
    chains = {found.page for cause in result.causes for found in (cause.finding, *cause.chain)}
    return chains | {found.page for found in (*result.consequences, *result.notices)}


def runs() -> Iterator[tuple[str, set[str]]]:
    """Each recording with the pages that its scan names."""
    for folder in RECORDINGS:
        for file in sorted(folder.glob("*.txt")):
            if file.stat().st_size:
                yield file.stem, named(app.scan([str(file)]))


def scenario(name: str) -> tuple[str, set[str]]:
    """The scenario with the pages that its diagnosis names."""
    return name, named(app.diagnose_scenario(name))


def cases(paths: Iterable[str]) -> Iterator[tuple[str, set[str]]]:
    """Each labelled log of a failed run with the pages that its scan names."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from io import BytesIO

    from accuracy import read  # type: ignore[import-not-found]  # a script, found at run time

    from runback.diagnose.scan import scan

    for case in (case for path in paths for case in read(Path(path))):
        if not case.healthy:
            try:
                found = scan([(case.name, BytesIO(case.raw_log.encode("utf-8", "replace")))], app.runbook())
            except InputError:
                continue
            yield case.name, named(found)


def shown_by(results: Iterable[tuple[str, set[str]]]) -> dict[str, str]:
    """Page → the first result that names it."""
    found: dict[str, str] = {}
    for name, pages in results:
        for page in pages:
            found.setdefault(page, name)
    return found


def main(paths: list[str]) -> None:
    names = [one.name for one in lab.scenarios()]
    # Spawned: a process that runs threads is not copied.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        kinds = {"run": shown_by(runs()), "scenario": shown_by(pool.map(scenario, names))}
    kinds["case"] = dict.fromkeys(shown_by(cases(paths)), "labelled logs") if paths else {}
    table = {
        page.id: {kind: shown[page.id] for kind, shown in kinds.items() if page.id in shown}
        for page in app.runbook().pages
    }
    text = "# Which result names a page; written by tools/worth.py.\n" + yaml.safe_dump(table, width=110)
    SHOWN.write_text(text, encoding="utf-8")
    for kind, shown in kinds.items():
        print(f"{kind}: {len(shown)} pages")
    alone = [page for page, shown in table.items() if not shown]
    print(f"examples alone: {len(alone)} pages: {', '.join(alone)}")


if __name__ == "__main__":
    main(sys.argv[1:])
