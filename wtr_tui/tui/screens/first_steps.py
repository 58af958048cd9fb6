"""The first steps: the same form, in the order in which an integration is made and entered."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from wtr_tui.tui.keys import with_keys
from wtr_tui.tui.screens import settings_words as words
from wtr_tui.tui.widgets.inputs import AddressInput
from wtr_tui.tui.widgets.quiet import Quiet

_FIRST = (
    "#lead",
    "#make",
    "#uri-block",
    "#portal-block",
    "#enter",
    "#fields",
    "#save",
    "#sections",
)
_USUAL = ("#fields", "#uri-block", "#portal-block", "#sections")


class SignedLine(Horizontal):
    """A sentence with a sign in front; where it needs more lines, they stand under its words."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sign = Quiet("", classes="sign")
        self._sentence = Quiet("", classes="wrapped")

    def compose(self) -> ComposeResult:
        yield self._sign
        yield self._sentence

    def tell(self, line: str) -> None:
        """``line`` begins with the sign, or a blank, and a space."""
        # What is not to be done now stays in the background.
        self.set_class(line[:1] in {" ", "○"}, "muted")
        self._sign.show(line[:1])
        self._sentence.reshape(line[2:])


def around(fields: Iterable[Widget]) -> Iterable[Widget]:
    """The parts of the form, to be put in order by :func:`arrange`."""
    yield Quiet(words.LEAD, id="lead", classes="wrapped")
    yield SignedLine(id="make")
    yield SignedLine(id="enter")
    yield Vertical(*fields, id="fields", classes="form")
    yield Vertical(
        SignedLine(id="uri-lead"),
        Quiet("", id="redirect-uri", classes="address"),
        id="uri-block",
        classes="block form",
    )
    portal = AddressInput(id="portal", placeholder="https://webexapis.com/v1/authorize?…")
    yield Vertical(
        SignedLine(id="portal-lead"),
        Horizontal(portal, classes="row"),
        Quiet("", id="portal-problem"),
        id="portal-block",
        classes="block form",
    )
    yield SignedLine(id="save")


def arrange(page: Widget, *, leading: bool) -> None:
    """Puts the parts in order: as steps with numbers when ``leading``, else the values first."""
    page.set_class(leading, "-leading")
    for name, line in (words.STEPS if leading else words.USUAL).items():
        page.query_one(f"#{name}", SignedLine).tell(with_keys(line))
    for part in ("#lead", "#make", "#enter", "#save"):
        page.query_one(part).display = leading
    last = page.query_one("#file")
    for part in _FIRST if leading else _USUAL:
        page.move_child(page.query_one(part), before=last)
