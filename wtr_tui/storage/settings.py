"""The settings of one profile: each value, where it comes from, and what is wrong with it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeVar

from wtr_tui.addresses import DEFAULT_BASE_URL, port_of
from wtr_tui.errors import SettingsError
from wtr_tui.model import Account, Secret, StoredToken, Token
from wtr_tui.storage import settings_table as table
from wtr_tui.storage.settings_file import SettingsEntry, SettingsFile, read_mapping
from wtr_tui.storage.settings_table import NAMES, SETTINGS, Setting, Shape
from wtr_tui.storage.settings_values import Nested, RawValue, is_quoted
from wtr_tui.storage.token_json import is_same_base_url, settings_record
from wtr_tui.text import cleaned, user_name

_Value = TypeVar("_Value")

TRUST_VARIABLE = "WTR_TRUST_SETTINGS"
"""Set to 1 where a settings file belongs to somebody else by intent, as in a container."""


class Origin(NamedTuple):
    """Where a value comes from."""

    kind: Literal["environment", "file", "default", "elsewhere"]
    name: str = ""
    """The variable, the file's path, or the setting that says where else it is kept."""

    def describe(self) -> str:
        """``from $WEBEX_SECRET``, ``from file``, ``default``."""
        return {
            "environment": f"from ${self.name}",
            "file": "from file",
            "elsewhere": f"from {self.name}",
        }.get(self.kind, "default")


class Problem(NamedTuple):
    """A value that is missing or wrong.

    ``message`` names the place and the fault; ``where`` is the place alone ("" where the value
    is missing) and ``fault`` the fault alone, for beside a field.
    """

    key: str
    message: str
    where: str
    fault: str

    def __str__(self) -> str:
        return self.message


class Settings:
    """What the program runs with. Where ``problems`` names a key, its value is the default.

    The integration and how Webex is reached are attributes; ``settings[TIMEOUT]`` gives any other
    setting of :mod:`wtr_tui.storage.settings_table`. ``sources``, ``problems`` and ``wrong`` go
    by the keys of the file: ``appid``, ``redirectPort``. ``redirect_uri`` is the exact text that
    is registered, ``file_base_url`` what the base URL is without the environment ("": the same).
    ``unread``: there is a file that could not be read, so that this is the environment alone.

    ``values`` are the other settings, by key; one that is not in it has its default. ``texts`` is
    what is set, right or wrong, as a form shows it: not the secret, and no lists and groups.
    ``record`` is of the bytes that were read, for the file of a token that is saved under them;
    ``text`` the file as it was read (None: there is none), which saving compares with.
    """

    app_id: str = ""
    secret: Secret = Secret("")
    scopes: tuple[str, ...] = table.DEFAULT_SCOPES
    redirect_port: int = table.DEFAULT_PORT
    redirect_uri: str = f"http://localhost:{table.DEFAULT_PORT}"
    base_url: str = DEFAULT_BASE_URL
    file_base_url: str = ""
    unread: bool = False
    ca_file: Path | None = None
    values: Mapping[str, object] = MappingProxyType({})
    sources: Mapping[str, Origin] = MappingProxyType({})
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    texts: Mapping[str, str] = MappingProxyType({})
    record: Mapping[str, object] | None = None
    text: str | None = None

    # Not a dataclass: to define those takes an eighth of the time of wtr status.
    def __init__(self, **known: Any) -> None:
        vars(self).update(known)

    def replace(self, **changes: object) -> Settings:
        """The same with other values for some attributes."""
        return Settings(**{**vars(self), **changes})

    def __getitem__(self, setting: Setting[_Value]) -> _Value:
        """The value of a setting."""
        attribute = _FIELDS.get(setting.name)
        if attribute is not None:
            value: Any = getattr(self, attribute)
        else:
            value = self.values.get(setting.name, setting.default)
        return value  # type: ignore[no-any-return]  # its setting's parser made it

    def with_value(self, setting: Setting[_Value], value: _Value) -> Settings:
        """These settings with another value for one, as an option of a command gives it."""
        return self.replace(values={**self.values, setting.name: value})

    @property
    def base_url_place(self) -> str:
        """What names the base URL, and the verb: ``$WEBEX_BASEURL names``."""
        source = self.source(table.BASE_URL)
        if source.kind == "default":
            return "as no setting names another, it would go to"
        return (
            f"${source.name} names" if source.kind == "environment" else "the setting baseUrl names"
        )

    @property
    def is_base_url_known(self) -> bool:
        """Whether the base URL is what is set, or nothing is: not where it cannot be read."""
        if self.source(table.BASE_URL).kind == "default" and self.unread:
            return False
        return all(problem.key != table.BASE_URL.name for problem in self.problems)

    @property
    def can_mint(self) -> bool:
        """Whether a dead refresh token is replaced without a user: a service app's."""
        return self[table.KIND] == table.SERVICE_APP and bool(self[table.THROUGH])

    def source(self, setting: Setting[Any]) -> Origin:
        """Where the value of a setting comes from."""
        return self.sources.get(setting.name, Origin("default"))

    def redirect_uri_for(self, port: str) -> str:
        """The redirect URI as it would be with another port, as typed; one that is set stays."""
        fixed = self.source(table.REDIRECT_URI).kind != "default"
        return self.redirect_uri if fixed else f"http://localhost:{port}"

    def stored(self, token: Token, before: StoredToken | None = None) -> StoredToken:
        """The token as it is to be saved under these settings; ``before`` is what it replaces."""
        account = Account() if before is None else before.account
        return StoredToken(self.app_id, token, self.base_url, account, settings=self.record)

    def require(self) -> Settings:
        """These settings, where they are enough to talk to Webex.

        Raises SettingsError with a sentence for everything that is missing or wrong.
        """
        if self.problems:
            raise SettingsError(
                "\n".join(problem.message for problem in self.problems),
                "wtr-tui shows the settings and helps to complete them.",
            )
        return self


_FIELDS = {
    table.APP_ID.name: "app_id",
    table.SECRET.name: "secret",
    table.SCOPES.name: "scopes",
    table.REDIRECT_PORT.name: "redirect_port",
    table.REDIRECT_URI.name: "redirect_uri",
    table.BASE_URL.name: "base_url",
    table.CA_FILE.name: "ca_file",
}
"""The settings that are fields."""


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """Reads the file, which need not exist, and the environment, which wins.

    A variable or key that is set to nothing counts as not set. Wrong values become
    ``problems``. Raises SettingsError where the file cannot be read or understood.
    """
    return _Reading(path, read_mapping(path), environ).settings()


def from_environment(environ: Mapping[str, str]) -> Settings:
    """What the environment alone says: for a form beside a file that cannot be read."""
    return _Reading(None, SettingsFile(), environ).settings().replace(unread=True)


class _Found(NamedTuple):
    """What is set for one key: a variable, or an entry of the file; and where that is.

    ``text`` is what a form shows of a value that is wrong; "" for lists and groups.
    """

    source: Origin
    where: str
    place: str
    text: str
    entry: SettingsEntry | None = None

    def __repr__(self) -> str:
        return "_Found(…)"  # a secret may be in it

    def value(self, setting: Setting[Any]) -> Nested:
        """In the shape that the setting has. Raises ValueError for another shape."""
        entry = self.entry
        if entry is None:
            return self.text
        if setting.shape is Shape.NESTED:
            return entry.unfolded()
        if entry.nested and setting.shape is Shape.WORDS:
            raise ValueError("Each item must be a text, without a space behind a colon in it.")
        if entry.nested or (isinstance(entry.value, tuple) and setting.shape is not Shape.WORDS):
            raise ValueError("This must be a text, not a list or a group of keys.")
        if setting.is_text and entry.read_as:
            raise ValueError(f"YAML reads this as {entry.read_as}: put it in quotation marks.")
        return " ".join(entry.value) if isinstance(entry.value, tuple) else entry.value


_QUOTED = "This must be written without quotation marks around it."
_DEFAULT = Origin("default")


class _Reading:
    """One pass over all settings, which gathers the sources and the problems."""

    def __init__(self, path: Path | None, file: SettingsFile, environ: Mapping[str, str]) -> None:
        self.path = path
        self.file = file
        self.environ = environ
        self.sources: dict[str, Origin] = {}
        self.problems: list[Problem] = []
        self.texts: dict[str, str] = {}
        self.notes: list[str] = []
        self.in_file = {setting.name: self.found_in_file(setting) for setting in SETTINGS}

    def settings(self) -> Settings:
        values = {setting.name: self.value(setting) for setting in SETTINGS}
        uri, port = values[table.REDIRECT_URI.name], values[table.REDIRECT_PORT.name]
        own_base_url = self.file_base_url()
        self.note_secret_sent_elsewhere(values[table.BASE_URL.name], own_base_url)
        values[table.SECRET.name] = self.secret(values)
        values[table.REDIRECT_PORT.name] = self.agreed_port(port, uri)
        values[table.REDIRECT_URI.name] = uri or f"http://localhost:{port}"
        said = "\n".join(self.notes)  # a note may say it already
        warnings = [each for each in _warnings(self.path, self.file) if each not in said]
        return Settings(
            **{attribute: values.pop(name) for name, attribute in _FIELDS.items()},
            values=values,
            file_base_url=own_base_url,
            sources=self.sources,
            problems=tuple(self.problems),
            warnings=(*self.notes, *warnings),
            texts=self.texts,
            text=self.file.text,
            record=self.record(),
        )

    def value(self, setting: Setting[Any]) -> Any:
        """What the setting's parser makes of it, or its default."""
        found = self.in_environment(setting) or self.in_file[setting.name]
        self.sources[setting.name] = _DEFAULT if found is None else found.source
        if found is not None:
            self.texts[setting.name] = found.text
        elif not setting.is_needed:
            return setting.default
        try:
            if found is None:
                return setting.parse(RawValue("", self.path, self.environ))
            if setting.guarded and found.entry is not None:
                self.refuse_to_others(setting)
            return setting.parse(RawValue(found.value(setting), self.path, self.environ))
        except ValueError as error:
            if found is None:
                where = self.path or "the settings file"
                how = f"Set {setting.name} in {where}, or ${setting.variables[0]}."
                self.problems.append(Problem(setting.name, f"{error} {how}", "", str(error)))
            else:
                self.tell(setting, _QUOTED if is_quoted(found.text.strip()) else str(error), found)
            return setting.default

    def secret(self, values: Mapping[str, Any]) -> Secret:
        """The secret, also a wrong one: a form corrects it, and nothing else may hold it.

        It counts before where else it may be kept.
        """
        elsewhere = (table.SECRET_FILE.name, table.SECRET_COMMAND.name)
        named = [values[name] for name in elsewhere if values[name] is not None]
        secret: Secret = values[table.SECRET.name]
        text = self.texts.pop(table.SECRET.name, "")
        if self.sources[table.SECRET.name] is not _DEFAULT:
            if named:
                self.notes.append(f"The secret itself counts, {named[0].source} does not.")
            return secret or Secret(text)
        if named or any(problem.key in elsewhere for problem in self.problems):
            self.problems = [each for each in self.problems if each.key != table.SECRET.name]
        if not named:
            return secret
        self.sources[table.SECRET.name] = Origin("elsewhere", named[0].source)
        if len(named) > 1:
            self.notes.append(f"{named[0].source} counts, {named[1].source} does not.")
        return named[0]  # type: ignore[no-any-return]  # its setting's parser made it

    def in_environment(self, setting: Setting[Any]) -> _Found | None:
        """A variable of blanks alone is as good as none: so scripts hand on what they lack."""
        variables = [name for name in setting.variables if self.environ.get(name, "").strip()]
        if not variables:
            return None
        name = variables[0]
        value = self.environ[name]
        self.notes += [
            f"${name} counts, ${other} says something else."
            for other in variables
            if self.environ[other] != value
        ]
        return _Found(Origin("environment", name), f"${name}", f"${name}", value)

    def found_in_file(self, setting: Setting[Any]) -> _Found | None:
        """A key without a value counts as not set."""
        entries = [self.file.entries[name] for name in setting.names if name in self.file.entries]
        found = [entry for entry in entries if entry.value is not None or entry.nested]
        if not found:
            return None
        entry = found[0]
        where = f"{self.path} line {entry.line}"
        if any(other.value != entry.value for other in found):
            self.notes.append(f"{where}: {entry.key} counts, {found[1].key} says something else.")
        listed = setting.shape is Shape.WORDS and isinstance(entry.value, tuple)
        text = " ".join(entry.value or ()) if listed else entry.value
        text = text if isinstance(text, str) else ""
        return _Found(Origin("file", str(self.path)), where, f"{where}, {entry.key}", text, entry)

    def file_base_url(self) -> str:
        """The base URL without the environment."""
        try:
            return self.alone(table.BASE_URL)
        except ValueError:
            return DEFAULT_BASE_URL

    def record(self) -> Mapping[str, object] | None:
        """Of the file; None where what it says itself of App ID or base URL is wrong."""
        if self.path is None:
            return None
        try:
            app_id, base_url = self.alone(table.APP_ID), self.alone(table.BASE_URL)
        except ValueError:
            return None
        return settings_record(self.file.content, app_id, base_url)

    def alone(self, setting: Setting[_Value]) -> _Value:
        """What the file says, without the environment, or the default. ValueError: it is wrong."""
        found = self.in_file[setting.name]
        if found is None:
            return setting.default
        return setting.parse(RawValue(found.value(setting), self.path, self.environ))

    def refuse_to_others(self, setting: Setting[Any]) -> None:
        """Raises ValueError where somebody else may have written the value."""
        others = self.changed_by_others
        if others and self.environ.get(TRUST_VARIABLE) == "1":
            self.notes.append(f"{setting.name} is used as ${TRUST_VARIABLE} says, though: {others}")
        elif others:
            raise ValueError(
                f"This says {setting.guarded}, so it is not taken from a file that others can"
                f" change. {others}"
            )

    @cached_property
    def changed_by_others(self) -> str:
        return changed_by_others(self.path, self.file) if self.path else ""

    def note_secret_sent_elsewhere(self, base_url: str, named: str) -> None:
        """Whoever can set a variable shall not have the file's secret sent anywhere unseen."""
        source, secret = self.sources[table.BASE_URL.name], self.sources[table.SECRET.name]
        if (source.kind, secret.kind) == ("environment", "file") and not is_same_base_url(
            base_url, named
        ):
            self.notes.append(
                f"${source.name} names {cleaned(base_url, 100)}: a sign-in would send there the"
                f" secret of {self.path}, which means {cleaned(named, 100)}."
            )

    def agreed_port(self, port: int, uri: str) -> int:
        """A redirect URI that is set has the port in it; another one beside it is a mistake."""
        inside = port_of(uri) if uri else None
        if inside is None:
            return port
        name = table.REDIRECT_PORT.name
        found = self.in_environment(table.REDIRECT_PORT) or self.in_file[name]
        is_wrong = any(problem.key == name for problem in self.problems)
        if found is not None and port != inside and not is_wrong:
            fault = f"The port {port} is not the one in redirectUri, {inside}: remove one of them."
            self.tell(table.REDIRECT_PORT, fault, found)
        else:
            self.sources[name] = self.sources[table.REDIRECT_URI.name]
        return inside

    def tell(self, setting: Setting[Any], fault: str, found: _Found) -> None:
        message = f"{found.place}: {fault}"
        if setting.is_lenient:
            self.notes.append(message)
        else:
            self.problems.append(Problem(setting.name, message, found.where, fault))


def _warnings(path: Path | None, file: SettingsFile) -> list[str]:
    """Sentences about the settings file; none where there is no file."""
    if path is None or file.text is None:
        return []
    found = [_unknown(path, key, entry.line) for key, entry in file.entries.items()]
    secret = file.entries.get("secret")
    holds_secret = secret is not None and secret.value is not None
    if others := changed_by_others(path, file):
        found.append(others)
    elif holds_secret and (who := _others(file.mode, file.group, 0o004)):
        found.append(
            f"{who} can read {path}, which holds the secret (mode {file.mode:o}): chmod 600 {path}"
        )
    if holds_secret:
        parents = Path(os.path.realpath(path)).parents
        trees = [folder for folder in parents if os.path.lexists(folder / ".git")]
        if trees:
            found.append(f"{path} holds the secret and lies in the git work tree {trees[0]}.")
    return list(filter(None, found))


def changed_by_others(path: Path, file: SettingsFile) -> str:
    """Who else can change the file, as a sentence with what to do; "" for nobody.

    A group of this user's own, as many systems make one for each user, is nobody else.
    """
    if file.owner not in (os.geteuid(), 0):
        return f"{path} belongs to {user_name(file.owner)}, who decides where your secret is sent."
    if who := _others(file.mode, file.group):
        return f"{who} can change {path} (mode {file.mode:o}): chmod 600 {path}"
    # Whoever may rename in the folder of the file, or of a link to it, decides what is read.
    for folder in dict.fromkeys((path.absolute().parent, Path(os.path.realpath(path)).parent)):
        with suppress(OSError):
            facts = folder.stat()
            sticky = facts.st_mode & stat.S_ISVTX  # as /tmp: nobody replaces what is another's
            if not sticky and (who := _others(facts.st_mode, facts.st_gid)):
                return f"{who} can replace what is in {folder}: chmod 700 {folder}"
    return ""


def _others(mode: int, group: int, bit: int = 0o002) -> str:
    """Who beside the owner may write what has this mode, or read it (0o004); "" for nobody."""
    if mode & bit:
        return "Every user"
    return "Its group" if mode & bit << 3 and not _is_own_group(group) else ""


def _is_own_group(number: int) -> bool:
    import grp
    import pwd

    try:
        user = pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(number)
    except KeyError:
        return False
    members = {*group.gr_mem} - {user.pw_name}
    return user.pw_gid == number and group.gr_name == user.pw_name and not members


def _unknown(path: Path, key: str, line: int) -> str:
    if key in NAMES:
        return ""
    import difflib  # only where there is something to guess

    by_lower_case = {name.lower(): name for name in NAMES}
    close = difflib.get_close_matches(key.replace("_", "").lower(), by_lower_case, 1, 0.7)
    if close:
        meant = by_lower_case[close[0]]
        shown = cleaned(key, 40)
        return f"{path} line {line}: the key {shown} is not known. Did you mean {meant}?"
    # Not repeated: what stands in a key's place by mistake may be the secret.
    return f"{path} line {line}: the key in this line is not known and is ignored."
