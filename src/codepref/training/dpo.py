"""Direct preference optimization with TRL (paper, eq. 3 and Table 4)."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import DPOConfig, DPOTrainer
from trl.trainer import dpo_trainer

from codepref.errors import UserError
from codepref.files import whole_folder
from codepref.progress import Progress
from codepref.training import runner, scoring
from codepref.training.arguments import BatchPlan, is_main_process, trainer_arguments, world_size
from codepref.training.data import TokenPair
from codepref.training.trainers import DpoConfig

REFERENCE_COLUMNS = ("ref_chosen_logps", "ref_rejected_logps")
"""TRL's names for the reference's log-probabilities"""

ROUNDING = {"fp32": 1e-4, "bf16": 0.05}
"""The largest mean reward of a micro-batch, in nats times beta, that comes of rounding alone.

With the same kernels and number of threads fp32 gives exactly 0; references that another machine
made, or the same one with other threads, differ in the last digits.
"""


class PairTrainer(runner.UnroundedOutputs, DPOTrainer):
    """TRL's trainer on pairs that are tokenised already, checked before the first update."""

    def __init__(self, *, share_prefix: bool, from_reference: bool, **kwargs: Any) -> None:
        self._share_prefix, self._from_reference = share_prefix, from_reference
        scored = set(REFERENCE_COLUMNS) <= set(kwargs["train_dataset"].column_names)
        with _no_second_model() if scored else nullcontext():
            super().__init__(**kwargs)
        self._install_scoring()

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset

    def _precompute_ref_logps(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        if set(REFERENCE_COLUMNS) <= set(dataset.column_names):
            return dataset
        self._install_scoring()  # TRL's constructor gets here after its own patch of the model
        batches = -(-len(dataset) // self.args.train_batch_size // world_size())
        self._reference_progress = Progress("reference log-probabilities", batches)
        return super()._precompute_ref_logps(dataset, *args, **kwargs)

    def compute_ref_log_probs(self, model: Any, inputs: Any) -> Any:
        """Return the reference's log-probabilities of one micro-batch, and show progress."""
        result = super().compute_ref_log_probs(model, inputs)
        if is_main_process():
            self._reference_progress.advance()
        return result

    def _install_scoring(self) -> None:
        if self._share_prefix:
            models: list[Any] = [self.model, self.ref_model]
            for model in filter(None, models):
                bare = model.get_base_model() if hasattr(model, "peft_config") else model
                scoring.install(bare, pairs=True)
        self._share_prefix = False

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Return TRL's loss; refuse to update a model whose first reward is not 0.

        Unless the reference is kept from an earlier round: then the first reward is what the rounds
        before have learned.

        Where both rewards are 0 up to rounding (the policy is still the reference), every pair is a
        tie: it counts half in the accuracy, where TRL counts it as in one order or the other.
        """
        loss = super().compute_loss(model, inputs, *args, **kwargs)
        if not model.training:
            return loss
        metrics = self._metrics["train"]
        rewards = [metrics[f"rewards/{side}"][-1] for side in ("chosen", "rejected")]
        if _within(ROUNDING["fp32"], rewards):
            metrics["rewards/accuracies"][-1] = 0.5
        most = ROUNDING["bf16" if self.args.bf16 else "fp32"]
        if self._from_reference and self.state.global_step == 0 and not _within(most, rewards):
            raise UserError(
                f"before the first update the implicit rewards must be 0, they are {rewards}: "
                "the reference is not the model that training starts from"
            )
        return loss


def _within(most: float, rewards: list[float]) -> bool:
    """Whether all are numbers, and none is larger, whatever its sign."""
    return all(abs(reward) <= most for reward in rewards)


def make_trainer(
    model: Any,
    tokenizer: Any,
    pairs: list[TokenPair],
    config: DpoConfig,
    plan: BatchPlan,
    work: Path,
    seed: int,
) -> PairTrainer:
    """Return TRL's DPO trainer with Table 4's arguments on ``pairs``, which it takes in order.

    ``loss_type`` sigmoid without label smoothing is eq. 3 (``losses.LOSSES`` has the others);
    rewards are beta times eq. 4's log-ratio, summed over the response's tokens, whatever the loss.
    """
    arguments = DPOConfig(
        **trainer_arguments(config, plan, work, seed),
        max_length=config.max_length,
        beta=config.beta,
        loss_type=config.loss_type,
        loss_weights=config.loss_weights or None,
        label_smoothing=config.smoothing,
        discopop_tau=config.discopop_tau,
        truncation_mode="keep_start",
        disable_dropout=True,
        precompute_ref_log_probs=config.precompute_reference,
        # The same micro-batches as in training: rounding is the same, the first reward exactly 0.
        precompute_ref_batch_size=plan.per_device,
    )
    rows = [
        {"prompt_ids": pair.prompt, "chosen_ids": pair.chosen, "rejected_ids": pair.rejected}
        | (dict(zip(REFERENCE_COLUMNS, pair.reference, strict=True)) if pair.reference else {})
        for pair in pairs
    ]
    return PairTrainer(
        model=model,
        args=arguments,
        train_dataset=shared_dataset(rows, work, arguments),
        processing_class=tokenizer,
        peft_config=runner.lora(config),
        share_prefix=shares_prefix(model, config),
        from_reference=config.reference == "start",
    )


@contextmanager
def _no_second_model() -> Iterator[None]:
    """Keep TRL from loading a reference model that it has no use for.

    With sharded weights it would, in every process, although the log-probabilities are there.
    """
    trl: Any = dpo_trainer
    load = trl.create_model_from_path
    trl.create_model_from_path = lambda *_, **__: None
    try:
        yield
    finally:
        trl.create_model_from_path = load


def shared_dataset(rows: list[dict[str, Any]], work: Path, arguments: DPOConfig) -> Dataset:
    """Return the rows as a data set in the work folder, written by the main process only.

    TRL keeps the reference's log-probabilities in a file beside the data set: there all processes
    of a distributed run find it, and a resumed run does, too.
    """
    folder = work / "tokens"
    state = arguments.distributed_state
    assert state is not None
    if state.is_main_process and not folder.is_dir():
        with whole_folder(folder) as new:
            Dataset.from_list(rows).save_to_disk(new)
    state.wait_for_everyone()
    return Dataset.load_from_disk(folder)


def shares_prefix(model: Any, config: DpoConfig) -> bool:
    """Return whether both sides' common beginning is run once, resolving 'auto'.

    Raises:
        UserError: 'always' for a model or an attention kernel that cannot.
    """
    able = scoring.supported(model)
    if config.share_prefix == "always" and not able:
        raise UserError(
            f"share_prefix needs attention 'sdpa' or 'eager' and one of the architectures "
            f"{', '.join(scoring.SUPPORTED)}; this model is '{model.config.model_type}' with "
            f"'{model.config._attn_implementation}': set share_prefix to 'auto' or 'never'"
        )
    if config.share_prefix == "auto":
        return scoring.worthwhile(model)
    return config.share_prefix == "always"


def complete_log_line(line: dict[str, float], config: DpoConfig) -> dict[str, float]:
    """Return what a log line gains: the mean of log(policy/reference) over the step's responses.

    In nats per response, chosen and rejected alike. No divergence: pairs are neither samples of the
    policy nor all samples of the reference.
    """
    both = line["rewards/chosen"] + line["rewards/rejected"]
    return {"log_ratio": both / (2 * config.beta) + 0.0}
