"""Two rounds of the tiny model: the reference is reset, or kept, exactly."""

import json
import math
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from codepref.errors import UserError
from codepref.files import read_json, read_records
from codepref.models import model_revision
from codepref.records import ReferenceRecord
from codepref.training.on_pairs import train_on_pairs
from codepref.training.references import score_references
from codepref.training.runner import Run
from codepref.training.trainers import DpoConfig

# Ten pairs a step: the first step's log is of all pairs, under what the training starts from.
CONFIG = DpoConfig(max_length=512, batch_size=10, learning_rate=1e-3, epochs=2, warmup_ratio=0)
BETA = CONFIG.beta


def trained(start: Path, pairs: Path, output: Path, config: DpoConfig, **more: Any) -> list[Any]:
    work = output.with_suffix(".work")
    train_on_pairs(Run("dpo", start, pairs, output, work, seed=0, config=config, **more))
    return list(map(json.loads, (output / "training_log.jsonl").read_text().splitlines()))


def test_a_second_round_starts_at_its_reference_or_where_the_first_has_led(
    tiny_model_folder: Path, pairs_file: Path, tmp_path: Path
) -> None:
    base, first = tiny_model_folder, tmp_path / "first"
    steps = trained(base, pairs_file, first, CONFIG)
    assert [line["step"] for line in steps] == [1, 2]
    scores = {}
    for name, folder in (("base", base), ("start", first)):
        file = tmp_path / f"{name}.jsonl"
        score_references(folder, pairs_file, CONFIG, tmp_path / "scoring", file)
        scores[name] = list(read_records(file, ReferenceRecord))

    own = trained(
        first, pairs_file, tmp_path / "reset", CONFIG, references=tmp_path / "start.jsonl"
    )
    assert own[0]["rewards/chosen"] == own[0]["rewards/rejected"] == 0.0
    assert own[0]["loss"] == pytest.approx(math.log(2), abs=1e-6)

    keep = CONFIG.model_copy(update={"reference": "base"})
    given = {"references": tmp_path / "base.jsonl", "reference_folder": base}
    kept = trained(first, pairs_file, tmp_path / "kept", keep, **given)
    gains = {
        side: [
            BETA * (getattr(now, f"{side}_log_prob") - getattr(then, f"{side}_log_prob"))
            for now, then in zip(scores["start"], scores["base"], strict=True)
        ]
        for side in ("chosen", "rejected")
    }
    assert max(map(abs, gains["chosen"])) > 0.01  # the first round moved the policy
    for side, values in gains.items():
        assert kept[0][f"rewards/{side}"] == pytest.approx(mean(values), abs=1e-5)
    margins = [c - r for c, r in zip(gains["chosen"], gains["rejected"], strict=True)]
    loss = mean(math.log1p(math.exp(-margin)) for margin in margins)
    assert kept[0]["loss"] == pytest.approx(loss, abs=1e-5)

    # Both are further trainings of the first round's checkpoint, and differ from each other.
    for name in ("reset", "kept"):
        assert read_json(tmp_path / name / "training.json")["base"] == model_revision(first)
    assert model_revision(tmp_path / "reset") != model_revision(tmp_path / "kept")

    # What is not of the reference that is named is refused, and so is half of what it needs.
    wrong = {"references": tmp_path / "start.jsonl", "reference_folder": base}
    with pytest.raises(UserError, match="is of another model"):
        trained(first, pairs_file, tmp_path / "wrong", keep, **wrong)
    for half in ({}, {"references": tmp_path / "base.jsonl"}):
        with pytest.raises(UserError, match="go together"):
            trained(first, pairs_file, tmp_path / "wrong", keep, **half)
    with pytest.raises(UserError, match="go together"):
        trained(first, pairs_file, tmp_path / "wrong", CONFIG, **given)
    assert not (tmp_path / "wrong").exists()
