"""The security checklist, and that each of its items is proven by a test that names it.

An item has the letter of its part and a number: A the authorization request, B the listener,
C the callback, D the browser's pages, E requests for tokens, F secrets on disk, in memory and on
the screen. A test names the items it proves in its docstring, or in the table below.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]

ITEMS = {
    "A1": "the login page is opened in an external browser only (RFC 8252 §5)",
    "A2": "the authorize address has a challenge, with S256 (RFC 7636 §4.3)",
    "A3": "the challenge is that of RFC 7636, appendix B",
    "A4": "the verifier is 43 to 128 characters of the allowed ones (RFC 7636 §4.1)",
    "A5": "the verifier is 256 bits of a generator for secrets (RFC 7636 §7.1)",
    "A6": "challenge and verifier are new for each attempt, and the same within one",
    "A7": "there is no way back to plain, or to none at all (RFC 9700 §4.8)",
    "A8": "the state is long, new, and derived from nothing (RFC 6749 §10.10)",
    "A9": "the redirect URI is sent byte for byte as it was registered (RFC 6749 §3.1.2)",
    "A10": "the client's secret is in no address (RFC 6749 §2.3.1)",
    "A11": "the endpoints are https, but for this machine's own (RFC 6749 §3.1)",
    "A12": "an attempt stays with the server it began with (RFC 8252 §8.10)",
    "A13": "exactly the scopes of the settings are asked for",
    "A14": "no setting becomes, or replaces, another parameter",
    "B15": "only loopback addresses are listened on (RFC 8252 §8.3)",
    "B16": "both families are listened on; a missing one is no error",
    "B17": "the port is open during an attempt only",
    "B18": "127.0.0.1 is recommended over localhost (RFC 8252 §8.3)",
    "B19": "the port is listened on before anybody is sent there",
    "B20": "nobody else can share the port",
    "B21": "a request for another host is refused (DNS rebinding)",
    "B22": "GET alone has an effect",
    "B23": "a request, a peer and all peers together may cost only so much",
    "B24": "no connection outlives its answer or its attempt",
    "B25": "nothing that arrives stops the listener",
    "B25a": "the state is not given to other users of the machine",
    "C26": "without the right state nothing is exchanged, and the attempt goes on",
    "C27": "an error without the right state does not end the attempt",
    "C28": "an error with it does, at once and in the server's words",
    "C29": "states are compared in constant time, whatever characters they have",
    "C30": "an answer counts on exactly the redirect URI",
    "C31": "a repeated parameter is refused",
    "C32": "an unknown parameter is ignored",
    "C33": "an issuer that is named has to be the known one (RFC 9207)",
    "C34": "code and state are used once",
    "C35": "a code may be long",
    "C36": "a page that is loaded ahead of time does not use the code up",
    "D37": "what came from elsewhere is escaped",
    "D38": "a page loads and runs nothing, and its policy says so",
    "D39": "no address is told to another site",
    "D40": "no answer is stored, and no code stays in the address",
    "D41": "nothing redirects to an address from outside",
    "D42": "no redirect repeats a form",
    "D43": "the type and length of each answer are told, and are right",
    "D44": "no page is framed or read by another site",
    "E45": "the exchange sends the form, the same redirect URI and the verifier",
    "E46": "certificates are judged, and nothing switches that off",
    "E47": "a redirect of an endpoint is not followed",
    "E48": "the type of a token is compared without case, and has to be Bearer",
    "E49": "unknown members are ignored; a missing lifetime is unknown, not nothing",
    "E50": "members of another type or sense are refused",
    "E51": "a refresh token is replaced by another one only",
    "E52": "a dead grant asks for a sign-in, deletes nothing and is not tried again",
    "E53": "what may pass is temporary: the token stays, and pauses grow",
    "E54": "a code that may have arrived is not sent again",
    "E55": "a token is sent in a header only",
    "E56": "revocation is offered where the server has it (RFC 7009 §2)",
    "E57": "an answer is saved before it is shown",
    "F58": "no file with a secret is open to others, from its first byte",
    "F59": "a file is replaced as a whole or not at all",
    "F60": "links, pipes and other users' files are refused; wide modes are repaired",
    "F61": "no secret is in a log, a message, a report, an argument or a title",
    "F62": "a token is masked until it is asked for, and masked again",
    "F63": "what others say is shown as text",
    "F64": "nothing is copied unasked",
    "F65": "a browser gets the address as one argument, and nothing but web addresses",
    "F66": "a pasted address is judged like a redirect",
}

NOT_APPLICABLE = {
    "B18": "Webex takes the redirect URI that is registered, mostly with localhost, and both of"
    " the addresses that name may mean are listened on (B16)",
    "E56": "Webex has no revocation for integrations: a person revokes at idbroker.webex.com",
}

NAMED_HERE = {
    "A11": ("oauth/test_client.py", "test_https_is_for_everywhere_and_http_for_this_machine"),
    "E45": ("oauth/test_client.py", "test_an_exchange_sends_the_form_and_nothing_else"),
    "E47": ("oauth/test_client_answers.py", "test_a_redirect_is_never_followed"),
    "E48": ("oauth/test_token.py", "test_a_sign_in_refuses_another_token_type"),
    "E50": ("oauth/test_token.py", "test_a_lifetime_that_is_not_sensible_is_unknown"),
    "E51": ("oauth/test_token.py", "test_a_refresh_token_is_replaced_only_by_another"),
    "E53": ("test_refresh.py", "test_what_may_pass_is_temporary_and_keeps_the_file"),
    "E54": ("oauth/test_client_limits.py", "test_a_code_that_may_have_arrived_is_not_sent_again"),
    "E55": ("oauth/test_client.py", "test_an_access_token_goes_into_the_header_only"),
    "F60": ("storage/test_private_file.py", "test_a_symbolic_link_is_refused"),
    "F62": (
        "tui/test_token_screen.py",
        "test_a_revealed_token_is_hidden_again_when_the_screen_is_left",
    ),
}
"""Tests that prove an item without naming it: the file and the name."""

_PARTS = {"A": (1, 14), "B": (15, 25), "C": (26, 36), "D": (37, 44), "E": (45, 57), "F": (58, 66)}
_NAME = re.compile(r"\b([A-F])([1-9][0-9]?)(a?)\b")


def functions_in(path: Path) -> Iterator[tuple[str, str]]:
    """Every test of the file, and its docstring."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""


def named_in(docstring: str) -> set[str]:
    """The items it begins with; later in it a letter with a number may be anything."""
    head = re.split(r"[;:.] |\n", docstring.rstrip(".") + "\n", maxsplit=1)[0].rstrip(".")
    if not re.fullmatch(r"[A-F]\d+a?((, | to )[A-F]\d+a?)*", head):
        return set()
    found = {"".join(parts) for parts in _NAME.findall(head)}
    between = re.search(r"([A-F])(\d+) to [A-F](\d+)", head)
    if between is not None:
        letter, first, last = between.groups()
        found |= {f"{letter}{number}" for number in range(int(first), int(last) + 1)}
    return found


def proven() -> dict[str, list[str]]:
    """The tests that name each item."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, docstring in functions_in(path):
            for item in named_in(docstring):
                found.setdefault(item, []).append(f"{path.relative_to(TESTS)}::{name}")
    return found


def test_the_list_is_the_whole_checklist() -> None:
    numbers = {
        f"{part}{n}" for part, (first, last) in _PARTS.items() for n in range(first, last + 1)
    }
    assert set(ITEMS) == numbers | {"B25a"}
    assert len(ITEMS) == 67


def test_no_test_names_an_item_that_is_none() -> None:
    strange = {item: where for item, where in proven().items() if item not in ITEMS}
    assert strange == {}


def test_every_item_is_proven_or_says_why_it_is_not() -> None:
    named = proven()
    missing = [
        f"{item}: {words}"
        for item, words in ITEMS.items()
        if item not in named and item not in NAMED_HERE and item not in NOT_APPLICABLE
    ]
    assert missing == []


def test_what_does_not_apply_is_not_proven_either() -> None:
    assert not set(NOT_APPLICABLE) & (set(proven()) | set(NAMED_HERE))


def test_the_tests_that_are_named_here_exist() -> None:
    for item, (file, name) in NAMED_HERE.items():
        assert name in dict(functions_in(TESTS / file)), f"{item}: {file}::{name}"
