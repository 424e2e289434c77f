"""Samples of benchmark tasks: drawn beside the greedy answers, in one start of the engine."""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.places import ROOT
from helpers.small_runs import script

from codepref.evaluation.sampled_records import SampledSolution
from codepref.evaluation.solutions import Draws, generate_solutions
from codepref.files import read_records
from codepref.resume import WorkFile
from codepref.sampling import jobs
from codepref.sampling.settings import GenerationConfig

GENERATION = GenerationConfig(engine="transformers", max_tokens=6, prompts_per_call=1)
DRAWS = Draws({"short": 3}, 0.08, 0.95, seed=0, policy=("tiny", "base", 0))
LENGTHS = {"short": 1, "long": 40}


@pytest.fixture
def data(tmp_path: Path) -> dict[str, Path]:
    """Two benchmarks of three tasks; the second one's prompts are longer."""
    paths = {}
    for name, length in LENGTHS.items():
        paths[name] = tmp_path / f"{name}.jsonl"
        prompts = [f'"""\n{"Task " * length}{number}\n"""\n' for number in range(3)]
        tasks = [
            {"task_id": f"Mbpp/{number}", "prompt": prompt, "entry_point": "f"}
            for number, prompt in enumerate(prompts)
        ]
        paths[name].write_text("".join(json.dumps(task) + "\n" for task in tasks))
    return paths


def answers(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def test_one_engine_answers_both_queues_and_greedy_answers_stay(
    tiny_model_folder: Path, data: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[tuple[Any, ...]] = []
    load = jobs.load_engine
    monkeypatch.setattr(jobs, "load_engine", lambda *how: (loads.append(how), load(*how))[1])
    given = (data, tiny_model_folder, "tiny", GENERATION)
    generate_solutions(*given, tmp_path / "greedy")
    generate_solutions(*given, tmp_path / "both", draws=DRAWS)
    generate_solutions(*given, tmp_path / "again", draws=DRAWS)
    assert len(loads) == 3
    # The engine has room for the longest prompt of all benchmarks, not of the first.
    longest = {how[2] for how in loads}
    assert len(longest) == 1 and longest.pop() > 40 + GENERATION.max_tokens
    greedy, both = answers(tmp_path / "greedy"), answers(tmp_path / "both")
    assert both == answers(tmp_path / "again")
    assert set(both) - set(greedy) == {"short.sampled.jsonl"}
    assert {name: both[name] for name in greedy} == greedy

    samples = list(read_records(tmp_path / "both/short.sampled.jsonl", SampledSolution))
    expected = [(f"Mbpp/{number}", index) for number in range(3) for index in range(3)]
    assert [(sample.task_id, sample.index) for sample in samples] == expected
    assert [s.seed for s in samples] == [s for n in range(3) for s in DRAWS.seeds(f"Mbpp/{n}", 3)]
    assert len({sample.response for sample in samples}) > 3


def test_seeds_differ_by_task_index_policy_and_configured_seed() -> None:
    others = [
        Draws({}, 1, 1, seed, policy)
        for seed in (0, 1)
        for policy in (("m", "base", 0), ("m", "dpo", 0), ("m", "dpo", 1), ("n", "dpo", 1))
    ]
    seeds = [s for draws in others for task in ("A/1", "A/2") for s in draws.seeds(task, 16)]
    assert len(set(seeds)) == len(seeds) == 8 * 2 * 16
    assert others[0].seeds("A/1", 4) == others[0].seeds("A/1", 16)[:4]


def test_a_failure_among_the_samples_is_resumed_to_the_same_bytes(
    tiny_model_folder: Path, data: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    add = WorkFile.add

    def fail_at_the_second_of_the_samples(self: WorkFile, number: int, group: Any) -> None:
        if done.count("short.sampled.jsonl") == 1 and "fail" not in done:
            done.append("fail")
            raise KeyboardInterrupt
        done.append(self.output.name)
        add(self, number, group)

    given = (data, tiny_model_folder, "tiny", GENERATION)
    generate_solutions(*given, tmp_path / "whole", draws=DRAWS)
    monkeypatch.setattr(WorkFile, "add", fail_at_the_second_of_the_samples)
    with pytest.raises(KeyboardInterrupt):
        generate_solutions(*given, tmp_path / "killed", draws=DRAWS)
    # Nothing counts as an output that the workflow would remove before it runs the job again.
    outputs = ["short.samples.jsonl", "long.samples.jsonl", "short.sampled.jsonl"]
    kept = {f"{name}.partial" for name in outputs}
    assert set(answers(tmp_path / "killed")) == kept
    done.append("resumed")
    generate_solutions(*given, tmp_path / "killed", draws=DRAWS)
    assert done[done.index("resumed") + 1 :] == ["short.sampled.jsonl"] * 2
    assert answers(tmp_path / "killed") == answers(tmp_path / "whole")


def test_a_benchmark_may_have_samples_alone(
    tiny_model_folder: Path, data: dict, tmp_path: Path
) -> None:
    options = ["--model-folder", tiny_model_folder, "--model", "tiny", "--max-tokens", "4"]
    options += ["--engine", "transformers", "--output-folder", tmp_path / "out"]
    options += [f"--benchmark={name}={path}" for name, path in data.items()]
    done = script("generate_solutions.py", *options, "--samples=short=2", "--not-greedy", "short")
    assert done.returncode == 0, done.stderr
    assert set(answers(tmp_path / "out")) == {"short.sampled.jsonl", "long.samples.jsonl"}
    assert "2 samples each of short by tiny: 3 tasks, " in done.stderr


def test_a_benchmark_may_be_worded_otherwise(
    tiny_model_folder: Path, data: dict, tmp_path: Path
) -> None:
    options = ["--model-folder", tiny_model_folder, "--model", "tiny", "--max-tokens", "4"]
    options += ["--engine", "transformers", "--output-folder", tmp_path / "out"]
    options += [f"--benchmark={name}={path}" for name, path in data.items()]
    done = script("generate_solutions.py", *options, "--own-prompt-style", "short=chat")
    assert done.returncode == 0, done.stderr
    found = {
        name: [json.loads(line) for line in lines.splitlines()]
        for name, lines in answers(tmp_path / "out").items()
    }
    assert {one["prompt_style"] for one in found["long.samples.jsonl"]} == {"evalplus"}
    for one in found["long.samples.jsonl"]:
        assert one["response"].startswith("```python\n")
    assert {one["prompt_style"] for one in found["short.samples.jsonl"]} == {"chat"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--samples", "a=2"], "'a' is no benchmark that --benchmark names: x"),
        (["--samples", "x=two"], "--samples: expected NAME=N, each name once, not 'x=two'"),
        (["--own-prompt-style", "x=own"], "expected NAME=one of chat, evalplus, each name once"),
        (["--temperature", "0"], "--temperature: expected more than 0, found 0"),
    ],
)
def test_options_that_do_not_fit_are_one_message(options: list[str], message: str) -> None:
    given = ["--model-folder", "x", "--model", "m", "--output-folder", "x", "--benchmark=x=y"]
    done = script("generate_solutions.py", *given, *options)
    assert done.returncode == 2 and message in done.stderr
    assert "Traceback" not in done.stderr and not (ROOT / "x").exists()
