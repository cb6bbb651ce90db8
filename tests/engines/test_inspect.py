"""Models behind Inspect's providers, with providers that misbehave in every way."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest

from teloscope.engines import Decoding, Prompt
from teloscope.engines.cache import CachedEngine
from teloscope.engines.inspect import InspectEngine, RetryLimits, scrub_keys
from teloscope.errors import BadEngine, ContextOverflow

inspect_model = pytest.importorskip("inspect_ai.model")
KEY = "sk-unlikely-0123456789abcdef"
SKY = Prompt.chat("Is the sky blue?", system="Be brief.")
HASTY = RetryLimits(retries=0, attempt_s=1, whole_s=2, connections=4)


def output(text: str, reason: str = "stop", **more):
    found = inspect_model.ModelOutput.from_content("fake/any", text, stop_reason=reason)
    found.usage = inspect_model.ModelUsage(input_tokens=7, output_tokens=3, total_tokens=10)
    return found.model_copy(update=more)


def lettered(told: dict[str, float]):
    """A reply that begins with the likeliest of these letters."""
    top = [inspect_model.TopLogprob(token=token, logprob=math.log(p)) for token, p in told.items()]
    first = inspect_model.Logprob(token=top[0].token, logprob=top[0].logprob, top_logprobs=top)
    found = output(top[0].token)
    found.choices[0].logprobs = inspect_model.Logprobs(content=[first])
    return found


class Provider:
    """Answers as the test says; counts and remembers what it was asked."""

    answer: Callable = staticmethod(lambda messages, config: output("Yes."))
    asked: ClassVar[list] = []


@inspect_model.modelapi(name="telofake")
class FakeAPI(inspect_model.ModelAPI):
    def __init__(self, model_name, base_url=None, api_key=None, config=None, **more):
        super().__init__(model_name, base_url, api_key, [], config or inspect_model.GenerateConfig())

    async def generate(self, input, tools, tool_choice, config):
        Provider.asked.append((input, config))
        answered = Provider.answer(input, config)
        return await answered if asyncio.iscoroutine(answered) else answered


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch):
    """An engine whose provider answers as told."""

    def make(answer: Callable) -> InspectEngine:
        monkeypatch.setattr(Provider, "answer", staticmethod(answer))
        monkeypatch.setattr(Provider, "asked", [])
        return InspectEngine("telofake/any", HASTY)

    return make


def test_a_reply_is_read_with_its_tokens(answers) -> None:
    engine = answers(lambda messages, config: output(f"{messages[-1].text} {config.seed} {config.max_tokens}"))
    replies = engine.complete([SKY, Prompt.chat("And the sea?")], Decoding(9, 0.5, ("\n",)), draws=[0, 4])
    assert [r.text for r in replies] == ["Is the sky blue? 0 9", "And the sea? 4 9"]
    assert [(r.finish, r.tokens_read, r.tokens_written) for r in replies] == [("stop", 7, 3)] * 2
    assert engine.spent[:3] == (2, 14, 6)
    shown, config = Provider.asked[0]
    assert [(m.role, m.text) for m in shown] == [("system", "Be brief."), ("user", "Is the sky blue?")]
    assert (config.temperature, config.stop_seqs) == (0.5, ["\n"])


@pytest.mark.parametrize(
    ("text", "reason", "finish"),
    [
        ("", "stop", "empty"),
        (" \n", "stop", "empty"),
        ("So", "max_tokens", "length"),
        ("", "content_filter", "refused"),
    ],
)
def test_how_a_reply_ended(text, reason, finish, answers) -> None:
    assert answers(lambda *_: output(text, reason)).complete([SKY], Decoding())[0].finish == finish


def test_options_are_lettered_and_letters_read(answers) -> None:
    engine = answers(lambda *_: lettered({"B": 0.5, " B": 0.2, "A": 0.2, "Hm": 0.05}))
    (scores,) = engine.choose([SKY], [[" yes", " no", " perhaps"]])
    np.testing.assert_allclose(np.exp(scores), [0.2, 0.7, 0.05])
    text = Provider.asked[0][0][-1].text
    assert text.startswith("Is the sky blue?\n\nA. yes\nB. no\nC. perhaps\n")
    assert Provider.asked[0][1].logprobs and Provider.asked[0][1].top_logprobs == 20
    assert engine.scores and not engine.continues


def test_a_provider_without_log_probabilities_does_not_score(answers) -> None:
    engine = answers(lambda *_: output("A"))
    assert not engine.scores
    with pytest.raises(BadEngine, match="no log-probabilities"):
        engine.choose([SKY], [["yes", "no"]])


def test_whether_it_scores_is_asked_once_and_kept(answers, tmp_path) -> None:
    for _ in range(2):
        engine = CachedEngine(answers(lambda *_: lettered({"A": 0.9})), tmp_path / "calls.sqlite")
        assert engine.scores
    assert Provider.asked == []  # the second time


def test_plain_texts_and_begun_replies_are_refused(answers) -> None:
    engine = answers(lambda *_: output("Yes."))
    with pytest.raises(BadEngine, match="plain text"):
        engine.complete([Prompt.plain("The sky is")], Decoding())
    with pytest.raises(BadEngine, match="begun for it"):
        engine.complete([Prompt.chat("Well?", prefill="I")], Decoding())
    assert Provider.asked == []


def raising(error: Exception) -> Callable:
    def answer(*_):
        raise error

    return answer


async def _late(*_):
    await asyncio.sleep(30)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (raising(RuntimeError(f"401: bad api key {KEY}")), "RuntimeError: 401"),
        (raising(ConnectionError("429: rate limit reached")), "rate limit"),
        (raising(ValueError("[bold]ERROR[/bold]: no such model.")), "ValueError: ERROR: no such model. Check"),
        (_late, "imeout"),
        (lambda *_: inspect_model.ModelOutput(model="fake"), "without a reply"),
        (lambda *_: output("x" * 10_000_000), "10,000,000 characters"),
        (lambda *_: {"unheard": "of"}, "telofake"),
        (lambda *_: output("", error=f"overloaded, key={KEY}"), "overloaded"),
    ],
    ids=["raises", "rate limit", "marked up", "hangs", "no choice", "10 MB", "malformed", "error inside"],
)
def test_whatever_goes_wrong_is_named_without_a_key(answer, says, answers, monkeypatch, capfd) -> None:
    monkeypatch.setenv("TELOFAKE_API_KEY", KEY)
    with pytest.raises(BadEngine) as caught:
        answers(answer).complete([SKY], Decoding())
    said = str(caught.value)
    assert says in said and "inspect:telofake/any" in said and "Check" in said
    assert KEY not in said and KEY not in "".join(capfd.readouterr())
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_prompt_that_is_too_long_is_said_to_be(answers) -> None:
    with pytest.raises(ContextOverflow, match="7 tokens, with room for 64"):
        answers(lambda *_: output("", "model_length")).complete([SKY], Decoding())


def test_unknown_providers_and_names_without_one_are_refused() -> None:
    with pytest.raises(BadEngine, match="needs a provider and a model"):
        InspectEngine("gpt")
    with pytest.raises(BadEngine, match=r"inspect:nobody/any.*nobody"):
        InspectEngine("nobody/any", HASTY).complete([SKY], Decoding())


def test_it_works_where_a_loop_is_running_already(answers) -> None:
    engine = answers(lambda *_: output("Yes."))

    async def within() -> str:
        return engine.complete([SKY], Decoding())[0].text

    assert asyncio.run(within()) == "Yes."


def test_mock_models_of_inspect_work(monkeypatch) -> None:
    # With its usage told: without, Inspect's mock counts tokens by a file from the network.
    mock = inspect_model.get_model("mockllm/model", custom_outputs=[output("One."), output("Two.")], memoize=False)
    monkeypatch.setattr(InspectEngine, "_model", lambda self: mock)
    assert [r.text for r in InspectEngine("mockllm/model").complete([SKY], Decoding())] == ["One."]


@pytest.mark.parametrize(
    "text",
    [f"key {KEY}", "Authorization: Bearer abcdefghijklmnop", "api_key=abcdefghijkl", "token: 'abcdefghijkl'"],
)
def test_what_looks_like_a_key_is_scrubbed(text) -> None:
    assert "abcdef" not in scrub_keys(text)
