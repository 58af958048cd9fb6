"""The check: the findings of ``wtr doctor`` for the profile and for the machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from wtr_tui.shutdown import in_thread
from wtr_tui.storage import paths
from wtr_tui.storage.profiles import Profile
from wtr_tui.text import cause
from wtr_tui.tui.display import format_date
from wtr_tui.tui.keys import Key, bindings, refused_keys
from wtr_tui.tui.screens import WtrScreen, hanging_indent
from wtr_tui.tui.session import with_tilde
from wtr_tui.tui.widgets import Lines, Panel
from wtr_tui.tui.widgets.lists import Facts

if TYPE_CHECKING:
    from wtr_tui.doctor import Finding

_LEVEL_COLOURS = {"GOOD": "$calm", "WARN": "$soon", "BAD": "$over"}
_SUBJECT_WIDTH = 14
_PROFILE_SUBJECTS = {"keys", "settings", "files", "lock", "token", "timer", "socket", "deliver"}
"""Subjects of findings on the profile; all others are on the machine and Webex."""


_FILES = ("Settings", "Token", "State", "History", "Log")


class FindingList(Lines):
    """The findings, wrapped; a blank line between them where there is room."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._findings: Sequence[Finding] = ()
        self._in_progress = ""

    def show(self, findings: Sequence[Finding], in_progress: str) -> None:
        self._findings, self._in_progress = findings, in_progress
        self.update_lines()

    def lines(self, width: int) -> list[Content]:
        found = [_line(finding, width) for finding in self._findings]
        if self._in_progress:
            found.append(Content.styled(self._in_progress, "$muted"))
        spaced = self.screen.has_class("-airy") and self.screen.has_class("-double")
        return Content("\n\n" if spaced else "\n").join(found).split("\n")


class CheckScreen(WtrScreen):
    """Shows the findings one by one as they come: asking Webex may take seconds."""

    NAME = "check"
    HELP_NAME = "Check"
    HELP_TEXT = (
        "Looks at everything that could go wrong here: settings, files, network, clock, clipboard,"
        " and whether Webex takes the token. wtr doctor prints the same."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
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
    CheckScreen #left { width: 1fr; height: auto; }
    CheckScreen #files { display: none; margin: 1 0 0 0; }
    CheckScreen.-double.-airy #files { display: block; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-single"), (150, "-double")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall"), (30, "-airy")]

    def __init__(self) -> None:
        super().__init__()
        self._findings: list[Finding] = []
        self._files: dict[str, str] = {}
        self._is_left = True
        """Whether another full screen has been shown since; a dialog changes nothing here."""

    def content(self) -> Iterable[Widget]:
        with Horizontal(id="columns"):
            with Vertical(id="left"):
                yield Panel("This profile", FindingList("findings"), id="profile")
                yield Panel("Its files", Facts(_FILES, id="file-facts"), id="files")
            yield Panel("This machine and Webex", FindingList("machine-findings"), id="machine")

    def on_screen_suspend(self) -> None:
        self._is_left = self.program.full_screen is not self

    def on_screen_resume(self) -> None:
        if self._is_left:
            self._is_left = False
            self.action_look()

    def action_look(self) -> None:
        self._findings = []
        self._examine()

    @work(group="doctor", exclusive=True)
    async def _examine(self) -> None:
        from wtr_tui.doctor import examine

        profile, environ, now = self.session.profile, self.session.environ, self.session.now()
        findings = examine(profile, environ, refused_keys=self._refused_keys)
        self._show("Looking …")
        self._files = await in_thread(lambda: file_facts(profile, environ, now))
        while (finding := await in_thread(lambda: next(findings, None))) is not None:
            message = with_tilde(finding.message, environ)
            self._findings.append(finding._replace(message=message))
            self._show("Looking …")
        self._show("")

    def _refused_keys(self, wanted: Mapping[str, str]) -> list[str]:
        return refused_keys(wanted, self.program.bindings_by_screen())

    def _show(self, in_progress: str) -> None:
        if not self.query("#columns"):
            return  # the program has ended meanwhile
        for name, fact in self._files.items():
            self.query_one(Facts).set_fact(name, fact)
        for name in ("profile", "machine"):
            panel, is_profile = self.query_one(f"#{name}", Panel), name == "profile"
            found = [e for e in self._findings if (e.subject in _PROFILE_SUBJECTS) is is_profile]
            # The machine is examined after the profile.
            doing = "" if is_profile and found else in_progress
            panel.query_one(FindingList).show(found, doing)
            panel.show_right(doing or _summary(found))

    def on_profile_changed(self) -> None:
        super().on_profile_changed()
        self._findings = []


def _summary(findings: Sequence[Finding]) -> Content:
    """Return ``1 problem · 2 warnings``, or ``✓ all well``."""
    counts = Counter(finding.level.name for finding in findings)
    parts = [
        Content.styled(f"{counts[level]} {word}{'s' * (counts[level] > 1)}", _LEVEL_COLOURS[level])
        for level, word in (("BAD", "problem"), ("WARN", "warning"))
        if counts[level]
    ]
    return Content(" · ").join(parts) if parts else Content.styled("✓ all well", "$calm")


def _line(finding: Finding, width: int) -> Content:
    sign, name = f"{finding.level.value} ", f"{finding.subject:<{_SUBJECT_WIDTH - 1}} "
    words = hanging_indent(f"{sign}{name}{finding.message}", width, at=len(sign + name))
    return Content.assemble(
        Content.styled(sign, _LEVEL_COLOURS[finding.level.name]),
        Content.styled(name, "bold"),
        words[len(sign + name) :],
    )


def file_facts(profile: Profile, environ: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Return where each file of the profile is, its size and when it was last written."""
    token = str(profile.token_path)
    found = (
        *(str(profile.settings_path), token, paths.state_path(token)),
        *(paths.history_path(token), paths.log_path(token)),
    )
    return {
        name: f"{with_tilde(path, environ)} · {_size_and_age(path, now)}"
        for name, path in zip(_FILES, found, strict=True)
    }


def _size_and_age(path: str, now: datetime) -> str:
    try:
        facts = Path(path).stat()
    except FileNotFoundError:
        return "not there"
    except OSError as error:
        return cause(error)
    written = datetime.fromtimestamp(facts.st_mtime, timezone.utc)
    return f"{facts.st_size:,} bytes, written {format_date(written, now)}"
