"""One text as YAML, quoted wherever a reader could take it for something else."""

from __future__ import annotations

import re

import yaml

from wtr_tui.storage.settings_yaml import LOADER

# Everything else is quoted: what begins with a digit is a number to some readers of YAML.
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 _./:-]*[A-Za-z0-9_/-])?")
_SINGLE_LETTER_TRUTH = frozenset({"y", "n"})  # YAML 1.1 says so, PyYAML does not


def scalar(text: str) -> str:
    """``text`` as a plain scalar, or in double quotes with what cannot be seen escaped."""
    return text if _stays_itself(text) else f'"{"".join(map(_escaped, text))}"'


def _stays_itself(text: str) -> bool:
    if not _PLAIN.fullmatch(text) or ": " in text or text.lower() in _SINGLE_LETTER_TRUTH:
        return False
    node = yaml.compose(text, Loader=LOADER)
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":str") and node.value == text


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
