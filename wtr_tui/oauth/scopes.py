"""The scopes that are known, each with what it allows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType


@cache
def known_scopes() -> Mapping[str, str]:
    """Every known scope and one sentence on what it allows, in the order of ``scopes.yaml``.

    Webex may offer others: the list proposes, it does not limit. Case matters.
    """
    lines = Path(__file__).with_name("scopes.yaml").read_text(encoding="utf-8").splitlines()
    members = (line for line in lines if line and not line.startswith("#"))
    # The file keeps to the part of YAML that JSON has, one quoted pair a line: the screen that
    # shows the list does not wait for a YAML parser, which takes fifty times as long.
    scopes: dict[str, str] = json.loads("{" + ",".join(members) + "}")
    return MappingProxyType(scopes)
