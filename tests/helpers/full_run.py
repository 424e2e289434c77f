"""A whole tiny run in the pipeline's own formats: test data, made by hand and by the real scripts.

Problems, samples, verdicts and answers are written down here; pairs, ``benchmarks.csv``, tables,
figures, claims and the report come from the scripts that the rules call.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from codepref.config import Config
from codepref.files import (
    read_json,
    read_records,
    sha256_of,
    whole_folder,
    write_json,
    write_records,
    write_whole,
)
from codepref.provenance.record import recorded
from codepref.records import (
    BenchmarkVerdicts,
    Execution,
    GradingLimits,
    PartVerdict,
    Problem,
    RewardRecord,
    Solution,
    TaskVerdict,
    TestCase,
)
from helpers.places import PAPER, ROOT
from helpers.records import make_execution, make_problem, make_sample
from helpers.small_runs import demo_config

RUN = Path("results/tiny")
TITLES = ["Add one", "Double", "Largest", "Reverse", "Count vowels"]
MODELS = ("smollm", "tutored")
METHODS = ("rft", "dpo", "dpo_off_policy")


def call(script: str, *options: object, given: str = "") -> None:
    """Run a script in the current folder; its message is the test's if it fails."""
    command = [sys.executable, str(ROOT / "scripts" / script), *map(str, options)]
    result = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ}, input=given
    )
    assert result.returncode == 0, f"{script}: {result.stderr}"


@contextmanager
def made_by(script: str, *options: object) -> Iterator[None]:
    """Record the provenance of what the block writes, as if a script had written it."""
    with recorded([f"scripts/{script}", *map(str, options)]):
        yield


def config() -> Config:
    demo = demo_config()
    return Config.model_validate({**demo.model_dump(), "run": "tiny", "keep_checkpoints": True})


def _problem(number: int, title: str) -> Problem:
    return make_problem(
        f"demo/{title.lower().replace(' ', '_')}",
        source="builtin",
        title=title,
        statement=f"{title}: return it. <script>alert('never run')</script>",
        starter_code="def f(x):",
        tests=[TestCase(input=[n], expected=n + 1, visible=n < 3) for n in range(8)],
        difficulty="easy" if number % 2 else "medium",
    )


def _verdict(number: int, index: int) -> str:
    if number == 0:
        return "passed"
    classes = ("wrong_answer", "wrong_answer", "runtime_error", "timeout", "no_code")
    return "passed" if index < number else classes[(index + number) % 5]


def _problems_and_samples() -> None:
    problems = [_problem(number, title) for number, title in enumerate(TITLES)]
    with made_by("merge_problems.py", "--output", RUN / "problems/all.jsonl"):
        write_records(RUN / "problems/all.jsonl", problems)
        write_json(RUN / "problems/report.json", PROBLEM_REPORT)
    for model in MODELS:
        source = RUN / f"models/{model}"
        with made_by("fetch_model.py", "--output", source), whole_folder(source) as folder:
            write_json(folder / "config.json", {"model": model})
        samples, executions = [], []
        for number, problem in enumerate(problems):
            for index in range(8):
                text = f"```python\ndef f(x):\n    return x + {index}  # {model} </script>\n```"
                sample = make_sample(problem, index, text, model=model, tokens=20, seed=index)
                samples.append(sample)
                verdict = _verdict(number, index)
                passed = {"passed": 8, "wrong_answer": index % 3 + 1}.get(verdict, 0)
                executions.append(
                    make_execution(
                        sample, verdict, tests=8, tests_passed=passed, message=f"{verdict} here",
                        code_sha256=hashlib.sha256(text.encode()).hexdigest(),
                    )
                )  # fmt: skip
        samples_path = RUN / f"samples/{model}.jsonl"
        inputs = [
            "--problems",
            RUN / "problems/all.jsonl",
            "--model-folder",
            RUN / "models" / model,
        ]
        with made_by("draw_samples.py", *inputs, "--output", samples_path):
            write_records(samples_path, samples)
        path = RUN / f"executions/{model}.jsonl"
        options = [*inputs[:2], "--samples", samples_path, "--output", path]
        with made_by("run_executions.py", *options):
            write_records(path, executions)
        call(
            "build_pairs.py", "--problems", inputs[1], "--samples", samples_path, "--executions",
            path, "--model", model, "--seed", 0, "--output", RUN / f"pairs/{model}.jsonl",
            "--stats", RUN / f"pairs/{model}.stats.json",
        )  # fmt: skip


def _train(model: str, method: str) -> Path:
    trainer = "rft" if method == "rft" else "dpo"
    other = MODELS[1 - MODELS.index(model)] if method == "dpo_off_policy" else model
    pairs = RUN / f"pairs/{other}.jsonl"
    output = RUN / f"checkpoints/{model}/{method}/seed0"
    source = RUN / f"models/{model}"
    options = ["--model-folder", source, "--pairs", pairs, "--seed", 0, "--output", output]
    settings = getattr(config().training, trainer).model_dump()
    with made_by(f"train_{trainer}.py", *options), whole_folder(output) as folder:
        facts = {
            "method": trainer, "seed": 0, "pairs_file": str(pairs),
            "pairs_sha256": sha256_of(pairs), "hyperparameters": settings,
            "global_batch": settings["batch_size"], "steps": 4,
        }  # fmt: skip
        write_json(folder / "training.json", facts)
        with (folder / "training_log.jsonl").open("w") as stream:
            for step in range(1, 5):
                line = {"step": step, "loss": 0.7 / step, "learning_rate": 5e-6 * (4 - step) / 4}
                if trainer == "dpo":
                    line |= {"rewards/margins": 0.1 * step, "rewards/accuracies": 0.5 + step / 10}
                stream.write(json.dumps(line) + "\n")
    return output


def _benchmarks() -> list[str]:
    gradings: list[str] = []
    for number, name in enumerate(config().use_benchmarks):
        data = RUN / f"benchmarks/data/{name}.jsonl"
        prefix = "Mbpp" if "mbpp" in name else "HumanEval"
        tasks = [
            {
                "task_id": f"{prefix}/{n}", "prompt": f"def f{n}(x):\n    '''Add {n}.'''\n",
                "entry_point": f"f{n}", "canonical_solution": f"    return x + {n}\n",
                "contract": "", "atol": 0, "base_input": [[1], [2]], "plus_input": [[10**40]],
            }
            for n in range(10)
        ]  # fmt: skip
        with made_by("fetch_benchmark.py", "--output", data):
            data.parent.mkdir(parents=True, exist_ok=True)
            with write_whole(data) as stream:
                stream.writelines(json.dumps(task) + "\n" for task in tasks)
        for i, model in enumerate(MODELS):
            for j, method in enumerate(("base", *METHODS)):
                folder = RUN / f"benchmarks/{model}/{method}/seed0"
                policy = RUN / f"models/{model}" if method == "base" else _train(model, method)
                samples, verdicts = (
                    folder / f"{name}.samples.jsonl",
                    folder / f"{name}.verdicts.json",
                )
                inputs = ["--model-folder", policy, f"--benchmark={name}={data}"]
                with made_by("generate_solutions.py", *inputs, "--output-folder", folder):
                    if method == "base":  # the library reads files of the folder, too
                        read_json(policy / "config.json")
                    else:
                        read_json(policy / "training.json")
                    write_records(
                        samples,
                        [
                            Solution(
                                task_id=task["task_id"], solution=f"{task['prompt']}    return {j}",
                                response="r", finish_reason="stop", tokens=5, prompt_sha256="0",
                                prompt_style="chat", engine="test", model_revision="test",
                            )
                            for task in tasks
                        ],
                    )  # fmt: skip
                found = []
                for n, task in enumerate(tasks):
                    base = (n * 7 + j * 3 + i + number) % 10 < 4 + j
                    plus = base and (n + j) % 5 != 0
                    otherwise = "timeout" if n == 9 else "fail"
                    found.append(
                        TaskVerdict(
                            task_id=task["task_id"], base=_part(base, otherwise),
                            plus=_part(plus, "fail"),
                        )
                    )  # fmt: skip
                options = ["--data", data, "--samples", samples, "--output", verdicts]
                with made_by("grade_benchmark.py", *options):
                    write_json(verdicts, _graded(name, data, samples, found).model_dump())
                gradings += ["--input", model, method, "0", name, str(verdicts), str(samples)]
    return gradings


def _part(passed: bool, otherwise: str) -> PartVerdict:
    if passed:
        return PartVerdict(status="pass", seconds=0.01)
    return PartVerdict(status=otherwise, reason="got 1, not 2", failing_input=0, seconds=0.01)


def _graded(name: str, data: Path, samples: Path, tasks: list[TaskVerdict]) -> BenchmarkVerdicts:
    return BenchmarkVerdicts(
        dataset=config().benchmarks[name].dataset, data_md5="0", data_sha256=sha256_of(data),
        samples_sha256=sha256_of(samples), evalplus="0.3.1", python="3.11", isolation="test",
        limits=GradingLimits(min_time_limit=4.0, ground_truth_time_factor=4.0, memory_mb=1024),
        known_oracle_failures=[], repaired=[], workers=1, seconds=1.0, total=len(tasks),
        base_solved=sum(task.base_solved for task in tasks),
        plus_solved=sum(task.plus_solved for task in tasks), tasks=tasks,
    )  # fmt: skip


def _rewards() -> list[Path]:
    paths = []
    for model in MODELS:
        executions = RUN / f"executions/{model}.jsonl"
        path = RUN / f"rewards/{model}.jsonl"
        with made_by("score_rewards.py", "--executions", executions, "--output", path):
            records = []
            for execution in read_records(executions, Execution):
                value = execution.tests_passed / 10 + 0.03 * execution.index - 0.3
                records.append(
                    RewardRecord(
                        problem_id=execution.problem_id, index=execution.index, model=model,
                        policy_revision="p", reference_revision="r", beta=0.1, reward=value,
                        policy_log_prob=10 * value - 20, reference_log_prob=-20.0,
                        tokens=20 + execution.index, verdict=execution.verdict,
                        tests_passed=execution.tests_passed, tests_run=execution.tests_run,
                        tests_total=execution.tests_total,
                    )
                )  # fmt: skip
            write_records(path, records)
        paths.append(path)
    return paths


PROBLEM_REPORT = {
    "collected": {"builtin": 6, "leetcode_dataset": 3},
    "skipped": {"builtin": {}, "leetcode_dataset": {"premium": 4}},
    "dropped": {"near duplicate": {"leetcode_dataset": 1}, "benchmark task": {"builtin": 1}},
    "kept": {"builtin": 5},
    "kept_total": 5,
    "tests_per_problem": {
        kind: {"least": 3, "median": 3, "mean": 3.0, "most": 3} for kind in ("visible", "hidden")
    },
    "with_reference_solution": 5,
    "difficulty": {"easy": 3, "medium": 2},
    "licence": {"Apache-2.0": 5},
    "interface": {"call": 5},
    "contaminated": [
        {"problem": "leetcode_dataset/fibonacci-number", "task": "HumanEval/55",
         "way": "behaviour", "evidence": "answers 50 of 50 inputs as fib does"},
    ],
    "chance_matches": [
        {"problem": "leetcode_dataset/brackets", "task": "HumanEval/23",
         "way": "behaviour", "evidence": "strlen solves 1 of the problem's 2 tests"},
    ],
    "unchecked": {"no reference solution": 1},
    "duplicates": [],
}  # fmt: skip

RULE_GRAPH = """digraph snakemake_dag {
    0[label = "all", color = "0.00 0.6 0.85", style="rounded"];
    1[label = "problems_merge", color = "0.08 0.6 0.85", style="rounded"];
    2[label = "samples_draw", color = "0.55 0.6 0.85", style="rounded"];
    3[label = "pairs_build", color = "0.51 0.6 0.85", style="rounded"];
    4[label = "policies_train", color = "0.5 0.6 0.85", style="rounded"];
    1 -> 2
    1 -> 3
    2 -> 3
    3 -> 4
    1 -> 1
    4 -> 0
}
"""


def make(folder: Path) -> Path:
    """Make the run below ``folder`` and return its path (``<folder>/results/tiny``)."""
    with chdir(folder):
        call("keep_config.py", "--output", RUN / "config.json", given=config().model_dump_json())
        _problems_and_samples()
        gradings = _benchmarks()
        results, tasks = RUN / "benchmarks.csv", RUN / "task_verdicts.csv"
        call("collect_benchmarks.py", *gradings, "--output", results, "--tasks", tasks)
        shared = ["--config", RUN / "config.json", "--benchmarks", results, "--tasks", tasks,
                  "--paper", PAPER]  # fmt: skip
        checkpoints = sorted((RUN / "checkpoints").glob("*/*/seed0"))
        records = [RUN / "training" / path.relative_to(RUN / "checkpoints") for path in checkpoints]
        for checkpoint, record in zip(checkpoints, records, strict=True):
            call("keep_training.py", "--checkpoint", checkpoint, "--output-folder", record)
        training = ["--training", *(path / "training.json" for path in records)]
        (RUN / "tables").mkdir(exist_ok=True)  # Snakemake makes the folders of declared outputs
        call("render_tables.py", *shared, *training, "--output-folder", RUN / "tables")
        statistics = ["--statistics", *sorted((RUN / "pairs").glob("*.stats.json"))]
        executions = ["--executions", *sorted((RUN / "executions").glob("*.jsonl"))]
        rewards = ["--rewards", *_rewards()]
        call(
            "write_claims.py",
            *shared,
            *statistics,
            *rewards,
            "--output",
            RUN / "claims.md",
            "--page",
            RUN / "claims.html",
        )
        (RUN / "rule_graph.dot").write_text(RULE_GRAPH)
        figures = {
            "figure1": ["figure1", *shared[:2], "--rewards", RUN / "rewards/smollm.jsonl",
                        "--samples", RUN / "samples/smollm.jsonl"],
            "figure2": ["figure2", "--rule-graph", RUN / "rule_graph.dot"],
            "scores": ["scores", *shared],
            "pair_yield": ["pair-yield", *shared[:2], *statistics],
            "verdict_classes": ["verdict-classes", *shared[:2], *statistics, "--verdicts",
                                *sorted((RUN / "benchmarks").glob("*/*/*/*.verdicts.json"))],
            "learning_curves": ["learning-curves", *shared[:2], "--checkpoints", *checkpoints],
        }  # fmt: skip
        for name, options in figures.items():
            call("draw_figures.py", "--output", RUN / "figures" / name, *options)
        call(
            "build_report.py", *shared, *training, *statistics, *executions, *rewards,
            "--problems", RUN / "problems/all.jsonl",
            "--problem-report", RUN / "problems/report.json",
            "--samples", *sorted((RUN / "samples").glob("*.jsonl")),
            "--pairs", *sorted((RUN / "pairs").glob("*.jsonl")),
            "--benchmark-data", *sorted((RUN / "benchmarks/data").glob("*.jsonl")),
            "--figures", *(RUN / f"figures/{name}.svg" for name in figures),
            "--theme", ROOT / "report/front", "--captions", ROOT / "report/captions",
            "--output", RUN / "report.html",
        )  # fmt: skip
    return folder / RUN
