"""The settings of a profile: their values, where each comes from, and what is wrong with them."""

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
from wtr_tui.storage import settings_file
from wtr_tui.storage import settings_table as table
from wtr_tui.storage.settings_file import SettingsEntry, SettingsFile
from wtr_tui.storage.settings_table import NAMES, SETTINGS, Setting, Shape
from wtr_tui.storage.settings_values import Nested, RawValue, is_quoted
from wtr_tui.storage.token_json import is_same_base_url, settings_record
from wtr_tui.text import cleaned, user_name

_Value = TypeVar("_Value")

TRUST_VARIABLE = "WTR_TRUST_SETTINGS"
"""Set to 1 to trust a settings file that other users can change, as in a container."""


class Origin(NamedTuple):
    """The source of a value."""

    kind: Literal["environment", "file", "default", "elsewhere"]
    name: str = ""
    """The variable, the file's path, or the setting that says where else it is kept."""

    def describe(self) -> str:
        """Return ``from $WEBEX_SECRET``, ``from file`` or ``default``."""
        return {
            "environment": f"from ${self.name}",
            "file": "from file",
            "elsewhere": f"from {self.name}",
        }.get(self.kind, "default")


class Problem(NamedTuple):
    """A value that is missing or invalid.

    ``message`` has the place and the fault; ``where`` is the place alone ("" for a missing value),
    and ``fault`` the fault alone, to be shown beside a field.
    """

    key: str
    message: str
    where: str
    fault: str

    def __str__(self) -> str:
        return self.message


class Settings:
    """The loaded settings: as attributes, or by ``settings[TIMEOUT]``.

    A setting with an entry in ``problems`` has its default. The mappings and ``problems`` use the
    keys of the file: ``appid``, ``redirectPort``.
    """

    app_id: str = ""
    secret: Secret = Secret("")
    scopes: tuple[str, ...] = table.DEFAULT_SCOPES
    redirect_port: int = table.DEFAULT_PORT
    redirect_uri: str = f"http://localhost:{table.DEFAULT_PORT}"
    """The exact text that is registered."""
    base_url: str = DEFAULT_BASE_URL
    file_base_url: str = ""
    """The base URL without the environment; "" where that is the same."""
    ca_file: Path | None = None
    values: Mapping[str, object] = MappingProxyType({})
    """The settings that have no attribute; one that is missing has its default."""
    sources: Mapping[str, Origin] = MappingProxyType({})
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    texts: Mapping[str, str] = MappingProxyType({})
    """What is set, valid or not, as a form shows it: no secret, lists or mappings."""
    text: str | None = None
    """The file as it was read, which saving compares with; None for no file."""
    record: Mapping[str, object] | None = None
    """The record of the file for a token that is saved under it: see ``token_json``."""
    unread: bool = False
    """Whether there is a file that could not be read, so that the environment alone counts."""

    # Not a dataclass: defining one takes an eighth of the time of wtr status.
    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)

    def replace(self, **changes: object) -> Settings:
        """Return a copy with other values for some attributes."""
        return Settings(**{**vars(self), **changes})

    def __getitem__(self, setting: Setting[_Value]) -> _Value:
        """Return the value of a setting."""
        attribute = _FIELDS.get(setting.name)
        if attribute is not None:
            value: Any = getattr(self, attribute)
        else:
            value = self.values.get(setting.name, setting.default)
        return value  # type: ignore[no-any-return]  # its setting's parser made it

    def with_value(self, setting: Setting[_Value], value: _Value) -> Settings:
        """Return a copy with another value for a setting that has no attribute."""
        return self.replace(values={**self.values, setting.name: value})

    @property
    def base_url_place(self) -> str:
        """The source of the base URL, with a verb: ``$WEBEX_BASEURL names``."""
        source = self.source(table.BASE_URL)
        if source.kind == "default":
            return "as no setting names another, it would go to"
        return (
            f"${source.name} names" if source.kind == "environment" else "the setting baseUrl names"
        )

    @property
    def is_base_url_known(self) -> bool:
        """Whether the base URL is certain: false where it is invalid or in an unreadable file."""
        if self.source(table.BASE_URL).kind == "default" and self.unread:
            return False
        return all(problem.key != table.BASE_URL.name for problem in self.problems)

    @property
    def can_mint(self) -> bool:
        """Whether a token can be minted without a user: that of a service app."""
        return self[table.KIND] == table.SERVICE_APP and bool(self[table.THROUGH])

    def source(self, setting: Setting[Any]) -> Origin:
        """Return where the value of a setting comes from."""
        return self.sources.get(setting.name, Origin("default"))

    def redirect_uri_for(self, port: str) -> str:
        """Return the redirect URI with this port, as typed; an explicit one is kept."""
        fixed = self.source(table.REDIRECT_URI).kind != "default"
        return self.redirect_uri if fixed else f"http://localhost:{port}"

    def stored(self, token: Token, before: StoredToken | None = None) -> StoredToken:
        """Return the token for saving under these settings; ``before`` is the one it replaces."""
        account = Account() if before is None else before.account
        return StoredToken(self.app_id, token, self.base_url, account, settings=self.record)

    def require(self) -> Settings:
        """Return these settings if they are complete and valid.

        Raise SettingsError with a sentence for everything that is missing or invalid.
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
"""The attribute of a setting that has one."""


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """Load the settings from the file, which need not exist, and the environment, which wins.

    A variable or key without a value counts as not set. Invalid values become ``problems``. Raises
    SettingsError where the file cannot be read or parsed.
    """
    return _Loader(path, settings_file.read(path), environ).load()


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Load the settings from the environment alone, where the file cannot be read."""
    return _Loader(None, SettingsFile(), environ).load().replace(unread=True)


class _RawSetting(NamedTuple):
    """A setting as written in a variable or in the file."""

    source: Origin
    where: str
    """The variable, or the file and its line."""
    place: str
    """The same with the key."""
    text: str
    """What a form shows of it; "" for lists and mappings."""
    entry: SettingsEntry | None = None

    def __repr__(self) -> str:
        return "_RawSetting(…)"  # a secret may be in it

    def value(self, setting: Setting[Any]) -> Nested:
        """Return the value in the setting's shape. Raise ValueError for another shape."""
        entry = self.entry
        if entry is None:
            return self.text
        if setting.shape is Shape.NESTED:
            return entry.nested_value()
        if entry.nested and setting.shape is Shape.WORDS:
            raise ValueError("Each item must be a text, without a space behind a colon in it.")
        if entry.nested or (isinstance(entry.value, tuple) and setting.shape is not Shape.WORDS):
            raise ValueError("This must be a text, not a list or a group of keys.")
        if setting.is_text and entry.read_as:
            raise ValueError(f"YAML reads this as {entry.read_as}: put it in quotation marks.")
        return " ".join(entry.value) if isinstance(entry.value, tuple) else entry.value


_QUOTATION_MARKS_FAULT = "This must be written without quotation marks around it."
_DEFAULT = Origin("default")


class _Loader:
    """One pass over all settings that collects sources, texts, problems and warnings."""

    def __init__(self, path: Path | None, file: SettingsFile, environ: Mapping[str, str]) -> None:
        self.path = path
        self.file = file
        self.environ = environ
        self.sources: dict[str, Origin] = {}
        self.problems: list[Problem] = []
        self.texts: dict[str, str] = {}
        self.warnings: list[str] = []
        self.in_file = {setting.name: self.find_in_file(setting) for setting in SETTINGS}

    def load(self) -> Settings:
        values = {setting.name: self.parse(setting) for setting in SETTINGS}
        uri, port = values[table.REDIRECT_URI.name], values[table.REDIRECT_PORT.name]
        own_base_url = self.file_base_url()
        self.warn_of_base_url_from_environment(values[table.BASE_URL.name], own_base_url)
        values[table.SECRET.name] = self.resolve_secret(values)
        values[table.REDIRECT_PORT.name] = self.resolve_port(port, uri)
        values[table.REDIRECT_URI.name] = uri or f"http://localhost:{port}"
        said = "\n".join(self.warnings)  # one may be part of another
        more = [each for each in _file_warnings(self.path, self.file) if each not in said]
        return Settings(
            **{attribute: values.pop(name) for name, attribute in _FIELDS.items()},
            values=values,
            file_base_url=own_base_url,
            sources=self.sources,
            problems=tuple(self.problems),
            warnings=(*self.warnings, *more),
            texts=self.texts,
            text=self.file.text,
            record=self.record(),
        )

    def parse(self, setting: Setting[Any]) -> Any:
        """Return the parsed value, or the default; record its source, its text and a problem."""
        found = self.find_in_environment(setting) or self.in_file[setting.name]
        self.sources[setting.name] = _DEFAULT if found is None else found.source
        if found is None:
            if setting.is_needed:
                self.report_missing(setting)
            return setting.default
        self.texts[setting.name] = found.text
        try:
            if setting.guarded and found.entry is not None:
                self.require_trusted_file(setting)
            return setting.parse(RawValue(found.value(setting), self.path, self.environ))
        except ValueError as error:
            is_in_quotes = is_quoted(found.text.strip())
            self.report(setting, _QUOTATION_MARKS_FAULT if is_in_quotes else str(error), found)
            return setting.default

    def report_missing(self, setting: Setting[Any]) -> None:
        try:
            setting.parse(RawValue("", self.path, self.environ))
        except ValueError as error:
            where = self.path or "the settings file"
            how = f"Set {setting.name} in {where}, or ${setting.variables[0]}."
            self.problems.append(Problem(setting.name, f"{error} {how}", "", str(error)))

    def resolve_secret(self, values: Mapping[str, Any]) -> Secret:
        """Return the secret, also an invalid one for a form to correct.

        ``secret`` takes precedence over ``secretFile``, and that over ``secretCommand``.
        """
        elsewhere = (table.SECRET_FILE.name, table.SECRET_COMMAND.name)
        named = [values[name] for name in elsewhere if values[name] is not None]
        secret: Secret = values[table.SECRET.name]
        text = self.texts.pop(table.SECRET.name, "")
        if self.sources[table.SECRET.name] is not _DEFAULT:
            if named:
                self.warnings.append(f"The secret itself counts, {named[0].source} does not.")
            return secret or Secret(text)
        if named or any(problem.key in elsewhere for problem in self.problems):
            self.problems = [each for each in self.problems if each.key != table.SECRET.name]
        if not named:
            return secret
        self.sources[table.SECRET.name] = Origin("elsewhere", named[0].source)
        if len(named) > 1:
            self.warnings.append(f"{named[0].source} counts, {named[1].source} does not.")
        return named[0]  # type: ignore[no-any-return]  # its setting's parser made it

    def find_in_environment(self, setting: Setting[Any]) -> _RawSetting | None:
        """Return the first variable that is not blank: scripts pass on empty ones."""
        variables = [name for name in setting.variables if self.environ.get(name, "").strip()]
        if not variables:
            return None
        name = variables[0]
        value = self.environ[name]
        self.warnings += [
            f"${name} counts, ${other} says something else."
            for other in variables
            if self.environ[other] != value
        ]
        return _RawSetting(Origin("environment", name), f"${name}", f"${name}", value)

    def find_in_file(self, setting: Setting[Any]) -> _RawSetting | None:
        """Return the first of the setting's keys that has a value."""
        entries = [self.file.entries[name] for name in setting.names if name in self.file.entries]
        found = [entry for entry in entries if entry.value is not None or entry.nested]
        if not found:
            return None
        entry = found[0]
        where = f"{self.path} line {entry.line}"
        if any(other.value != entry.value for other in found):
            self.warnings.append(
                f"{where}: {entry.key} counts, {found[1].key} says something else."
            )
        listed = setting.shape is Shape.WORDS and isinstance(entry.value, tuple)
        text = " ".join(entry.value or ()) if listed else entry.value
        text = text if isinstance(text, str) else ""
        return _RawSetting(
            Origin("file", str(self.path)), where, f"{where}, {entry.key}", text, entry
        )

    def file_base_url(self) -> str:
        """Return the base URL without the environment."""
        try:
            return self.parse_from_file(table.BASE_URL)
        except ValueError:
            return DEFAULT_BASE_URL

    def record(self) -> Mapping[str, object] | None:
        """Return the record of the file; None where its App ID or base URL is invalid."""
        if self.path is None:
            return None
        try:
            app_id = self.parse_from_file(table.APP_ID)
            base_url = self.parse_from_file(table.BASE_URL)
        except ValueError:
            return None
        return settings_record(self.file.content, app_id, base_url)

    def parse_from_file(self, setting: Setting[_Value]) -> _Value:
        """Return the value without the environment. Raise ValueError where it is invalid."""
        found = self.in_file[setting.name]
        if found is None:
            return setting.default
        return setting.parse(RawValue(found.value(setting), self.path, self.environ))

    def require_trusted_file(self, setting: Setting[Any]) -> None:
        """Raise ValueError where another user may have written the value."""
        others = self.other_writers
        if others and self.environ.get(TRUST_VARIABLE) == "1":
            self.warnings.append(
                f"{setting.name} is used as ${TRUST_VARIABLE} says, though: {others}"
            )
        elif others:
            raise ValueError(
                f"This says {setting.guarded}, so it is not taken from a file that others can"
                f" change. {others}"
            )

    @cached_property
    def other_writers(self) -> str:
        return who_else_can_write(self.path, self.file) if self.path else ""

    def warn_of_base_url_from_environment(self, base_url: str, named: str) -> None:
        """Warn where a variable redirects the secret in the file to another server."""
        source, secret = self.sources[table.BASE_URL.name], self.sources[table.SECRET.name]
        if (source.kind, secret.kind) == ("environment", "file") and not is_same_base_url(
            base_url, named
        ):
            self.warnings.append(
                f"${source.name} names {cleaned(base_url, 100)}: a sign-in would send there the"
                f" secret of {self.path}, which means {cleaned(named, 100)}."
            )

    def resolve_port(self, port: int, uri: str) -> int:
        """Return the port in the redirect URI, if that is set; another port beside it is wrong."""
        inside = port_of(uri) if uri else None
        if inside is None:
            return port
        name = table.REDIRECT_PORT.name
        found = self.find_in_environment(table.REDIRECT_PORT) or self.in_file[name]
        is_wrong = any(problem.key == name for problem in self.problems)
        if found is not None and port != inside and not is_wrong:
            fault = f"The port {port} is not the one in redirectUri, {inside}: remove one of them."
            self.report(table.REDIRECT_PORT, fault, found)
        else:
            self.sources[name] = self.sources[table.REDIRECT_URI.name]
        return inside

    def report(self, setting: Setting[Any], fault: str, found: _RawSetting) -> None:
        message = f"{found.place}: {fault}"
        if setting.is_lenient:
            self.warnings.append(message)
        else:
            self.problems.append(Problem(setting.name, message, found.where, fault))


def _file_warnings(path: Path | None, file: SettingsFile) -> list[str]:
    """Return warnings about the file's keys, permissions and place."""
    if path is None or file.text is None:
        return []
    found = [_unknown_key_warning(path, key, entry.line) for key, entry in file.entries.items()]
    secret = file.entries.get("secret")
    holds_secret = secret is not None and secret.value is not None
    if others := who_else_can_write(path, file):
        found.append(others)
    elif holds_secret and (who := _other_users(file.mode, file.group, 0o004)):
        found.append(
            f"{who} can read {path}, which holds the secret (mode {file.mode:o}): chmod 600 {path}"
        )
    if holds_secret:
        parents = Path(os.path.realpath(path)).parents
        trees = [folder for folder in parents if os.path.lexists(folder / ".git")]
        if trees:
            found.append(f"{path} holds the secret and lies in the git work tree {trees[0]}.")
    return list(filter(None, found))


def who_else_can_write(path: Path, file: SettingsFile) -> str:
    """Return a sentence on which other users can change the file, and what to do; "" for none."""
    if file.owner not in (os.geteuid(), 0):
        return f"{path} belongs to {user_name(file.owner)}, who decides where your secret is sent."
    if who := _other_users(file.mode, file.group):
        return f"{who} can change {path} (mode {file.mode:o}): chmod 600 {path}"
    # Whoever may rename in the folder of the file, or of a link to it, can replace the file.
    for folder in dict.fromkeys((path.absolute().parent, Path(os.path.realpath(path)).parent)):
        with suppress(OSError):
            facts = folder.stat()
            sticky = facts.st_mode & stat.S_ISVTX  # such as /tmp: only owners may rename
            if not sticky and (who := _other_users(facts.st_mode, facts.st_gid)):
                return f"{who} can replace what is in {folder}: chmod 700 {folder}"
    return ""


def _other_users(mode: int, group: int, bit: int = 0o002) -> str:
    """Return who but the owner may write (0o002) or read (0o004) with this mode; "" for none."""
    if mode & bit:
        return "Every user"
    return "Its group" if mode & bit << 3 and not _is_own_group(group) else ""


def _is_own_group(number: int) -> bool:
    """Return whether only this user is in the group: many systems create one for each user."""
    import grp
    import pwd

    try:
        user = pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(number)
    except KeyError:
        return False
    members = {*group.gr_mem} - {user.pw_name}
    return user.pw_gid == number and group.gr_name == user.pw_name and not members


def _unknown_key_warning(path: Path, key: str, line: int) -> str:
    if key in NAMES:
        return ""
    import difflib  # only where there is something to guess

    by_lower_case = {name.lower(): name for name in NAMES}
    close = difflib.get_close_matches(key.replace("_", "").lower(), by_lower_case, 1, 0.7)
    if close:
        meant = by_lower_case[close[0]]
        shown = cleaned(key, 40)
        return f"{path} line {line}: the key {shown} is not known. Did you mean {meant}?"
    # Not repeated: a misplaced secret may be in the place of the key.
    return f"{path} line {line}: the key in this line is not known and is ignored."
