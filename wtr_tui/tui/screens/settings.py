"""The settings: what they are, where each comes from, and saving them without loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import ItemGrid
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from wtr_tui.errors import WtrError
from wtr_tui.storage import settings_file
from wtr_tui.storage.settings_table import INTEGRATION, SECTIONS, SERVICE_APP, SETTINGS, Setting
from wtr_tui.storage.settings_values import RawValue, known_scopes, parse_oauth_url
from wtr_tui.tui.keys import Key, keys, with_keys
from wtr_tui.tui.screens import WtrScreen, hanging_indent
from wtr_tui.tui.screens import settings_form as form
from wtr_tui.tui.screens.dialogs import ChoiceDialog, ConfirmDialog, ScopesDialog
from wtr_tui.tui.themes import Tone
from wtr_tui.tui.widgets import Lines, Panel, StaticText
from wtr_tui.tui.widgets.inputs import AddressInput, CompactInput, Field, ListedInput, SecretInput


class Step(Lines):
    """One of the first steps; what it takes more lines for stands under its words."""

    def __init__(self, text: str) -> None:
        super().__init__(classes="step")
        self._text = text

    def lines(self, width: int) -> list[Content]:
        return [Content(line) for line in hanging_indent(with_keys(self._text), width).splitlines()]


class SettingsScreen(WtrScreen):
    """A form over the profile's settings file. What the environment sets is shown, not edited.

    Who has no App ID or no secret yet finds it as five steps, the ``-leading`` ones.
    """

    SCOPED_CSS = False  # it asks how large the screen is
    DEFAULT_CSS = """
    SettingsScreen #page { max-width: 210; }
    SettingsScreen #columns, SettingsScreen #sections { grid-size: 1; grid-gutter: 0 2; }
    SettingsScreen StaticText { width: 100%; }
    SettingsScreen #trouble { color: $over; margin: 0 0 1 0; }
    SettingsScreen #file { color: $muted; padding: 0 3; }
    SettingsScreen.-double #sections { grid-size: 2; }
    SettingsScreen .step, SettingsScreen #aside { display: none; }
    .-leading .step { display: block; }
    .-leading .later { display: none; }
    .-leading.-double #columns { grid-size: 2; grid-columns: 1fr %ASIDE%; }
    .-leading.-double #aside { display: block; }
    .-leading #form Field, .-leading #redirect-uri { margin: 0 0 0 3; }
    .-leading.-tall #redirect-uri, .-leading.-tall #field-portal,
    .-leading.-tall #field-redirectport { margin: 0 0 1 3; }
    .-leading.-roomy .step { margin: 1 0 0 0; }
    .-leading.-roomy #form { padding: 0 2 1 2; }
    .-leading.-roomy #aside { padding: 1 2; }
    .-leading.-roomy #page { align-vertical: middle; }
    """.replace("%ASIDE%", str(form.ASIDE))
    FULL_WIDTH = True
    NAME = "settings"
    HELP_NAME = "Settings"
    HELP_TEXT = form.HELP
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide"), (160, "-double")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall"), (30, "-roomy")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys(
            Key("ctrl+s", "save", "Save", "Save what was changed"),
            Key("ctrl+r", "reveal", "Secret", "Show or hide the secret"),
            Key("ctrl+o", "scopes", "Scopes", "Pick scopes from the known ones"),
            Key("ctrl+y", "copy_uri", "Copy URI", "Copy the redirect URI"),
            Key("ctrl+l", "reload", "Reload", "Read file and environment again"),
            Key("f3", "app.go('sign-in')", "Sign in", "Go on to signing in"),
        ),
        # First, for the page that holds the fields would scroll.
        Binding("down", "app.focus_next", show=False, priority=True),
        Binding("up", "app.focus_previous", show=False, priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._leading = False
        self._portal_redirect_uri = ""
        """As the pasted OAuth URL spells it: Webex compares it byte for byte."""
        self._filled_from: object = None
        self._fields: dict[str, Field] = {}
        self._said: tuple[str, object] = ("", ())
        """The last message of this form, and what stood in it then."""

    def content(self) -> Iterable[Widget]:
        yield StaticText(id="trouble")
        with ItemGrid(id="columns"):
            with Panel(INTEGRATION, id="form"):
                yield from self._form()
            yield Panel("What Webex asks for", StaticText(id="portal-form"), id="aside")
        with ItemGrid(id="sections"):
            for section in SECTIONS:
                if section != INTEGRATION:
                    yield Panel(section, *map(self._field, _of(section)))
        yield StaticText(id="file")

    def _form(self) -> Iterable[Widget]:
        """The steps stand between the fields they lead to, shown or not."""
        make, register, tick, enter, save = map(Step, form.STEPS)
        address = AddressInput(id="portal", placeholder=_ADDRESS)
        address.intercept_paste = self._take_portal_url
        self._portal = Field("OAuth URL", "portal", address, form.portal_problem, form.PORTAL)
        self._portal.is_setting = False
        yield Step(form.LEAD)
        yield from (make, register, StaticText(id="redirect-uri"), tick, self._portal, enter)
        for basic in form.BASICS:
            yield self._field(basic)
        for setting in _of(INTEGRATION):
            field = self._field(setting)
            field.add_class("later")
            yield field
        yield save

    def _field(self, setting: Setting[Any]) -> Field:
        def check(text: str) -> str | None:
            used = self.session.current
            return form.check(setting, RawValue(text, used.profile.settings_path, used.environ))

        kind = ListedInput if setting.choices else CompactInput
        entry = SecretInput() if setting.is_hidden else kind()
        entry.intercept_paste = self._take_portal_url
        if setting not in form.BASICS:
            entry.placeholder = setting.default_text
        field = Field(setting.title, setting.name, entry, check, form.meaning(setting))
        self._fields[setting.name] = field  # a query for them would go through the whole screen
        return field

    def on_mount(self) -> None:
        self._fill()

    def on_profile_changed(self) -> None:
        super().on_profile_changed()
        self._fill()

    def on_settings_changed(self) -> None:
        super().on_settings_changed()
        if self._filled_from is not self.session.settings and not self._changed_fields():
            focused = self.focused
            self._fill()
            self.set_focus(focused)

    def fields(self) -> dict[str, Field]:
        return self._fields

    def _texts(self) -> dict[str, str]:
        return {key: field.entry.value for key, field in self._fields.items()}

    def _fill(self) -> None:
        if not self.query("#file"):
            return  # the program ends while this screen is being put together
        session = self.session
        settings = self._filled_from = session.settings
        readable = session.current.settings_error is None
        self._leading = readable and form.is_first(settings)
        self.set_class(self._leading, "-leading")
        self.query_one("#form", Panel).show_title("First steps" if self._leading else INTEGRATION)
        # An empty form over a full file would tell a lie.
        self.query_one("#columns").display = readable
        self.query_one("#sections").display = readable and not self._leading
        self._portal_redirect_uri = ""
        self._portal.meaning = "" if self._leading else form.PORTAL  # a step says it
        with self.prevent(Input.Changed):
            self._portal.fill("", "fills in the rest")
            for key, field in self._fields.items():
                field.reports_missing = not (self._leading and key in ("appid", "secret"))
                field.fill(*form.shown(settings, key))
        self._follow()
        self._show_trouble()
        # Another message may have taken the place of what was said of the keys at the start.
        if warnings := self._warnings():
            self.show_message("\n".join(warnings), Tone.WARN)
        self._focus_first()

    def _warnings(self) -> Sequence[str]:
        return (*self.session.settings.warnings, *self.program.refused_keys)

    def _follow(self) -> None:
        """Shows what depends on the values as they stand in the form."""
        session, fields = self.session, self._fields
        scopes = form.scopes_in(fields["scopes"].entry.value)
        source = form.shown(session.settings, "scopes").source
        problem = fields["scopes"].problem
        fields["scopes"].show_source(source if problem else form.counted(source, len(scopes)))
        # What only a service app needs is shown for one, and where it is set.
        is_service_app = fields["kind"].entry.value == SERVICE_APP
        for key in _SERVICE_APP_ONLY:
            fields[key].display = is_service_app or bool(fields[key].entry.value)
        uri = self._redirect_uri() or "(once the redirect port is right)"
        self.query_one("#redirect-uri", StaticText).reshape(form.to_register(uri))
        if self._leading:
            asked = form.portal_form(uri, scopes, known_scopes())
            self.query_one("#portal-form", StaticText).reshape(asked)
        line = form.file_line(session.current.display_path, len(self._changed_fields()))
        self.query_one("#file", StaticText).reshape(line)

    def _show_trouble(self) -> None:
        """What no field can tell: a file that cannot be read, a wrong value without a field."""
        session = self.session
        beside = {key for key, field in self._fields.items() if field.problem}
        trouble = self.query_one("#trouble", StaticText)
        text = form.trouble(session.settings.problems, beside, session.current.settings_error)
        trouble.display = bool(text)
        trouble.reshape(text)

    def _focus_first(self) -> None:
        """The first value that is missing or wrong, else the first that can be edited."""
        if self.session.current.settings_error is not None:
            return
        if self._leading and not self._fields["appid"].entry.value:
            self.set_focus(self._portal.entry)
            return
        editable = [field for field in self._fields.values() if not field.entry.disabled]
        wrong = [field for field in editable if field.problem]
        for field in (*wrong, *editable):
            self.set_focus(field.entry)
            return

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if event.input is self._portal.entry and event.value.strip():
            self._take_portal_url(event.value, entered=True)
            return
        entry, every = event.input, self._fields
        listed = next((s for s in SETTINGS if s.choices and every[s.name].entry is entry), None)
        if listed is None:
            self.focus_next()
            return

        def take(value: str | None) -> None:
            entry.value = entry.value if value is None else value

        current = entry.value or listed.default_text
        self.app.push_screen(ChoiceDialog(listed.title, listed.choices, current), take)

    @on(Input.Changed)
    def _changed(self) -> None:
        self._follow()
        sentence, typed = self._said
        if self._typed() != typed:
            self.withdraw_message(sentence)

    def _say(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        """Says it of the form as it is; once that is another, it is true no more."""
        self._said = sentence, self._typed()
        self.show_message(sentence, tone)

    def _typed(self) -> object:
        return self._portal.entry.value, self._texts()

    def on_paste(self, event: events.Paste) -> None:
        self._take_portal_url(event.text)

    def _changed_fields(self) -> list[Field]:
        if self.session.current.settings_error is not None:
            return []  # none of them is shown
        return [field for field in self._fields.values() if field.changed]

    def _take_portal_url(self, text: str, *, entered: bool = False) -> bool:
        """Fills in what an OAuth URL says, and whether it is one; ``entered``: says why not."""
        if self.session.current.settings_error is not None:
            return False
        try:
            portal = parse_oauth_url(text)
        except ValueError as error:
            if entered:
                self._say(str(error), Tone.WARN)
            return False
        before = self._texts()
        values, kept = form.filled(portal, self.session.settings, before)
        for key, value in values.items():
            self._fields[key].entry.value = value
        self._portal.entry.value = ""
        if "redirectPort" in values:
            self._portal_redirect_uri = portal.redirect_uri
        secret = self._fields["secret"].entry
        if before["appid"] not in ("", self._fields["appid"].entry.value):
            if secret.disabled:
                kept.append(self.session.settings.sources["secret"])
            else:
                secret.value = ""  # it is another integration's
        self._follow()
        if not secret.value:
            self.set_focus(secret)
        self._say(*form.said_of_filled(kept, portal, secretless=not secret.value))
        return True

    def _redirect_uri(self) -> str:
        port = self._fields["redirectPort"].entry.value
        return form.redirect_uri(self.session.settings, port, self._portal_redirect_uri)

    def action_save(self) -> None:
        session = self.session
        if session.current.settings_error is not None:
            self._say(
                "Not saved: the file cannot be read, and saving would lose what is in it.", Tone.BAD
            )
            return
        for field in (self._portal, *self._fields.values()):
            if field.problem and field.changed:
                self.set_focus(field.entry)
                self._say(f"Not saved: {field.problem}", Tone.BAD)
                return
        before = {key: field.before for key, field in self._fields.items()}
        changes = form.changes(session.settings, before, self._texts(), self._portal_redirect_uri)
        if not changes:
            self._say("Nothing has changed, so there is nothing to save.")
            return
        try:
            settings_file.save(
                session.profile.settings_path, changes, expected=session.settings.text
            )
        except WtrError as error:
            self._say(f"Not saved: {error}", Tone.BAD)
            return
        focused = self.focused
        session.current.load_settings()
        self._fill()
        self.set_focus(focused)
        self._say(*form.said_of_saved(session.settings.problems, session.current.display_path))
        self.program.settings_changed()
        self.program.token_changed()

    def action_reload(self) -> None:
        self.confirm_leaving(self._reload)

    def _reload(self) -> None:
        self.session.current.load_settings()
        self.program.settings_changed()
        self._fill()
        if self.session.current.settings_error is None and not self._warnings():
            self._say("Read again from the file and the environment.")

    def unsaved_work(self) -> str:
        return form.UNSAVED if self._changed_fields() else ""

    def confirm_leaving(self, then: Callable[[], None]) -> None:
        """Goes on at once, or once the user has said what becomes of unsaved changes."""
        if not self._changed_fields():
            then()
            return

        def answered(save: bool | None) -> None:
            if save is None:
                return
            if save:
                self.action_save()
                if self._changed_fields():
                    return  # it said why it did not save
            else:
                self._fill()
            then()

        question = ConfirmDialog(
            form.UNSAVED,
            "Save it?",
            (("y", "yes"), ("n", "no, drop it"), ("Esc", "back to the settings")),
        )
        self.app.push_screen(question, answered)

    def action_reveal(self) -> None:
        shown = not self._fields["secret"].entry.password
        for entry in self.query(SecretInput):
            entry.password = shown

    def on_screen_suspend(self) -> None:
        if self.screen is not self.app.screen and self.is_built:
            for field in self._fields.values():
                if isinstance(field.entry, SecretInput):
                    field.entry.password = True

    def action_scopes(self) -> None:
        field = self._fields["scopes"]
        if field.entry.disabled:
            source = self.session.settings.sources["scopes"].describe()
            self.show_message(f"The scopes are {source}: change them there.", Tone.WARN)
            return

        def take(chosen: tuple[str, ...] | None) -> None:
            if chosen is not None:
                field.entry.value = " ".join(chosen)

        self.app.push_screen(ScopesDialog(form.scopes_in(field.entry.value)), take)

    def action_copy_uri(self) -> None:
        uri = self._redirect_uri()
        if uri:
            self.program.copy(uri, "the redirect URI", otherwise="type it as it stands above")
        else:
            self.show_message("Not copied: the redirect port has to be right first.", Tone.BAD)


_SERVICE_APP_ONLY = ("applicationId", "targetOrgId", "through")
_ADDRESS = "https://webexapis.com/v1/authorize?…"


def _of(section: str) -> list[Setting[Any]]:
    return [each for each in SECTIONS[section] if each not in form.BASICS]
