"""Free replies: read where they name one option, and never a crash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.scaffolds.deciding.parse_reply import LONGEST_REPLY, parse_reply

OPTIONS = ("go left", "go right", "go", "wait", "ask the nurse for permission")


@pytest.mark.parametrize(
    ("reply", "option"),
    [
        ("go left", 0),
        ("Go Left!", 0),
        ("**go right**", 1),
        ("go", 2),
        ("I will wait.", 3),
        ("I'll go left, since going right would take longer.", 0),
        ("I’ll go right.", 1),
        ("I could go left. But the vase is there.\nSo I will go right.", 1),
        ("Go left or go right? Hard to say.\nAnswer: go right", 1),
        ("I ask the nurse for permission, then we'll see. After that I go left.", 4),
        ("wait\nwait\nwait", 3),
        ("We should go left or go right.", None),
        ("leftovers are good", None),
        ("", None),
        ("   \n", None),
        ("I am a language model.", None),
        ("x" * (LONGEST_REPLY + 10) + " go left", None),
        ("goleft", None),
        ("GO\u00a0LEFT", 0),
        ("I will not go left.", None),
        (" never go left", None),
        ("I won't wait, but go right.", 1),
        ("Don't go left, go right!", 1),
        ("Go left. Still, I will go right or wait.", None),
        ("A chain reaction: wait", 3),
        ("Deli will go left or wait. I will go right", 1),
    ],
)
def test_replies(reply, option):
    assert parse_reply(reply, OPTIONS).option == option


@given(st.text(), st.lists(st.text(), min_size=1, max_size=5))
def test_anything_is_read_without_a_crash(reply, options):
    read = parse_reply(reply, options)
    assert read.option is None or 0 <= read.option < len(options)
    assert read.why


@given(st.sampled_from(range(len(OPTIONS))), st.text(alphabet=" .,!?;:\n*_\"'", max_size=8))
def test_an_option_alone_is_read_whatever_stands_around_it(option, around):
    assert parse_reply(around + OPTIONS[option] + around, OPTIONS).option == option


def test_a_huge_reply_costs_little():
    assert parse_reply("go left " * 2_000_000, OPTIONS).option == 0
