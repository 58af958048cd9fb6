"""What works but deserves a word: unknown keys, and a file that others may see or change."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from wtr_tui.storage.settings_file import SettingsFile
from wtr_tui.storage.settings_keys import NAMES
from wtr_tui.text import cleaned, user_name


def warnings_about(path: Path | None, file: SettingsFile) -> tuple[str, ...]:
    """Sentences about the settings file; none where there is no file."""
    if path is None or file.text is None:
        return ()
    found = [_unknown(path, key, entry.line) for key, entry in file.entries.items()]
    secret = file.entries.get("secret")
    holds_secret = secret is not None and secret.value is not None
    if file.mode & 0o002:
        # Whoever changes it can have the secret sent elsewhere, or a command run.
        found.append(changed_by_others(path, file))
    elif holds_secret and file.mode & 0o077:
        may = "change" if file.mode & 0o020 else "read"
        found.append(
            f"{path} holds the secret, and other users may {may} it (mode {file.mode:o}):"
            f" chmod 600 {path}"
        )
    if holds_secret:
        found.append(_in_work_tree(path))
    found.append(_foreign(path, file.owner))
    return tuple(filter(None, found))


def changed_by_others(path: Path, file: SettingsFile) -> str:
    """Who else can change the file, as a sentence with what to do; "" for nobody.

    A group of this user's own, as many systems make one for each user, is nobody else.
    """
    if file.owner not in (os.geteuid(), 0):
        return f"{path} belongs to {user_name(file.owner)}."
    if file.mode & 0o002:
        return f"Every user can change {path} (mode {file.mode:o}): chmod 600 {path}"
    if file.mode & 0o020 and not _is_own_group(file.group):
        return f"Its group can change {path} (mode {file.mode:o}): chmod 600 {path}"
    return ""


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
    by_lower_case = {name.lower(): name for name in NAMES}
    close = difflib.get_close_matches(key.replace("_", "").lower(), by_lower_case, 1, 0.7)
    if close:
        meant = by_lower_case[close[0]]
        shown = cleaned(key, 40)
        return f"{path} line {line}: the key {shown} is not known. Did you mean {meant}?"
    # Not repeated: what stands in a key's place by mistake may be the secret.
    return f"{path} line {line}: the key in this line is not known and is ignored."


def _in_work_tree(path: Path) -> str:
    for folder in Path(os.path.realpath(path)).parents:
        if os.path.lexists(folder / ".git"):
            return f"{path} holds the secret and lies in the git work tree {folder}."
    return ""


def _foreign(path: Path, owner: int) -> str:
    if owner in (os.geteuid(), 0):
        return ""
    return f"{path} belongs to {user_name(owner)}, who decides where your secret is sent."
