"""Teloscope's engines as Inspect models: `inspect eval … --model teloscope/smollm2`.

Theory: A5. Source: Inspect 0.3 (UK AI Security Institute).
"""

from __future__ import annotations

from collections import Counter

from anyio import Lock, to_thread
from inspect_ai.model import ChatMessage, GenerateConfig, ModelAPI, ModelOutput, ModelUsage, StopReason, modelapi
from inspect_ai.tool import ToolChoice, ToolInfo

from teloscope.engines import Decoding, Engine, Prompt
from teloscope.errors import BadEngine
from teloscope.evals.model_engine import prompt_messages

MAX_TOKENS = 256
"""Length of a reply, by default."""
STOPS: dict[str, StopReason] = {"stop": "stop", "length": "max_tokens", "refused": "content_filter", "empty": "stop"}


@modelapi(name="teloscope")
class TeloscopeAPI(ModelAPI):
    """Runs an engine in this process; replies are cached by the content of the call, as everywhere in teloscope."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 - Inspect's own signature
        cache: bool = True,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        from teloscope.engines.registry import engine as engine_named

        self.engine: Engine = engine_named(model_name, cache=cache)
        self._turn = Lock()
        self._asked: Counter[tuple[Prompt, Decoding]] = Counter()
        """How often the same call came without a seed. Each is a separate draw, so that epochs differ."""

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """Inspect's call; see `inspect_ai.model.ModelAPI`."""
        if tools:
            raise BadEngine(
                f"The engine {self.engine.name!r} calls no tools, but the task gives it {len(tools)}. Use a task that "
                "asks in words, such as teloscope/audit."
            )
        prompt = Prompt(messages=prompt_messages(input))
        decoding = Decoding(config.max_tokens or MAX_TOKENS, config.temperature or 0.0, tuple(config.stop_seqs or ()))
        draw = config.seed
        if draw is None:
            draw = self._asked[prompt, decoding]
            self._asked[prompt, decoding] += bool(decoding.temperature)
        async with self._turn:  # one at a time: the engine itself uses every core
            (reply,) = await to_thread.run_sync(self.engine.complete, [prompt], decoding, [draw])
        output = ModelOutput.from_content(self.model_name, reply.text, STOPS[reply.finish])
        output.usage = ModelUsage(
            input_tokens=reply.tokens_read,
            output_tokens=reply.tokens_written,
            total_tokens=reply.tokens_read + reply.tokens_written,
        )
        return output

    async def count_text_tokens(self, text: str) -> int:
        """About four characters a token: an estimate that needs no network."""
        return max(1, len(text) // 4)

    def max_connections(self) -> int:
        return 1
