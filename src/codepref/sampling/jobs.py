"""One completion job: a model folder and an engine, loaded once, with all checks done before."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from codepref.chat_template import template_date, template_sha256
from codepref.devices import choose_precision
from codepref.errors import UserError
from codepref.files import read_json
from codepref.models import configured_end, load_tokenizer, model_revision
from codepref.progress import Progress, say
from codepref.prompts import UnfitPrompt, render
from codepref.records import Message
from codepref.resume import WorkFile
from codepref.sampling.completion import end_tokens
from codepref.sampling.engine import Completion, Decoding, Engine, Prompt
from codepref.sampling.engine_process import EngineProcess, share_out
from codepref.sampling.engines import check_gpus, choose_engine, describe_engine, load_engine
from codepref.sampling.placement import Placement, share_gpus
from codepref.sampling.settings import GenerationConfig, SamplingConfig

Task = TypeVar("Task")
Record = TypeVar("Record", bound=BaseModel)
Redraw = Callable[[Sequence[Prompt]], list[list[Completion]]]


class Policy:
    """A model folder with the engines that run it, which are loaded when they are needed.

    Args:
        folder: a complete model folder.
        name: the policy's name in the configuration.
        config: how it is sampled: the engine, and how much that is given at once.
        samples: completions of each prompt, at most.
        placement: where its engines run; default: one on each GPU that the job sees.

    Attributes:
        origin: what every record says about how it was generated.

    Raises:
        UserError: the folder is incomplete, nothing ends a turn in its chat template, the engine is
            not installed, or cannot split the model over so many GPUs.
    """

    def __init__(
        self,
        folder: str | Path,
        name: str,
        config: SamplingConfig | GenerationConfig,
        samples: int = 1,
        placement: Placement | None = None,
    ) -> None:
        self.folder, self.name, self._config = Path(folder), name, config
        self._tokenizer = load_tokenizer(folder)
        self._engine_name = choose_engine(config.engine)
        self._placement = placement or share_gpus(1)
        check_gpus(self._engine_name, self.folder, self._placement.gpus)
        self._precision = choose_precision(config.precision)
        self.origin: dict[str, Any] = {
            "engine": describe_engine(self._engine_name, self._placement.gpus, self._precision),
            "model_revision": model_revision(folder),
            "template_sha256": template_sha256(self._tokenizer),
            "template_date": template_date(self._tokenizer),
        }
        self._ends = end_tokens(self._tokenizer, configured_end(folder))
        self._samples, self._longest = samples, 0
        self._context = read_json(self.folder / "config.json").get("max_position_embeddings")

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

    @contextmanager
    def engines(self, groups: int) -> Iterator[Sequence[Engine]]:
        """Give the engines for so many groups of prompts: no more than there are groups.

        They are loaded for the longest prompt rendered so far plus its response: one in this
        process, several in a process each.
        """
        rows = self.prompts_per_call * self._samples
        if self._engine_name == "transformers":
            rows = min(rows, self._config.batch_size)
        gpus = self._placement.gpus
        load = (self._engine_name, self.folder, self._longest, rows, gpus, self._precision)
        visible = self._placement.visible[:groups]
        if len(visible) == 1:
            yield [load_engine(*load)]
            return
        say(f"{len(visible)} engines share the work, each in a process of its own")
        with ExitStack() as stack:
            engines = [stack.enter_context(EngineProcess(one, load)) for one in visible]
            for engine in engines:
                engine.wait_until_loaded()
            yield engines

    def fingerprint(self, prompts: Sequence[Prompt], decoding: Decoding) -> dict[str, str]:
        """Return all that completions of these prompts depend on, by name."""
        digest = hashlib.sha256()
        for prompt in prompts:
            digest.update(f"{prompt.tokens}{prompt.seeds}{prompt.entry_point}\n".encode())
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


_Group = tuple[Queue[Any, Any], WorkFile, int, list[tuple[Any, Prompt]]]
"""the queue and its work file, the group's number in them, its tasks with their prompts"""


def complete_in_groups(policy: Policy, queues: Sequence[Queue[Any, Any]]) -> None:
    """Complete all queues' prompts group by group and write their records, in the tasks' order.

    Groups are fixed, whichever engine completes one, and a group is on disk as a whole or not at
    all: the groups that were under way when a job was killed are done again with the same
    neighbours, and the outputs equal those of an unkilled job, with one engine or several, byte for
    byte. They are written when all queues are done: a workflow that runs a job again removes them
    first.

    Raises:
        UserError: an output cannot be written, memory is short, or the process of an engine was
            killed.
    """
    with ExitStack() as stack:
        works = []
        for queue in queues:
            made_from = policy.fingerprint([prompt for _, prompt in queue.tasks], queue.decoding)
            work = WorkFile(queue.output, made_from, "groups of prompts")
            works.append(stack.enter_context(work))
        _complete(policy, list(zip(queues, works, strict=True)))
        for work in works:
            work.finish()


def _complete(policy: Policy, queues: Sequence[tuple[Queue[Any, Any], WorkFile]]) -> None:
    """Complete the groups of all queues that are not in their work files."""
    size = policy.prompts_per_call
    groups = [
        (queue, work, number, list(queue.tasks[start : start + size]))
        for queue, work in queues
        for number, start in enumerate(range(0, len(queue.tasks), size))
    ]
    left = [group for group in groups if group[2] not in group[1]]
    if not left:
        return

    def count(groups: Sequence[_Group]) -> int:
        return sum(len(prompt.seeds) for *_, tasks in groups for _, prompt in tasks)

    what = queues[0][0].what if len(queues) == 1 else f"answers of {policy.name}"
    writing = Lock()

    def complete(engine: Engine, group: _Group) -> None:
        queue, work, number, tasks = group

        def redraw(again: Sequence[Prompt]) -> list[list[Completion]]:
            # They replace others: they count as tokens, not as finished.
            return engine.complete(again, decoding, lambda tokens, _: progress.step(tokens, 0))

        asked, decoding = [prompt for _, prompt in tasks], queue.decoding
        completions = engine.complete(asked, decoding, progress.step)
        records = queue.to_records(redraw, tasks, completions)
        with writing:
            work.add(number, records)

    with policy.engines(len(left)) as engines:
        progress = _CompletionProgress(what, count(groups), count(groups) - count(left))
        share_out(engines, left, complete)


class _CompletionProgress:
    """Progress in completions, with tokens per second, of all engines together."""

    def __init__(self, what: str, total: int, done: int) -> None:
        self._progress = Progress(what, total, done)
        self._start, self._tokens, self._lock = time.monotonic(), 0, Lock()

    def step(self, tokens: int, finished: int) -> None:
        with self._lock:
            self._tokens += tokens
            rate = self._tokens / max(time.monotonic() - self._start, 1e-9)
            # After the last completion only redraws come, which print no further line.
            if finished or self._progress.done < self._progress.total:
                self._progress.advance(finished, f"{rate:.0f} tokens/s")
