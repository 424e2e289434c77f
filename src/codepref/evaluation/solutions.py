"""Greedy solutions of benchmark tasks (paper, section 3.1), in EvalPlus's samples format."""

from collections.abc import Mapping
from itertools import starmap
from pathlib import Path
from typing import Any

from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.evaluation.entry import Question, complete_code
from codepref.evaluation.tasks import read_task_file
from codepref.files import check_writable, read_records
from codepref.progress import say
from codepref.prompts import prompt_sha256
from codepref.records import Solution
from codepref.sampling.engine import Completion, Decoding, Prompt
from codepref.sampling.jobs import Policy, Redraw, complete_in_groups
from codepref.sampling.settings import GenerationConfig
from codepref.sandbox import extract_code

Tasks = list[tuple[tuple[str, Question], Prompt]]


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
) -> None:
    """Write ``<output_folder>/<benchmark>.samples.jsonl`` for each benchmark (name: data file).

    The engine is loaded once for all. A killed run resumes where it stopped. ``datasets``
    says by name which data set a benchmark is of (see ``read_questions``).

    Raises:
        UserError: an output, a data file, the model folder, a prompt or the engine is not usable.
    """
    outputs = {name: Path(output_folder) / f"{name}.samples.jsonl" for name in benchmarks}
    for output in outputs.values():
        check_writable(output)
    questions = {
        name: read_questions(path, config.prompt_style, (datasets or {}).get(name))
        for name, path in benchmarks.items()
    }
    policy = Policy(folder, model, config)

    def prepared(task_id: str, asked: Question) -> tuple[tuple[str, Question], Prompt]:
        tokens = policy.render(task_id, asked.messages, config.max_tokens)
        return (task_id, asked), Prompt(tokens, [0])

    # All prompts are checked before any is completed.
    prompts = {name: list(starmap(prepared, q.items())) for name, q in questions.items()}
    for name, tasks in prompts.items():
        _answer(tasks, policy, config, outputs[name], f"{name} by {model}")


def _answer(
    tasks: Tasks, policy: Policy, config: GenerationConfig, output: Path, what: str
) -> None:
    """Write the answers to one benchmark's tasks; print how many were cut or have no code."""
    inside_block = config.prompt_style == "evalplus"  # the prompt opened the answer's block

    def solution(task_id: str, asked: Question, completion: Completion) -> Solution:
        response = ("```python\n" if inside_block else "") + completion.text
        program = extract_code(
            response, asked.entry_point, asked.starter_code, completion.finish_reason
        )
        return Solution(
            task_id=task_id,
            solution=program or "",
            response=response,
            finish_reason=completion.finish_reason,
            tokens=completion.tokens,
            prompt_sha256=prompt_sha256(asked.messages),
            prompt_style=config.prompt_style,
            **policy.origin,
        )

    def to_records(_: Redraw, group: Tasks, completions: list[list[Completion]]) -> list[Solution]:
        pairs = zip(group, completions, strict=True)
        return [solution(*task, *row) for (task, _), row in pairs]

    decoding = Decoding(0, 1, config.max_tokens, config.stop_after_code, inside_block)
    complete_in_groups(policy, output, tasks, decoding, to_records, what)
    solutions = list(read_records(output, Solution))
    cut = sum(solution.finish_reason == "length" for solution in solutions)
    empty = sum(not solution.solution for solution in solutions)
    say(
        f"{what}: {len(solutions)} tasks; {cut} answers cut at the token limit, "
        f"{empty} without code"
    )
