"""Time of grading 16 samples of each of 542 benchmark tasks by both judges.

The samples are made of CodeQwen1.5-7B-Chat's published greedy answers: of each task some programs
(3 to 14 different ones), each as often as chance has it. A program is the published one, with
another comment, or spoilt; wrong ones, errors and endless loops have the shares that
DeepSeek-Coder's samples of LeetCode problems have (docs/performance.md). The ground truth is stored
before the clock starts.

python maintenance/bench_sampled.py [--workers 2] [--samples 16] [--datasets humaneval mbpp]
"""

import argparse
import ast
import contextlib
import random
import tempfile
from collections import Counter
from pathlib import Path

import certification
from bench_grading import ROOT, Stopwatch

from codepref.cli import run
from codepref.errors import UserError
from codepref.evaluation.benchmarks import read_data
from codepref.evaluation.evalplus.judge import EvalPlusJudge
from codepref.evaluation.grade_sampled import grade_sampled
from codepref.evaluation.published.samples import dataset_of, read_samples
from codepref.evaluation.sampled_records import SampledSolution
from codepref.evaluation.settings import GradingConfig
from codepref.files import write_records

SHARES = {"same": 0.786, "wrong": 0.122, "error": 0.07, "endless": 0.02, "cut": 0.002}


class _Spoil(ast.NodeTransformer):
    """Changes what a function returns, or makes it fail or run for ever."""

    def __init__(self, how: str, name: str, chance: random.Random) -> None:
        self._how, self._name, self._chance = how, name, chance

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if node.name == self._name and self._how in ("error", "endless"):
            text = "undefined_name" if self._how == "error" else "while True: pass"
            node.body.insert(0, ast.parse(text).body[0])
        return self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if self._how == "wrong" and node.value is not None:
            text = self._chance.choice(["[x, 1]", "not x", "x and 0", "str(x)"])
            tree = ast.parse(text.replace("x", f"({ast.unparse(node.value)})"), mode="eval")
            return ast.Return(tree.body)
        return node


def variant(program: str, name: str, how: str, number: int, chance: random.Random) -> str:
    """Return another program that solves the task alike, or fails in the given way."""
    if how == "cut":
        return f"{program}\ndef {name}(\n# {number}"
    if how != "same":
        with contextlib.suppress(SyntaxError):  # it fails already
            program = ast.unparse(_Spoil(how, name, chance).visit(ast.parse(program)))
    return f"{program}\n# variant {number}\n" if number else program


def samples_of(task_id: str, program: str, name: str, count: int) -> list[SampledSolution]:
    """Return ``count`` samples of a task: some programs, equal ones among them."""
    chance = random.Random(task_id)
    kinds = chance.choices(list(SHARES), list(SHARES.values()), k=chance.randint(3, 14))
    programs = [variant(program, name, how, n, chance) for n, how in enumerate(kinds)]
    return [
        SampledSolution(
            task_id=task_id, solution=text, response=text, finish_reason="stop", tokens=0,
            prompt_sha256="", prompt_style="chat", engine="none", model_revision="none",
            index=index, seed=index,
        )
        for index, text in enumerate(chance.choices(programs, k=count))
    ]  # fmt: skip


def main() -> None:
    """Grade both data sets' samples and print what it cost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--every", type=int, default=1, help="only each so many-th task")
    parser.add_argument("--datasets", nargs="+", default=["humaneval", "mbpp"])
    arguments = parser.parse_args()
    shared, config = certification.shared_data(ROOT), GradingConfig()
    if not shared.is_dir():
        raise UserError(f"needs the real data files in {shared}")
    sets = [read_samples(given.samples) for given in certification.published_sets(shared)]
    by_dataset = {dataset_of(samples): samples for samples in sets}
    for dataset in arguments.datasets:
        given = {sample.task_id: sample for sample in by_dataset[dataset]}
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            whole = certification.newest_data(dataset, shared, folder)
            lines = whole.path.read_bytes().splitlines(keepends=True)[:: arguments.every]
            (folder / "tasks.jsonl").write_bytes(b"".join(lines))
            benchmark = read_data(dataset, folder / "tasks.jsonl")
            EvalPlusJudge(benchmark, config, folder / "truth", arguments.workers).ground_truth()
            solutions = [
                sample
                for key, task in benchmark.tasks.items()
                for sample in samples_of(
                    key, given[key].program(task.prompt), task.entry_point, arguments.samples
                )
            ]
            write_records(folder / "s.jsonl", solutions)
            with Stopwatch() as took:
                found = grade_sampled(
                    benchmark, folder / "s.jsonl", config, folder / "truth", arguments.workers
                )
        classes = Counter(sample.failure or "passed" for sample in found.samples)
        print(
            f"{dataset}: {len(benchmark.tasks)} tasks x {arguments.samples} samples, "
            f"{found.programs} programs run, {arguments.workers} workers: {took.wall:.0f} s, CPU "
            f"{took.cpu:.0f} s, peak {took.peak_mb:.0f} MB; {dict(classes.most_common())}",
            flush=True,
        )


if __name__ == "__main__":
    run(main, keep_record=False)
