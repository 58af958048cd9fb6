"""Run as a program of its own: puts its standard input into this machine's clipboard.

pyperclip starts xclip and the like with our standard error, which is the screen Textual draws on;
it reports success whatever their exit code; and Qt, without a display, ends the process it is in.
In a process of its own all three are cured, and one that hangs can be ended.
"""

from __future__ import annotations

import subprocess
import sys

# klipper takes the text as an argument, which every user of the machine can read; what Qt copied
# is gone when its process ends.
_UNUSABLE = frozenset({"copy_klipper", "copy_qt"})


class _Watched(subprocess.Popen[bytes]):
    """Remembers the programs that were started, because pyperclip forgets their exit codes."""

    started: list[subprocess.Popen[bytes]] = []  # noqa: RUF012 - one list for all is the point

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[call-overload]  # passed on as is
        self.started.append(self)


def main() -> int:
    """Exit code 0: every program that was asked to copy said it did."""
    text = sys.stdin.buffer.read().decode()
    # Where our parent found pyperclip. Until here the process is isolated (-I): the modules beside
    # this file must not stand in for the standard library's.
    sys.path[:] = sys.argv[1:]
    import pyperclip

    copy, _ = pyperclip.determine_clipboard()
    if getattr(copy, "__name__", "") in _UNUSABLE:
        return 1
    subprocess.Popen = _Watched  # type: ignore[assignment,misc]
    copy(text)
    return int(any(program.returncode for program in _Watched.started))


if __name__ == "__main__":
    sys.exit(main())
