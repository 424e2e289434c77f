"""A whole tiny run in the pipeline's own formats: test data, made by hand and by the real scripts.

Problems, samples, verdicts and answers are written down here; pairs, ``benchmarks.csv``, tables,
figures, claims and the report come from the scripts that the rules call.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from codepref.config import Config
from codepref.evaluation.sampled_records import SampledSolution, SampledVerdict, SampledVerdicts
from codepref.files import (
    READ,
    read_records,
    sha256_of,
    whole_folder,
    write_json,
    write_records,
    write_whole,
)
from codepref.gradings import (
    BenchmarkVerdicts,
    GradingFacts,
    GradingLimits,
    JudgeComparison,
    PartVerdict,
    Solution,
    TaskVerdict,
)
from codepref.provenance.record import mark_layout, recorded
from codepref.records import Execution, Problem, RewardRecord, TestCase
from codepref.sandbox.extract import extract_from
from codepref.sandbox.judge import code_sha256
from codepref.tables.own_claims import OwnAnswer, OwnAnswers
from codepref.training.reward_analysis import analyse
from helpers.places import PAPER, ROOT
from helpers.records import make_execution, make_problem, make_sample
from helpers.small_runs import TABLES, demo_config

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
    """Record how the block's files were made, as if a script had read its options' files."""
    with recorded([f"scripts/{script}", *map(str, options)]):
        for name, value in pairwise(map(str, options)):
            if not name.startswith("--output") and Path(value).exists():
                READ.add(Path(value))
        yield


def config() -> Config:
    values = demo_config().model_dump()
    values["evaluation"]["samples_per_task"] = 4
    for experiment in values["experiments"]:
        experiment["methods"] = ["base", *METHODS]
    return Config.model_validate({**values, "run": "tiny", "keep_checkpoints": True})


def _problem(number: int, title: str) -> Problem:
    return make_problem(
        f"demo/{title.lower().replace(' ', '_')}",
        source="builtin",
        title=title,
        statement=f"{title}: return it. <!-- <script>alert('never run')</script>",
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
                        sample, verdict, tests=8, tests_passed=passed,
                        message=f"expected {passed + 1}, got x",
                        first_failing_test=None if passed == 8 else passed,
                        code_sha256=code_sha256(extract_from(problem, text)),
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
    trainer = config().methods[method].trainer
    other = MODELS[1 - MODELS.index(model)] if method == "dpo_off_policy" else model
    pairs = RUN / f"pairs/{other}.jsonl"
    output, kept = (
        RUN / f"{place}/{model}/{method}/seed0" for place in ("checkpoints", "training")
    )
    source = RUN / f"models/{model}"
    options = ["--model-folder", source, "--pairs", pairs, "--seed", 0, "--output", output]
    settings = getattr(config().training, trainer).model_dump()
    with made_by("train_policy.py", trainer, *options):
        facts = {
            "model": model, "method": method, "trainer": trainer, "seed": 0,
            "data_file": str(pairs), "data_sha256": sha256_of(pairs), "hyperparameters": settings,
            "global_batch": settings["batch_size"], "steps": 4,
        }  # fmt: skip
        lines = []
        for step in range(1, 5):
            line = {"step": step, "loss": 0.7 - 0.1 * step, "learning_rate": 5e-6 * (4 - step) / 4}
            if trainer == "dpo":
                line |= {"rewards/margins": 0.1 * step, "rewards/accuracies": 0.5 + step / 10}
            lines.append(json.dumps(line) + "\n")
        with whole_folder(output) as folder:
            write_json(folder / "training.json", facts)
            (folder / "training_log.jsonl").write_text("".join(lines))
        write_json(kept / "training.json", facts)
        with write_whole(kept / "training_log.jsonl") as stream:
            stream.writelines(lines)
    return output


def _benchmarks() -> list[Path]:
    """Return the files of verdicts; the samples lie beside them."""
    gradings: list[Path] = []
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
                inputs = ["--model-folder", policy, "--benchmark", data]
                with made_by("generate_solutions.py", *inputs, "--output-folder", folder):
                    write_records(samples, [_solution(task, f"    return {j}") for task in tasks])
                    drawn = [
                        _sampled(task, n, index, j)
                        for n, task in enumerate(tasks)
                        for index in range(4)
                    ]
                    write_records(folder / f"{name}.sampled.jsonl", [one for one, _ in drawn])
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
                    names = {"model": model, "method": method, "benchmark": name}
                    graded = _graded(name, data, samples, found).model_copy(update=names)
                    write_json(verdicts, graded.model_dump())
                _compare_judges(verdicts, graded)
                _grade_sampled(folder, names, data, graded, [verdict for _, verdict in drawn])
                gradings.append(verdicts)
    return gradings


def _solution(task: dict[str, Any], body: str) -> Solution:
    return Solution(
        task_id=task["task_id"], solution=f"{task['prompt']}{body}", response="r",
        finish_reason="stop", tokens=5, prompt_sha256="0", prompt_style="chat", engine="test",
        model_revision="test",
    )  # fmt: skip


def _sampled(
    task: dict[str, Any], n: int, index: int, method: int
) -> tuple[SampledSolution, SampledVerdict]:
    """Return a sample and its verdict; the more training, the more samples pass."""
    passed = (n + index) % 6 <= method
    failure = ("wrong_answer", "runtime_error", "compile_error", "timeout")[(n * index) % 4]
    solution = _solution(task, f"    return {n} + {index}")
    verdict = SampledVerdict(
        task_id=task["task_id"], index=index, base=passed, plus=passed and n != 3, same_as=index,
        failure=None if passed and n != 3 else failure,
    )  # fmt: skip
    return SampledSolution(**solution.model_dump(), index=index, seed=index), verdict


def _grade_sampled(
    folder: Path,
    names: dict[str, str],
    data: Path,
    greedy: BenchmarkVerdicts,
    verdicts: list[SampledVerdict],
) -> None:
    """Write the verdicts on samples beside the greedy answers', with the same facts."""
    samples = folder / f"{names['benchmark']}.sampled.jsonl"
    output = folder / f"{names['benchmark']}.sampled_verdicts.json"
    with made_by("grade_sampled.py", "--data", data, "--samples", samples, "--output", output):
        facts = greedy.model_dump(include=set(GradingFacts.model_fields))
        facts["samples_sha256"] = sha256_of(samples)
        found = SampledVerdicts(
            **facts, samples_per_task=4, programs=len(verdicts), samples=verdicts
        )
        write_json(output, found.model_dump())


def _compare_judges(verdicts: Path, graded: BenchmarkVerdicts) -> None:
    """Write beside the verdicts that the second judge agrees on every task."""
    output = Path(str(verdicts).replace(".verdicts.json", ".judges.json"))
    with made_by("compare_judges.py", "--verdicts", verdicts, "--output", output):
        found = JudgeComparison(
            dataset=graded.dataset, data_sha256=graded.data_sha256,
            samples_sha256=graded.samples_sha256, tasks=graded.total,
            base_solved=[graded.base_solved] * 2, plus_solved=[graded.plus_solved] * 2,
            isolation="test", seconds=1.0, disagreements=[],
        )  # fmt: skip
        write_json(output, found.model_dump())


def _beside(gradings: list[Path], suffix: str) -> list[Path]:
    return [Path(str(path).replace(".verdicts.json", suffix)) for path in gradings]


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
        path = RUN / f"rewards/{model}/dpo/seed0.jsonl"
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
            names = {"model": model, "method": "dpo"}
            analysis = analyse(records).model_copy(update=names).model_dump()
            write_json(path.with_suffix(".analysis.json"), analysis)
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
    "cost": {"builtin": {"seconds": 0.2, "mib": 0.1},
             "leetcode_dataset": {"seconds": 2.4, "mib": 1.5}},
    "conflicts": [
        {"problem": "builtin/add", "other": "leetcode_dataset/sum", "input": "[1, 2]",
         "expected": "3", "others": "4"},
    ],
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


def theme() -> list[Path]:
    """The files that the report's page is made of, in the order in which the rule gives them."""
    folders = (ROOT / "report/vendor", ROOT / "report/front")
    kinds = (".j2", ".css", ".js")
    return [path for f in folders for path in sorted(f.iterdir()) if path.suffix in kinds]


def make(folder: Path) -> Path:
    """Make the run below ``folder`` and return its path (``<folder>/results/tiny``)."""
    with chdir(folder):
        mark_layout(RUN)
        call("keep_config.py", "--output", RUN / "config.json", given=config().model_dump_json())
        _problems_and_samples()
        gradings = _benchmarks()
        solutions = _beside(gradings, ".samples.jsonl")
        results, tasks = RUN / "benchmarks.csv", RUN / "task_verdicts.csv"
        sample_table = RUN / "benchmarks/samples.csv"
        call(
            "collect_benchmarks.py", "--verdicts", *gradings, "--samples", *solutions,
            "--output", results, "--tasks", tasks,
        )  # fmt: skip
        call(
            "collect_samples.py", "--verdicts", *_beside(gradings, ".sampled_verdicts.json"),
            "--samples", *_beside(gradings, ".sampled.jsonl"), "--output", sample_table,
        )  # fmt: skip
        shared = ["--config", RUN / "config.json", "--benchmarks", results, "--tasks", tasks,
                  "--paper", TABLES]  # fmt: skip
        records = sorted((RUN / "training").glob("*/*/seed0/training.json"))
        statistics = ["--statistics", *sorted((RUN / "pairs").glob("*.stats.json"))]
        settings = ["--training", *records, "--sampled", sample_table, *statistics]
        registration = ["--registration", RUN / "registration.json"]
        call("register_claims.py", "--claims", PAPER / "claims.yaml", "--output", registration[1])
        (RUN / "tables").mkdir(exist_ok=True)  # Snakemake makes the folders of declared outputs
        call("render_tables.py", *shared, *settings, "--output-folder", RUN / "tables")
        rewards = _rewards()
        analyses = [path.with_suffix(".analysis.json") for path in rewards]
        evidence = ["--claims", PAPER / "claims.yaml", "--others", PAPER / "others.yaml",
                    *registration, "--analyses", *analyses]  # fmt: skip
        call("write_label_noise.py", *shared[:2], "--problems", RUN / "problems/all.jsonl",
             "--executions", *sorted((RUN / "executions").glob("*.jsonl")),
             "--pairs", *sorted((RUN / "pairs").glob("*.jsonl")), *statistics,
             "--output-folder", RUN / "tables")  # fmt: skip
        pages = ["--output", RUN / "claims.md", "--page", RUN / "claims.html"]
        call("write_claims.py", *shared, *statistics, *evidence, *pages)
        dot = RUN / "figures/rule_graph.dot"
        workflow = ["--config", RUN / "config.json", "--workflow", ROOT / "Snakefile"]
        with made_by("draw_workflow.py", *workflow, "--output", dot), write_whole(dot) as stream:
            stream.write(RULE_GRAPH)
        problems = ["--problems", RUN / "problems/all.jsonl"]
        verdicts = ["--verdicts", *gradings]
        logs = [path.with_name("training_log.jsonl") for path in records]
        figures = {
            "figure1": ["figure1", *shared[:2], *problems,
                        "--rewards", RUN / "rewards/smollm/dpo/seed0.jsonl",
                        "--analysis", RUN / "rewards/smollm/dpo/seed0.analysis.json",
                        "--samples", RUN / "samples/smollm.jsonl",
                        "--executions", RUN / "executions/smollm.jsonl"],
            "figure2": ["figure2", *shared[:2], *statistics,
                        "--problem-report", RUN / "problems/report.json"],
            "differences": ["differences", *shared, "--sampled", sample_table],
            "workflow": ["workflow", "--rule-graph", dot],
            "scores": ["scores", *shared],
            "pair_yield": ["pair-yield", *shared[:2], *statistics],
            "verdict_classes": ["verdict-classes", *shared[:2], *shared[-2:], *statistics,
                                *verdicts],
            "learning_curves": ["learning-curves", *shared[:2], "--training", *records,
                                "--logs", *logs],
            "pass_at_k": ["pass-at-k", *shared[:2], *shared[-2:], "--sampled", sample_table],
        }  # fmt: skip
        for name, options in figures.items():
            call("draw_figures.py", "--output", RUN / "figures" / name, *options)
        own = OwnAnswers(
            title="Claims about SmolLM2", rule="Fixed before the run.", reported=["DPO: told"],
            answers=[OwnAnswer(id="D1", claim="Up.", outcome="won", found="+9.0 [+1.0, +17.0]")],
        )  # fmt: skip
        with made_by("decide_claims.py", "--sampled", sample_table):
            write_json(RUN / "own_claims.json", own.model_dump())
        call(
            "build_report.py", *shared, *settings, *evidence, *problems, *verdicts,
            "--own-claims", RUN / "own_claims.json",
            "--problem-report", RUN / "problems/report.json",
            "--executions", *sorted((RUN / "executions").glob("*.jsonl")),
            "--samples", *sorted((RUN / "samples").glob("*.jsonl")),
            "--pairs", *sorted((RUN / "pairs").glob("*.jsonl")),
            "--benchmark-data",
            *(RUN / f"benchmarks/data/{name}.jsonl" for name in config().use_benchmarks),
            "--solutions", *solutions,
            "--figures", *(RUN / f"figures/{name}.svg" for name in figures),
            "--logs", *logs, "--rewards", *rewards,
            "--sampled-solutions", *_beside(gradings, ".sampled.jsonl"),
            "--sampled-verdicts", *_beside(gradings, ".sampled_verdicts.json"),
            "--theme", *theme(),
            "--captions", *sorted((ROOT / "report/captions").glob("*.rst")),
            "--output", RUN / "report.html",
        )  # fmt: skip
    return folder / RUN
