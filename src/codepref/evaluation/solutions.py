"""Answers to benchmark tasks: greedy ones (paper, section 3.1) and samples of each task.

Both are in EvalPlus's samples format, in files of their own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.evaluation.entry import Question, complete_code
from codepref.evaluation.sampled_records import SampledSolution
from codepref.evaluation.tasks import read_task_file
from codepref.files import check_writable, read_records
from codepref.gradings import Solution
from codepref.progress import say
from codepref.prompts import prompt_sha256
from codepref.sampling.engine import Completion, Decoding, Prompt
from codepref.sampling.jobs import Policy, Queue, Redraw, complete_in_groups
from codepref.sampling.placement import Placement
from codepref.sampling.settings import GenerationConfig
from codepref.sandbox import extract_code
from codepref.sandbox.solution_end import OPENED
from codepref.seeds import derive_seed

Tasks = list[tuple[tuple[str, Question], Prompt]]


@dataclass(frozen=True)
class Draws:
    """What is drawn beside the greedy answers, or in their place.

    Attributes:
        samples: how many of each task, by benchmark; a benchmark that is not named has none.
        temperature, top_p: of the samples.
        seed: the configured one.
        policy: model, method and training seed: samples of two policies are independent.
        not_greedy: benchmarks that have no greedy answers.
    """

    samples: Mapping[str, int]
    temperature: float
    top_p: float
    seed: int
    policy: tuple[str, str, int]
    not_greedy: Collection[str] = ()

    def seeds(self, task_id: str, count: int) -> list[int]:
        """Return the seeds of a task's samples; they do not depend on the other tasks."""
        of_task = (self.seed, "benchmark sample", *self.policy, task_id)
        return [derive_seed(*of_task, index) for index in range(count)]


def read_questions(path: str | Path, style: str, dataset: str | None = None) -> dict[str, Question]:
    """Read the tasks of a benchmark's data file (JSONL) as questions by task id.

    Without the name of its data set, tasks are code to complete and only checked for what that
    needs: the texts ``task_id`` and ``prompt``, and ``entry_point`` if there is one.

    Raises:
        UserError: it is missing or empty, or a line is not such a task (names file and line).
    """

    def question(task: dict[str, Any]) -> Question:
        if dataset is None:
            return complete_code(task, style)
        BENCHMARKS[dataset].task(task)
        return BENCHMARKS[dataset].question(task, style)

    return read_task_file(dataset or "", path, question).tasks


def generate_solutions(
    benchmarks: Mapping[str, str | Path],
    folder: str | Path,
    model: str,
    config: GenerationConfig,
    output_folder: str | Path,
    datasets: Mapping[str, str] | None = None,
    draws: Draws | None = None,
    styles: Mapping[str, str] | None = None,
    placement: Placement | None = None,
) -> None:
    """Write the answers to each benchmark (name: data file) into ``output_folder``.

    Greedy answers (``Solution``) go to ``<benchmark>.samples.jsonl``, the samples of ``draws``
    (``SampledSolution``), task by task, to ``<benchmark>.sampled.jsonl``. An engine is loaded once
    for all. A killed run resumes where it stopped. ``datasets`` says by name which data set a
    benchmark is of (see ``read_questions``), ``styles`` which ones are worded otherwise than
    ``config`` says, ``placement`` where engines run (see ``Policy``).

    Raises:
        UserError: an output, a data file, the model folder, a prompt or the engine is not usable.
    """
    samples = draws.samples if draws else {}
    configs = {
        name: config.model_copy(update={"prompt_style": style} if style else {})
        for name, style in ((name, (styles or {}).get(name)) for name in benchmarks)
    }
    greedy = [name for name in benchmarks if not draws or name not in draws.not_greedy]
    outputs = {(name, 0): Path(output_folder) / f"{name}.samples.jsonl" for name in greedy}
    for name in (name for name in benchmarks if samples.get(name)):
        outputs[name, samples[name]] = Path(output_folder) / f"{name}.sampled.jsonl"
    for output in outputs.values():
        check_writable(output)
    questions = {
        name: read_questions(path, configs[name].prompt_style, (datasets or {}).get(name))
        for name, path in benchmarks.items()
    }
    policy = Policy(folder, model, config, max([1, *samples.values()]), placement)

    def prompt(task_id: str, asked: Question, count: int) -> Prompt:
        tokens = policy.render(task_id, asked.messages, config.max_tokens)
        seeds = draws.seeds(task_id, count) if draws and count else [0]
        return Prompt(tokens, seeds, asked.entry_point)

    # All prompts are checked before any is completed.
    queues = []
    for (name, count), output in outputs.items():
        tasks: Tasks = [(task, prompt(*task, count)) for task in questions[name].items()]
        what = f"{count} samples each of {name} by {model}" if count else f"{name} by {model}"
        queues.append(_queue(tasks, policy, configs[name], draws if count else None, output, what))
    complete_in_groups(policy, queues)
    for queue in queues:
        say(_summary(queue))


def _queue(
    tasks: Tasks,
    policy: Policy,
    config: GenerationConfig,
    draws: Draws | None,
    output: Path,
    what: str,
) -> Queue[tuple[str, Question], Solution]:
    """Return the greedy answers to one benchmark's tasks as work, or the samples of ``draws``."""
    inside_block = config.prompt_style == "evalplus"  # the prompt opened the answer's block

    def fields(task_id: str, asked: Question, completion: Completion) -> dict[str, Any]:
        response = (OPENED if inside_block else "") + completion.text
        program = extract_code(
            response, asked.entry_point, asked.starter_code, completion.finish_reason
        )
        return {
            "task_id": task_id,
            "solution": program or "",
            "response": response,
            "finish_reason": completion.finish_reason,
            "tokens": completion.tokens,
            "prompt_sha256": prompt_sha256(asked.messages),
            "prompt_style": config.prompt_style,
            **policy.origin,
        }

    def to_records(_: Redraw, group: Tasks, completions: list[list[Completion]]) -> list[Solution]:
        rows = list(zip(group, completions, strict=True))
        if draws is None:
            return [Solution(**fields(*task, *row)) for (task, _), row in rows]
        return [
            SampledSolution(**fields(*task, completion), index=index, seed=prompt.seeds[index])
            for (task, prompt), row in rows
            for index, completion in enumerate(row)
        ]

    temperature, top_p = (draws.temperature, draws.top_p) if draws else (0, 1)
    stops = (config.stop_after_code, inside_block, config.stop_at)
    decoding = Decoding(temperature, top_p, config.max_tokens, *stops)
    return Queue(output, tasks, decoding, to_records, what)


def _summary(queue: Queue[Any, Any]) -> str:
    """Return one line on how many answers there are, how many were cut or have no code."""
    kind = SampledSolution if queue.decoding.temperature else Solution
    answers: list[Solution] = list(read_records(queue.output, kind))
    cut = sum(answer.finish_reason == "length" for answer in answers)
    empty = sum(not answer.solution for answer in answers)
    distinct = len({(answer.task_id, answer.solution) for answer in answers})
    programs = f", {distinct} distinct programs" if len(answers) > len(queue.tasks) else ""
    return (
        f"{queue.what}: {len(queue.tasks)} tasks{programs}; {cut} answers cut at the token limit, "
        f"{empty} without code"
    )
