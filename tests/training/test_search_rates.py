"""The search for learning rates: which pairs it holds back, and what it says of them."""

import math
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.records import make_pair
from search_rates import chosen_rates, measured, search_name, split

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.files import read_records, write_records
from codepref.records import Pair, ReferenceRecord


def scored(number: int, chosen: float, rejected: float) -> ReferenceRecord:
    return ReferenceRecord(
        problem_id=f"t/p{number}",
        chosen_index=0,
        rejected_index=1,
        model_revision="r",
        tokens=(7, 10, 20),
        chosen_log_prob=chosen,
        rejected_log_prob=rejected,
    )


def test_problems_are_on_one_side_alone(tmp_path: Path) -> None:
    config = Config()
    source = tmp_path / "run/pairs" / f"{config.experiments[0].model}.jsonl"
    write_records(source, [make_pair(number) for number in (*range(9), *range(9))])
    parts = split(config, tmp_path / "run", tmp_path / "rates", 5, 3)
    trained, held_back = ({pair.problem_id for pair in read_records(p, Pair)} for p in parts)
    assert (len(trained), len(held_back)) == (5, 3) and not trained & held_back
    with pytest.raises(UserError, match="pairs of 9 problems, 10 wanted"):
        split(config, tmp_path / "run", tmp_path / "rates", 6, 4)


def test_a_search_of_other_pairs_settings_or_sizes_has_another_name(tmp_path: Path) -> None:
    config = load_config({"training": {"dpo": {"epochs": 2}}})
    model = config.experiments[0].model
    pairs, weights = tmp_path / f"pairs/{model}.jsonl", tmp_path / f"models/{model}"
    weights.mkdir(parents=True)
    (weights / "model.safetensors").write_bytes(b"w")
    write_records(pairs, [make_pair(0)])
    names = [search_name(config, tmp_path, 5, 3), search_name(config, tmp_path, 5, 4)]
    names.append(search_name(Config(), tmp_path, 5, 3))
    write_records(pairs, [make_pair(1)])
    names.append(search_name(config, tmp_path, 5, 3))
    (weights / "model.safetensors").write_bytes(b"x")
    names.append(search_name(config, tmp_path, 5, 3))
    assert len(set(names)) == 5 and names[-1] == search_name(config, tmp_path, 5, 3)


def test_numbers_of_problems_start_at_one(tmp_path: Path) -> None:
    for sizes in (("--train", "0"), ("--held-back", "-5")):
        command = [
            sys.executable,
            str(ROOT / "maintenance/search_rates.py"),
            "--run",
            str(tmp_path),
        ]
        done = subprocess.run(
            [*command, "--rates", "dpo=1e-4", *sizes], capture_output=True, text=True
        )
        assert done.returncode == 2 and "expected numbers from 1" in done.stderr


def test_an_unmoved_policy_has_the_loss_of_chance() -> None:
    before = [scored(0, -5.0, -9.0), scored(1, -6.0, -3.0)]
    assert measured(Config(), before, before) == ["0.693", "50%", "+0.000", "+0.000"]


def test_loss_order_and_gains_are_those_of_the_implicit_rewards() -> None:
    before = [scored(0, -5.0, -9.0), scored(1, -6.0, -3.0)]
    after = [scored(0, -4.0, -12.0), scored(1, -7.0, -3.0)]
    margins = [0.1 * (1 + 3), 0.1 * (-1 - 0)]
    loss = sum(math.log1p(math.exp(-margin)) for margin in margins) / 2
    assert measured(Config(), before, after) == [f"{loss:.3f}", "50%", "+0.000", "-0.075"]


@pytest.mark.parametrize(
    "text",
    [
        "dpo",
        "dpo=",
        "dpo=fast",
        "dpo=1e-4,",
        "nothing=1e-4",
        "base=1e-4",
        "ppo=1e-4",
        "dpo_off_policy=1e-4",
    ],
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="expected method=rate"):
        chosen_rates(Config(), [text])
    assert chosen_rates(Config(), ["dpo=5e-5,1.5e-4"]) == [("dpo", "5e-5"), ("dpo", "1.5e-4")]
