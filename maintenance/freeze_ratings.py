"""Write the demo's rated responses, in CodeUltraFeedback's format, to problems made from templates.

Writes src/codepref/pairs/builtin/rated.jsonl; no run of the workflow needs it again. No judge model
fits a laptop. Here a rule rates, by what a reader sees and not by what the program does: an
explained program 4, a commented one 3, a bare one 2, and one point more for about every second of
the right ones. Responses are the problems' reference solutions, and the same with one operator,
constant or name exchanged.
"""

import ast
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codepref.problems.templates import templated_problems
from codepref.prompts import problem_messages

OUTPUT = Path(__file__).parents[1] / "src/codepref/pairs/builtin/rated.jsonl"
PREFERENCES = ["instruction-following", "readability", "complexity", "style", "explanation"]
STYLES = {"explained": 4, "commented": 3, "bare": 2}
OPERATORS: dict[type, type[Any]] = dict(
    [
        *[(ast.Add, ast.Sub), (ast.Sub, ast.Add), (ast.Mult, ast.Add), (ast.Mod, ast.FloorDiv)],
        *[(ast.Lt, ast.LtE), (ast.LtE, ast.Lt), (ast.Gt, ast.GtE), (ast.GtE, ast.Gt)],
        *[(ast.Eq, ast.NotEq), (ast.NotEq, ast.Eq), (ast.And, ast.Or), (ast.Or, ast.And)],
    ]
)
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "upper": "lower", "sum": "max"}


def mutants(code: str) -> Iterator[str]:
    """Yield the program with one operator, name or constant exchanged."""
    count = sum(1 for _ in ast.walk(ast.parse(code)))
    for number in range(count):
        tree = ast.parse(code)
        node = list(ast.walk(tree))[number]
        if isinstance(node, ast.Compare):
            node.ops = [OPERATORS.get(type(op), type(op))() for op in node.ops]
        elif isinstance(node, ast.BinOp | ast.BoolOp):
            node.op = OPERATORS.get(type(node.op), type(node.op))()
        elif isinstance(node, ast.Name) and node.id in NAMES:
            node.id = NAMES[node.id]
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            node.value += 1
        elif isinstance(node, ast.Constant) and type(node.value) is str:
            node.value += " "
        changed = ast.unparse(tree)
        if changed != ast.unparse(ast.parse(code)):
            yield changed


def worded(code: str, style: str, statement: str) -> str:
    """Return a response that holds a program."""
    if style == "commented":
        head, _, body = code.partition("\n")
        code = f"{head}\n    # {' '.join(statement.split())}\n{body}"
    block = f"```python\n{code.rstrip()}\n```"
    if style == "explained":
        return (
            f"Here is a clean and efficient solution:\n\n{block}\n\nIt handles all edge cases, "
            "follows common conventions and is easy to read."
        )
    return block


def main() -> None:
    rows = []
    for number, problem in enumerate(templated_problems("train", 64)):
        draw = random.Random(number)
        right = problem.reference_solution or ""
        wrong = next(mutants(right), None)
        if wrong is None:
            continue
        pool = [(style, good) for style in STYLES for good in (True, False)]
        chosen = draw.sample(pool, 4)  # four of the authors answer, as in CodeUltraFeedback
        names = {one: f"{one[0]}-{'a' if one[1] else 'b'}" for one in chosen}
        rating = {one: STYLES[one[0]] + (one[1] and draw.random() < 0.5) for one in chosen}
        texts = {
            one: worded(right if one[1] else wrong, one[0], problem.statement) for one in chosen
        }
        row = {
            "instruction": problem_messages(problem)[0].content,
            "preference": PREFERENCES[number % len(PREFERENCES)],
            "models": list(names.values()),
            "responses": [{"model": names[one], "response": texts[one]} for one in chosen],
            "annotations": [
                {"model": names[one], "rating": str(rating[one]), "rationale": "by a rule"}
                for one in chosen
            ],
        }
        rows.append(json.dumps(row, ensure_ascii=False))
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    print(f"wrote {len(rows)} rows to {OUTPUT}", file=sys.stderr)


if __name__ == "__main__":
    main()
