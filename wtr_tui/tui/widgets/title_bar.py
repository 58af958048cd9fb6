"""The line at the top: the program, its screens, and where the person is."""

from __future__ import annotations

from textual.content import Content

from wtr_tui.tui.widgets.quiet import Quiet

# Not $text-muted: outside of a stylesheet it comes out as plain white.
_MUTED = "$foreground 60%"
TABS = (("F2", "Token"), ("F3", "Sign in"), ("F4", "Settings"))


class TitleBar(Quiet):
    """Names the screens with the keys that lead there; ``current`` is the one shown."""

    def __init__(self, current: str, place: str) -> None:
        super().__init__("")
        self._current = current
        self._place = place

    def on_mount(self) -> None:
        self._compose_line()

    def move_to(self, place: str) -> None:
        self._place = place
        self._compose_line()

    def on_resize(self) -> None:
        self._compose_line()

    def _compose_line(self) -> None:
        width = self.app.size.width - 2
        left = self._tabs()
        if left.cell_length > width:
            left = self._tabs(only_keys=True)
        room = width - left.cell_length - 2
        place = self._place if len(self._place) <= room else self._place[: max(room - 1, 0)] + "…"
        if room < 6:
            place = ""
        gap = " " * max(width - left.cell_length - len(place), 0)
        self.show(Content.assemble(left, Content(gap), Content.styled(place, _MUTED)))

    def _tabs(self, *, only_keys: bool = False) -> Content:
        current = "bold reverse" if self.app.no_color else "bold $background on $accent"
        parts = [Content.styled("WTR²", "bold $accent"), Content("  ")]
        for key, name in TABS:
            if name == self._current:
                parts.append(Content.styled(f" {key} {name} ", current))
            else:
                parts.append(Content.styled(f" {key} ", _MUTED))
                parts.append(Content("" if only_keys else f"{name} "))
        return Content.assemble(*parts)
