"""Training on preference pairs: what all such trainers do alike, from pairs to a model."""

from typing import Any

from codepref.chat_template import end_of_turn
from codepref.errors import UserError
from codepref.models import configured_end, load_tokenizer
from codepref.models.folder import check_model_folder
from codepref.sampling.completion import end_tokens
from codepref.training import runner
from codepref.training.data import load_pairs, tokenise, training_order
from codepref.training.references import with_references
from codepref.training.trainers import TRAINERS, PairTrainerConfig


def train_on_pairs(run: runner.Run, pairs_from: str | None = None) -> None:
    """Train the run's model on its pairs and write the finished model folder.

    Args:
        run: its trainer learns from pairs, its data file holds pair records.
        pairs_from: the model whose pairs they must be; None: any one model.

    Raises:
        UserError: bad pairs, an impossible batch, an unreadable model, too long pairs.
    """
    entry, config, plan = TRAINERS[run.trainer], run.config, run.plan
    kept = getattr(config, "reference", "start") == "base"
    if kept != bool(run.references and run.reference_folder):
        raise UserError(
            "--reference base and another reference's log-probabilities go together: give "
            "--references and --reference-folder, too, or none of the three"
        )
    code = entry.load()
    assert isinstance(config, PairTrainerConfig)
    pairs = load_pairs(run.data_file, pairs_from)
    tokenizer = load_tokenizer(run.model_folder)
    ends = end_tokens(tokenizer, configured_end(run.model_folder))
    assert end_of_turn(tokenizer) in ends, "responses would end where samples do not stop"
    tokens = tokenise(tokenizer, pairs, config.max_length, config.allow_truncation)
    if run.references:
        reference = check_model_folder(run.reference_folder or run.model_folder)
        tokens = with_references(pairs, tokens, reference, run.references)
    lengths = [
        len(pair.prompt) + max(len(getattr(pair, side)) for side in entry.sides) for pair in tokens
    ]
    order = training_order(lengths, config.epochs, config.batch_size, run.seed)
    run.prepare_work()
    trainer = code.make_trainer(
        runner.load_model(run.model_folder, config),
        tokenizer,
        [tokens[i] for i in order],
        config,
        plan,
        run.work,
        run.seed,
    )
    complete: Any = getattr(code, "complete_log_line", lambda line, config: {})
    step_log = runner.StepLog(run.trainer.upper(), config, lambda line: complete(line, config))
    log = runner.train(trainer, run.work, step_log)
    counts = {
        "pairs": len(pairs),
        "problems": len({pair.problem_id for pair in pairs}),
        "pairs_from": pairs[0].model,
        "pairs_seen": len(order),
        "truncated_pairs": sum(pair.truncated for pair in tokens),
        "responses_cut_by_sampling": sum(
            getattr(pair, f"{side}_from").truncated for pair in pairs for side in entry.sides
        ),
    }
    runner.finish(trainer, run, log, counts)
