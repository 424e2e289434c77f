"""Valid records for tests: each maker fills in what a test leaves unsaid."""

import hashlib
from typing import Any

from codepref.prompts import problem_messages, prompt_sha256
from codepref.records import (
    Execution,
    Message,
    Pair,
    PairSide,
    Problem,
    RewardRecord,
    Sample,
    TestCase,
)


def make_problem(name: str, **changes: Any) -> Problem:
    """A problem that asks for a function ``f``; ``name`` is its id, ``source/title``."""
    source, title = name.split("/")
    fields: dict[str, Any] = {
        "id": name,
        "source": source,
        "licence": "Apache-2.0",
        "title": title,
        "statement": f"Write {title}.",
        "interface": "call",
        "entry_point": "f",
        "tests": [TestCase(input=[1], expected=1)],
    }
    return Problem(**fields | changes)


def make_sample(problem: Problem, index: int, completion: str, **changes: Any) -> Sample:
    """A finished completion of a problem by the model ``m``."""
    fields: dict[str, Any] = {
        "problem_id": problem.id,
        "index": index,
        "model": "m",
        "prompt_sha256": prompt_sha256(problem_messages(problem)),
        "completion": completion,
        "finish_reason": "stop",
        "tokens": 3,
        "seed": 0,
        "engine": "test",
        "model_revision": "test",
    }
    return Sample(**fields | changes)


def make_execution(sample: Sample, verdict: str, tests: int = 5, **changes: Any) -> Execution:
    """A verdict on a sample; all of its tests ran, and only the verdict ``passed`` passed any.

    The whole completion counts as the program, unless the verdict is ``no_code``.
    """
    code = hashlib.sha256(sample.completion.encode()).hexdigest()
    fields: dict[str, Any] = {
        "problem_id": sample.problem_id,
        "index": sample.index,
        "model": sample.model,
        "verdict": verdict,
        "tests_passed": tests if verdict == "passed" else 0,
        "tests_run": tests,
        "tests_total": tests,
        "cpu_seconds": 0.01,
        "wall_seconds": 0.02,
        "peak_memory_mb": 10.0,
        "code_sha256": None if verdict == "no_code" else code,
        "isolation": "test",
    }
    return Execution(**fields | changes)


def make_pair(number: int, chosen: str | None = None, rejected: str | None = None) -> Pair:
    """A pair of the problem ``t/p<number>``; each number has a prompt and responses of its own."""
    prompt = [Message(role="user", content=f"Write f{number}, which adds {number}.")]
    chosen = chosen or f"```python\ndef f{number}(x):\n    return x + {number}\n```"
    rejected = rejected or f"```python\ndef f{number}(x):\n    print(x - {number})\n```\nDone."
    return Pair(
        problem_id=f"t/p{number}",
        model="tiny",
        prompt=prompt,
        chosen=[Message(role="assistant", content=chosen)],
        rejected=[Message(role="assistant", content=rejected)],
        prompt_sha256=prompt_sha256(prompt),
        chosen_from=PairSide(
            index=0, verdict="passed", tests_passed=3, tests_total=3, code_sha256="a"
        ),
        rejected_from=PairSide(
            index=1, verdict="wrong_answer", tests_passed=0, tests_total=3, code_sha256="b"
        ),
    )


def make_reward(
    problem: str, index: int, value: float, verdict: str, passed: int = 0
) -> RewardRecord:
    """The implicit reward of one sample of ``smollm``."""
    return RewardRecord(
        problem_id=problem, index=index, model="smollm", policy_revision="p",
        reference_revision="r", beta=0.1, reward=value, policy_log_prob=value * 10,
        reference_log_prob=-10.0 - index, tokens=10 + index, verdict=verdict, tests_passed=passed,
        tests_run=2 if verdict == "timeout" else 8, tests_total=8,
    )  # fmt: skip
