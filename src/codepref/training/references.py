"""The reference's log-probabilities of pairs, made once for all trainings that start from a model.

They depend on the model and the pairs alone: not on the training seed, not on what is added to
eq. 3, not on which part of the pairs a method takes.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.files import read_records, write_records
from codepref.models import load_tokenizer, model_revision
from codepref.records import Pair, ReferenceRecord
from codepref.training import dpo, runner
from codepref.training.arguments import is_main_process, plan_batches, world_size
from codepref.training.data import TokenPair, load_pairs, tokenise
from codepref.training.trainers import DpoConfig


def score_references(
    model_folder: Path, pairs_file: Path, config: DpoConfig, work: Path, output: Path
) -> None:
    """Write both sides' log-probabilities under a model, one record per pair, in their order.

    They come from the trainer itself, with one pair in each micro-batch: a training with the same
    settings, devices and threads rounds alike, and its first reward is exactly 0.

    Args:
        model_folder: the reference.
        pairs_file: pair records (JSONL).
        config: as in the trainings that will use them.
        work: a folder that all processes of this job see; removed at the end.
        output: reference records (JSONL).

    Raises:
        UserError: bad pairs, an unreadable model, too long pairs.
    """
    if is_main_process():
        shutil.rmtree(work, ignore_errors=True)
    pairs = load_pairs(pairs_file)
    tokenizer = load_tokenizer(model_folder)
    tokens = tokenise(tokenizer, pairs, config.max_length, config.allow_truncation)
    devices = world_size()
    trainer = dpo.make_trainer(
        runner.load_model(model_folder, config),
        tokenizer,
        tokens,
        config,
        plan_batches(devices, 1, devices),
        work,
        seed=0,
    )
    dataset: Any = trainer.train_dataset
    scored = [list(dataset[name]) for name in dpo.REFERENCE_COLUMNS]
    if is_main_process():
        records = (
            ReferenceRecord(
                problem_id=pair.problem_id,
                chosen_index=pair.chosen_from.index,
                rejected_index=pair.rejected_from.index,
                model_revision=model_revision(model_folder),
                tokens=_lengths(ids),
                chosen_log_prob=chosen,
                rejected_log_prob=rejected,
            )
            for pair, ids, chosen, rejected in zip(pairs, tokens, *scored, strict=True)
        )
        write_records(output, records)
    trainer.accelerator.wait_for_everyone()
    if is_main_process():
        shutil.rmtree(work)


def with_references(
    pairs: Sequence[Pair], tokens: Sequence[TokenPair], model_folder: Path, path: Path
) -> list[TokenPair]:
    """Return the tokenised pairs with what the reference gives them.

    Args:
        pairs: the pairs; ``path`` may have more.
        tokens: the same, as tokens.
        model_folder: the reference.
        path: reference records (JSONL).

    Raises:
        UserError: a pair is missing, or was scored with other tokens or by another model.
    """
    revision = model_revision(model_folder)
    found = {
        (one.problem_id, one.chosen_index, one.rejected_index): one
        for one in read_records(path, ReferenceRecord)
    }
    whole = []
    for pair, ids in zip(pairs, tokens, strict=True):
        one = found.get((pair.problem_id, pair.chosen_from.index, pair.rejected_from.index))
        if one is None or one.tokens != _lengths(ids) or one.model_revision != revision:
            what = "is not in it" if one is None else "is of another model or other tokens there"
            raise UserError(
                f"{path}: the pair of problem {pair.problem_id} {what}; delete the file and make "
                "it again from the pairs of this run (score_references.py)"
            )
        whole.append(replace(ids, reference=(one.chosen_log_prob, one.rejected_log_prob)))
    return whole


def _lengths(pair: TokenPair) -> tuple[int, int, int]:
    return len(pair.prompt), len(pair.chosen), len(pair.rejected)
