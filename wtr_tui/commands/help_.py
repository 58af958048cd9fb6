"""Explains a topic; without one, lists the topics. The name of a command shows what it takes."""

from __future__ import annotations

import argparse
from importlib import resources

from wtr_tui.commands import COMMANDS
from wtr_tui.commands.output import print_data, text_width, wrap_help
from wtr_tui.errors import DONE, UsageError
from wtr_tui.text import suggest

_FOLDER = resources.files(__package__) / "topics"
_ENDING = ".txt"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "topic",
        nargs="?",
        type=_check_topic,
        metavar="TOPIC",
        choices=(*topics(), *COMMANDS),
        help=f"{', '.join(topics())}, or a command",
    )


def run(options: argparse.Namespace) -> int:
    if options.topic in COMMANDS:
        from wtr_tui.commands import parsers

        print_data(parsers.command_parser(options.topic)[0].format_help())
    else:
        text = topic_text(options.topic) if options.topic else _list_topics()
        print_data(wrap_help(text, text_width()))
    return DONE


def _check_topic(topic: str) -> str:
    known = (*topics(), *COMMANDS)
    if topic not in known:
        raise UsageError(f"There is no topic {topic[:40]!a}.", suggest(topic, known))
    return topic


def topics() -> list[str]:
    """Return the names of the topics: each is a text file in the folder ``topics``."""
    names = (file.name for file in _FOLDER.iterdir())
    return sorted(name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING))


def topic_text(topic: str) -> str:
    """Return the text of a topic, for wrap_help; its first line is its title."""
    text = (_FOLDER / f"{topic}{_ENDING}").read_text(encoding="utf-8")
    return text.replace("{settings}", _list_settings()) if topic == "settings" else text


def _list_settings() -> str:
    from wtr_tui.storage.settings_table import NAMES, SECTIONS

    width = max(map(len, NAMES))
    lines = []
    for section, settings in SECTIONS.items():
        lines += ["", section.upper()]
        for setting in settings:
            sentences = [setting.help]
            if setting.variables:
                sentences.append(", ".join(f"${name}" for name in setting.variables))
            if setting.default_text:
                sentences.append(f"Default: {setting.default_text}")
            lines.append(f"  {setting.name:{width}}  {'. '.join(sentences)}")
    return "\n".join(lines).strip()


def _list_topics() -> str:
    width = max(map(len, topics()))
    lines = [f"  {topic:{width}}  {topic_text(topic).partition(chr(10))[0]}" for topic in topics()]
    return "\n".join(
        [
            "wtr help TOPIC explains:",
            *lines,
            "",
            "wtr --help lists the commands, and wtr help COMMAND shows what one takes.",
        ]
    )
