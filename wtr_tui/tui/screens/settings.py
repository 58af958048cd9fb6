"""The settings screen: a form over the settings file, with the source of each value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import ItemGrid
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from wtr_tui.addresses import port_of
from wtr_tui.errors import WtrError
from wtr_tui.storage import settings_file
from wtr_tui.storage.settings import Origin, Problem, Settings
from wtr_tui.storage.settings_table import (
    APP_ID,
    INTEGRATION,
    REDIRECT_PORT,
    SCOPES,
    SECRET,
    SECTIONS,
    SERVICE_APP,
    SETTINGS,
    Setting,
    Shape,
)
from wtr_tui.storage.settings_values import (
    PortalUrl,
    RawValue,
    known_scopes,
    parse_flag,
    parse_oauth_url,
    parse_port,
    parse_scopes,
)
from wtr_tui.tui.keys import Key, bindings, key, with_keys
from wtr_tui.tui.screens import WtrScreen, hanging_indent
from wtr_tui.tui.screens.dialogs import ChoiceDialog, ConfirmDialog, ScopesDialog
from wtr_tui.tui.themes import Tone
from wtr_tui.tui.widgets import Lines, Panel, StaticText
from wtr_tui.tui.widgets.inputs import AddressInput, CompactInput, Field, ListedInput, SecretInput

_ESSENTIAL = (APP_ID, SECRET, SCOPES, REDIRECT_PORT)
"""The settings that no sign-in can do without."""
_BY_NAME: Mapping[str, Setting[Any]] = {setting.name: setting for setting in SETTINGS}
_SERVICE_APP_ONLY = ("applicationId", "targetOrgId", "through")
_OAUTH_URL_START = "https://webexapis.com/v1/authorize?client_id="
_PORTAL_PANEL_WIDTH = 59
"""Columns of the frame; at 160, an App ID fits beside it."""
_PORTAL_TEXT_WIDTH = _PORTAL_PANEL_WIDTH - 6
_PORTAL_LABEL_WIDTH = 17

_HELP = (
    "You make an integration at developer.webex.com/my-apps: Create a New App, then Integration."
    " Its page shows the Client ID (here: App ID), the Client Secret (once) and the OAuth"
    " Authorization URL, which fills in everything here but the secret. It must have exactly"
    " this redirect URI.\n"
    "A scope names one thing that a token may do: meeting:schedules_read, to see (write: change)"
    " the schedules of meetings. Ask for few: whoever has the token can do all that they allow."
    " Webex refuses the sign-in when the integration lacks one. After a change, sign in again: a"
    " token keeps the scopes that it was made with.\n"
    "The environment wins over the file, and the file over the default. Saving keeps the comments,"
    " the order and the unknown keys of the file; a field that is emptied takes its key out of it."
)
_FIRST_STEPS_LEAD = (
    "To get a token you need an integration: what Webex calls a program that may act for you."
    " You make it once, in five steps:"
)
_FIRST_STEPS = (
    "1. At developer.webex.com/my-apps: Create a New App, then Integration.",
    "2. Give it this redirect URI, exactly as it stands ({copy-uri:^y} copies it):",
    "3. Tick scopes, add it, and paste here the OAuth URL its page shows:",
    "4. Paste the Client Secret from there. It is shown only once.",
    "5. {save:^s} saves. Then {go-sign-in:F3} signs in.",
)
_PORTAL_HELP = "Paste it from the integration's page: it fills in all but the secret."
_UNSAVED = "What you changed in the settings is not saved."
_ESSENTIAL_HELP = {
    "appid": "It names the integration, whose page calls it Client ID.",
    "secret": "Its page shows it once, as Client Secret. {reveal:^r} reveals it.",
    "scopes": "What a token may do. {scopes:^o} picks them from a list.",
    "redirectPort": "Where your browser comes back to, after you agreed.",
}


class Step(Lines):
    """One of the first steps, wrapped to the column where its text begins."""

    def __init__(self, text: str) -> None:
        super().__init__(classes="step")
        self._text = text

    def lines(self, width: int) -> list[Content]:
        return [Content(line) for line in hanging_indent(with_keys(self._text), width).splitlines()]


class SettingsScreen(WtrScreen):
    """A form over the profile's settings file. What the environment sets is shown, not edited.

    Without an App ID or a secret it guides through the first steps, as class ``-first-steps``.
    """

    SCOPED_CSS = False  # its rules depend on the screen's size classes
    DEFAULT_CSS = """
    SettingsScreen #page { max-width: 210; }
    SettingsScreen #columns, SettingsScreen #sections { grid-size: 1; grid-gutter: 0 2; }
    SettingsScreen StaticText { width: 100%; }
    SettingsScreen #problems { color: $over; margin: 0 0 1 0; }
    SettingsScreen #file { color: $muted; padding: 0 3; }
    SettingsScreen.-double #sections { grid-size: 2; }
    SettingsScreen .step, SettingsScreen #aside { display: none; }
    .-first-steps .step { display: block; }
    .-first-steps .later { display: none; }
    .-first-steps.-double #columns { grid-size: 2; grid-columns: 1fr %ASIDE%; }
    .-first-steps.-double #aside { display: block; }
    .-first-steps #form Field, .-first-steps #redirect-uri { margin: 0 0 0 3; }
    .-first-steps.-tall #redirect-uri, .-first-steps.-tall #field-portal,
    .-first-steps.-tall #field-redirectport { margin: 0 0 1 3; }
    .-first-steps.-roomy .step { margin: 1 0 0 0; }
    .-first-steps.-roomy #form { padding: 0 2 1 2; }
    .-first-steps.-roomy #aside { padding: 1 2; }
    .-first-steps.-roomy #page { align-vertical: middle; }
    """.replace("%ASIDE%", str(_PORTAL_PANEL_WIDTH))
    FULL_WIDTH = True
    NAME = "settings"
    HELP_NAME = "Settings"
    HELP_TEXT = _HELP
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide"), (160, "-double")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall"), (30, "-roomy")]
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
            Key("ctrl+s", "save", "Save", "Save what was changed"),
            Key("ctrl+r", "reveal", "Secret", "Show or hide the secret"),
            Key("ctrl+o", "scopes", "Scopes", "Pick scopes from the known ones"),
            Key("ctrl+y", "copy_uri", "Copy URI", "Copy the redirect URI"),
            Key("ctrl+l", "reload", "Reload", "Read file and environment again"),
            Key("f3", "app.go('sign-in')", "Sign in", "Go on to signing in"),
        ),
        # With priority: the page that holds the fields would scroll.
        Binding("down", "app.focus_next", show=False, priority=True),
        Binding("up", "app.focus_previous", show=False, priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shows_first_steps = False
        self._portal_redirect_uri = ""
        """The redirect URI of a pasted OAuth URL: Webex compares it byte for byte."""
        self._filled_from: object = None
        self.fields: dict[str, Field] = {}
        """By the key of their setting."""
        self._form_message: tuple[str, object] = ("", ())
        """The last message on this form, and what its fields held then."""

    def content(self) -> Iterable[Widget]:
        yield StaticText(id="problems")
        with ItemGrid(id="columns"):
            with Panel(INTEGRATION, id="form"):
                yield from self._form()
            yield Panel("What Webex asks for", StaticText(id="portal-form"), id="aside")
        with ItemGrid(id="sections"):
            for section in SECTIONS:
                if section != INTEGRATION:
                    yield Panel(section, *map(self._field, _optional_settings(section)))
        yield StaticText(id="file")

    def _form(self) -> Iterable[Widget]:
        """Yield the fields, with the first steps, shown or not, between them."""
        make, register, tick, enter, save = map(Step, _FIRST_STEPS)
        address = AddressInput(id="portal", placeholder="https://webexapis.com/v1/authorize?…")
        address.intercept_paste = self._fill_from_portal
        self._portal = Field("OAuth URL", "portal", address, portal_url_problem, _PORTAL_HELP)
        self._portal.is_setting = False
        yield Step(_FIRST_STEPS_LEAD)
        yield from (make, register, StaticText(id="redirect-uri"), tick, self._portal, enter)
        for setting in _ESSENTIAL:
            yield self._field(setting)
        for setting in _optional_settings(INTEGRATION):
            field = self._field(setting)
            field.add_class("later")
            yield field
        yield save

    def _field(self, setting: Setting[Any]) -> Field:
        def check(text: str) -> str | None:
            used = self.session.current
            return problem_in(setting, RawValue(text, used.profile.settings_path, used.environ))

        kind = ListedInput if setting.choices else CompactInput
        entry = SecretInput() if setting.is_hidden else kind()
        entry.intercept_paste = self._fill_from_portal
        if setting not in _ESSENTIAL:
            entry.placeholder = setting.default_text
        field = Field(setting.title, setting.name, entry, check, setting_help(setting))
        self.fields[setting.name] = field  # a query would walk through all widgets
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

    @property
    def _is_readable(self) -> bool:
        """Whether the settings file could be read; else no field is shown."""
        return self.session.current.settings_error is None

    def _texts(self) -> dict[str, str]:
        return {name: field.entry.value for name, field in self.fields.items()}

    def _fill(self) -> None:
        if not self.query("#file"):
            return  # the program ends while this screen is being composed
        settings = self._filled_from = self.session.settings
        self._shows_first_steps = self._is_readable and needs_first_steps(settings)
        self.set_class(self._shows_first_steps, "-first-steps")
        self.query_one("#form", Panel).show_title(
            "First steps" if self._shows_first_steps else INTEGRATION
        )
        # An unreadable file has values, which an empty form would deny.
        self.query_one("#columns").display = self._is_readable
        self.query_one("#sections").display = self._is_readable and not self._shows_first_steps
        self._portal_redirect_uri = ""
        self._portal.meaning = "" if self._shows_first_steps else _PORTAL_HELP  # a step says it
        with self.prevent(Input.Changed):
            self._portal.fill("", "fills in the rest")
            for name, field in self.fields.items():
                guided = self._shows_first_steps and name in ("appid", "secret")
                field.reports_missing = not guided
                field.fill(*field_value(settings, name))
        self._update_dependents()
        self._show_other_problems()
        # Again: another message may have replaced the one at the start.
        if warnings := self._warnings():
            self.show_message("\n".join(warnings), Tone.WARN)
        self._focus_first()

    def _warnings(self) -> Sequence[str]:
        return (*self.session.settings.warnings, *self.program.refused_keys)

    def _update_dependents(self) -> None:
        """Update what depends on the texts in the form."""
        session, fields = self.session, self.fields
        scopes = split_scopes(fields["scopes"].entry.value)
        source = field_value(session.settings, "scopes").source
        problem = fields["scopes"].problem
        fields["scopes"].show_source(source if problem else scopes_source(source, len(scopes)))
        is_service_app = fields["kind"].entry.value == SERVICE_APP
        for name in _SERVICE_APP_ONLY:
            fields[name].display = is_service_app or bool(fields[name].entry.value)
        uri = self._redirect_uri() or "(once the redirect port is right)"
        line = Content.assemble(("To register there".ljust(20), "$muted"), (uri, "bold"))
        self.query_one("#redirect-uri", StaticText).reshape(line)
        if self._shows_first_steps:
            asked = portal_answers(uri, scopes, known_scopes())
            self.query_one("#portal-form", StaticText).reshape(asked)
        file = file_line(session.current.display_path, len(self._changed_fields()))
        self.query_one("#file", StaticText).reshape(file)

    def _show_other_problems(self) -> None:
        """Show above the fields what none of them shows: an unreadable file, unknown keys."""
        session, error = self.session, self.session.current.settings_error
        shown = {name for name, field in self.fields.items() if field.problem}
        lines = [f"✗ {each}" for each in session.settings.problems if each.key not in shown]
        if error is not None:
            lines = [f"✗ {error}", f"{key('reload', '^l')} reads it again."]
        above = self.query_one("#problems", StaticText)
        above.display = bool(lines)
        above.reshape("\n".join(lines))

    def _focus_first(self) -> None:
        """Focus the first value that is missing or wrong, else the first that can be edited."""
        if not self._is_readable:
            return
        if self._shows_first_steps and not self.fields["appid"].entry.value:
            self.set_focus(self._portal.entry)
            return
        editable = [field for field in self.fields.values() if not field.entry.disabled]
        wrong = [field for field in editable if field.problem]
        if editable:
            self.set_focus((wrong or editable)[0].entry)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if event.input is self._portal.entry and event.value.strip():
            self._fill_from_portal(event.value, entered=True)
            return
        entry, every = event.input, self.fields
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
        self._update_dependents()
        sentence, typed = self._form_message
        if self._form_state() != typed:
            self.withdraw_message(sentence)

    def _show_form_message(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        """Show a message on the form as it is, to be withdrawn once a field changes."""
        self._form_message = sentence, self._form_state()
        self.show_message(sentence, tone)

    def _form_state(self) -> object:
        return self._portal.entry.value, self._texts()

    def on_paste(self, event: events.Paste) -> None:
        self._fill_from_portal(event.text)

    def _changed_fields(self) -> list[Field]:
        if not self._is_readable:
            return []  # none of them is shown
        return [field for field in self.fields.values() if field.changed]

    def _fill_from_portal(self, text: str, *, entered: bool = False) -> bool:
        """Fill in the fields from an OAuth URL; return whether it is one.

        ``entered``: by the user in its field, who is told why it is none.
        """
        if not self._is_readable:
            return False
        try:
            portal = parse_oauth_url(text)
        except ValueError as error:
            if entered:
                self._show_form_message(str(error), Tone.WARN)
            return False
        before = self._texts()
        values, kept = values_from_portal(portal, self.session.settings, before)
        for name, value in values.items():
            self.fields[name].entry.value = value
        self._portal.entry.value = ""
        if "redirectPort" in values:
            self._portal_redirect_uri = portal.redirect_uri
        secret = self.fields["secret"].entry
        if before["appid"] not in ("", self.fields["appid"].entry.value):
            if secret.disabled:
                kept.append(self.session.settings.sources["secret"])
            else:
                secret.value = ""  # it belongs to the other integration
        self._update_dependents()
        if not secret.value:
            self.set_focus(secret)
        self._show_form_message(*filled_message(kept, portal, secretless=not secret.value))
        return True

    def _redirect_uri(self) -> str:
        port = self.fields["redirectPort"].entry.value
        return redirect_uri_to_register(self.session.settings, port, self._portal_redirect_uri)

    def action_save(self) -> None:
        session = self.session
        if not self._is_readable:
            self._show_form_message(
                "Not saved: the file cannot be read, and saving would lose what is in it.", Tone.BAD
            )
            return
        for field in (self._portal, *self.fields.values()):
            if field.problem and field.changed:
                self.set_focus(field.entry)
                self._show_form_message(f"Not saved: {field.problem}", Tone.BAD)
                return
        before = {name: field.before for name, field in self.fields.items()}
        changes = changes_to_save(
            session.settings, before, self._texts(), self._portal_redirect_uri
        )
        if not changes:
            self._show_form_message("Nothing has changed, so there is nothing to save.")
            return
        try:
            settings_file.save(
                session.profile.settings_path, changes, expected=session.settings.text
            )
        except WtrError as error:
            self._show_form_message(f"Not saved: {error}", Tone.BAD)
            return
        focused = self.focused
        session.current.load_settings()
        self._fill()
        self.set_focus(focused)
        self._show_form_message(
            *saved_message(session.settings.problems, session.current.display_path)
        )
        self.program.settings_changed()
        self.program.token_changed()

    def action_reload(self) -> None:
        self.confirm_leaving(self._reload)

    def _reload(self) -> None:
        self.session.current.load_settings()
        self.program.settings_changed()
        self._fill()
        if self._is_readable and not self._warnings():
            self._show_form_message("Read again from the file and the environment.")

    def unsaved_work(self) -> str:
        return _UNSAVED if self._changed_fields() else ""

    def confirm_leaving(self, then: Callable[[], None]) -> None:
        """Call ``then`` at once, or once the user has saved or dropped unsaved changes."""
        if not self._changed_fields():
            then()
            return

        def answered(save: bool | None) -> None:
            if save is None:
                return
            if save:
                self.action_save()
                if self._changed_fields():
                    return  # not saved; a message says why
            else:
                self._fill()
            then()

        question = ConfirmDialog(
            _UNSAVED,
            "Save it?",
            (("y", "yes"), ("n", "no, drop it"), ("Esc", "back to the settings")),
        )
        self.app.push_screen(question, answered)

    def action_reveal(self) -> None:
        shown = not self.fields["secret"].entry.password
        for entry in self.query(SecretInput):
            entry.password = shown

    def on_screen_suspend(self) -> None:
        if self.screen is not self.app.screen and self.is_built:
            for field in self.fields.values():
                if isinstance(field.entry, SecretInput):
                    field.entry.password = True

    def action_scopes(self) -> None:
        field = self.fields["scopes"]
        if field.entry.disabled:
            source = self.session.settings.sources["scopes"].describe()
            self.show_message(f"The scopes are {source}: change them there.", Tone.WARN)
            return

        def take(chosen: tuple[str, ...] | None) -> None:
            if chosen is not None:
                field.entry.value = " ".join(chosen)

        self.app.push_screen(ScopesDialog(split_scopes(field.entry.value)), take)

    def action_copy_uri(self) -> None:
        uri = self._redirect_uri()
        if uri:
            self.program.copy(uri, "the redirect URI", otherwise="type it as it stands above")
        else:
            self.show_message("Not copied: the redirect port has to be right first.", Tone.BAD)


def _optional_settings(section: str) -> list[Setting[Any]]:
    return [each for each in SECTIONS[section] if each not in _ESSENTIAL]


def setting_help(setting: Setting[Any]) -> str:
    """Return what a setting is for, with its key in the file where its label differs."""
    if setting.name in _ESSENTIAL_HELP:
        return with_keys(_ESSENTIAL_HELP[setting.name])
    text = setting.help.replace(", see below", "")
    listed = " Enter or Space lists its values." if setting.choices else ""
    return with_keys(f"{text[:1].upper()}{text[1:]}.{listed} ({setting.name})")


def portal_answers(uri: str, scopes: Iterable[str], known: Mapping[str, str]) -> Content:
    """Return what to enter on Webex's page where an integration is created."""
    rows = [
        ("Name", "yours; shown when you sign in"),
        ("Icon", "any of the defaults"),
        ("Description", "yours; it stays with you"),
        ("Redirect URI(s)", uri),
        ("Scopes", "these, or those that you need:"),
    ]
    at, lines = _PORTAL_LABEL_WIDTH, []
    for label, answer in rows:
        text = hanging_indent(f"{label:<{at}}{answer}", _PORTAL_TEXT_WIDTH, at=at)
        lines.append(Content(text).stylize("$muted", 0, at))
    for scope in scopes:
        allows = known.get(scope, "").partition(" (")[0]
        text = hanging_indent(f"    {allows}", _PORTAL_TEXT_WIDTH, at=4)
        lines += [Content(f"  {scope}"), Content.styled(text, "$muted")]
    return Content("\n").join(lines)


# The fields.


class FieldValue(NamedTuple):
    """A setting as its field shows it. A ``fixed`` one cannot be edited here."""

    value: str
    source: str
    fixed: bool


def field_value(settings: Settings, name: str) -> FieldValue:
    """Return the value, an invalid one as it is written, and its source in words."""
    valid = {
        "appid": settings.app_id,
        "secret": settings.secret.peek(),
        "scopes": " ".join(settings.scopes),
        "redirectPort": str(settings.redirect_port),
    }
    source, written = settings.sources[name], settings.texts.get(name, "")
    line = next((each.where for each in settings.problems if each.key == name), "")
    value = written if line and written else valid.get(name, written)
    words = source.describe()
    if not value and source.kind == "default":
        words = "default" if name not in valid and _BY_NAME[name].default_text else "not set"
    if source.kind == "file" and " line " in line:
        words += f", line {line.rpartition(' line ')[2]}"
    fixed = source.kind in ("environment", "elsewhere")
    if name == "redirectPort" and settings.sources["redirectUri"].kind != "default":
        fixed = not line
        words = "as in redirectUri" if fixed else words
    if not value and name not in valid:  # not a value for a one-line field
        if source.kind == "file":
            return FieldValue("", "a list in the file", fixed=True)
        if _BY_NAME[name].shape is Shape.NESTED:
            return FieldValue("", "edit it in the file", fixed=True)
    return FieldValue(value, words, fixed)


def problem_in(setting: Setting[Any], given: RawValue) -> str | None:
    """Return what is wrong with a text for this setting, as a sentence, or None.

    Only the essential settings may not be empty.
    """
    if not given.text.strip() and setting not in _ESSENTIAL:
        return None
    try:
        setting.parse(given)
    except ValueError as error:
        return str(error)
    if setting is SECRET and " " in given.text:  # no secret of Webex has one
        return "The secret holds a space: was something else copied along with it?"
    return None


def needs_first_steps(settings: Settings) -> bool:
    """Return whether there is no App ID or no secret yet."""
    return not (field_value(settings, "appid").value and settings.secret)


def scopes_source(source: str, scopes: int) -> str:
    """Return ``default · 7 scopes``."""
    return f"{source} · {scopes} scope{'' if scopes == 1 else 's'}"


def split_scopes(text: str) -> tuple[str, ...]:
    """Return the scopes in a text, valid or not."""
    return tuple(text.replace(",", " ").split())


def redirect_uri_to_register(settings: Settings, port: str, pasted: str) -> str:
    """Return the redirect URI to register for the port in the form; "" for an invalid port.

    ``pasted`` is the redirect URI of a pasted OAuth URL, or "": Webex compares it byte for byte.
    """
    try:
        number = parse_port(port)
    except ValueError:
        return ""
    # A port that was edited after the paste stands for another redirect URI.
    return pasted if port_of(pasted) == number else settings.redirect_uri_for(str(number))


# The pasted OAuth URL.


def portal_url_problem(text: str) -> str | None:
    """Return what is wrong with a text in the field for the OAuth URL, unless it is being typed."""
    if _OAUTH_URL_START.startswith(text.strip().lower()):
        return None
    try:
        parse_oauth_url(text)
    except ValueError as error:
        return str(error)
    return None


def values_from_portal(
    portal: PortalUrl, settings: Settings, now: Mapping[str, str]
) -> tuple[dict[str, str], list[Origin]]:
    """Return the values of an OAuth URL by field, and the sources of those it cannot change.

    ``now`` are the texts of the fields, by key.
    """
    found = {"appid": portal.app_id, "scopes": " ".join(portal.scopes)}
    if portal.port is not None:
        found["redirectPort"] = str(portal.port)
    values, kept = {}, []
    for name, value in found.items():
        source = settings.sources[name]
        if name == "redirectPort" and settings.sources["redirectUri"].kind == "environment":
            source = settings.sources["redirectUri"]
        if source.kind != "environment":
            values.update({name: value} if value else {})
        elif now[name] != value:
            kept.append(source)
    return values, kept


def filled_message(
    kept: Sequence[Origin], portal: PortalUrl, *, secretless: bool
) -> tuple[str, Tone]:
    """Return the message after an OAuth URL was filled in; ``secretless``: without a secret yet."""
    then = f"{'now the secret, then ' if secretless else ''}{key('save', '^s')} saves."
    message = f"Filled in from the OAuth URL; {then}"
    if kept:
        message += f" What is {', '.join(source.describe() for source in kept)} was not changed."
    if portal.redirect_uri and portal.port is None:
        elsewhere = "Its redirect URI leads elsewhere: register the one below as well."
        return f"{message} {elsewhere}", Tone.WARN
    return message, Tone.GOOD


# Saving.


def changes_to_save(
    settings: Settings, before: Mapping[str, str], now: Mapping[str, str], pasted: str
) -> dict[str, str | int | None]:
    """Return the changed values by key, as the file keeps them; None removes a key."""
    changed = {name: _file_value(name, text) for name, text in now.items() if text != before[name]}
    port = now["redirectPort"].strip()
    uri = redirect_uri_to_register(settings, port, pasted)
    if "redirectUri" not in changed and uri and uri != settings.redirect_uri_for(port):
        changed |= {"redirectUri": uri, "redirectPort": parse_port(port)}
    return changed


def _file_value(name: str, text: str) -> str | int | None:
    text = text.strip()
    if not text:
        return None
    if name == "scopes":
        return " ".join(parse_scopes(text))
    if isinstance(_BY_NAME[name].default, bool):
        return parse_flag(text)
    if isinstance(_BY_NAME[name].default, int) and text.isdigit():
        return int(text)
    return text


def saved_message(problems: Sequence[Problem], place: str) -> tuple[str, Tone]:
    """Return the message after saving: what is still missing, or what comes next."""
    if not problems:
        return f"Saved to {place}. {key('go-sign-in', 'F3')} signs in.", Tone.GOOD
    named = [_BY_NAME[each.key].title if each.key in _BY_NAME else each.key for each in problems]
    return f"Saved. Still missing or wrong: {', '.join(named)}.", Tone.WARN


def file_line(place: str, changed: int) -> str:
    """Return which file it is, and how many changes are not saved."""
    if not changed:
        return f"File: {place}"
    count = f"{changed} change{'' if changed == 1 else 's'}"
    return f"File: {place} · {count} not saved: {key('save', '^s')} saves"
