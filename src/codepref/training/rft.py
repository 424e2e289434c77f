"""Rejection-sampling fine-tuning with TRL: supervised on the chosen responses (paper, Table 3)."""

from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from codepref.config import RftConfig
from codepref.models import load_tokenizer
from codepref.training import runner, scoring
from codepref.training.arguments import BatchPlan, plan_batches, trainer_arguments, world_size
from codepref.training.data import TokenPair, load_pairs, tokenise, training_order


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
    dataset = Dataset.from_list(
        [
            {"input_ids": pair.prompt + pair.chosen, "labels": response_labels(pair)}
            for pair in pairs
        ]
    )
    arguments = SFTConfig(
        **trainer_arguments(config, plan, work, seed),
        max_length=config.max_length,
        loss_type="nll",
        packing=False,
        padding_free=False,
        completion_only_loss=None,  # the labels say it
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    able = scoring.supported(model)
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=runner.lora(config),
    )
    if able and model.device.type == "cpu" and world_size() == 1:
        scoring.install(model, pairs=False)
    return trainer


def train_rft(
    model_folder: Path,
    pairs_file: Path,
    output: Path,
    work: Path,
    seed: int,
    config: RftConfig,
    pairs_from: str | None = None,
) -> None:
    """Fine-tune a model folder on the chosen side of pairs; see ``dpo.train_dpo``."""
    plan = plan_batches(config.batch_size, config.per_device_batch_size, world_size())
    pairs = load_pairs(pairs_file, pairs_from)
    tokenizer = load_tokenizer(model_folder)
    tokens = tokenise(tokenizer, pairs, config.max_length, config.allow_truncation)
    lengths = [len(pair.prompt) + len(pair.chosen) for pair in tokens]
    order = training_order(lengths, config.epochs, config.batch_size, seed)
    runner.prepare_work(
        work, runner.fingerprint("rft", model_folder, pairs_file, config, plan, seed)
    )
    trainer = make_trainer(
        runner.load_model(model_folder, config),
        tokenizer,
        [tokens[i] for i in order],
        config,
        plan,
        work,
        seed,
    )
    log = runner.train(trainer, work, runner.StepLog("RFT", lambda line: {}))
    counts = {
        "pairs": len(pairs),
        "pairs_from": pairs[0].model,
        "pairs_seen": len(order),
        "truncated_pairs": sum(pair.truncated for pair in tokens),
        "responses_cut_by_sampling": sum(pair.chosen_from.truncated for pair in pairs),
    }
    facts = runner.facts("rft", model_folder, pairs_file, config, plan, seed, counts, log)
    runner.finish(trainer, model_folder, output, work, log, facts)
