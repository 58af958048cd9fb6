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
from wtr_tui.commands.output import give
from wtr_tui.errors import DONE

SHELLS = ("bash", "fish", "zsh")

# Complements of shtab's scripts: where the values of an option come from, by its metavar.
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
    "bash": "",  # before shtab's part is asked, see _BASH
    "zsh": "_wtr_program",
    "fish": "(_wtr_program)",
    "preamble": {
        "zsh": """\
_wtr_program() {
  [[ $words[1] == -- ]] && shift words && ((CURRENT--))
  _normal
}""",
        "fish": """\
function _wtr_program
    set -l words (commandline -opc)
    while set -q words[1]; and test $words[1] != exec
        set -e words[1]
    end
    set -e words[1]
    while string match -q -- '-*' $words[1]
        contains -- $words[1] $_shtab_wtr_opts_with_value; and set -e words[1]
        set -e words[1]
    end
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end""",
    },
}

# shtab's script takes --option=value, which bash parts into three words, for something else, and
# goes on behind exec as if the options of the program were its own.
_BASH = """
_wtr() {
  local command= current=${COMP_WORDS[COMP_CWORD]} i words=()
  [[ $current == "=" ]] && current=
  for ((i = 0; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == "=" ]] || words+=("${COMP_WORDS[i]}")
  done
  for ((i = 1; i < ${#words[@]}; i++)); do
    case ${words[i]} in
      %(taking_a_value)s) ((i++)) ;;
      -*) ;;
      *) [[ -z $command ]] || break; command=${words[i]} ;;
    esac
  done
  # Behind the loop i is less than the count of words where a program is named, and more where
  # the value of an option is wanted.
  if [[ $command == exec ]] && ((i < ${#words[@]})); then
    COMPREPLY=()  # so that files are completed, the default
  elif [[ $command == exec && $current != -* ]] && ((i == ${#words[@]})); then
    COMPREPLY=($(compgen -c -- "$current"))
  else
    local COMP_WORDS=("${words[@]}" "$current") COMP_CWORD=${#words[@]}
    _shtab_wtr
  fi
}
complete -o default -F _wtr wtr wtr-tui
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS)


def run(options: argparse.Namespace) -> int:
    import shtab

    parser = parsers.of_everything("wtr")
    sources = {"FILE": shtab.FILE, "NAME": _PROFILES, "-- CMD …": _PROGRAM}
    for action in _actions(parser):
        if action.metavar in sources:
            action.complete = sources[action.metavar]  # type: ignore[attr-defined]  # shtab's way
        if options.shell == "zsh" and action.nargs != 0:
            # So is --option=value known, beside --option value.
            action.option_strings = [
                f"{name}=" if name.startswith("--") else name for name in action.option_strings
            ]
    script = shtab.complete(parser, options.shell)
    if options.shell == "bash":
        taking = {
            name for each in _actions(parser) if each.nargs != 0 for name in each.option_strings
        }
        script += _BASH % {"taking_a_value": " | ".join(sorted(taking))}
    elif options.shell == "zsh":
        script = script.replace("#compdef wtr", "#compdef wtr wtr-tui", 1)
        script = script.replace("-N wtr\n", "-N wtr wtr-tui\n", 1)
    else:
        script += "complete -c wtr-tui -w wtr\n"
    give(script)
    return DONE


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:  # what shtab reads too
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
