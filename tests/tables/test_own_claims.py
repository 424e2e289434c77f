"""Claims about a run's own models: won, lost or undecided, by the rule that was fixed before."""

import csv
import itertools
import json
import random
import re
from pathlib import Path

import pytest
import yaml
from helpers.places import CONFIGS, overlays
from helpers.small_runs import script
from snakemake.utils import update_config

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.evaluation.benchmarks import benchmark_bytes
from codepref.files import read_record, read_yaml, write_json
from codepref.records import HeldOutAccuracy, TaskAccuracy
from codepref.tables.own_claims import OwnAnswers, OwnClaims, markdown
from codepref.tables.registration import Registrations, register

CLAIMS = CONFIGS / "demo_claims.yaml"
TASKS = [f"Mbpp/{10001 + number}" for number in range(48)]
FAILED = ["runtime_error", "compile_error", "wrong_answer"]
HEAD = ["model", "method", "seed", "benchmark", "task_id", "index", "base", "plus", "failure"]


def demo() -> Config:
    return load_config(yaml.safe_load((CONFIGS / "demo.yaml").read_text("utf-8")))


def write_run(folder: Path, pass_rates: dict[str, float], accuracy: float) -> list[object]:
    """Write a run whose policies pass at these rates; return the options of the script."""
    config, chance = demo(), random.Random(0)
    ease = [chance.uniform(-0.15, 0.15) for _ in TASKS]
    with (folder / "samples.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEAD)
        for model, method, seed in config.rows:
            for number, index in itertools.product(range(48), range(8)):
                passed = chance.random() < pass_rates.get(method, 0.3) + ease[number]
                failure = "" if passed else chance.choice(FAILED)
                verdict = [str(passed).lower()] * 2
                key = [model, method, seed, "held_out", TASKS[number], index]
                writer.writerow([*key, *verdict, failure])
    (folder / "config.json").write_text(config.model_dump_json())
    options: list[object] = ["--config", folder / "config.json", "--claims", CLAIMS]
    registration = Registrations(files=[register(CLAIMS)])
    write_json(folder / "registration.json", registration.model_dump(mode="json"))
    options += ["--registration", folder / "registration.json"]
    options += ["--sampled", folder / "samples.csv", "--benchmark-data"]
    for name in config.use_benchmarks:
        benchmark = config.benchmarks[name]
        (folder / f"{name}.jsonl").write_bytes(benchmark_bytes(benchmark.dataset, benchmark.data))
        options.append(folder / f"{name}.jsonl")
    tasks = [
        TaskAccuracy(task_id=task, pairs=10, right=round(10 * min(1, accuracy + ease[n])))
        for n, task in enumerate(TASKS[:30])
    ]
    found = HeldOutAccuracy(
        model="smollm", method="dpo", benchmark="held_out", total=48, tasks=tasks
    )
    write_json(folder / "held_out.json", found.model_dump())
    write_json(
        folder / "training.json",
        {"model": "smollm", "method": "dpo", "seed": 0, "trainer": "dpo", "hyperparameters": {},
         "global_batch": 4},
    )  # fmt: skip
    line = {"step": 9, "rewards/chosen": -0.64, "rewards/rejected": -1.5}
    (folder / "log.jsonl").write_text(json.dumps(line) + "\n")
    options += ["--accuracies", folder / "held_out.json", "--training", folder / "training.json"]
    return [*options, "--logs", folder / "log.jsonl", "--output", folder / "own_claims.json"]


def outcomes(text: str) -> dict[str, str]:
    bullets = [line.split("**")[1] for line in text.splitlines() if line.startswith("- **")]
    return dict(bullet.rstrip(".").split(" ", 1) for bullet in bullets)


@pytest.mark.parametrize(
    ("pass_rates", "accuracy", "expected"),
    [
        ({"rft": 0.5, "dpo_nll": 0.45}, 0.7, ["won", "won", "won", "won"]),
        ({"rft": 0.05}, 0.3, ["lost", "undecided", "lost", "lost"]),
        ({}, 0.5, ["undecided"] * 4),
    ],
    ids=["effects", "the other way", "nothing"],
)
def test_each_claim_is_decided_with_its_interval(pass_rates, accuracy, expected, tmp_path):
    done = script("decide_claims.py", *write_run(tmp_path, pass_rates, accuracy))
    assert done.returncode == 0, done.stderr
    written = ("--decided", tmp_path / "own_claims.json", "--output", tmp_path / "own_claims.md")
    assert script("write_own_claims.py", *written).returncode == 0
    text = (tmp_path / "own_claims.md").read_text()
    assert outcomes(text) == dict(zip(["D1", "D2", "D3", "D4"], expected, strict=True))
    assert text in done.stdout
    assert "Not registered: " in text, "nothing says when these samples were drawn"
    assert markdown(read_record(tmp_path / "own_claims.json", OwnAnswers)) == text
    line = next(line for line in text.splitlines() if line.startswith("- **D3"))
    assert "Reward accuracy on held-out pairs 50.0 → " in line and "(30 tasks)" in line
    assert (
        "- DPO: " in text
        and "log-probability was -6.40 against the start, the rejected ones' -15.00 (nats" in text
    )


def test_only_what_was_not_run_is_not_run(tmp_path):
    options = write_run(tmp_path, {"rft": 0.5}, 0.7)
    at = options.index("--accuracies")
    done = script("decide_claims.py", *options[:at], *options[at + 2 :])
    assert done.returncode == 0, done.stderr
    found = outcomes(done.stdout)
    assert found["D3"] == "not measured", "the policy has samples: it ran"
    samples = tmp_path / "samples.csv"
    kept = [x for x in samples.read_text().splitlines(True) if not x.startswith("smollm,rft,")]
    samples.write_text("".join(kept))
    done = script("decide_claims.py", *options)
    assert outcomes(done.stdout)["D1"] == outcomes(done.stdout)["D4"] == "not run"


@pytest.mark.parametrize("name", overlays())
def test_own_claims_are_about_the_runs_rows(name):
    values: dict = {}
    for file in overlays()[name]:
        update_config(values, yaml.safe_load(file.read_text("utf-8")))
    config = load_config(values)
    if config.own_claims:
        read_yaml(CONFIGS.parent / config.own_claims, OwnClaims).check(config)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("new: rft", "new: rtf", "method 'rtf' of model 'smollm' is not in this run"),
        ("held_out+", "humaneval_demo", "'humaneval_demo' is not one that this run samples"),
        ("    new: dpo\n", "    new: dpo\n    old: base\n", "D3: 'old' names a method"),
        ("direction: up", "direction: higher", "direction"),
    ],
)
def test_claims_that_cannot_be_decided_are_refused(old, new, message, tmp_path):
    text = CLAIMS.read_text("utf-8")
    assert old in text
    (tmp_path / "claims.yaml").write_text(text.replace(old, new))
    with pytest.raises(UserError, match=message):
        read_yaml(tmp_path / "claims.yaml", OwnClaims).check(demo())


def test_methods_are_reported_against_base_alone() -> None:
    config = demo().model_copy(deep=True)
    config.experiments[0].methods.remove("base")
    of_two = {"old": "rft", "new": "dpo"}
    claims = read_yaml(CLAIMS, OwnClaims)
    claims = claims.model_copy(update={"claims": [claims.claims[0].model_copy(update=of_two)]})
    with pytest.raises(UserError, match="'reported' compares with base, of which model 'smollm'"):
        claims.check(config)
    claims.model_copy(update={"reported": []}).check(config)


def test_a_method_without_rewards_is_reported_by_its_pass_rate(tmp_path: Path) -> None:
    options = write_run(tmp_path, {"rft": 0.5}, 0.7)
    claims = tmp_path / "of_rft.yaml"
    claims.write_text(re.sub(r"(?m)^reported: .*$", "reported: [rft]", CLAIMS.read_text("utf-8")))
    record = json.loads((tmp_path / "training.json").read_text())
    write_json(tmp_path / "training.json", record | {"method": "rft", "trainer": "rft"})
    (tmp_path / "log.jsonl").write_text('{"step": 1, "loss": 0.5}\n')
    registration = Registrations(files=[register(claims)])
    write_json(tmp_path / "registration.json", registration.model_dump(mode="json"))
    done = script("decide_claims.py", *options, "--claims", claims)
    assert done.returncode == 0, done.stderr
    [line] = [one for one in done.stdout.splitlines() if one.startswith("- RFT: ")]
    assert "points of mean pass rate" in line and "log-probability" not in line
