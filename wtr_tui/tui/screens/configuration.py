"""The settings: what they are, where each comes from, and saving them without loss."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from wtr_tui.errors import WtrError
from wtr_tui.storage import settings_file
from wtr_tui.storage.portal_url import parse_oauth_url
from wtr_tui.storage.settings import Source
from wtr_tui.storage.settings_values import (
    check_app_id,
    check_secret,
    parse_port,
    parse_scopes,
    port_of,
)
from wtr_tui.tui.keys import Key, keys
from wtr_tui.tui.screens.base import WtrScreen
from wtr_tui.tui.screens.scopes import ScopesScreen
from wtr_tui.tui.widgets.field import Field
from wtr_tui.tui.widgets.inputs import AddressInput, QuietInput, SecretInput
from wtr_tui.tui.widgets.message_line import Tone
from wtr_tui.tui.widgets.quiet import Quiet


class ConfigurationScreen(WtrScreen):
    """A form over the profile's settings file. What the environment sets is shown, not edited."""

    NAME = "Settings"
    HELP_TEXT = (
        "An integration is what Webex calls a program that acts for you. Make one at"
        " developer.webex.com/my-apps (Create a New App, Integration); its page shows the Client ID"
        " (here: App ID), the secret (once) and an OAuth URL that you can paste below to fill in"
        " everything but the secret.\n\n"
        "The redirect URI must be registered with the integration exactly as it is shown here: it"
        " is where your browser comes back after signing in.\n\n"
        "Scopes say what the token may do. Each one must be ticked on the integration; ctrl+o"
        " picks from the known ones.\n\n"
        "Saving keeps the comments, the order and the unknown keys of the file. Values set in the"
        " environment win over the file."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys(
            Key("ctrl+s", "save", "Save", "Save what was changed"),
            Key("ctrl+r", "reveal", "Secret", "Show or hide the secret"),
            Key("ctrl+o", "scopes", "Scopes", "Pick scopes from the known ones"),
            Key("ctrl+y", "copy_uri", "Copy URI", "Copy the redirect URI to register"),
            Key("ctrl+l", "reload", "Reload", "Read file and environment again"),
            Key("f3", "app.go('retrieval')", "Sign in", "Go on to signing in"),
        ),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def content(self) -> Iterable[Widget]:
        yield Quiet("", id="trouble", classes="wrapped")
        yield Quiet("", id="first-steps", classes="wrapped muted")
        yield Field("App ID", "appid", QuietInput(), check_app_id)
        yield Field("Secret", "secret", SecretInput(), check_secret)
        yield Field("Scopes", "scopes", QuietInput(), _check_scopes)
        yield Field("Redirect port", "redirectPort", QuietInput(), _check_port)
        with Vertical(classes="block form"):
            yield Quiet(
                "Register this redirect URI with the integration, exactly as it stands:",
                classes="wrapped muted",
            )
            yield Quiet("", id="redirect-uri", classes="address")
        with Vertical(classes="block form"):
            yield Quiet(
                "Or paste the integration's OAuth URL from developer.webex.com:",
                classes="wrapped muted",
            )
            with Horizontal(classes="row"):
                yield AddressInput(id="portal", placeholder="https://webexapis.com/v1/authorize?…")
        yield Quiet("", id="file", classes="wrapped muted")

    def on_mount(self) -> None:
        self._fill()

    def on_profile_changed(self) -> None:
        super().on_profile_changed()
        self._fill()

    def fields(self) -> dict[str, Field]:
        return {field.key: field for field in self.query(Field)}

    def _fill(self) -> None:
        session = self.session
        settings = session.settings
        values = {
            "appid": settings.app_id,
            "secret": settings.secret.reveal(),
            "scopes": " ".join(settings.scopes),
            "redirectPort": str(settings.redirect_port),
        }
        for key, field in self.fields().items():
            source = settings.sources[key]
            value = settings.wrong.get(key, values[key])
            words = source.words() if value or source.kind != "default" else "not set"
            fixed = source.kind == "environment"
            if key == "redirectPort" and settings.sources["redirectUri"].kind != "default":
                fixed = key not in settings.wrong
                words = "as in redirectUri" if fixed else words
            field.fill(value, words, fixed=fixed)
        readable = session.settings_error is None
        for widget in (*self.query(Field), *self.query(".form")):
            widget.display = readable  # an empty form over a full file would tell a lie
        self._portal_redirect_uri = ""
        self._shown_values = {key: field.entry.value for key, field in self.fields().items()}
        self._count_scopes()
        self._show_uri()
        self._show_trouble()
        first = self.query_one("#first-steps", Quiet)
        untouched = not settings.app_id and "appid" not in settings.wrong
        first.display = untouched and session.settings_error is None
        first.reshape(
            "Make an integration at developer.webex.com/my-apps, register the redirect URI below"
            " there, and enter what its page shows. ctrl+s saves, F3 signs in.\n"
        )
        self.query_one("#file", Quiet).reshape(f"\nFile: {session.settings_place}")
        if settings.warnings:
            self.tell(" ".join(settings.warnings), Tone.WARN)
        self._focus_first()

    def _show_trouble(self) -> None:
        """What no field can tell: a file that cannot be read, a wrong value without a field."""
        session = self.session
        shown = {key for key, field in self.fields().items() if field.problem}
        lines = [f"✗ {told}" for told in session.settings.problems if told.key not in shown]
        if session.settings_error is not None:
            lines = [f"✗ {session.settings_error}\n  ctrl+l reads it again."]
        trouble = self.query_one("#trouble", Quiet)
        trouble.display = bool(lines)
        trouble.reshape("\n".join(lines))

    def _focus_first(self) -> None:
        """The first value that is missing or wrong, else the first that can be edited."""
        if self.session.settings_error is not None:
            return
        editable = [field for field in self.fields().values() if not field.entry.disabled]
        wrong = [field for field in editable if field.problem]
        for field in (*wrong, *editable):
            self.set_focus(field.entry)
            return

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if event.input.id == "portal":
            self._take_portal_url(event.value)
            return
        for key, field in self.fields().items():
            if field.entry is event.input and event.value != self._shown_values.get(key):
                field.tell_source("not saved yet")
            elif field.entry is event.input:
                field.tell_source(self.session.settings.sources[key].words())
        self._count_scopes()
        self._show_uri()

    def _count_scopes(self) -> None:
        field = self.fields()["scopes"]
        count = len(field.entry.value.replace(",", " ").split())
        changed = field.entry.value != self._shown_values.get("scopes")
        source = "not saved yet" if changed else self.session.settings.sources["scopes"].words()
        field.tell_source(f"{source} · {count} scope{'' if count == 1 else 's'}")

    def _take_portal_url(self, text: str) -> None:
        if not text.strip():
            return
        try:
            portal = parse_oauth_url(text)
        except ValueError as error:
            if "://" in text:
                self.tell(str(error), Tone.BAD)
            return
        found = {"appid": portal.app_id, "scopes": " ".join(portal.scopes)}
        if portal.port is not None:
            found["redirectPort"] = str(portal.port)
        kept = []
        for key, value in found.items():
            field = self.fields()[key]
            source = self._environment_of(key)
            if source is not None and field.entry.value != value:
                kept.append(source.words())
            elif value:
                field.entry.value = value
        self.query_one("#portal", AddressInput).value = ""
        if portal.port is not None and self._environment_of("redirectPort") is None:
            self._portal_redirect_uri = portal.redirect_uri
        said = "Filled in from the OAuth URL; ctrl+s saves."
        if kept:
            said += f" What is {', '.join(kept)} was not changed."
        if portal.redirect_uri and portal.port is None:
            self.tell(
                f"{said} Its redirect URI leads elsewhere: register the one below as well.",
                Tone.WARN,
            )
        else:
            self.tell(said, Tone.GOOD)

    def _environment_of(self, key: str) -> Source | None:
        """The variable a value comes from; the port may come with the whole redirect URI."""
        names = ("redirectUri", key) if key == "redirectPort" else (key,)
        sources = (self.session.settings.sources[name] for name in names)
        return next((source for source in sources if source.kind == "environment"), None)

    _portal_redirect_uri = ""
    """As the pasted OAuth URL spells it: Webex compares it byte for byte."""

    def _show_uri(self) -> None:
        self.query_one("#redirect-uri", Quiet).reshape(
            self._redirect_uri() or "(once the redirect port is right)"
        )

    def _redirect_uri(self) -> str:
        """What is to be registered, with the port as it stands in the form; "" for a wrong one."""
        port = self.fields()["redirectPort"]
        if _check_port(port.entry.value) is not None:
            return ""
        text = port.entry.value.strip()
        # Whoever edits the port after pasting means another address than the portal's.
        if self._portal_redirect_uri and port_of(self._portal_redirect_uri) == int(text):
            return self._portal_redirect_uri
        return self.session.settings.redirect_uri_for(text)

    def action_save(self) -> None:
        session = self.session
        if session.settings_error is not None:
            self.tell(
                "Not saved: the file cannot be read, and saving would lose what is in it.", Tone.BAD
            )
            return
        changes: dict[str, object] = {}
        for key, field in self.fields().items():
            if field.entry.disabled or field.entry.value == self._shown_values[key]:
                continue
            if field.problem:
                self.set_focus(field.entry)
                self.tell(f"Not saved: {field.problem}", Tone.BAD)
                return
            changes[key] = _typed(key, field.entry.value)
        uri, port = self._redirect_uri(), self.fields()["redirectPort"].entry.value.strip()
        if uri and uri != session.settings.redirect_uri_for(port):
            changes |= {"redirectUri": uri, "redirectPort": parse_port(port)}
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
        missing = [problem.sentence for problem in session.settings.problems]
        if missing:
            self.tell("Saved. Still missing: " + " ".join(missing), Tone.WARN)
        else:
            self.tell(f"Saved to {session.settings_place}. F3 signs in.", Tone.GOOD)
        self.wtr.token_changed()

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

        current = tuple(field.entry.value.replace(",", " ").split())
        self.app.push_screen(ScopesScreen(current), take)

    def action_copy_uri(self) -> None:
        uri = self._redirect_uri()
        if uri:
            self.wtr.copy_text(uri, "type it as it stands above")
        else:
            self.tell("Not copied: the redirect port has to be right first.", Tone.BAD)


def _check_scopes(text: str) -> str | None:
    try:
        parse_scopes(text)
    except ValueError as error:
        return str(error)
    return None


def _check_port(text: str) -> str | None:
    try:
        parse_port(text)
    except ValueError as error:
        return str(error)
    return None


def _typed(key: str, text: str) -> object:
    """The value as the file keeps it."""
    if key == "redirectPort":
        return parse_port(text)
    if key == "scopes":
        return " ".join(parse_scopes(text))
    return text.strip()
