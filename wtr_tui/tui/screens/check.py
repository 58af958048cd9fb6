"""What would go wrong here, a line each, as ``wtr doctor`` prints it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from wtr_tui.in_flight import in_thread
from wtr_tui.tui.keys import Key, action_names, keys
from wtr_tui.tui.screens import WtrScreen, hanging_indent
from wtr_tui.tui.session import with_tilde
from wtr_tui.tui.widgets.panel import Panel
from wtr_tui.tui.widgets.quiet import Lines

if TYPE_CHECKING:
    from wtr_tui.doctor import Finding

_COLOURS = {"GOOD": "$calm", "WARN": "$soon", "BAD": "$over"}
_SUBJECT_WIDTH = 14
_OF_THE_PROFILE = {"keys", "settings", "files", "lock", "token", "timer", "socket", "deliver"}
"""Subjects; what else is looked at is of the machine and of Webex."""


class Findings(Lines):
    """A finding a line, or in the lines it takes; a blank one between them where there is room."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._findings: Sequence[Finding] = ()
        self._going_on = ""

    def show(self, findings: Sequence[Finding], going_on: str) -> None:
        self._findings, self._going_on = findings, going_on
        self.follow()

    def lines(self, width: int) -> list[Content]:
        found = [_line(finding, width) for finding in self._findings]
        if self._going_on:
            found.append(Content.styled(self._going_on, "$muted"))
        spaced = self.screen.has_class("-airy") and self.screen.has_class("-double")
        return Content("\n\n" if spaced else "\n").join(found).split("\n")


class CheckScreen(WtrScreen):
    """Shows the findings as they are made; asking Webex may take some seconds."""

    NAME = "check"
    HELP_NAME = "Check"
    HELP_TEXT = (
        "Looks at everything that could go wrong here: settings, files, network, clock, clipboard,"
        " and whether Webex takes the token. wtr doctor prints the same."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys(
            Key("r", "look", "Look again", "Look at everything again"),
            Key("q", "app.quit", "Quit", "Quit"),
        )
    ]

    FULL_WIDTH = True
    DEFAULT_CSS = """
    CheckScreen #columns { height: auto; max-width: 120; layout: vertical; }
    CheckScreen Panel { border: none; padding: 0; }
    CheckScreen.-airy Panel { border: round $line; padding: 0 2; }
    CheckScreen.-airy #machine { margin: 1 0 0 0; }
    CheckScreen.-double #columns { max-width: 192; layout: horizontal; }
    CheckScreen.-double Panel { border: round $line; padding: 1 2; }
    CheckScreen.-double #machine { margin: 0 0 0 2; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-single"), (150, "-double")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall"), (30, "-airy")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self._findings: list[Finding] = []

    def content(self) -> Iterable[Widget]:
        yield Horizontal(
            Panel("This profile", Findings("findings"), id="profile"),
            Panel("This machine and Webex", Findings("machine-findings"), id="machine"),
            id="columns",
        )

    def on_screen_resume(self) -> None:
        self.action_look()

    def action_look(self) -> None:
        self._findings = []
        self._look()

    @work(group="doctor", exclusive=True)
    async def _look(self) -> None:
        from wtr_tui.doctor import examine

        findings = chain(self._keys(), examine(self.session.profile, self.session.environ))
        self._show("Looking …")
        while (finding := await in_thread(lambda: next(findings, None))) is not None:
            words = with_tilde(finding.words, self.session.environ)
            self._findings.append(finding._replace(words=words))
            self._show("Looking …")
        self._show("")

    def _keys(self) -> Iterator[Finding]:
        """What of the setting ``keys`` cannot be used: the screens alone know."""
        from wtr_tui.doctor import Finding, Level
        from wtr_tui.tui import screens

        refused = self.program.refused_keys
        for each in refused:
            yield Finding(Level.WARN, "keys", each.removeprefix("keys: "))
        if any("no action" in each for each in refused):
            names = action_names({"": self.app.BINDINGS, **screens.bindings_by_screen()})
            yield Finding(Level.WARN, "keys", f"the actions are {', '.join(names)}.")

    def _show(self, going_on: str) -> None:
        if not self.query("#columns"):
            return  # the program ends meanwhile
        for panel in self.query(Panel):
            is_profile = panel.id == "profile"
            of_it = [e for e in self._findings if (e.subject in _OF_THE_PROFILE) is is_profile]
            # What is looked at last is the machine.
            now = "" if is_profile and of_it else going_on
            panel.query_one(Findings).show(of_it, now)
            panel.show_right(now or _summary(of_it))

    def on_profile_changed(self) -> None:
        super().on_profile_changed()
        self._findings = []


def _summary(findings: Sequence[Finding]) -> Content:
    """``1 problem · 2 warnings``, or that all is well."""
    counts = Counter(finding.level.name for finding in findings)
    parts = [
        Content.styled(f"{counts[level]} {word}{'s' * (counts[level] > 1)}", _COLOURS[level])
        for level, word in (("BAD", "problem"), ("WARN", "warning"))
        if counts[level]
    ]
    return Content(" · ").join(parts) if parts else Content.styled("✓ all well", "$calm")


def _line(finding: Finding, width: int) -> Content:
    sign, name = f"{finding.level.value} ", f"{finding.subject:<{_SUBJECT_WIDTH - 1}} "
    words = hanging_indent(f"{sign}{name}{finding.words}", width, at=len(sign + name))
    return Content.assemble(
        Content.styled(sign, _COLOURS[finding.level.name]),
        Content.styled(name, "bold"),
        words[len(sign + name) :],
    )
