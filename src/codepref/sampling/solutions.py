"""Greedy solutions of benchmark tasks (paper, section 4), in EvalPlus's samples format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.evaluation.entry import Question, complete_code
from codepref.evaluation.tasks import read_task_file
from codepref.files import check_writable
from codepref.prompts import prompt_sha256
from codepref.records import Solution
from codepref.sampling.engine import Completion, Decoding, Engine, Prompt
from codepref.sampling.jobs import Policy, complete_in_groups, hash_of, say
from codepref.sampling.resume import WorkFile
from codepref.sampling.settings import GenerationConfig
from codepref.sandbox import extract_code


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

    The engine is loaded once for all. A run that was killed goes on where it stopped. ``datasets``
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
    policy = Policy(folder, config, samples=1)
    decoding = Decoding(
        temperature=0,
        top_p=1,
        max_tokens=config.max_tokens,
        stop_after_code=config.stop_after_code,
        inside_block=config.prompt_style == "evalplus",
    )
    prepared = {  # all prompts are checked before any is completed
        name: [
            (
                (task_id, asked),
                Prompt(policy.render(task_id, asked.messages, config.max_tokens), [0]),
            )
            for task_id, asked in tasks.items()
        ]
        for name, tasks in questions.items()
    }
    for name, tasks in prepared.items():

        def to_records(
            _: Engine,
            group: list[tuple[tuple[str, Question], Prompt]],
            completions: list[list[Completion]],
        ) -> list[Solution]:
            return [
                _solution(task_id, asked, row[0], policy, config)
                for ((task_id, asked), _), row in zip(group, completions, strict=True)
            ]

        made_from = {
            "set of prompts": hash_of([prompt for _, prompt in tasks]),
            "generation configuration": config.model_dump_json(),
            "model": f"{model} {policy.revision}",
            "engine": policy.engine_description,
            "chat template": policy.template_sha256,
        }
        work = WorkFile(outputs[name], Solution, made_from)
        what = f"{name} by {model}"
        solutions = complete_in_groups(policy, work, tasks, decoding, to_records, what)
        cut = sum(solution.finish_reason == "length" for solution in solutions)
        empty = sum(not solution.solution for solution in solutions)
        say(
            f"{what}: {len(solutions)} tasks; {cut} answers cut at the token limit, "
            f"{empty} without code"
        )


def _solution(
    task_id: str, asked: Question, completion: Completion, policy: Policy, config: GenerationConfig
) -> Solution:
    """Return the record of a task's answer; an answer without code is an empty program."""
    # In this style the prompt opened the answer's block.
    begun = "```python\n" if config.prompt_style == "evalplus" else ""
    response = begun + completion.text
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
        engine=policy.engine_description,
        model_revision=policy.revision,
        template_sha256=policy.template_sha256,
    )
