"""Lines on a terminal: width, colour and wrapping, and the few forms that things have there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runback.model import Plan, Symptom, Verdict, Where
from runback.reports import views as as_text
from runback.reports.console import in_memory, text_of
from runback.reports.printable import printable

COMMAND = 20_000  # characters: a command is never cut on the way to the shell
LISTED = 5  # names of one list
_SIGNS: dict[Verdict, tuple[str, str]] = {
    "failed": ("✗", "bold red"),
    "degraded": ("!", "bold yellow"),
    "healthy": ("✓", "bold green"),
    "unknown": ("?", "bold magenta"),
}


class Screen:
    """Writes lines; knows width and colour, nothing of diagnoses."""

    def __init__(self, width: int, colour: bool) -> None:
        self._console, self._out = in_memory(width, colour)

    def line(self, text: str = "", *, style: str = "", indent: int = 0, pasteable: bool = False) -> None:
        """One line, wrapped under its own indent; a pasteable one is never broken."""
        from rich.padding import Padding
        from rich.text import Text

        lead = len(text) - len(text.lstrip(" "))
        if not text:
            self._console.print()
        elif pasteable:
            self._console.print(Text(text, style=style), soft_wrap=True)
        else:
            body = Padding(Text(text.lstrip(" "), style=style), (0, 0, 0, lead + indent), expand=False)
            self._console.print(body)

    def verdict(self, verdict: Verdict, sentence: str, about: str) -> None:
        sign, style = _SIGNS[verdict]
        self.line(f"{sign} {printable(sentence, 1000)}", style=style)
        if about:
            self.line(f"  {about}", style="dim")

    def heading(self, text: str) -> None:
        self.line()
        self.line(text, style="bold")

    def block(self, title: str, lines: Sequence[as_text.Line]) -> None:
        if lines:
            self.heading(title)
            for line in lines:
                self.line(f"  {printable(line.text)}", style=line.style, pasteable="://" in line.text)

    def where(self, where: Where) -> None:
        place = where.source if where.line is None else f"{where.source}, line {where.line}"
        self.line(f"    {printable(place)}", style="dim")
        if where.url:
            self.line(f"    {printable(where.url)}", style="dim", pasteable=True)
        if where.text:
            self.line(f"      {printable(where.text)}")

    def symptoms(self, symptoms: Iterable[Symptom]) -> None:
        for symptom in symptoms:
            self.line(f"  • {printable(symptom.title)}")
            for where in symptom.where[:1]:
                self.where(where)

    def plan(self, plan: Plan) -> None:
        mark = "" if plan.safe or plan.blocked else "  (unsafe: read it first)"
        self.line(f"  {printable(plan.sentence)}{mark}")
        if plan.blocked:
            self.line(f"    cannot be planned: {printable(plan.blocked)}")
        for number, step in enumerate(plan.steps, 1):
            note = "  [interrupts service]" if step.interrupts else ""
            self.line(f"    {number}. {printable(step.sentence)}{note}")
            for number_of_line, command in enumerate(step.command.splitlines()):
                prompt = " " if number_of_line else "$"
                self.line(f"       {prompt} {printable(command, COMMAND)}", style="cyan", pasteable=True)

    def names(
        self, title: str, items: Sequence[tuple[str, str]], everything: bool, brief: bool = False
    ) -> None:
        if not items:
            return
        self.heading(title)
        if brief and not everything:
            shown = " · ".join(
                printable(f"{name} ({because})" if because else name) for name, because in items[:LISTED]
            )
            more = f" · and {len(items) - LISTED} more (--show all)" if len(items) > LISTED else ""
            self.line(f"  {shown}{more}")
            return
        for name, because in items if everything else items[:LISTED]:
            self.line(f"  {name}: {printable(because)}")
        if len(items) > LISTED and not everything:
            self.line(f"  and {len(items) - LISTED} more (--show all)", style="dim")

    def footer(self, text: str) -> None:
        self.line()
        self.line(text, style="dim")

    def text(self) -> str:
        return text_of(self._out)
