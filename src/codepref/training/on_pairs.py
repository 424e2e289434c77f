"""Training on preference pairs: what DPO and RFT do alike, from a file of pairs to a model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from transformers import Trainer

from codepref.config import PairTrainerConfig
from codepref.models import load_tokenizer
from codepref.training import dpo, rft, runner
from codepref.training.data import load_pairs, tokenise, training_order

LogLine = dict[str, float]


@dataclass(frozen=True)
class Method:
    """What distinguishes a method: its trainer, the sides it learns from, what its log adds."""

    make_trainer: Callable[..., Trainer]
    sides: tuple[str, ...]
    complete: Callable[[LogLine, Any], LogLine] = lambda line, config: {}


METHODS = {
    "dpo": Method(
        dpo.make_trainer,
        ("chosen", "rejected"),
        lambda line, config: dpo.kl_estimate(line, config.beta),
    ),
    "rft": Method(rft.make_trainer, ("chosen",)),
}


def train(run: runner.Run, pairs_from: str | None = None) -> None:
    """Train the run's model on its pairs and write the finished model folder.

    Args:
        run: its method is one of ``METHODS``, its data file holds pair records.
        pairs_from: the model whose pairs they must be; None: any one model.

    Raises:
        UserError: bad pairs, an impossible batch, an unreadable model, too long pairs.
    """
    method, config, plan = METHODS[run.method], run.config, run.plan
    assert isinstance(config, PairTrainerConfig)
    pairs = load_pairs(run.data_file, pairs_from)
    tokenizer = load_tokenizer(run.model_folder)
    tokens = tokenise(tokenizer, pairs, config.max_length, config.allow_truncation)
    lengths = [
        len(pair.prompt) + max(len(getattr(pair, side)) for side in method.sides) for pair in tokens
    ]
    order = training_order(lengths, config.epochs, config.batch_size, run.seed)
    run.prepare_work()
    trainer = method.make_trainer(
        runner.load_model(run.model_folder, config),
        tokenizer,
        [tokens[i] for i in order],
        config,
        plan,
        run.work,
        run.seed,
    )
    step_log = runner.StepLog(run.method.upper(), lambda line: method.complete(line, config))
    log = runner.train(trainer, run.work, step_log)
    counts = {
        "pairs": len(pairs),
        "pairs_from": pairs[0].model,
        "pairs_seen": len(order),
        "truncated_pairs": sum(pair.truncated for pair in tokens),
        "responses_cut_by_sampling": sum(
            getattr(pair, f"{side}_from").truncated for pair in pairs for side in method.sides
        ),
    }
    runner.finish(trainer, run, log, counts)
