"""The interface that all inference engines have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from codepref.records import FinishReason
from codepref.sandbox.solution_end import StopAt

EngineName = Literal["vllm", "transformers"]


@dataclass(frozen=True)
class Prompt:
    """A rendered prompt, and one seed for each completion of it.

    ``entry_point`` is what a program that answers it defines, where that is known.
    """

    tokens: list[int]
    seeds: list[int]
    entry_point: str | None = None


@dataclass(frozen=True)
class Decoding:
    """How completions are drawn; ``temperature`` 0 is greedy decoding."""

    temperature: float
    top_p: float
    max_tokens: int
    stop_after_code: bool = False
    inside_block: bool = False  # the prompt ends inside an open code block (EvalPlus's prefill)
    stop_at: StopAt = "end"  # of such prompts, where their entry point is known


@dataclass(frozen=True)
class Completion:
    """The text after a prompt; ``tokens`` counts what was generated, without the end token."""

    text: str
    tokens: int
    finish_reason: FinishReason


OnStep = Callable[[int, int], None]


class Engine(Protocol):
    """A loaded model that completes prompts."""

    def complete(
        self,
        prompts: Sequence[Prompt],
        decoding: Decoding,
        on_step: OnStep = lambda tokens, finished: None,
    ) -> list[list[Completion]]:
        """Return, per prompt, one completion per seed.

        ``on_step`` is called after each step with its numbers of tokens and finished completions.
        """
        ...
