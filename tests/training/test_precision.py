"""A short training in bf16 on the CPU has the loss curve of the same in fp32."""

from pathlib import Path
from typing import Any

import pytest
from helpers.records import make_pair

from codepref.models import load_tokenizer
from codepref.training import dpo, rft, runner
from codepref.training.arguments import BatchPlan
from codepref.training.data import tokenise
from codepref.training.trainers import DpoConfig, RftConfig


def losses(kind: Any, section: Any, precision: str, folder: Path, work: Path) -> list[float]:
    config = section(precision=precision, batch_size=2, max_length=512, learning_rate=1e-3)
    tokenizer = load_tokenizer(folder)
    pairs = [make_pair(number, rejected=f"f = {number}{' + 1' * number}") for number in range(12)]
    trainer = kind.make_trainer(
        runner.load_model(folder, config),
        tokenizer,
        tokenise(tokenizer, pairs, 512, False),
        *(config, BatchPlan(1, 1, 2), work, 0),
    )
    log = runner.train(trainer, work, runner.StepLog(kind.__name__, config))
    return [line["loss"] for line in log]


@pytest.mark.parametrize(("kind", "section"), [(rft, RftConfig), (dpo, DpoConfig)])
def test_bf16_has_the_loss_curve_of_fp32(
    kind: Any, section: Any, tiny_model_folder: Path, tmp_path: Path
) -> None:
    exact = losses(kind, section, "fp32", tiny_model_folder, tmp_path / "fp32")
    rounded = losses(kind, section, "bf16", tiny_model_folder, tmp_path / "bf16")
    assert len(exact) == 6 and exact[-1] < 0.96 * exact[0]  # it learns
    assert rounded == pytest.approx(exact, rel=0.01) and rounded != exact
