"""The model at work: real engines, each stage from the one before, resumed after a kill."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import SCRIPTS
from helpers.records import make_problem, make_sample

from codepref.errors import UserError
from codepref.files import read_records, write_records
from codepref.problems.settings import SynthesisedSource
from codepref.prompts import problem_messages
from codepref.records import Problem, Sample, TestCase
from codepref.sampling.settings import SamplingConfig
from codepref.synthesis.parts import part_of, parts
from codepref.synthesis.records import Seed, Snippet
from codepref.synthesis.seeds import choose_seeds
from codepref.synthesis.wording import STAGES, concepts_of
from codepref.synthesis.write import messages_of, write_stage

SOURCE = SynthesisedSource(kind="synthesised", model="m", seeds_from="t", problems=5, controls=2)
STATEMENT = '''def double(n: int) -> int:
    """Return twice the given number, which may be negative or zero.

    >>> double(2)
    4
    """'''


def problem(number: int, **more: object) -> Problem:
    return make_problem(
        f"t/{number}",
        statement=f"Return the sum of {number} and all of the given numbers.",
        parameters=["a"],
        reference_solution="def f(a):\n    return a",
        starter_code="def f(a):",
        **more,
    )


PROBLEMS = [problem(number) for number in range(3)]
SEEDS = choose_seeds("s", PROBLEMS, SOURCE, 0)


def test_each_problem_has_a_seed_and_a_solution_to_check_controls_with() -> None:
    assert [seed.id for seed in SEEDS] == [
        *(f"s/{number}" for number in range(1, 6)),
        *("s/control-1", "s/control-2"),
    ]
    assert {seed.seed for seed in SEEDS[:3]} == {"t/0", "t/1", "t/2"}  # all before one comes twice
    assert [seed.seed for seed in SEEDS[3:5]] == [seed.seed for seed in SEEDS[:2]]
    assert choose_seeds("s", PROBLEMS, SOURCE, 0) == SEEDS
    orders = {tuple(s.seed for s in choose_seeds("s", PROBLEMS, SOURCE, n)) for n in range(9)}
    assert len(orders) > 1
    unfit = [problem(1, needs_checker=True), problem(2, tests=[TestCase(check="def check(f): 0")])]
    assert not [seed for seed in choose_seeds("s", unfit, SOURCE, 0) if seed.control]
    with pytest.raises(UserError, match="source 's': there is nothing to start from"):
        choose_seeds("s", [], SOURCE, 0)


def test_pieces_of_code_are_seeds_without_controls() -> None:
    (seed, *_, last) = choose_seeds("s", [Snippet(id="x", code="y = 3", licence="MIT")], SOURCE, 0)
    assert (seed.seed, seed.licence, last.id) == ("x", "MIT", "s/5")
    asked = messages_of("concept", seed, {})
    assert asked and "y = 3" in asked[0].content and "piece of code" in asked[0].content


def test_parts_are_the_seeds_in_order() -> None:
    assert parts(7, 3) == ["1-of-3", "2-of-3", "3-of-3"] and parts(0, 3) == ["1-of-1"]
    joined = [seed for part in parts(len(SEEDS), 3) for seed in part_of(SEEDS, part)]
    assert joined == SEEDS
    for wrong in ("0-of-2", "3-of-2", "1", "a-of-b"):
        with pytest.raises(UserError, match="--part: expected a part like 2-of-3"):
            part_of(SEEDS, wrong)


def said(seed: Seed, text: str) -> dict[str, Sample]:
    return {seed.id: make_sample(make_problem(seed.id), 0, text)}


def test_each_stage_asks_with_what_the_one_before_said() -> None:
    seed, control = SEEDS[0], SEEDS[-1]
    asked = {stage: messages_of(stage, seed, said(seed, STATEMENT)) for stage in STAGES}
    texts = {stage: found[0].content for stage, found in asked.items() if found}
    assert seed.text in texts["concept"]
    assert seed.text not in texts["statement"] and "twice the given number" in texts["statement"]
    assert "Complete this Python code" in texts["solution"] and "4." in texts["solution"]
    assert "10 calls of `double`" in texts["inputs"] and "\ndouble(n)" in texts["inputs"]
    for stage in ("concept", "statement"):
        assert messages_of(stage, control, said(control, "loops")) is None
    assert control.problem is not None
    assert messages_of("solution", control, {}) == problem_messages(control.problem)
    assert messages_of("statement", seed, {}) is None
    assert messages_of("statement", seed, said(seed, "<think>no end")) is None
    assert messages_of("solution", seed, said(seed, "I cannot.")) is None


def test_concepts_are_one_short_line() -> None:
    assert concepts_of("- loops,\n  `sums`, sorting.") == "loops, sums, sorting"
    assert len(concepts_of("word " * 1000)) <= 600


CONFIG = SamplingConfig(
    engine="transformers",
    precision="fp32",
    samples_per_problem=2,
    max_tokens=6,
    prompts_per_call=2,
)


def test_a_stage_is_written_resumably_and_alike(
    tiny_model_folder: Path, tmp_path: Path, one_thread: None
) -> None:
    def write(name: str, stage: str = "concept", seeds: list[Seed] = SEEDS, **more: object) -> Path:
        before = [*said(SEEDS[0], STATEMENT).values(), *said(SEEDS[1], "No.").values()]
        config = CONFIG.model_copy(update=more)
        write_stage(stage, seeds, before, tiny_model_folder, "tiny", config, 0, tmp_path / name)
        return tmp_path / name

    whole = write("whole.jsonl")
    records = list(read_records(whole, Sample))
    assert [(one.problem_id, one.index) for one in records] == [
        (f"s/{number}", index) for number in range(1, 6) for index in range(2)
    ]
    assert len({one.seed for one in records}) == 10  # drawn independently
    # The seeds of a part have their own seeds, whatever other parts there are.
    part = list(read_records(write("part.jsonl", seeds=SEEDS[2:4]), Sample))
    assert [one.seed for one in part] == [one.seed for one in records[4:8]]
    solutions = list(read_records(write("solution.jsonl", "solution"), Sample))
    asked = dict.fromkeys(one.problem_id for one in solutions)
    assert list(asked) == ["s/1", "s/control-1", "s/control-2"]
    assert write("none.jsonl", seeds=SEEDS[5:]).read_bytes() == b""  # controls have no concepts
    with pytest.raises(UserError, match=r"concept: all 5 prompts are too long for the model"):
        write("long.jsonl", max_tokens=8_190)


@pytest.mark.long
def test_a_killed_stage_goes_on(tiny_model_folder: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "seeds.jsonl", SEEDS)
    command = [
        *(sys.executable, SCRIPTS / "write_synthesis.py", "--stage", "concept", "--model", "tiny"),
        *("--seeds", tmp_path / "seeds.jsonl", "--model-folder", tiny_model_folder),
        *("--engine=transformers", "--precision=fp32", "--samples-per-problem=1"),
        *("--max-tokens=40", "--prompts-per-call=1"),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}

    def start(output: Path) -> subprocess.Popen[str]:
        given = [*map(str, command), "--output", str(output)]
        return subprocess.Popen(given, stderr=subprocess.PIPE, text=True, env=environment)

    output, partial = tmp_path / "killed.jsonl", tmp_path / "killed.jsonl.partial"
    process = start(output)
    while process.poll() is None:
        if partial.exists() and partial.read_bytes().count(b"\n") >= 2:
            process.send_signal(signal.SIGKILL)
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL and not output.exists()
    again = start(output)
    _, told = again.communicate()
    assert again.returncode == 0 and "resuming after" in told, told
    whole = start(tmp_path / "whole.jsonl")
    whole.communicate()
    assert output.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
