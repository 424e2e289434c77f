"""What a pair is worth to models: eq. 3 and eq. 4 of the paper, by hand."""

import math
from pathlib import Path

from helpers.full_run import config
from helpers.records import make_pair

from codepref.files import write_records
from codepref.provenance.likelihoods import likelihoods
from codepref.records import ReferenceRecord, RewardRecord


def reward(problem: str, index: int, policy: float, reference: float) -> RewardRecord:
    return RewardRecord(
        problem_id=problem, index=index, model="m", policy_revision="p", reference_revision="r",
        beta=0.1, reward=0.1 * (policy - reference), policy_log_prob=policy,
        reference_log_prob=reference, tokens=5,
    )  # fmt: skip


def test_the_reward_is_that_of_eq_4_and_the_loss_that_of_eq_3(tmp_path: Path) -> None:
    pair = make_pair(1).model_copy(update={"model": "smollm"})
    of, chosen, rejected = pair.problem_id, pair.chosen_from.index, pair.rejected_from.index
    other = make_pair(2).problem_id
    assert likelihoods(tmp_path, pair, config()) == ""
    before = [
        ReferenceRecord(
            problem_id=problem, chosen_index=chosen, rejected_index=rejected, model_revision="r",
            tokens=(9, 5, 7), chosen_log_prob=-3.0 - n, rejected_log_prob=-8.0 - n,
        )
        for n, problem in enumerate([of, other])
    ]  # fmt: skip
    write_records(tmp_path / f"references/smollm/{pair.model}.jsonl", before)
    scored = [reward(of, chosen, -2.0, -3.0), reward(of, rejected, -12.0, -8.0)]
    scored += [reward(other, chosen, -1.0, -1.0)]
    folder = tmp_path / f"rewards/{pair.model}"
    write_records(folder / "dpo/seed0.jsonl", scored)
    write_records(folder / "dpo/seed0.held_out.jsonl", scored)
    write_records(folder / "dpo_nll/seed0.jsonl", scored[:1])  # not both sides: no row
    lines = likelihoods(tmp_path, pair, config()).splitlines()
    assert lines[-2].startswith(config().models["smollm"].label)
    assert lines[-1].startswith(f"{config().method_label('dpo')}, seed0")
    untrained, trained = (line.split()[-5:] for line in lines[-2:])
    assert [float(cell) for cell in untrained] == [-3, -8, 0, 0, round(math.log(2), 3)]
    # 0.1 * (-2 - -3) and 0.1 * (-12 - -8): the margin is 0.5.
    loss = -math.log(1 / (1 + math.exp(-0.5)))
    assert [float(cell) for cell in trained] == [-2, -12, 0.1, -0.4, round(loss, 3)]
    diverged = [reward(of, chosen, -9000.0, -3.0), reward(of, rejected, 0.0, -8.0)]
    write_records(folder / "dpo/seed0.jsonl", diverged)
    loss = 0.1 * (8997 + 8)
    assert float(likelihoods(tmp_path, pair, config()).split()[-1]) == round(loss, 3)
