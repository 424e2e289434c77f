"""Rejection-sampling fine-tuning with TRL: supervised on the chosen responses (paper, Table 3)."""

from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from codepref.training import runner, scoring
from codepref.training.arguments import BatchPlan, trainer_arguments
from codepref.training.data import TokenPair
from codepref.training.trainers import RftConfig


class ChosenTrainer(runner.UnroundedOutputs, SFTTrainer):
    """TRL's trainer, on weights that may be sharded."""


def response_labels(pair: TokenPair) -> list[int]:
    """Return the labels of prompt and chosen response: -100 (no loss) on every prompt token."""
    return [-100] * len(pair.prompt) + pair.chosen


def make_trainer(
    model: Any,
    tokenizer: Any,
    pairs: list[TokenPair],
    config: RftConfig,
    plan: BatchPlan,
    work: Path,
    seed: int,
) -> SFTTrainer:
    """Return TRL's SFT trainer with Table 3's arguments on the chosen sides, taken in order.

    The loss is the mean negative log-likelihood over all response tokens of the global batch.
    """
    ids = [pair.prompt + pair.chosen for pair in pairs]
    dataset = Dataset.from_dict({"input_ids": ids, "labels": [*map(response_labels, pairs)]})
    arguments = SFTConfig(
        **trainer_arguments(config, plan, work, seed),
        max_length=config.max_length,
        loss_type="nll",
        packing=False,
        padding_free=False,
        completion_only_loss=None,  # the labels say it
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    worthwhile = scoring.worthwhile(model)  # asked before LoRA wraps the model
    trainer = ChosenTrainer(
        model=model,
        args=arguments,
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=runner.lora(config),
    )
    if worthwhile:
        scoring.install(model, pairs=False)
    return trainer
