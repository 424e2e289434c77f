"""Greedy solutions of benchmark tasks (paper, section 4), in EvalPlus's samples format."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from codepref.config import GenerationConfig
from codepref.errors import UserError
from codepref.prompts import benchmark_messages, prompt_sha256
from codepref.records import Solution
from codepref.sampling.engine import Completion, Decoding, Engine, Prompt
from codepref.sampling.jobs import Policy, complete_in_groups, hash_of, say
from codepref.sampling.resume import WorkFile
from codepref.sandbox import extract_code


class BenchmarkTask(NamedTuple):
    """What a prompt needs of an EvalPlus task."""

    task_id: str
    prompt: str
    entry_point: str


def read_tasks(path: str | Path) -> list[BenchmarkTask]:
    """Read the tasks of an EvalPlus data file (JSONL).

    Raises:
        UserError: it is missing, or a line is not such a task (names file and line).
    """
    tasks = []
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            task = json.loads(line)
            tasks.append(BenchmarkTask(*(task[key] for key in BenchmarkTask._fields)))
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{path}:{number}: not an EvalPlus task (task_id, prompt, entry_point): {error!r}"
            ) from error
    return tasks


def generate_solutions(
    benchmarks: Mapping[str, str | Path],
    folder: str | Path,
    model: str,
    config: GenerationConfig,
    output_folder: str | Path,
) -> None:
    """Write ``<output_folder>/<benchmark>.samples.jsonl`` for each benchmark (name: data file).

    The engine is loaded once for all. A run that was killed goes on where it stopped.

    Raises:
        UserError: a data file, the model folder, a prompt or the engine is not usable.
    """
    policy = Policy(folder, config, samples=1)
    decoding = Decoding(
        temperature=0,
        top_p=1,
        max_tokens=config.max_tokens,
        stop_after_code=config.stop_after_code,
        inside_block=config.prompt_style == "evalplus",
    )
    prepared = {}
    for name, path in benchmarks.items():  # all prompts are checked before any is completed
        prepared[name] = [
            (
                task,
                Prompt(
                    policy.render(task.task_id, _messages(task, config), config.max_tokens), [0]
                ),
            )
            for task in read_tasks(path)
        ]
    for name, tasks in prepared.items():

        def to_records(
            _: Engine,
            group: list[tuple[BenchmarkTask, Prompt]],
            completions: list[list[Completion]],
        ) -> list[Solution]:
            return [
                _solution(task, row[0], policy, config)
                for (task, _), row in zip(group, completions, strict=True)
            ]

        made_from = {
            "set of prompts": hash_of([prompt for _, prompt in tasks]),
            "generation configuration": config.model_dump_json(),
            "model": f"{model} {policy.revision}",
            "engine": policy.engine_description,
        }
        work = WorkFile(Path(output_folder) / f"{name}.samples.jsonl", Solution, made_from)
        what = f"{name} by {model}"
        solutions = complete_in_groups(policy, work, tasks, decoding, to_records, what)
        cut = sum(solution.finish_reason == "length" for solution in solutions)
        empty = sum(not solution.solution for solution in solutions)
        say(
            f"{what}: {len(solutions)} tasks; {cut} answers cut at the token limit, "
            f"{empty} without code"
        )


def _messages(task: BenchmarkTask, config: GenerationConfig) -> list:
    return benchmark_messages(task.prompt, config.prompt_style)


def _solution(
    task: BenchmarkTask, completion: Completion, policy: Policy, config: GenerationConfig
) -> Solution:
    """Return the record of a task's answer; an answer without code is an empty program."""
    if config.prompt_style == "evalplus":
        response = f"```python\n{completion.text}"  # the prompt opened the block
        program = extract_code(response, task.entry_point)
    else:
        response = completion.text
        program = extract_code(response, task.entry_point, task.prompt)
    return Solution(
        task_id=task.task_id,
        solution=program or "",
        response=response,
        finish_reason=completion.finish_reason,
        tokens=completion.tokens,
        prompt_sha256=prompt_sha256(_messages(task, config)),
        prompt_style=config.prompt_style,
        engine=policy.engine_description,
        model_revision=policy.revision,
    )
