"""Reward accuracy on held-out pairs: eq. 4 on answers to a benchmark, compared within tasks."""

import subprocess
import sys

import pytest
import torch
from helpers.places import SCRIPTS
from helpers.records import make_reward

from codepref.evaluation.benchmarks import benchmark_bytes
from codepref.evaluation.sampled_records import SampledSolution, SampledVerdict, SampledVerdicts
from codepref.evaluation.settings import TemplateData
from codepref.evaluation.solutions import read_questions
from codepref.files import read_record, read_records, write_records, write_text
from codepref.gradings import GradingLimits
from codepref.models import load_tokenizer
from codepref.prompts import prompt_sha256
from codepref.records import HeldOutAccuracy, RewardRecord, TaskAccuracy
from codepref.training import runner
from codepref.training.pair_accuracy import pair_accuracy
from codepref.training.trainers import DpoConfig

SCRIPT = SCRIPTS / "score_answers.py"
FAILURES = {  # of three tasks: None is a passing answer
    "Mbpp/10001": [None, "wrong_answer", None, "other"],
    "Mbpp/10002": [None] * 4,
    "Mbpp/10003": ["compile_error", None, "runtime_error", "no_code"],
}


REASONS = ("stop", "solution", "stop", "length")


@pytest.fixture
def answered(tmp_path):
    """A benchmark of three tasks, and four graded answers to each."""
    data = TemplateData(kind="templates", part="held_out", tasks=3)
    (tmp_path / "data.jsonl").write_bytes(benchmark_bytes("mbpp", data))
    questions = read_questions(tmp_path / "data.jsonl", "chat", "mbpp")
    write_records(
        tmp_path / "answers.jsonl",
        [
            SampledSolution(
                task_id=task, index=index, seed=index, solution="", tokens=9,
                response=f"```python\ndef f():\n    return {index}\n```",
                finish_reason=REASONS[index], prompt_style="chat",
                prompt_sha256=prompt_sha256(questions[task].messages), engine="e",
                model_revision="r",
            )
            for task, failures in FAILURES.items()
            for index in range(len(failures))
        ],
    )  # fmt: skip
    verdicts = SampledVerdicts(
        model="tiny", method="base", dataset="mbpp", data_md5="", data_sha256="",
        samples_sha256="", evalplus="", python="", isolation="", known_oracle_failures=[],
        limits=GradingLimits(min_time_limit=1, ground_truth_time_factor=1, memory_mb=1),
        repaired=[], workers=1, seconds=0.0, samples_per_task=4, programs=12,
        samples=[
            SampledVerdict(
                task_id=task, index=index, base=True, plus=not failure, failure=failure,
                same_as=index,
            )
            for task, failures in FAILURES.items()
            for index, failure in enumerate(failures)
        ],
    )  # fmt: skip
    write_text(tmp_path / "verdicts.json", verdicts.model_dump_json())
    return questions


def score(folder, *changed):
    command = [sys.executable, SCRIPT, "--data", "data.jsonl", "--answers", "answers.jsonl"]
    command += ["--dataset", "mbpp", "--verdicts", "verdicts.json", "--beta", "0.5"]
    command += ["--output", "r.jsonl", *changed]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def measure(folder):
    command = [sys.executable, SCRIPT.with_name("measure_accuracy.py"), "--data", "data.jsonl"]
    command += ["--model", "tiny", "--method", "dpo", "--benchmark", "held_out"]
    subprocess.run([*command, "--rewards", "r.jsonl", "--output", "a.json"], cwd=folder, check=True)


def test_answers_of_mixed_tasks_are_scored_and_compared(
    answered, tiny_model_folder, other_folder, tmp_path
):
    done = score(tmp_path, "--policy", other_folder, "--reference", tiny_model_folder)
    assert done.returncode == 0, done.stderr
    records = list(read_records(tmp_path / "r.jsonl", RewardRecord))
    assert [(r.problem_id, r.index) for r in records] == [
        (task, index) for task in ("Mbpp/10001", "Mbpp/10003") for index in range(4)
    ]
    measure(tmp_path)
    found = read_record(tmp_path / "a.json", HeldOutAccuracy)
    assert (found.model, found.method, found.seed, found.benchmark) == (
        "tiny",
        "dpo",
        0,
        "held_out",
    )
    assert found.total == 3
    assert [(task.task_id, task.pairs) for task in found.tasks] == [
        ("Mbpp/10001", 4), ("Mbpp/10003", 3)
    ]  # fmt: skip
    assert found == pair_accuracy(records, 3).model_copy(
        update={"model": "tiny", "method": "dpo", "benchmark": "held_out"}
    )
    tokenizer = load_tokenizer(tiny_model_folder)
    turns = [message.model_dump() for message in answered["Mbpp/10001"].messages]
    prompt = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    start = len(tokenizer(prompt, add_special_tokens=False)["input_ids"])
    models = [runner.load_model(f, DpoConfig()) for f in (other_folder, tiny_model_folder)]
    for index, reason in enumerate(REASONS):
        # Only a model that ended its turn has drawn the token that says so.
        end = "<|im_end|>" if reason == "stop" else ""
        answer = f"```python\ndef f():\n    return {index}\n```{end}"
        ids = tokenizer(prompt + answer, add_special_tokens=False)["input_ids"]
        sums = []
        for model in models:
            log_probs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
            sums.append(sum(log_probs[i - 1, ids[i]].item() for i in range(start, len(ids))))
        assert records[index].reward == pytest.approx(0.5 * (sums[0] - sums[1]), abs=1e-3)


def test_answers_to_another_prompt_or_without_a_verdict_are_refused(
    answered, tiny_model_folder, tmp_path
):
    folders = ("--policy", tiny_model_folder, "--reference", tiny_model_folder)
    whole = (tmp_path / "data.jsonl").read_text()
    changed = whole.replace(r"\"\"\"", r"\"\"\"Now: ", 1)
    (tmp_path / "data.jsonl").write_text(changed)
    done = score(tmp_path, *folders)
    assert done.returncode == 2
    assert "sample 0 of Mbpp/10001 answers another prompt than the task's present" in done.stderr
    (tmp_path / "data.jsonl").write_text(whole)
    verdicts = read_record(tmp_path / "verdicts.json", SampledVerdicts)
    fewer = verdicts.model_copy(update={"samples": verdicts.samples[:-1]})
    (tmp_path / "verdicts.json").write_text(fewer.model_dump_json())
    done = score(tmp_path, *folders)
    assert done.returncode == 2
    assert "sample 3 of Mbpp/10003 has no verdict; grade these answers again" in done.stderr


def test_accuracy_is_the_mean_over_tasks_and_a_tie_counts_half():
    records = [
        make_reward("t/a", 0, 2.0, "passed"),
        make_reward("t/a", 1, 1.0, "wrong_answer"),
        make_reward("t/a", 2, 3.0, "timeout"),
        make_reward("t/a", 3, 2.0, "no_code"),
        make_reward("t/b", 0, 1.0, "passed"),
        make_reward("t/b", 1, 0.0, "runtime_error"),
        make_reward("t/c", 0, 1.0, "passed"),
    ]
    found = pair_accuracy(records, total=5)
    assert found.tasks == [
        TaskAccuracy(task_id="t/a", pairs=3, right=1.5),
        TaskAccuracy(task_id="t/b", pairs=1, right=1.0),
    ]
    assert found.accuracy == pytest.approx(0.75)
    assert pair_accuracy([], total=5).accuracy is None
