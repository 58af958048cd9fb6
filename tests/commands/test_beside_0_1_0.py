"""Version 0.1.0 and this one on the same files: either takes up what the other has left."""

from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.home import Home, ended
from tests.support.programs import required
from tests.support.waiting import wait_until
from tests.support.webex import Sandbox

COMMIT = "c9d3a10"
"""The commit of version 0.1.0."""

ROOT = Path(__file__).parents[2]
EXPIRED = timedelta(minutes=-1)


@pytest.fixture(scope="session")
def old_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of version 0.1.0, taken out of the history."""
    # Whoever owns the checkout, as in a container, nothing of it is run by git archive.
    git = (required("git"), "-c", "safe.directory=*", "-C", str(ROOT))
    done = subprocess.run([*git, "archive", COMMIT, "wtr_tui"], capture_output=True, check=False)
    if done.returncode:
        # No package brings it, so it is not held against a machine that lacks it.
        pytest.skip("the history, in which version 0.1.0 is, is not here (git fetch --unshallow)")
    folder = tmp_path_factory.mktemp("version-0.1.0")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def old(home: Home, old_program: Path) -> Home:
    """The same home, in which the program is version 0.1.0."""
    found = replace(home, extra={**home.extra, "PYTHONPATH": str(old_program)})
    assert found.run("--version").out.strip().endswith("0.1.0")
    return found


@pytest.fixture
def new(home: Home, sandbox: Sandbox) -> Home:
    home.configure(sandbox)
    assert not home.run("--version").out.strip().endswith("0.1.0")
    return home


def let_expire(home: Home) -> None:
    """The token that lies there is of no use any more, as far as its file says."""
    home.write_token(home.stored_fields() | {"expires_at": "2020-01-01T00:00:00Z"})


def test_each_gives_and_refreshes_what_the_other_has_saved(
    new: Home, old: Home, sandbox: Sandbox
) -> None:
    new.sign_in(sandbox, left=EXPIRED)
    for number, (writer, reader) in enumerate([(new, old), (old, new), (new, old), (old, new)], 1):
        refreshed = writer.run("token")
        assert refreshed.code == 0, refreshed.err
        given = reader.run("token")
        assert (given.code, given.out) == (0, refreshed.out)
        assert given.err == ""
        shown = [home.run("status", "--json") for home in (writer, reader)]
        assert [each.code for each in shown] == [0, 0]
        assert shown[0].json["expires_at"] == shown[1].json["expires_at"]
        assert len(sandbox.requests_to("access_token")) == number
        let_expire(new)


def test_each_sees_of_the_other_that_the_token_is_another_app_ids(
    new: Home, old: Home, sandbox: Sandbox
) -> None:
    new.sign_in(sandbox)
    path = new.settings_path()
    path.write_text(path.read_text().replace("appid: ", "appid: Cffff"))
    for home in (new, old):
        ran = home.run("token")
        assert (ran.code, ran.out) == (2, "")
        assert "App ID" in ran.err


@pytest.mark.parametrize("profile", ["default", "work"])
def test_the_old_one_sees_no_profile_in_what_the_new_one_keeps_beside_a_token(
    new: Home, old: Home, sandbox: Sandbox, profile: str
) -> None:
    new.configure(sandbox, profile)
    new.sign_in(sandbox, profile, left=EXPIRED)
    assert new.run("refresh", "--profile", profile).code == 0
    names = {row["profile"] for row in old.run("status", "--all", "--json").rows}
    assert names == {"default", profile}
    assert list(new.token_path().parent.glob("*.corrupt-*")) == []


def test_of_many_of_both_one_refreshes_and_all_give_its_token(
    new: Home, old: Home, sandbox: Sandbox
) -> None:
    new.sign_in(sandbox, left=EXPIRED)
    started = [home.start("token") for home in (new, old) * 4]
    ran = [ended(process) for process in started]
    assert [each.code for each in ran] == [0] * len(ran), [each.err for each in ran]
    assert len({each.out for each in ran}) == 1
    assert len(sandbox.requests_to("access_token")) == 1


def test_each_waits_for_the_lock_that_the_other_holds(
    new: Home, old: Home, sandbox: Sandbox
) -> None:
    new.sign_in(sandbox, left=EXPIRED)
    for first, second in ((new, old), (old, new)):
        let_expire(new)
        sandbox.rules = replace(sandbox.rules, delay=timedelta(seconds=1))
        before = len(sandbox.requests_to("access_token"))
        holding = first.start("refresh")
        wait_until(
            lambda: len(sandbox.requests_to("access_token")) > before,  # noqa: B023 - at once
            "the refresh that holds the lock",
        )
        waiting = second.run("token")
        assert ended(holding).code == 0
        assert (waiting.code, waiting.out.strip()) == (0, new.stored_fields()["access_token"])
        assert len(sandbox.requests_to("access_token")) == before + 1
