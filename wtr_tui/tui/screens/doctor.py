"""What would go wrong here, a line each, as ``wtr doctor`` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from wtr_tui.background import in_thread
from wtr_tui.tui.keys import Key, keys
from wtr_tui.tui.screens.columns import AROUND, WIDEST, hanging
from wtr_tui.tui.widgets.dialog import Dialog
from wtr_tui.tui.widgets.quiet import Quiet

if TYPE_CHECKING:
    from wtr_tui.doctor import Finding
    from wtr_tui.tui.app import WtrApp

_COLOURS = {"GOOD": "$success", "WARN": "$warning", "BAD": "$error"}
_SUBJECT_WIDTH = 13


class DoctorScreen(ModalScreen[None]):
    """Shows the findings as they are made; asking Webex may take some seconds."""

    CSS_PATH = "dialogs.tcss"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-tall"), (32, "-roomy")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys(
            Key("escape,q,enter", "dismiss", "Close", "Back to the screen below"),
            Key("r", "look", "Look again", "Look at everything again"),
            Key("down,j,space", "scroll(2)", "Down", "Scroll down", show=False),
            Key("up,k", "scroll(-2)", "Up", "Scroll up", show=False),
        )
    ]

    def __init__(self) -> None:
        super().__init__()
        self._findings: list[Finding] = []
        self._going_on = ""

    def compose(self) -> ComposeResult:
        with Dialog():
            yield Quiet("What would go wrong here", classes="heading")
            with VerticalScroll(can_focus=False):
                yield Quiet("", id="findings")
            yield Quiet("↑ ↓ scroll   r looks again   Esc closes", classes="keys")

    def on_mount(self) -> None:
        self.action_look()

    def action_look(self) -> None:
        self._findings = []
        self._look()

    @work(group="doctor", exclusive=True)
    async def _look(self) -> None:
        from wtr_tui.doctor import examine

        session = cast("WtrApp", self.app).session

        findings = examine(session.profile, session.environ)
        self._show("Looking …")
        while (finding := await in_thread(lambda: next(findings, None))) is not None:
            self._findings.append(finding)
            self._show("Looking …")
        self._show("")

    def _show(self, going_on: str) -> None:
        self._going_on = going_on
        width = min(self.size.width, WIDEST) - AROUND
        lines = [_line(finding, width) for finding in self._findings]
        lines.append(Content.styled(going_on, "$foreground 60%"))
        self.query_one("#findings", Quiet).reshape(Content("\n").join(lines))

    def on_resize(self) -> None:
        self._show(self._going_on)

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def _line(finding: Finding, width: int) -> Content:
    sign, name = f"{finding.level.value} ", f"{finding.subject:<{_SUBJECT_WIDTH - 1}} "
    words = hanging(f"{sign}{name}{finding.words}", width, at=len(sign + name))
    return Content.assemble(
        Content.styled(sign, _COLOURS[finding.level.name]),
        Content.styled(name, "bold"),
        words[len(sign + name) :],
    )
