"""A machine of its own for each test of a timer: its crontabs, its list of users, its manager.

Namespaces of the kernel give it the real ``crontab`` and the real ``systemd --user`` without any
change of the machine the tests run on.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.environment import child_environ
from tests.support.home import Home
from tests.support.programs import required
from tests.support.waiting import wait_until

_SPOOLS = ("/var/spool/cron/crontabs", "/var/spool/cron")


def _unshare() -> tuple[str, ...]:
    """The beginning of a command with mounts of its own; whoever runs it is root in there."""
    command = (required("unshare"), *(("-m",) if os.geteuid() == 0 else ("-rm",)))
    if subprocess.run((*command, "mount", "-t", "tmpfs", "t", "/mnt"), check=False).returncode:
        pytest.skip("nobody lets this test have mounts of its own")
    return command


def _mounts(home: Home) -> list[str]:
    """Shell commands that make the home the one of root."""
    users = home.folder.parent / "passwd"
    users.write_text(f"root:x:0:0:root:{home.folder}:/bin/sh\n")
    return [f"mount --bind {users} /etc/passwd"]


def with_own_crontabs(home: Home) -> tuple[str, ...]:
    """What runs a command where ``home`` is the user's and the crontabs are the test's."""
    required("crontab")
    kept = home.folder.parent / "crontabs"
    kept.mkdir(exist_ok=True)
    spool = next(folder for folder in _SPOOLS if Path(folder).is_dir())
    script = " && ".join([*_mounts(home), f"mount --bind {kept} {spool}", 'exec "$@"'])
    return (*_unshare(), "/bin/sh", "-c", script, "sh")


@contextmanager
def running_user_manager(home: Home) -> Iterator[tuple[str, ...]]:
    """A ``systemd --user`` for ``home``; gives what runs a command where it is the user's."""
    manager = "/usr/lib/systemd/systemd"
    required("systemctl")
    script = " && ".join(
        [
            *_mounts(home),
            "mount -t tmpfs tmpfs /run",
            # What sd_booted(3) looks for: the user manager starts nowhere else.
            "mkdir -p /run/systemd/system /run/user/0",
            "chmod 700 /run/user/0",
            f"exec {manager} --user --log-target=null",
        ]
    )
    environ = child_environ(HOME=str(home.folder), XDG_RUNTIME_DIR="/run/user/0", LANG="C.UTF-8")
    unshare = _unshare()
    with subprocess.Popen(
        (*unshare, "/bin/sh", "-c", script),
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        users = ("-U", "--preserve-credentials") if "-rm" in unshare else ()
        enter = (required("nsenter"), "-m", *users, "-t", str(running.pid))

        def is_up() -> bool:
            if running.poll() is not None:
                pytest.skip("a systemd user manager does not start here")
            asked = (*enter, "systemctl", "--user", "is-system-running")
            return (
                b"running"
                in subprocess.run(asked, env=environ, capture_output=True, check=False).stdout
            )

        try:
            wait_until(is_up, "systemd --user")
            yield enter
        finally:
            running.terminate()
            running.wait()
