"""The settings: what they are, where each comes from, and saving them without loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from wtr_tui.errors import WtrError
from wtr_tui.storage import settings_file
from wtr_tui.storage.portal_url import parse_oauth_url
from wtr_tui.storage.settings_table import check_app_id, check_secret
from wtr_tui.tui.keys import Key, keys
from wtr_tui.tui.screens import first_steps
from wtr_tui.tui.screens import settings_form as form
from wtr_tui.tui.screens import settings_words as words
from wtr_tui.tui.screens.base import Page, WtrScreen
from wtr_tui.tui.screens.scopes import ScopesScreen
from wtr_tui.tui.widgets.field import Field
from wtr_tui.tui.widgets.inputs import AddressInput, QuietInput, SecretInput
from wtr_tui.tui.widgets.message_line import Tone
from wtr_tui.tui.widgets.quiet import Quiet


class SettingsScreen(WtrScreen):
    """A form over the profile's settings file. What the environment sets is shown, not edited."""

    CSS_PATH = "forms.tcss"
    NAME = "settings"
    HELP_NAME = "Settings"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall"), (30, "-roomy")]  # noqa: RUF012
    HELP_TEXT = words.HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys(
            Key("ctrl+s", "save", "Save", "Save what was changed"),
            Key("ctrl+r", "reveal", "Secret", "Show or hide the secret"),
            Key("ctrl+o", "scopes", "Scopes", "Pick scopes from the known ones"),
            Key("ctrl+y", "copy_uri", "Copy URI", "Copy the redirect URI to register"),
            Key("ctrl+l", "reload", "Reload", "Read file and environment again"),
            Key("f3", "app.go('sign-in')", "Sign in", "Go on to signing in"),
        ),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def content(self) -> Iterable[Widget]:
        yield Quiet("", id="trouble", classes="wrapped")
        yield from first_steps.around(
            [
                _field("appid", QuietInput(), check_app_id),
                _field("secret", SecretInput(), check_secret),
                _field("scopes", QuietInput(), form.check_scopes),
                _field("redirectPort", QuietInput(), form.check_port),
            ]
        )
        yield Quiet("", id="file", classes="wrapped muted")

    def on_mount(self) -> None:
        self._fill()

    def on_profile_changed(self) -> None:
        super().on_profile_changed()
        self._fill()

    def fields(self) -> dict[str, Field]:
        return {field.key: field for field in self.query(Field)}

    def _texts(self) -> dict[str, str]:
        return {key: field.entry.value for key, field in self.fields().items()}

    def _fill(self) -> None:
        session = self.session
        settings = session.settings
        for key, field in self.fields().items():
            shown = form.shown(settings, key)
            field.fill(shown.value, shown.source, fixed=shown.fixed)
        readable = session.settings_error is None
        self._leading = readable and form.is_first(settings)
        first_steps.arrange(self.query_one(Page), leading=self._leading)
        for widget in self.query(".form"):
            widget.display = readable  # an empty form over a full file would tell a lie
        self._portal_redirect_uri = ""
        self._shown_values = self._texts()
        self._count_scopes()
        self._show_uri()
        self._show_trouble()
        file = words.file(session.settings_place, settings.problems)
        self.query_one("#file", Quiet).reshape(file)
        if settings.warnings:
            self.tell(" ".join(settings.warnings), Tone.WARN)
        self._focus_first()

    def _show_trouble(self) -> None:
        """What no field can tell: a file that cannot be read, a wrong value without a field."""
        session = self.session
        beside = {key for key, field in self.fields().items() if field.problem}
        trouble = self.query_one("#trouble", Quiet)
        text = words.trouble(session.settings.problems, beside, session.settings_error)
        trouble.display = bool(text)
        trouble.reshape(text)

    def _focus_first(self) -> None:
        """The first value that is missing or wrong, else the first that can be edited."""
        if self.session.settings_error is not None:
            return
        if self._leading and not self.fields()["appid"].entry.value:
            self.set_focus(self._portal)
            return
        editable = [field for field in self.fields().values() if not field.entry.disabled]
        wrong = [field for field in editable if field.problem]
        for field in (*wrong, *editable):
            self.set_focus(field.entry)
            return

    @property
    def _portal(self) -> AddressInput:
        return self.query_one("#portal", AddressInput)

    def on_descendant_focus(self) -> None:
        meant = (words.MEANINGS[each.key] for each in self.query(Field) if each.has_focus_within)
        self.query_one("#field-meaning", Quiet).show(
            next(meant, words.FROM_URL if self._leading else "")
        )

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if event.input is self._portal and event.value.strip():
            self._take_portal_url(event.value, whole=True)
        else:
            self.focus_next()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if event.input.id == "portal":
            self._take_portal_url(event.value)
            return
        if "client_id=" in event.value:
            event.input.value = ""  # the whole OAuth URL, pasted into the field of the App ID
            self._take_portal_url(event.value)
            return
        for key, field in self.fields().items():
            if field.entry is event.input and event.value != self._shown_values.get(key):
                field.tell_source("not saved yet")
            elif field.entry is event.input:
                field.tell_source(form.shown(self.session.settings, key).source)
        self._count_scopes()
        self._show_uri()

    def _count_scopes(self) -> None:
        field = self.fields()["scopes"]
        changed = field.entry.value != self._shown_values.get("scopes")
        source = "not saved yet" if changed else form.shown(self.session.settings, "scopes").source
        count = len(form.scopes_in(field.entry.value))
        field.tell_source(source if field.problem else words.counted(source, count))

    def _take_portal_url(self, text: str, *, whole: bool = False) -> None:
        if not text.strip():
            return
        try:
            portal = parse_oauth_url(text)
        except ValueError as error:
            if "://" in text or whole:
                self.tell(str(error), Tone.BAD)
            return
        found = form.filled(portal, self.session.settings, self._texts())
        for key, value in found.values.items():
            self.fields()[key].entry.value = value
        self._portal.value = ""
        self._portal_redirect_uri = found.redirect_uri or self._portal_redirect_uri
        secret = self.fields()["secret"].entry
        if not secret.value:
            self.set_focus(secret)
        self.tell(*words.filled(found, portal, secretless=not secret.value))

    _leading = False
    _portal_redirect_uri = ""
    """As the pasted OAuth URL spells it: Webex compares it byte for byte."""

    def _show_uri(self) -> None:
        self.query_one("#redirect-uri", Quiet).reshape(
            self._redirect_uri() or "(once the redirect port is right)"
        )

    def _redirect_uri(self) -> str:
        port = self.fields()["redirectPort"].entry.value
        return form.redirect_uri(self.session.settings, port, self._portal_redirect_uri)

    def action_save(self) -> None:
        session = self.session
        if session.settings_error is not None:
            self.tell(
                "Not saved: the file cannot be read, and saving would lose what is in it.", Tone.BAD
            )
            return
        for key, field in self.fields().items():
            if field.problem and field.entry.value != self._shown_values[key]:
                self.set_focus(field.entry)
                self.tell(f"Not saved: {field.problem}", Tone.BAD)
                return
        changes = form.changes(
            session.settings, self._shown_values, self._texts(), self._portal_redirect_uri
        )
        if not changes:
            self.tell("Nothing has changed, so there is nothing to save.")
            return
        try:
            settings_file.save(
                session.profile.settings_path, changes, expected=session.settings.text
            )
        except WtrError as error:
            self.tell(f"Not saved: {error}", Tone.BAD)
            return
        focused = self.focused
        session.load_settings()
        self._fill()
        self.set_focus(focused)
        self.tell(*words.saved(session.settings.problems, session.settings_place))
        self.program.token_changed()

    def action_reload(self) -> None:
        self.session.load_settings()
        self._fill()
        if self.session.settings_error is None:
            self.tell("Read again from the file and the environment.")

    def action_reveal(self) -> None:
        entry = self.fields()["secret"].entry
        entry.password = not entry.password

    def on_screen_suspend(self) -> None:
        if self.screen is not self.app.screen and self.query(Field):
            self.fields()["secret"].entry.password = True

    def action_scopes(self) -> None:
        field = self.fields()["scopes"]
        if field.entry.disabled:
            source = self.session.settings.sources["scopes"].words()
            self.tell(f"The scopes are {source}: change them there.", Tone.WARN)
            return

        def take(chosen: tuple[str, ...] | None) -> None:
            if chosen is not None:
                field.entry.value = " ".join(chosen)

        self.app.push_screen(ScopesScreen(form.scopes_in(field.entry.value)), take)

    def action_copy_uri(self) -> None:
        uri = self._redirect_uri()
        if uri:
            self.program.copy(uri, "the redirect URI", otherwise="type it as it stands above")
        else:
            self.tell("Not copied: the redirect port has to be right first.", Tone.BAD)


def _field(key: str, entry: QuietInput, check: Callable[[str], str | None]) -> Field:
    return Field(words.LABELS[key], key, entry, check)
