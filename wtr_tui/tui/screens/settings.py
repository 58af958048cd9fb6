"""The settings: what they are, where each comes from, and saving them without loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, ItemGrid, Vertical
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Input

from wtr_tui.errors import WtrError
from wtr_tui.storage import settings_edit
from wtr_tui.storage.settings_table import SECTIONS, SERVICE_APP, SETTINGS, Setting
from wtr_tui.storage.settings_values import Given, known_scopes, parse_oauth_url
from wtr_tui.tui.keys import Key, keys, with_keys
from wtr_tui.tui.screens import settings_form as form
from wtr_tui.tui.screens.base import WtrScreen, hanging
from wtr_tui.tui.screens.choosers import ChoiceScreen, ScopesScreen
from wtr_tui.tui.screens.dialogs import ConfirmScreen
from wtr_tui.tui.widgets.inputs import AddressInput, ChoiceInput, Field, QuietInput, SecretInput
from wtr_tui.tui.widgets.message_line import Tone
from wtr_tui.tui.widgets.panel import Panel
from wtr_tui.tui.widgets.quiet import Quiet

_FIRST = ("lead", "make", "uri-block", "portal-block", "enter", "fields", "save")
_USUAL = ("fields", "uri-block", "portal-block")
"""The parts of the form in their order: as steps with numbers, or the values first."""


class NumberedLine(Quiet):
    """A sentence; what it takes more lines for stands under its words, not under its number."""

    def render(self) -> Content:
        return Content(hanging(self.shown, self.content_size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(hanging(self.shown, width).splitlines())


class SettingsScreen(WtrScreen):
    """A form over the profile's settings file. What the environment sets is shown, not edited.

    Who has no App ID or no secret yet finds it as five steps, the ``-leading`` ones.
    """

    SCOPED_CSS = False  # it asks how large the screen is
    DEFAULT_CSS = """
    SettingsScreen #page { max-width: 210; }
    SettingsScreen #columns, SettingsScreen #form, SettingsScreen #fields { height: auto; }
    SettingsScreen #form { width: 1fr; }
    SettingsScreen #form > * { width: 100%; height: auto; }
    SettingsScreen Quiet { width: 100%; }
    SettingsScreen #trouble { color: $over; margin: 0 0 1 0; }
    SettingsScreen NumberedLine { color: $muted; }
    SettingsScreen #uri-block, SettingsScreen #portal-block { margin: 1 0 0 0; }
    SettingsScreen #redirect-uri { padding: 0 0 0 2; text-style: bold; }
    SettingsScreen #portal { width: 1fr; margin: 0 0 0 2; }
    SettingsScreen #portal-problem { padding: 0 0 0 2; color: $over; }
    SettingsScreen #aside { display: none; width: 64; padding: 1 2; margin: 0 0 0 3; }
    SettingsScreen #sections {
        height: auto; margin: 1 0 0 0; grid-size: 1; grid-gutter: 1 2;
    }
    SettingsScreen.-double #sections { grid-size: 2; }
    SettingsScreen #file { color: $muted; margin: 1 0 0 0; }
    SettingsScreen.-short #file, SettingsScreen.-short #uri-block,
    SettingsScreen.-short #portal-block { margin: 0; }

    Field, Field > .row { height: auto; width: 100%; }
    Field > .row { height: 1; }
    Field .label { width: 20; height: 1; color: $muted; }
    Field Input { width: 1fr; }
    Field .source {
        width: 26; height: 1; padding: 0 0 0 2; color: $muted;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    .-double #sections Field .source { width: 20; }
    Field > .problem, Field > .meaning { padding: 0 0 0 20; color: $muted; display: none; }
    Field.-shown > .problem, Field.-explained > .meaning { display: block; }
    Field.-wrong > .problem { color: $over; }
    .-narrow Field .source { display: none; }
    .-narrow Field > .problem, .-narrow Field > .meaning { padding: 0; }

    .-leading NumberedLine { color: $foreground; }
    .-leading #make, .-leading #enter, .-leading #save { margin: 1 0 0 0; }
    .-leading #uri-block, .-leading #portal-block, .-leading #file { margin: 0; }
    .-leading #fields, .-leading #redirect-uri, .-leading #portal-problem { padding: 0 0 0 3; }
    .-leading #portal { margin: 0 0 0 3; }
    .-leading.-roomy #uri-block, .-leading.-roomy #portal-block, .-leading.-roomy #file {
        margin: 1 0 0 0;
    }
    .-leading.-roomy #page { align-vertical: middle; }
    .-leading.-double #aside { display: block; }
    .-leading.-short #make, .-leading.-short #enter, .-leading.-short #save { margin: 0; }
    .-leading #field-appid > .problem, .-leading #field-secret > .problem { display: none; }
    .-leading #field-appid.-wrong > .problem, .-leading #field-secret.-wrong > .problem {
        display: block;
    }
    """
    WHOLE_WIDTH = True
    NAME = "settings"
    HELP_NAME = "Settings"
    HELP_TEXT = form.HELP
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide"), (150, "-double")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall"), (30, "-roomy")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys(
            Key("ctrl+s", "save", "Save", "Save what was changed"),
            Key("ctrl+r", "reveal", "Secret", "Show or hide the secret"),
            Key("ctrl+o", "scopes", "Scopes", "Pick scopes from the known ones"),
            Key("ctrl+y", "copy_uri", "Copy URI", "Copy the redirect URI to register"),
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

    def content(self) -> Iterable[Widget]:
        yield Quiet("", id="trouble")
        yield Horizontal(
            Vertical(*self._form(), id="form"),
            Panel("What Webex asks for", Quiet(id="portal-form"), id="aside"),
            id="columns",
        )
        yield ItemGrid(
            *(
                Panel(section, *(self._field(each) for each in SETTINGS if _is_in(each, section)))
                for section in SECTIONS
            ),
            id="sections",
        )
        yield Quiet("", id="file")

    def _form(self) -> Iterable[Widget]:
        yield Quiet(form.LEAD, id="lead")
        yield NumberedLine(id="make")
        yield Vertical(NumberedLine(id="uri-lead"), Quiet(id="redirect-uri"), id="uri-block")
        yield Vertical(
            NumberedLine(id="portal-lead"),
            AddressInput(id="portal", placeholder="https://webexapis.com/v1/authorize?…"),
            Quiet(id="portal-problem"),
            id="portal-block",
        )
        yield NumberedLine(id="enter")
        yield Vertical(*(self._field(setting) for setting in form.BASICS), id="fields")
        yield NumberedLine(id="save")

    def _field(self, setting: Setting[Any]) -> Field:
        def check(text: str) -> str | None:
            used = self.session.used
            return form.check(setting, Given(text, used.profile.settings_path, used.environ))

        entry = SecretInput() if setting.is_hidden else QuietInput()
        if setting.choices:
            entry = ChoiceInput(setting.choices, setting.default_text)
        elif setting not in form.BASICS:
            entry.placeholder = setting.default_text
        field = Field(setting.title, setting.name, entry, check, form.meaning(setting))
        self._fields[setting.name] = field  # a query for them would go through the whole screen
        field.display = setting.name not in _SERVICE_APP_ONLY  # until it is known which kind it is
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
        return {key: field.entry.value for key, field in self.fields().items()}

    def _fill(self) -> None:
        if not self.query("#file"):
            return  # the program ends while this screen is being put together
        session = self.session
        settings = self._filled_from = session.settings
        written = form.written_texts(session.profile.settings_path, settings, session.used.environ)
        for key, field in self.fields().items():
            shown = form.shown(settings, key, written.get(key, ""))
            field.fill(shown.value, shown.source, fixed=shown.fixed)
        readable = session.used.settings_error is None
        self._leading = readable and form.is_first(settings)
        self._arrange()
        # An empty form over a full file would tell a lie.
        self.query_one("#columns").display = readable
        self.query_one("#sections").display = readable and not self._leading
        self._portal_redirect_uri = ""
        self._portal_problem("")
        self._count_scopes()
        self._show_uri()
        self._show_trouble()
        self._show_file()
        # Another message may have taken the place of what was said of the keys at the start.
        if warnings := (*settings.warnings, *self.program.refused_keys):
            self.tell(" ".join(warnings), Tone.WARN)
        self._focus_first()

    def _arrange(self) -> None:
        """Puts the parts of the form in order: as steps, or the values first."""
        self.set_class(self._leading, "-leading")
        for name, line in (form.STEPS if self._leading else form.USUAL).items():
            self.query_one(f"#{name}", NumberedLine).reshape(with_keys(line))
        order = _FIRST if self._leading else _USUAL
        parts = self.query_one("#form")
        for part in parts.children:
            part.display = part.id in order
        parts.sort_children(key=lambda part: order.index(part.id) if part.id in order else -1)

    def _show_trouble(self) -> None:
        """What no field can tell: a file that cannot be read, a wrong value without a field."""
        session = self.session
        beside = {key for key, field in self.fields().items() if field.problem}
        trouble = self.query_one("#trouble", Quiet)
        text = form.trouble(session.settings.problems, beside, session.used.settings_error)
        trouble.display = bool(text)
        trouble.reshape(text)

    def _focus_first(self) -> None:
        """The first value that is missing or wrong, else the first that can be edited."""
        if self.session.used.settings_error is not None:
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

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if event.input is self._portal and event.value.strip():
            self._take_portal_url(event.value, whole=True)
        elif isinstance(event.input, ChoiceInput):
            self._choose(event.input)
        else:
            self.focus_next()

    def _choose(self, entry: ChoiceInput) -> None:
        label = next(each.label for each in self._fields.values() if each.entry is entry)

        def take(value: str | None) -> None:
            entry.value = entry.value if value is None else value

        current = entry.value or entry.placeholder
        self.app.push_screen(ChoiceScreen(label, entry.choices, current), take)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if event.input.id == "portal":
            self._take_portal_url(event.value)
            return
        if "client_id=" in event.value:
            event.input.value = ""  # the whole OAuth URL, pasted into the field of the App ID
            self._take_portal_url(event.value)
            return
        self._count_scopes()
        self._show_file()
        self._show_kind()
        self._show_uri()

    def _count_scopes(self) -> None:
        field = self.fields()["scopes"]
        source = form.shown(self.session.settings, "scopes").source
        count = len(form.scopes_in(field.entry.value))
        field.tell_source(source if field.problem else form.counted(source, count))

    def _show_kind(self) -> None:
        """What only a service app needs is shown for one, and where it is set."""
        fields = self.fields()
        is_service_app = fields["kind"].entry.value == SERVICE_APP
        for key in _SERVICE_APP_ONLY:
            fields[key].display = is_service_app or bool(fields[key].entry.value)

    def _show_file(self) -> None:
        session = self.session
        changed = len(self._changed_fields())
        line = form.file_line(session.used.settings_place, session.settings.problems, changed)
        self.query_one("#file", Quiet).reshape(line)

    def _changed_fields(self) -> list[Field]:
        if self.session.used.settings_error is not None:
            return []  # none of them is shown
        return [field for field in self._fields.values() if field.changed]

    def _portal_problem(self, problem: str) -> None:
        shown = self.query_one("#portal-problem", Quiet)
        shown.display = bool(problem)
        shown.reshape(problem)

    def _take_portal_url(self, text: str, *, whole: bool = False) -> None:
        if not text.strip():
            self._portal_problem("")
            return
        try:
            portal = parse_oauth_url(text)
        except ValueError as error:
            typing = _ADDRESS.startswith(text.strip().lower()) and not whole
            self._portal_problem("" if typing else str(error))
            return
        found = form.filled(portal, self.session.settings, self._texts())
        for key, value in found.values.items():
            self.fields()[key].entry.value = value
        self._portal.value = ""
        self._portal_redirect_uri = found.redirect_uri or self._portal_redirect_uri
        secret = self.fields()["secret"].entry
        if not secret.value:
            self.set_focus(secret)
        self.tell(*form.said_of_filled(found, portal, secretless=not secret.value))

    def _show_uri(self) -> None:
        uri = self._redirect_uri() or "(once the redirect port is right)"
        self.query_one("#redirect-uri", Quiet).reshape(uri)
        if self._leading:
            scopes = form.scopes_in(self.fields()["scopes"].entry.value)
            asked = form.portal_form(uri, scopes, known_scopes())
            self.query_one("#portal-form", Quiet).reshape(asked)

    def _redirect_uri(self) -> str:
        port = self.fields()["redirectPort"].entry.value
        return form.redirect_uri(self.session.settings, port, self._portal_redirect_uri)

    def action_save(self) -> None:
        session = self.session
        if session.used.settings_error is not None:
            self.tell(
                "Not saved: the file cannot be read, and saving would lose what is in it.", Tone.BAD
            )
            return
        for field in self.fields().values():
            if field.problem and field.changed:
                self.set_focus(field.entry)
                self.tell(f"Not saved: {field.problem}", Tone.BAD)
                return
        before = {key: field.before for key, field in self.fields().items()}
        changes = form.changes(session.settings, before, self._texts(), self._portal_redirect_uri)
        if not changes:
            self.tell("Nothing has changed, so there is nothing to save.")
            return
        try:
            settings_edit.save(
                session.profile.settings_path, changes, expected=session.settings.text
            )
        except WtrError as error:
            self.tell(f"Not saved: {error}", Tone.BAD)
            return
        focused = self.focused
        session.used.load_settings()
        self._fill()
        self.set_focus(focused)
        self.tell(*form.said_of_saved(session.settings.problems, session.used.settings_place))
        self.program.settings_changed()
        self.program.token_changed()

    def action_reload(self) -> None:
        self.when_settled(self._reload)

    def _reload(self) -> None:
        self.session.used.load_settings()
        self._fill()
        if self.session.used.settings_error is None:
            self.tell("Read again from the file and the environment.")
        self.program.settings_changed()

    def unsaved_work(self) -> str:
        return form.UNSAVED if self._changed_fields() else ""

    def when_settled(self, then: Callable[[], None]) -> None:
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

        question = ConfirmScreen(
            form.UNSAVED,
            "Save it?",
            (("y", "yes"), ("n", "no, drop it"), ("Esc", "back to the settings")),
        )
        self.app.push_screen(question, answered)

    def action_reveal(self) -> None:
        shown = not self.fields()["secret"].entry.password
        for entry in self.query(SecretInput):
            entry.password = shown

    def on_screen_suspend(self) -> None:
        if self.screen is not self.app.screen and self.is_built:
            for field in self._fields.values():
                if isinstance(field.entry, SecretInput):
                    field.entry.password = True

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


_SERVICE_APP_ONLY = ("applicationId", "targetOrgId", "through")
_ADDRESS = "https://webexapis.com/v1/authorize?client_id="


def _is_in(setting: Setting[Any], section: str) -> bool:
    return setting.section == section and setting not in form.BASICS
