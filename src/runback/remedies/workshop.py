"""What a rebuild has in its hands beside the APIs: the checkout, the script's environment, the snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runback.remedies.vault import Vault


@dataclass
class Workshop:
    """`environ` is what the script gets beside the values; `say` takes a line of its output, masked."""

    checkout: Path
    environ: Mapping[str, str] = field(repr=False)
    vault: Vault
    lock: Path  # held by a script for as long as it runs, whatever becomes of this process
    say: Callable[[str], None]
    learn: Callable[[str, str], None]  # name and value of what must not be seen in its output
