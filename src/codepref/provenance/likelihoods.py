"""What the two sides of a pair are worth to models: log-probabilities, implicit reward, loss."""

from math import exp, log1p
from pathlib import Path

from codepref.config import Config
from codepref.files import read_records
from codepref.records import Pair, ReferenceRecord, RewardRecord
from codepref.text_table import text_table

HEADER = ["", "log p\nchosen", "log p\nrejected", "reward\nchosen", "reward\nrejected", "loss"]


def likelihoods(run: Path, pair: Pair, config: Config) -> str:
    """Return a table: the pair under the model that trainings start from, and under each policy.

    A policy has a row if the pair's two samples are among those that its implicit reward was
    computed of (``training.rewards``). The reward is eq. 4, the loss eq. 3 of this one pair:
    ``-log sigmoid(reward of chosen - reward of rejected)``, log 2 before any training.

    Args:
        run: folder of the run.
        pair: one of its pairs.
        config: its configuration, for the names of models and methods.
    """
    chosen, rejected = pair.chosen_from.index, pair.rejected_from.index
    rows = [
        _row(config.models[path.parent.name].label, one.chosen_log_prob, one.rejected_log_prob)
        for path in sorted(run.glob(f"references/*/{pair.model}.jsonl"))
        for one in read_records(path, ReferenceRecord)
        if (one.problem_id, one.chosen_index, one.rejected_index)
        == (pair.problem_id, chosen, rejected)
    ]
    for path in sorted(run.glob(f"rewards/{pair.model}/*/seed*.jsonl")):
        if path.stem.endswith(".held_out"):
            continue
        of = {
            one.index: one
            for one in read_records(path, RewardRecord)
            if one.problem_id == pair.problem_id
        }
        if {chosen, rejected} <= of.keys():
            sides = of[chosen], of[rejected]
            name = f"{config.method_label(path.parent.name)}, {path.stem}"
            log_probs = (side.policy_log_prob for side in sides)
            rows.append(_row(name, *log_probs, *(side.reward for side in sides)))
    return text_table(HEADER, [rows]) if rows else ""


def _row(
    name: str, chosen: float, rejected: float, better: float = 0, worse: float = 0
) -> list[str]:
    loss = max(worse - better, 0) + log1p(exp(-abs(worse - better)))
    return [name, *(f"{value:.3f}" for value in (chosen, rejected, better, worse, loss))]
