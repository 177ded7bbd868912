"""Carries out what was agreed: step by step with a journal, each cause proven before the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from runback.app.diagnosis import collect, judge
from runback.app.keeping import memory
from runback.app.place import Place
from runback.app.reaching import reaching, vault
from runback.app.remedying import Outcome, Proposal, Remedied, memories, values_of
from runback.app.request import Request, silent
from runback.errors import AccessError, FetchError, UsageError
from runback.model import Cause, Diagnosis, Gap

if TYPE_CHECKING:
    from runback.remedies.apply import Run
    from runback.remedies.journal import Item, Journal
    from runback.remedies.reach import NotDone
    from runback.remedies.verify import Fired
    from runback.state import ProjectState

# Symptoms that a release which was taken back, or deployed beside CI, leaves behind there.
RELEASE = frozenset({"step-failed", "stale-commit"})
_OTHER_CODE = ("rollback", "rebuild")
_SNAPSHOT_KEPT = "--apply looks again; --undo gives the snapshot back, with the code of before."
# Seconds before each look that is to prove a remedy: requests come when people come.
LOOKS = (0.0, 15.0, 30.0, 60.0, 120.0, 240.0)


def carry_out(proposal: Proposal, place: Place, command: str, values: Mapping[str, str]) -> Outcome:
    """Applies the plans that were agreed on, one cause after the other, and proves each before the next.

    Stops at the first that does not verify. What was begun stands in the journal until this has ended.
    Raises UsageError where another change is unfinished or under way.
    """
    from runback.remedies.journal import Journal, item
    from runback.remedies.verify import fired

    chosen = proposal.chosen
    journal = Journal(
        command=command,
        target=proposal.target,
        began=place.now(),
        items=tuple(item(one.plan, one.cause) for one in chosen if one.plan is not None),
        fired=_not_ours(fired(proposal.diagnosis), chosen),
    )
    project = memory(proposal.target, place.environ)
    _check_key(journal, place, project)
    with project.lock(command):
        if (begun := project.journal()) is not None:
            raise _begun_before(begun, project)
        ended, after = _work_off(journal, place, project, values)
    rest = tuple(_rest(one, after) for one in proposal.remedies if one.result != "planned")
    return Outcome(proposal.target, (*ended, *rest), after)


def _begun_before(begun: bytes, project: ProjectState) -> UsageError:
    from runback.remedies.journal import decode

    if decode(begun) is not None:
        return UsageError("another change was begun and has not ended", "'runback fix' says which.")
    return UsageError(
        "another version of Runback began a change here, and has not ended it",
        f"Let that version go on; or, once you know what stands, delete {project.folder}/journal.json.",
    )


def _check_key(journal: Journal, place: Place, project: ProjectState) -> None:
    """Raises UsageError where a snapshot would have no key: before anything is begun."""
    if any(_has_snapshot(one) for one in journal.items):
        vault(place, project).check()


def _not_ours(
    causes: tuple[tuple[str, str | None], ...], chosen: tuple[Remedied, ...]
) -> tuple[tuple[str, str | None], ...]:
    """The causes before, without those of apps that go back: a rollback must end them, whatever they are."""
    back = {
        str(step.parameters.get("app_name"))
        for one in chosen
        if one.cause is None and one.plan
        for step in one.plan.steps
    }
    return tuple((page, app) for page, app in causes if app not in back)


def _rest(one: Remedied, after: Diagnosis | None) -> Remedied:
    """What was mended by another one's plan is judged by the last look."""
    if one.result != "together":
        return one
    gone = after is not None and not _still_there(one.cause, after)
    return replace(one, result="verified" if gone else "not verified")


def unfinished(place: Place) -> Journal | None:
    """The change that was begun here and has not ended. Raises UsageError while somebody is at work on it."""
    from runback.remedies.journal import decode

    for state in memories(place):
        data = state.journal()
        if data is not None and (found := decode(data)) is not None:
            with state.lock("looking"):
                return found
    return None


def resume(journal: Journal, place: Place, values: Mapping[str, str]) -> Outcome:
    """Goes on with a change that was interrupted, where it stands."""
    project = memory(journal.target, place.environ)
    with project.lock(journal.command):
        ended, after = _work_off(journal, place, project, values)
    return Outcome(journal.target, ended, after)


def values_missing(journal: Journal) -> tuple[str, ...]:
    """The names of the variables whose values the steps that are left need."""
    names = (
        name
        for one in journal.items
        for step, made in zip(one.plan.steps, one.steps, strict=True)
        if made.state != "done"
        for name in values_of(step)
    )
    return tuple(dict.fromkeys(names))


def undo(journal: Journal, place: Place) -> list[str]:
    """Takes back what an interrupted change did, the last step first, and forgets it; what was done.

    A step that has no way back is told, and does not keep the others from it. Where the platform could not
    be reached the journal stays, and the same command goes on.
    """
    from runback.errors import RunbackError
    from runback.remedies.apply import NOT_TAKEN_BACK

    project = memory(journal.target, place.environ)
    said: list[str] = []
    with project.lock(f"undo of {journal.command}"), _running(journal, place, project, {}) as run:
        for index in reversed(range(len(journal.items))):
            try:
                for sentence in run.undo(index):
                    said.append(sentence)
            except RunbackError as error:  # it may be tried again: the journal stays
                stands = getattr(error, "stands", ())
                lines = (f"{NOT_TAKEN_BACK}: {error}", error.advice, "--undo tries again.")
                return [*said, *stands, *filter(None, lines)]
        project.end_journal()
    return said


def _work_off(
    journal: Journal, place: Place, project: ProjectState, values: Mapping[str, str]
) -> tuple[tuple[Remedied, ...], Diagnosis | None]:
    from runback.remedies.reach import NotDone

    ended: list[Remedied] = []
    after: Diagnosis | None = None
    with _running(journal, place, project, values) as run:
        project.write_journal(_encoded(journal))
        for index, one in enumerate(journal.items):
            if ended and after is not None and not _still_there(one.cause, after):
                ended.append(Remedied(one.cause, one.plan, "gone", ("it went with the cause before",)))
                continue
            try:
                run.apply(index)
            except (AccessError, FetchError, NotDone) as error:
                # Where something stands, or nobody knows, the journal stays: the same command goes on.
                ended.append(Remedied(one.cause, one.plan, "failed", _lines(error)))
                if _nothing_stands(run.journal):
                    project.end_journal()
                return (*ended, *_not_begun(journal, index)), after
            doubts, after = _prove(one, journal, place, _later(journal, index))
            run.verified(index, not doubts)
            because = (*run.told(index), *doubts)
            if doubts and _has_snapshot(one):
                because = (*because, _SNAPSHOT_KEPT)
            ended.append(Remedied(one.cause, one.plan, "not verified" if doubts else "verified", because))
            if doubts and _has_snapshot(one):
                return (*ended, *_not_begun(journal, index)), after
            if doubts:
                ended += _not_begun(journal, index)
                break
        project.end_journal()
    return tuple(ended), after


def _not_begun(journal: Journal, index: int) -> list[Remedied]:
    """The remedies that come after one that did not help."""
    why = ("not begun: the one before did not help",)
    return [Remedied(one.cause, one.plan, "planned", why) for one in journal.items[index + 1 :]]


def _later(journal: Journal, index: int) -> tuple[Fired, ...]:
    causes = (one.cause.finding for one in journal.items[index + 1 :] if one.cause)
    return tuple((one.page, one.app) for one in causes)


def _prove(
    one: Item, journal: Journal, place: Place, later: tuple[Fired, ...]
) -> tuple[tuple[str, ...], Diagnosis]:
    """Looks until nothing is doubtful, or patience ends; the doubts that stay, and the last diagnosis.

    At the end of patience, what the cause led to is no doubt while another cause of before is still there: it
    may keep the requests from coming that would show that all is well.
    """
    from runback.remedies.verify import doubts

    target = journal.target
    request = Request(app=target.app, environment=target.environment, branch=target.branch)

    def judged(pending: tuple[Fired, ...]) -> tuple[str, ...]:
        return doubts(
            one.cause,
            journal.fired,
            after,
            pending,
            expected=RELEASE if one.plan.remedy in _OTHER_CODE else frozenset(),
            may_be_unknown=isinstance(evidence.platform, Gap) and _only_ci(one),
        )

    found: tuple[str, ...] = ()
    for wait in LOOKS:
        if found:
            place.progress(f"looking again in {wait:.0f} seconds; {found[0]}")
        place.sleep(wait)
        place.progress("looking again, to prove it")
        evidence, collect_ms = collect(request, place.start, place.environ, silent, place.now)
        after = judge(evidence, collect_ms)
        found = judged(later)
        if not found:
            break
    memory(evidence.target, place.environ).remember(after, evidence.collected_at)
    return found and judged((*later, *journal.fired)), after


@contextmanager
def _running(
    journal: Journal, place: Place, project: ProjectState, values: Mapping[str, str]
) -> Iterator[Run]:
    from runback.remedies.apply import Run
    from runback.state import State

    with reaching(place, values, project) as reach:
        yield Run(journal, reach, project.write_journal, State.of(place.environ).audit)


def _encoded(journal: Journal) -> bytes:
    from runback.remedies.journal import encode

    return encode(journal)


def _nothing_stands(journal: Journal) -> bool:
    """Whether no step of the plans changed anything that is still changed."""
    from runback.remedies.actions.registry import ACTIONS

    return all(
        made.state in ("waiting", "undone") or (made.state == "failed" and not ACTIONS[step.action].leaves)
        for one in journal.items
        for step, made in zip(one.plan.steps, one.steps, strict=True)
    )


def _only_ci(one: Item) -> bool:
    """Whether the plan changes CircleCI alone: its workflow has ended well by then."""
    actions = [step.action for step in one.plan.steps if step.action]
    return all(action.startswith(("POST /workflow/", "PUT /context/")) for action in actions)


def _has_snapshot(one: Item) -> bool:
    return any(step.action == "snapshot" for step in one.plan.steps)


def _still_there(cause: Cause | None, after: Diagnosis) -> bool:
    if cause is None:
        return True
    wanted = (cause.finding.page, cause.finding.app)
    return any((one.finding.page, one.finding.app) == wanted for one in after.causes)


def _lines(error: AccessError | FetchError | NotDone) -> tuple[str, ...]:
    """What went wrong, what stands now, what to do."""
    stands = getattr(error, "stands", ())
    return tuple(filter(None, (str(error), *stands, error.advice)))
