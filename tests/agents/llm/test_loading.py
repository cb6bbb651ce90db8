"""What a build handed over, read again: whatever is wrong in the file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from teloscope.agents import agent
from teloscope.errors import BadAgent


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"scaffold": 4}', "engine: Field required; scaffold: Input should be a valid string"),
        ("{", "Expecting property name"),
        ('{"engine": "null:uniform", "engine_digest": "abc", "scaffold": "direct"}', "of digest abc; here it has"),
    ],
)
def test_a_file_edited_by_hand_says_what_is_wrong(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "agent.json").write_text(text)
    with pytest.raises(BadAgent, match=said):
        agent(f"llm:{tmp_path}/agent.json")


@pytest.mark.parametrize("line", ["direct", "lookahead", "lookahead:16+judge:both", "score+story", "direct/think"])
def test_a_scaffold_without_an_engine_says_that_the_engine_is_missing(line: str) -> None:
    with pytest.raises(
        BadAgent, match=r"names no engine: .* is a scaffold\. Expected llm:<engine>/<scaffold>"
    ) as found:
        agent(f"llm:{line}")
    assert f"like llm:smollm2/{line.split('/')[0]};" in str(found.value)
