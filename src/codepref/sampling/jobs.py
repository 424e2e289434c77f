"""One completion job: a model folder and an engine, loaded once, with all checks done before."""

import hashlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from codepref.errors import UserError
from codepref.files import read_json
from codepref.models import load_tokenizer, model_revision
from codepref.progress import Progress
from codepref.prompts import UnfitPrompt, render, template_sha256
from codepref.records import Message
from codepref.sampling.engine import Completion, Decoding, Engine, OnStep, Prompt
from codepref.sampling.engines import choose_engine, describe_engine, load_engine
from codepref.sampling.resume import Record, WorkFile
from codepref.sampling.settings import GenerationConfig, SamplingConfig

Task = TypeVar("Task")


class Policy:
    """A model folder with the engine that runs it; the engine is loaded when first needed.

    Args:
        folder: a complete model folder.
        config: the engine, and how much it is given at once.
        samples: completions of each prompt.

    Raises:
        UserError: the folder is incomplete, or the engine not installed.
    """

    def __init__(
        self, folder: str | Path, config: SamplingConfig | GenerationConfig, samples: int
    ) -> None:
        self.folder = Path(folder)
        self.tokenizer = load_tokenizer(folder)
        self.template_sha256 = template_sha256(self.tokenizer)
        self.revision = model_revision(folder)
        self._engine_name = choose_engine(config.engine)
        self.engine_description = describe_engine(self._engine_name, self.folder)
        # vLLM fills the device by itself from as many prompts as it is given.
        by_itself = self._engine_name == "vllm"
        self.prompts_per_call = (
            config.prompts_per_call if by_itself else max(1, config.batch_size // samples)
        )
        self._rows = self.prompts_per_call * samples
        self._context = read_json(self.folder / "config.json").get("max_position_embeddings")
        self._engine: Engine | None = None

    def render(self, name: str, messages: list[Message], max_tokens: int) -> list[int]:
        """Return the token ids of a task's prompt.

        Raises:
            UserError: the chat template fails or writes a wrong BOS.
            UnfitPrompt: the task's text has a special token, or prompt and response together do not
                fit into the model's context.
        """
        try:
            ids = render(self.tokenizer, messages)
        except UnfitPrompt as error:
            raise UnfitPrompt(f"{name}: {error}") from error
        except Exception as error:  # templates raise whatever their authors chose
            raise UserError(f"{self.folder}: the prompt of {name}: {error}") from error
        if self._context is not None and len(ids) + max_tokens > self._context:
            raise UnfitPrompt(
                f"{name}: its prompt has {len(ids)} tokens, and with max_tokens {max_tokens} that "
                f"is more than the model's context of {self._context}; lower max_tokens or leave "
                "the task out"
            )
        return ids

    def engine(self, longest: int) -> Engine:
        """Return the loaded engine; ``longest`` is the longest prompt plus response, in tokens."""
        if self._engine is None:
            self._engine = load_engine(self._engine_name, self.folder, longest, self._rows)
        return self._engine


def complete_in_groups(
    policy: Policy,
    work: WorkFile[Record],
    tasks: Sequence[tuple[Task, Prompt]],
    decoding: Decoding,
    to_records: Callable[[Engine, list[tuple[Task, Prompt]], list[list[Completion]]], list[Record]],
    what: str,
) -> list[Record]:
    """Complete all prompts that ``work`` does not have yet, group by group; return all records.

    Args:
        policy: what completes them.
        work: where finished groups go; its output is written at the end.
        tasks: each task with its prompt, in the order of the output.
        decoding: how completions are drawn.
        to_records: makes a group's records from its completions; with the engine it may draw some
            again.
        what: name of the work in the progress line.
    """
    size = policy.prompts_per_call
    groups = [list(tasks[start : start + size]) for start in range(0, len(tasks), size)]
    left = groups[len(work.groups) :]
    if left:
        longest = max(len(prompt.tokens) for _, prompt in tasks) + decoding.max_tokens
        engine = policy.engine(longest)
        done, total = (
            sum(len(prompt.seeds) for group in some for _, prompt in group)
            for some in (groups[: len(work.groups)], groups)
        )
        meter = _Meter(what, total, done)
        redraws = _Redraws(engine, meter)
        for group in left:
            completions = engine.complete([prompt for _, prompt in group], decoding, meter.step)
            work.add(to_records(redraws, group, completions))
    return work.finish()


class _Meter:
    """Progress in completions, with tokens per second."""

    def __init__(self, what: str, total: int, done: int) -> None:
        import time

        self._clock = time.monotonic
        self._progress = Progress(what, total, done)
        self._start, self._tokens = self._clock(), 0

    def step(self, tokens: int, finished: int) -> None:
        self._tokens += tokens
        rate = self._tokens / max(self._clock() - self._start, 1e-9)
        # Behind the last one only redraws come: the line of the finished work stays the last.
        if finished or self._progress.done < self._progress.total:
            self._progress.advance(finished, f"{rate:.0f} tokens/s")


class _Redraws:
    """The engine for completions that replace others: they count as tokens, not as finished."""

    def __init__(self, engine: Engine, meter: _Meter) -> None:
        self._engine, self._meter = engine, meter

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, on_step: OnStep = lambda *_: None
    ) -> list[list[Completion]]:
        """See ``Engine.complete``."""

        def step(tokens: int, finished: int) -> None:
            self._meter.step(tokens, 0)
            on_step(tokens, finished)

        return self._engine.complete(prompts, decoding, step)


def hash_of(prompts: Sequence[Prompt]) -> str:
    """Return a hash of the prompts' tokens and seeds, for a work file's header."""
    digest = hashlib.sha256()
    for prompt in prompts:
        digest.update(f"{prompt.tokens}{prompt.seeds}\n".encode())
    return digest.hexdigest()


def say(text: str) -> None:
    """Print a line for the user (standard error, so that it is in the log too)."""
    print(text, file=sys.stderr, flush=True)
