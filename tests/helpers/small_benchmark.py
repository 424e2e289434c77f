"""A benchmark of three tasks in EvalPlus's format, and right solutions of them."""

import json
from pathlib import Path
from typing import Any

from codepref.gradings import Solution


def task(number: int, body: str, base: list[Any], plus: list[Any], **more: Any) -> dict[str, Any]:
    """Return a task named f<number>, whose reference solution is ``body`` of ``f(x)``."""
    name = more.pop("entry_point", f"f{number}")
    return {
        "task_id": f"HumanEval/{number}",
        "prompt": f"def {name}(x):\n",
        "canonical_solution": body,
        "entry_point": name,
        "contract": "",
        "base_input": base,
        "plus_input": plus,
        "atol": 0,
        **more,
    }


TASKS = [
    task(0, "    return x + 1\n", [[1], [2]], [[3], [10**20]]),
    task(1, "    return [i / 3 for i in x]\n", [[[1, 2]]], [[[]], [[7]]], atol=1e-6),
    task(2, "    return sorted(x)\n", [[[3, 1]]], [[[5, 4]], [[]]]),
]
RIGHT = {
    "HumanEval/0": "def f0(x):\n    return 1 + x\n",
    "HumanEval/1": "def f1(x):\n    return [i / 3.0000000001 for i in x]\n",
    "HumanEval/2": "def f2(x):\n    x.sort()\n    return x\n",
}


def write_tasks(path: Path, tasks: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(task) + "\n" for task in tasks), encoding="utf-8")
    return path


def write_solutions(path: Path, programs: dict[str, str], **more: Any) -> Path:
    with path.open("w", encoding="utf-8") as stream:
        for task_id, program in programs.items():
            values: dict[str, Any] = {
                "task_id": task_id,
                "solution": program,
                "response": f"```python\n{program}```",
                "finish_reason": "stop",
                "tokens": 10,
                "prompt_sha256": "0" * 64,
                "prompt_style": "chat",
                "engine": "transformers 5.23.0",
                "model_revision": "r1",
                **more,
            }
            stream.write(Solution(**values).model_dump_json() + "\n")
    return path
