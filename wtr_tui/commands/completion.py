"""Prints what makes a shell complete commands, options and profiles.

bash: eval "$(wtr completion bash)" in ~/.bashrc; zsh: the same with zsh in ~/.zshrc, after
compinit; fish: wtr completion fish > ~/.config/fish/completions/wtr.fish
"""

from __future__ import annotations

import argparse

from wtr_tui.commands import COMMANDS, completion_scripts, parsers
from wtr_tui.commands.described import Command, Option, Value
from wtr_tui.commands.output import give
from wtr_tui.errors import DONE

_VALUES = {"FILE": Value.FILE, "NAME": Value.PROFILE, "-- CMD …": Value.PROGRAM}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=sorted(completion_scripts.SHELLS))


def run(options: argparse.Namespace) -> int:
    top = _described("", "", parsers.of_the_screens())
    commands = [
        _described(name, words, parsers.of_command(name)[0])
        for name, (_, words) in COMMANDS.items()
    ]
    give(completion_scripts.SHELLS[options.shell](top, commands))
    return DONE


def _described(name: str, words: str, parser: argparse.ArgumentParser) -> Command:
    named: list[Option] = []
    unnamed: list[Option] = []
    for action in parser._actions:  # what every generator of completions reads
        shown = action.help or ""
        option = Option(tuple(action.option_strings), shown, _value(action), _choices(action))
        (named if action.option_strings else unnamed).append(option)
    return Command(name, words, tuple(named), tuple(unnamed))


def _value(action: argparse.Action) -> Value:
    if action.nargs == 0:
        return Value.NONE
    if action.choices:
        return Value.CHOICE
    return _VALUES.get(str(action.metavar), Value.TEXT)


def _choices(action: argparse.Action) -> tuple[str, ...]:
    return tuple(str(choice) for choice in action.choices or ())
