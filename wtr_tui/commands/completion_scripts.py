"""The completion scripts of bash, zsh and fish, from a description of the command line (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from shlex import quote

from wtr_tui.commands.described import Command, Option, Value, taking_a_value

_PROFILES = '"${XDG_CONFIG_HOME:-$HOME/.config}"/wtr-tui/'


def bash(top: Command, commands: Sequence[Command]) -> str:
    """Works without the package bash-completion, and in the bash 3.2 of macOS."""
    cases = []
    for command in commands:
        choices = " ".join(choice for each in command.arguments for choice in each.choices)
        words = f"{command.names} {choices}".strip()
        cases.append(f"    {command.name}) words={quote(words)} ;;")
    taking = " | ".join(taking_a_value([top, *commands]))
    return f"""\
# Completion of wtr for bash: eval "$(wtr completion bash)"
_wtr_profiles() {{
  local file
  for file in {_PROFILES}*.yaml; do
    [[ -e $file ]] && file=${{file##*/}} && printf '%s\\n' "${{file%.yaml}}"
  done
}}
_wtr() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}}
  local command= program= i words
  # bash takes --option=value apart.
  [[ $prev == "=" ]] && prev=${{COMP_WORDS[COMP_CWORD - 2]}}
  [[ $cur == "=" ]] && cur=
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${{COMP_WORDS[i]}} in
      {taking}) ((i++)); [[ ${{COMP_WORDS[i]}} == "=" ]] && ((i++)) ;;
      -*) ;;
      *) if [[ -z $command ]]; then command=${{COMP_WORDS[i]}}; else program=yes; break; fi ;;
    esac
  done
  if [[ $command == exec && -n $program ]]; then
    return
  fi
  case $prev in
{_bash_values([top, *commands])}
  esac
  case $command in
    "") words={quote(f"{' '.join(each.name for each in commands)} {top.names}")} ;;
{chr(10).join(cases)}
  esac
  if [[ $command == exec && $cur != -* ]]; then
    COMPREPLY=($(compgen -c -- "$cur"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
}}
complete -o default -F _wtr wtr wtr-tui
"""


def _bash_values(commands: Sequence[Command]) -> str:
    ways = {
        Value.FILE: "return",  # the default is files
        Value.PROFILE: 'COMPREPLY=($(compgen -W "$(_wtr_profiles)" -- "$cur")); return',
        Value.TEXT: "return",
    }
    lines: dict[str, str] = {}
    for option in (each for command in commands for each in command.options):
        if option.value is Value.CHOICE:
            given = f'compgen -W {quote(" ".join(option.choices))} -- "$cur"'
            way = f"COMPREPLY=($({given})); return"
        elif option.value in ways:
            way = ways[option.value]
        else:
            continue
        lines["|".join(option.names)] = f"    {' | '.join(option.names)}) {way} ;;"
    return "\n".join(lines.values())


def zsh(top: Command, commands: Sequence[Command]) -> str:
    """For ``eval`` after compinit, and as a file ``_wtr`` in the function path."""
    listed = " ".join(f"{each.name}\\:{quote(_zsh_text(each.words))}" for each in commands)
    cases = "\n".join(
        f"    {each.name})\n      _arguments {_zsh_specs(each)}\n      ;;" for each in commands
    )
    return f"""\
#compdef wtr wtr-tui
# Completion of wtr for zsh: eval "$(wtr completion zsh)" after compinit
_wtr_profiles() {{
  local -a names
  names=({_PROFILES}*.yaml(N:t:r))
  compadd -a names
}}
_wtr_program() {{
  [[ $words[1] == -- ]] && shift words && ((CURRENT--))
  _normal
}}
_wtr() {{
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C {_zsh_specs(top)} \\
    {quote(f"1:command:(({listed}))")} \\
    '*::argument:->rest'
  [[ $state == rest ]] || return
  case $line[1] in
{cases}
  esac
}}
if [[ $funcstack[1] == _wtr ]]; then _wtr "$@"; else compdef _wtr wtr wtr-tui; fi
"""


def _zsh_specs(command: Command) -> str:
    return " ".join(quote(spec) for spec in _zsh_spec(command))


def _zsh_spec(command: Command) -> Iterator[str]:
    ways = {
        Value.TEXT: ":value: ",
        Value.FILE: ":file:_files",
        Value.PROFILE: ":profile:_wtr_profiles",
        Value.PROGRAM: ":program:_wtr_program",
    }
    for option in command.options:
        way = ways.get(option.value, "")
        if option.value is Value.CHOICE:
            way = f":value:({' '.join(option.choices)})"
        for name in option.names:
            # With "=" both ways are known: --option value and --option=value.
            either = "=" if way and name.startswith("--") else ""
            yield f"{name}{either}[{_zsh_text(option.words)}]{way}"
    for argument in command.arguments:
        if argument.value is Value.PROGRAM:
            yield "*:::program:_wtr_program"
        elif argument.value is Value.CHOICE:
            yield f"1:value:({' '.join(argument.choices)})"
        else:
            yield "1:file:_files"


def _zsh_text(words: str) -> str:
    return "".join(f"\\{letter}" if letter in "[]:\\" else letter for letter in words)


def fish(top: Command, commands: Sequence[Command]) -> str:
    """For ``~/.config/fish/completions/wtr.fish``."""
    names = " ".join(each.name for each in commands)
    first = f"not __fish_seen_subcommand_from {names}"
    taking = " ".join(taking_a_value([top, *commands]))
    lines = [
        "# Completion of wtr for fish: wtr completion fish > ~/.config/fish/completions/wtr.fish",
        "function __wtr_profiles",
        '    set -l base "$XDG_CONFIG_HOME"',
        '    test -n "$base"; or set base ~/.config',
        "    for file in $base/wtr-tui/*.yaml",
        "        string replace -r '.*/(.*)\\.yaml$' '$1' -- $file",
        "    end",
        "end",
        "function __wtr_program",
        "    set -l words (commandline -opc)",
        "    while set -q words[1]; and test $words[1] != exec",
        "        set -e words[1]",
        "    end",
        "    set -e words[1]",
        "    while string match -q -- '-*' $words[1]",
        f"        contains -- $words[1] {taking}; and set -e words[1]",
        "        set -e words[1]",
        "    end",
        "    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))",
        "end",
        "complete -c wtr -f",
        *(_fish_option(option, first) for option in top.options),
    ]
    for each in commands:
        lines.append(
            f"complete -c wtr -n {_fish_text(first)} -a {each.name} -d {_fish_text(each.words)}"
        )
    for each in commands:
        chosen = f"__fish_seen_subcommand_from {each.name}"
        lines += [_fish_option(option, chosen) for option in each.options]
        for argument in each.arguments:
            lines.append(f"complete -c wtr -n {_fish_text(chosen)} {_fish_argument(argument)}")
    return "\n".join([*lines, "complete -c wtr-tui -w wtr"])


def _fish_argument(argument: Option) -> str:
    if argument.value is Value.PROGRAM:
        return "-a '(__wtr_program)'"
    return f"-a {_fish_text(' '.join(argument.choices))}" if argument.choices else "-F"


def _fish_option(option: Option, condition: str) -> str:
    names = [
        f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names
    ]
    ways = {
        Value.TEXT: ["-x"],
        Value.FILE: ["-r", "-F"],
        Value.PROFILE: ["-x", "-a", "'(__wtr_profiles)'"],
        Value.CHOICE: ["-x", "-a", _fish_text(" ".join(option.choices))],
    }
    parts = ["complete -c wtr -n", _fish_text(condition), *names, *ways.get(option.value, [])]
    return " ".join([*parts, "-d", _fish_text(option.words)])


def _fish_text(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


SHELLS: Mapping[str, Callable[[Command, Sequence[Command]], str]] = {
    "bash": bash,
    "zsh": zsh,
    "fish": fish,
}
