"""Record what real programs print, for the corpus: `python tools/record_corpus.py [KIND | GROUP | NAME …]`.

Runs that end well stand in recorder/healthy/*.yml, and are noisy on purpose: warnings, deprecations, tests of
errors, retries that worked. Their outputs are kept in tests/corpus/healthy/: no page may see a fault in them.
Runs that fail stand in recorder/failing/*.yml with the page that has to name why; their outputs are kept in
tests/corpus/failing/. Without arguments all are recorded. Needs Python 3.11 with PyYAML, Node.js, OpenJDK,
Maven, git, gcc, cmake, Ruby, PHP, PostgreSQL, Terraform, Erlang, ClamAV,
apt-get and package indexes.
"""

from __future__ import annotations

import datetime
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from recorder.corpus import CORPUS, KINDS, record
from recorder.stage import Stage

RUNS = Path(__file__).parent / "recorder"


def chosen(names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kind and description of the runs that these names mean. Raises SystemExit on a name of nothing."""
    known: set[str] = set()
    found = []
    for kind in KINDS:
        for file in sorted((RUNS / kind).glob("*.yml")):
            for run in yaml.safe_load(file.read_text(encoding="utf-8")):
                known |= (called := {kind, f"{kind}/{file.stem}", run["name"]})
                if not names or called & set(names):
                    found.append((kind, run))
    if unknown := set(names) - known:
        raise SystemExit(f"No kind, group or run is called {', '.join(sorted(unknown))}.")
    yield from found


def note(kind: str, entry: dict[str, object]) -> None:
    """Bring the kind's index up to date."""
    index = CORPUS / kind / "index.yml"
    before = yaml.safe_load(index.read_text(encoding="utf-8")) if index.exists() else []
    entries = {known["name"]: known for known in [*before, entry]}
    ordered = [entries[name] for name in sorted(entries)]
    text = yaml.safe_dump(ordered, sort_keys=False, width=110, allow_unicode=True)
    index.write_text("# Written by tools/record_corpus.py.\n" + text, encoding="utf-8")


def main(names: list[str]) -> int:
    failed = []
    with tempfile.TemporaryDirectory(prefix="runback-record-") as folder:
        stage = Stage(Path(folder).resolve())
        stage.root.chmod(0o755)  # a database server runs as somebody else
        for kind, run in chosen(names):
            try:
                entry = record(kind, run, stage)
            except SystemExit as error:
                print(f"{run['name']}: {error}", file=sys.stderr)
                failed.append(run["name"])
            else:
                note(kind, {**entry, "date": datetime.datetime.now(tz=datetime.UTC).date()})
    if failed:
        print(f"Not recorded: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
