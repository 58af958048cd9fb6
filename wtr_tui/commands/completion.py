"""Prints what makes a shell complete commands, options, profiles and files.

What turns it on, for each shell:

  bash  eval "$(wtr completion bash)" in ~/.bashrc
  zsh   eval "$(wtr completion zsh)" in ~/.zshrc, after compinit
  fish  wtr completion fish > ~/.config/fish/completions/wtr.fish
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from wtr_tui.commands import parsers
from wtr_tui.commands.output import print_data
from wtr_tui.errors import DONE

SHELLS = ("bash", "fish", "zsh")

# For shtab's scripts, which complete an option's values by its metavar.
_PROFILES = {
    "bash": "_wtr_profiles",
    "zsh": "_wtr_profiles",
    "fish": "(_wtr_profiles)",
    "preamble": {
        "bash": """\
_wtr_profiles() {
  local file names=
  for file in "${XDG_CONFIG_HOME:-$HOME/.config}"/wtr-tui/*.yaml; do
    [[ -e $file ]] && file=${file##*/} && names+=" ${file%.yaml}"
  done
  compgen -W "$names" -- "$1"
}""",
        "zsh": """\
_wtr_profiles() {
  local -a names
  names=("${XDG_CONFIG_HOME:-$HOME/.config}"/wtr-tui/*.yaml(N:t:r))
  compadd -a names
}""",
        "fish": """\
function _wtr_profiles
    set -l base "$XDG_CONFIG_HOME"
    test -n "$base"; or set base ~/.config
    for file in $base/wtr-tui/*.yaml
        string replace -r '.*/(.*)\\.yaml$' '$1' -- $file
    end
end""",
    },
}
_PROGRAM = {
    "bash": "_wtr_program",
    "zsh": "_wtr_program",
    "fish": "(__fish_complete_subcommand --fcs-skip=2)",
    "preamble": {
        "bash": '_wtr_program() { compgen -A command -A file -- "$1"; }',
        "zsh": """\
_wtr_program() {
  [[ $words[1] == -- ]] && shift words && ((CURRENT--))
  _normal
}""",
    },
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS)


def run(options: argparse.Namespace) -> int:
    import shtab

    parser = parsers.full_parser("wtr")
    sources = {"FILE": shtab.FILE, "NAME": _PROFILES, "-- CMD …": _PROGRAM}
    for action in _actions(parser):
        if action.metavar in sources:
            action.complete = sources[action.metavar]  # type: ignore[attr-defined]  # shtab's way
        if options.shell == "zsh" and action.nargs != 0:
            # Completes --option=value, beside --option value.
            action.option_strings = [
                f"{name}=" if name.startswith("--") else name for name in action.option_strings
            ]
    script = shtab.complete(parser, options.shell)
    # shtab knows one of the program's two names.
    if options.shell == "bash":
        script += "\ncomplete -o bashdefault -F _shtab_wtr wtr-tui\n"
    elif options.shell == "zsh":
        script = script.replace("#compdef wtr", "#compdef wtr wtr-tui", 1)
        script = script.replace("-N wtr\n", "-N wtr wtr-tui\n", 1)
    else:
        script += "complete -c wtr-tui -w wtr\n"
    print_data(script)
    return DONE


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:  # what shtab reads too
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
