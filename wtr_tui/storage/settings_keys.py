"""The names of the settings: in the file, in the environment, and what other tools call them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SettingKey:
    """One setting. ``name`` is its key in the file; ``variables`` are in the order they win.

    ``is_text``: any text can be its value, so what YAML takes for something else is a mistake.
    ``is_guarded``: it runs a program, or says where secrets are sent, so it is not taken from a
    file that somebody else can change.
    """

    name: str
    variables: tuple[str, ...] = ()
    alias: str = ""
    is_text: bool = False
    is_guarded: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, self.alias) if self.alias else (self.name,)


APP_ID = SettingKey(
    "appid", ("WEBEX_APPID", "WEBEX_CLIENTID", "WEBEX_CLIENT_ID"), alias="clientid", is_text=True
)
SECRET = SettingKey("secret", ("WEBEX_SECRET", "WEBEX_CLIENT_SECRET"), is_text=True)
SCOPES = SettingKey("scopes", ("WEBEX_SCOPES",), is_text=True)
REDIRECT_PORT = SettingKey("redirectPort", ("WEBEX_REDIRECTPORT",))
REDIRECT_URI = SettingKey("redirectUri", ("WEBEX_REDIRECTURI",))
BASE_URL = SettingKey("baseUrl", ("WEBEX_BASEURL",), is_guarded=True)
AUTO_REFRESH = SettingKey("autoRefresh")
CA_FILE = SettingKey("caFile", is_text=True, is_guarded=True)
ON_TOKEN = SettingKey("onToken", is_text=True, is_guarded=True)
LOGIN_HINT = SettingKey("loginHint", is_text=True)
PROMPT = SettingKey("prompt", is_text=True)
TIMEOUT = SettingKey("timeout")
BROWSER = SettingKey("browser")
CLIPBOARD = SettingKey("clipboard")
THEME = SettingKey("theme", is_text=True)

KEYS = (
    APP_ID,
    SECRET,
    SCOPES,
    REDIRECT_PORT,
    REDIRECT_URI,
    BASE_URL,
    AUTO_REFRESH,
    CA_FILE,
    ON_TOKEN,
    LOGIN_HINT,
    PROMPT,
    TIMEOUT,
    BROWSER,
    CLIPBOARD,
    THEME,
)
NAMES = tuple(name for key in KEYS for name in key.names)
