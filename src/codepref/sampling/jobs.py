"""One completion job: a model folder and an engine, loaded once, with all checks done before."""

import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from codepref.chat_template import template_date, template_sha256
from codepref.errors import UserError
from codepref.files import read_json
from codepref.models import configured_end, load_tokenizer, model_revision
from codepref.progress import Progress
from codepref.prompts import UnfitPrompt, render
from codepref.records import Message
from codepref.resume import WorkFile
from codepref.sampling.completion import end_tokens
from codepref.sampling.engine import Completion, Decoding, Engine, Prompt
from codepref.sampling.engines import choose_engine, describe_engine, load_engine
from codepref.sampling.settings import GenerationConfig, SamplingConfig

Task = TypeVar("Task")
Record = TypeVar("Record", bound=BaseModel)
Redraw = Callable[[Sequence[Prompt]], list[list[Completion]]]


class Policy:
    """A model folder with the engine that runs it; the engine is loaded when first needed.

    Args:
        folder: a complete model folder.
        name: the policy's name in the configuration.
        config: how it is sampled: the engine, and how much that is given at once.
        samples: completions of each prompt, at most.

    Attributes:
        origin: what every record says about how it was generated.

    Raises:
        UserError: the folder is incomplete, nothing ends a turn in its chat template, or the
            engine is not installed.
    """

    def __init__(
        self,
        folder: str | Path,
        name: str,
        config: SamplingConfig | GenerationConfig,
        samples: int = 1,
    ) -> None:
        self.folder, self.name, self._config = Path(folder), name, config
        self._tokenizer = load_tokenizer(folder)
        self._engine_name = choose_engine(config.engine)
        self.origin: dict[str, Any] = {
            "engine": describe_engine(self._engine_name, self.folder),
            "model_revision": model_revision(folder),
            "template_sha256": template_sha256(self._tokenizer),
            "template_date": template_date(self._tokenizer),
        }
        self._ends = end_tokens(self._tokenizer, configured_end(folder))
        self._samples, self._longest = samples, 0
        self._context = read_json(self.folder / "config.json").get("max_position_embeddings")
        self._engine: Engine | None = None

    def render(self, name: str, messages: list[Message], max_tokens: int) -> list[int]:
        """Return the token ids of a task's prompt.

        Raises:
            UserError: the chat template fails, leaves the text out or writes a wrong BOS.
            UnfitPrompt: the task's text has a special token, or prompt and response together do not
                fit into the model's context.
        """
        try:
            ids = render(self._tokenizer, messages)
        except UnfitPrompt as error:
            raise UnfitPrompt(f"{name}: {error}") from error
        except UserError as error:
            raise UserError(f"{self.folder}: the prompt of {name}: {error}") from error
        if self._context is not None and len(ids) + max_tokens > self._context:
            raise UnfitPrompt(
                f"{name}: its prompt has {len(ids)} tokens, and with max_tokens {max_tokens} that "
                f"is more than the model's context of {self._context}; lower max_tokens or leave "
                "the task out"
            )
        self._longest = max(self._longest, len(ids) + max_tokens)
        return ids

    @property
    def prompts_per_call(self) -> int:
        """How many prompts the engine is given at once: it keeps its batch filled from them."""
        return self._config.prompts_per_call

    def engine(self) -> Engine:
        """Return the engine, loaded for the longest prompt rendered so far plus its response."""
        if self._engine is None:
            rows = self.prompts_per_call * self._samples
            if self._engine_name == "transformers":
                rows = min(rows, self._config.batch_size)
            self._engine = load_engine(self._engine_name, self.folder, self._longest, rows)
        return self._engine

    def fingerprint(self, prompts: Sequence[Prompt], decoding: Decoding) -> dict[str, str]:
        """Return all that completions of these prompts depend on, by name."""
        digest = hashlib.sha256()
        for prompt in prompts:
            digest.update(f"{prompt.tokens}{prompt.seeds}\n".encode())
        return {
            "set of prompts": digest.hexdigest(),
            "configuration": self._config.model_dump_json(),
            "decoding": str(decoding),
            "model": self.name,
            "end tokens": str(sorted(self._ends)),
            **{name: str(value) for name, value in self.origin.items()},
        }


@dataclass(frozen=True)
class Queue(Generic[Task, Record]):
    """Prompts to complete in one way, and the file that comes of them.

    Attributes:
        output: the file to write (JSONL); finished groups wait in ``<output>.partial``.
        tasks: each task with its prompt.
        decoding: how completions are drawn.
        to_records: makes a group's records from its completions; it may draw some again.
        what: name of the work in the progress line.
    """

    output: Path
    tasks: Sequence[tuple[Task, Prompt]]
    decoding: Decoding
    to_records: Callable[[Redraw, list[tuple[Task, Prompt]], list[list[Completion]]], list[Record]]
    what: str


def complete_in_groups(policy: Policy, queues: Sequence[Queue[Any, Any]]) -> None:
    """Complete all queues' prompts group by group and write their records, in the tasks' order.

    Groups are fixed, and a group is on disk as a whole or not at all: the group that was under way
    when a job was killed is done again with the same neighbours, and the outputs equal an unkilled
    job's byte for byte. Outputs are written when all queues are done: a workflow that runs a job
    again removes them first.

    Raises:
        UserError: an output cannot be written, or memory is short.
    """
    with ExitStack() as stack:
        works = []
        for queue in queues:
            made_from = policy.fingerprint([prompt for _, prompt in queue.tasks], queue.decoding)
            work = WorkFile(queue.output, made_from, "groups of prompts")
            works.append(stack.enter_context(work))
        for queue, work in zip(queues, works, strict=True):
            _complete(policy, queue, work)
        for work in works:
            work.finish()


def _complete(policy: Policy, queue: Queue[Any, Any], work: WorkFile) -> None:
    """Complete the groups of a queue that are not in its work file."""
    tasks, decoding = queue.tasks, queue.decoding
    size = policy.prompts_per_call
    groups = [list(tasks[start : start + size]) for start in range(0, len(tasks), size)]
    left = [number for number in range(len(groups)) if number not in work]
    if not left:
        return
    engine = policy.engine()
    total = sum(len(prompt.seeds) for _, prompt in tasks)
    missing = sum(len(prompt.seeds) for number in left for _, prompt in groups[number])
    progress = _CompletionProgress(queue.what, total, total - missing)

    def redraw(again: Sequence[Prompt]) -> list[list[Completion]]:
        # They replace others: they count as tokens, not as finished.
        return engine.complete(again, decoding, lambda tokens, _: progress.step(tokens, 0))

    for number in left:
        asked = [prompt for _, prompt in groups[number]]
        completions = engine.complete(asked, decoding, progress.step)
        work.add(number, queue.to_records(redraw, groups[number], completions))


class _CompletionProgress:
    """Progress in completions, with tokens per second."""

    def __init__(self, what: str, total: int, done: int) -> None:
        self._progress = Progress(what, total, done)
        self._start, self._tokens = time.monotonic(), 0

    def step(self, tokens: int, finished: int) -> None:
        self._tokens += tokens
        rate = self._tokens / max(time.monotonic() - self._start, 1e-9)
        # After the last completion only redraws come, which print no further line.
        if finished or self._progress.done < self._progress.total:
            self._progress.advance(finished, f"{rate:.0f} tokens/s")
