import pickle

import pytest

from wtr_tui.model import Secret

TEXT = "sentinel-7c1f"


def test_no_way_of_printing_shows_the_text() -> None:
    secret = Secret(TEXT)
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r:>40}",
        f"{[secret]}",
        str([str(secret)]),
    ]
    assert not any(TEXT in text for text in shown)


def test_only_reveal_gives_it() -> None:
    assert Secret(TEXT).reveal() == TEXT


def test_equal_texts_are_equal_secrets() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1


def test_an_empty_one_is_false() -> None:
    assert not Secret("")
    assert Secret("x")


def test_it_is_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(TEXT))
