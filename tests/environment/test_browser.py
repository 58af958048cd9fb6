from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.environment.conftest import Script
from tests.support.terminal import python_on_a_terminal
from wtr_tui.environment.browser import TEXT_BROWSERS, commands, open_browser
from wtr_tui.environment.surroundings import Surroundings

URL = "http://localhost:6855/s/k7q2mx9d"
DESKTOP = Surroundings(display=True)
CONSOLE = Surroundings()


class Recorder:
    """A browser that notes its arguments, one a line."""

    def __init__(self, script: Script, folder: Path) -> None:
        self._script = script
        self._folder = folder

    def install(self, name: str) -> Path:
        note = self._folder / f"{name}.asked"
        return self._script(name, f'for word; do printf "%s\\n" "$word"; done > "{note}"')

    def asked(self, name: str) -> list[str] | None:
        note = self._folder / f"{name}.asked"
        return note.read_text().splitlines() if note.exists() else None


@pytest.fixture
def recorder(script: Script, tmp_path: Path) -> Recorder:
    return Recorder(script, tmp_path)


@pytest.fixture
def environ(programs: Path) -> dict[str, str]:
    """PATH holds nothing but what a test puts into ``programs``."""
    return {"PATH": str(programs)}


@pytest.fixture
def blocking(script: Script, tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes a browser that stays until the test is over, as those in the foreground do."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    made: list[Path] = []

    def make(name: str) -> Path:
        made.append(script(name, f'read line < "{gate}"'))
        return made[-1]

    yield make
    for _ in made:
        gate.open("w").close()  # waits until somebody reads, then lets them end


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:6855/s/x;touch${IFS}x",
        "https://idbroker.example/a?b=$(id)&c=`id`&d='\"|<>*?[a]{b}~!#%s",
        "https://idbroker.example/a?redirect_uri=http%3A%2F%2Flocalhost%3A6855&state=x",
        "HTTP://localhost:6855/",
    ],
)
def test_the_address_is_one_argument_whatever_it_holds(
    recorder: Recorder, environ: dict[str, str], url: str
) -> None:
    environ["BROWSER"] = str(recorder.install("recorder"))

    assert open_browser(url, environ, CONSOLE).startswith("Asked ")
    assert recorder.asked("recorder") == [url]


@pytest.mark.parametrize(
    "url",
    [
        "-remote",
        "--version",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data://text",
        "localhost:6855",
        "http://",
        "http:localhost",
        " http://localhost",
        "http://localhost/a b",
        "http://localhost/\nb",
        "http://localhost/\x1b[2J",
        "http://löcalhost/",
        "",
    ],
)
def test_what_is_no_web_address_reaches_no_browser(
    recorder: Recorder, environ: dict[str, str], url: str
) -> None:
    environ["BROWSER"] = str(recorder.install("recorder"))

    launch = open_browser(url, environ, DESKTOP)

    assert launch.startswith(("Not opened", "No browser opened"))
    assert "http" in launch
    assert recorder.asked("recorder") is None


@pytest.mark.parametrize(
    ("value", "arguments"),
    [
        ("recorder", [URL]),
        ("recorder --new-window", ["--new-window", URL]),
        ("recorder %s", [URL]),
        ("recorder --url=%s --quiet", [f"--url={URL}", "--quiet"]),
        ("recorder 'a profile' %s", ["a profile", URL]),
        ("recorder %s &", [URL]),
        ("missing:recorder -a", ["-a", URL]),
        ("'without an end:recorder", [URL]),
        (": :recorder", [URL]),
        ("w3m:recorder", [URL]),
    ],
)
def test_the_variable_is_read_as_others_read_it(
    recorder: Recorder, environ: dict[str, str], value: str, arguments: list[str]
) -> None:
    recorder.install("recorder")
    recorder.install("w3m")

    launch = open_browser(URL, {**environ, "BROWSER": value}, CONSOLE)

    assert launch.startswith("Asked ")
    assert recorder.asked("recorder") == arguments


def test_the_variable_may_be_a_path_with_blanks(
    recorder: Recorder, environ: dict[str, str]
) -> None:
    environ["BROWSER"] = str(recorder.install("a browser"))

    assert open_browser(URL, environ, CONSOLE).startswith("Asked ")
    assert recorder.asked("a browser") == [URL]


def test_the_address_is_never_put_into_shell_text(
    recorder: Recorder, environ: dict[str, str]
) -> None:
    recorder.install("sh")

    launch = open_browser(URL, {**environ, "BROWSER": 'sh -c "firefox %s"'}, CONSOLE)

    assert launch.startswith("No browser was found")
    assert recorder.asked("sh") is None


@pytest.mark.parametrize("name", sorted(TEXT_BROWSERS))
def test_a_text_browser_is_never_started(
    recorder: Recorder, environ: dict[str, str], name: str
) -> None:
    recorder.install(name)

    for seen in (CONSOLE, DESKTOP):
        assert open_browser(URL, environ, seen).startswith("No browser was found")
        launch = open_browser(URL, {**environ, "BROWSER": name}, seen)
        assert launch.startswith("No browser was found")
    assert recorder.asked(name) is None


def test_a_link_to_a_text_browser_is_one(
    recorder: Recorder, environ: dict[str, str], programs: Path
) -> None:
    (programs / "x-www-browser").symlink_to(recorder.install("w3m"))

    assert open_browser(URL, environ, DESKTOP).startswith("No browser was found")
    assert recorder.asked("w3m") is None


def test_without_a_display_the_desktop_is_not_asked(
    recorder: Recorder, environ: dict[str, str]
) -> None:
    recorder.install("xdg-open")

    assert open_browser(URL, environ, CONSOLE).startswith("No browser was found")
    assert recorder.asked("xdg-open") is None
    assert open_browser(URL, environ, DESKTOP).startswith("Asked ")
    assert recorder.asked("xdg-open") == [URL]


@pytest.mark.parametrize(
    ("seen", "installed", "first"),
    [
        (DESKTOP, ["xdg-open", "firefox", "rundll32.exe", "open"], ["xdg-open", URL]),
        (DESKTOP, ["gio", "firefox"], ["gio", "open", URL]),
        (Surroundings(macos=True, display=True), ["xdg-open", "open"], ["open", URL]),
        (
            Surroundings(wsl=True),
            ["xdg-open", "rundll32.exe"],
            ["rundll32.exe", "url.dll,FileProtocolHandler", URL],
        ),
        (Surroundings(wsl=True, display=True), ["xdg-open", "wslview"], ["wslview", URL]),
        (Surroundings(wsl=True, display=True), ["xdg-open"], ["xdg-open", URL]),
    ],
)
def test_each_system_has_its_own_opener(
    recorder: Recorder,
    environ: dict[str, str],
    seen: Surroundings,
    installed: list[str],
    first: list[str],
) -> None:
    for name in installed:
        recorder.install(name)

    program, *arguments = next(commands(URL, environ, seen))

    assert [Path(program).name, *arguments] == first


def test_where_one_fails_the_next_is_asked(
    recorder: Recorder, environ: dict[str, str], script: Script
) -> None:
    script("xdg-open", "exit 3")
    recorder.install("firefox")

    launch = open_browser(URL, environ, DESKTOP)

    assert launch.startswith("Asked ")
    assert "firefox" in launch
    assert recorder.asked("firefox") == [URL]


def test_a_dead_opener_is_named_and_the_address_is_not(
    environ: dict[str, str], script: Script
) -> None:
    script("xdg-open", "exit 3")
    script("firefox", "kill -9 $$")

    launch = open_browser(URL, environ, DESKTOP)

    assert launch.startswith(("Not opened", "No browser opened"))
    assert "xdg-open failed with exit code 3" in launch
    assert "firefox" in launch
    assert URL not in launch


def test_a_program_that_cannot_be_started_is_no_more_than_a_failure(
    environ: dict[str, str], programs: Path
) -> None:
    broken = programs / "firefox"
    broken.write_text("#!/nowhere/interpreter\n")
    broken.chmod(0o755)

    launch = open_browser(URL, environ, DESKTOP)

    assert launch.startswith(("Not opened", "No browser opened"))
    assert "could not be started" in launch


def test_a_browser_in_the_foreground_is_left_running(
    blocking: Callable[[str], Path], environ: dict[str, str]
) -> None:
    blocking("firefox")
    begun = time.monotonic()

    launch = open_browser(URL, environ, DESKTOP, limit=0.3)

    assert time.monotonic() - begun < 60
    assert launch.startswith("Asked ")


def test_after_the_limit_no_further_browser_is_asked(
    recorder: Recorder, environ: dict[str, str]
) -> None:
    recorder.install("firefox")

    assert open_browser(URL, environ, DESKTOP, limit=0.0).startswith("No browser was found")
    assert recorder.asked("firefox") is None


def test_nothing_reaches_the_terminal(
    script: Script, environ: dict[str, str], tmp_path: Path
) -> None:
    """What a browser prints, or writes to the controlling terminal, would be on the screen."""
    note = tmp_path / "note"
    body = "echo printed; echo complained >&2; (echo forced > /dev/tty) 2>&1"
    script("firefox", f'{body}; read answer; echo "$?" > "{note}"')
    program = (
        "import os, sys; sys.path[:] = sys.argv[1:]\n"
        "from wtr_tui.environment.browser import open_browser\n"
        "from wtr_tui.environment.surroundings import Surroundings\n"
        f"open_browser({URL!r}, os.environ, Surroundings(display=True), limit=20)\n"
        "os.write(1, b'done')\n"
    )
    with python_on_a_terminal(program, environ) as terminal:
        assert terminal.wait_for_output(b"done") == b"done"
    assert note.read_text() == "1\n"  # nor may it read what the person types
