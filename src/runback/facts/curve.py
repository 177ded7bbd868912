"""What an instance used of its memory before it was killed, as a line of bars."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from runback.facts import views
from runback.model import App, Gap, InstanceMemory, Where

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 40


def memory_curve(app: App, process: str, instance: object) -> tuple[Where, ...]:
    """The proof beside a crash for want of memory; none where nothing was measured while it ran."""
    if isinstance(app.memory, Gap):
        return (views.resource(f"memory of {app.name}", f"could not be read: {app.memory.reason}"),)
    used = [one for one in app.memory if (one.process, one.instance) == (process, instance)]
    if len(used) < 2:
        return ()
    return (views.resource(f"memory of {app.name}, {process} instance {instance}", _drawn(used)),)


def _drawn(used: Sequence[InstanceMemory]) -> str:
    """The bars reach from nothing to the quota, or to the most that was used where none is known."""
    quota = used[-1].quota
    most = max(one.used for one in used)
    full = max(quota or 0, most) or 1
    bars = "".join(_BARS[min(len(_BARS) - 1, peak * len(_BARS) // full)] for peak in _peaks(used))
    of = f" of {quota >> 20}" if quota else ""
    span = f"{used[0].at:%H:%M}-{used[-1].at:%H:%M} UTC"
    return f"{bars}  {min(one.used for one in used) >> 20} to {most >> 20}{of} MB, {span}"


def _peaks(used: Sequence[InstanceMemory]) -> list[int]:
    """At most as many values as there is room for, each the highest of its stretch of time."""
    width = min(_WIDTH, len(used))
    edges = [index * len(used) // width for index in range(width + 1)]
    return [max(one.used for one in used[start:end]) for start, end in pairwise(edges)]
