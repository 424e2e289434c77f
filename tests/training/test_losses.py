"""Every loss by its name: the table against the installed TRL, and closed forms."""

import math
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from helpers.places import CONFIGS

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.models import load_tokenizer
from codepref.training import dpo, runner
from codepref.training.arguments import BatchPlan
from codepref.training.data import TokenPair
from codepref.training.losses import LOSSES
from codepref.training.trainers import DpoConfig

BETA, TAU = 0.5, 0.05
PAIRS = [TokenPair([1, 5], [6, 9, 2], [7, 2]), TokenPair([1, 8], [9, 2], [6, 7, 8, 2])]
# What the first test gives: log(policy/reference) of two pairs, and the tokens of each response.
CHOSEN, REJECTED = [0.8, -0.3], [-0.5, -1.1]
TOKENS = [(2, 1), (1, 3)]


def s(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def of_pair(name: str, c: float, r: float, tokens: tuple[int, int], e: float) -> float:
    """Return a loss of one pair, from the works' own equations."""
    m, mean = BETA * (c - r), c / tokens[0] - r / tokens[1]
    if name == "exo_pair":
        return s(m) * math.log(s(m) / (1 - e)) + s(-m) * math.log(s(-m) / e)
    if name == "discopop":
        w = s(m / TAU)
        return -(1 - w) * math.log(s(m)) + w * math.exp(-m)
    forms = {
        "sigmoid": lambda: -math.log(s(m)),
        "sigmoid_norm": lambda: -math.log(s(BETA * mean)),
        "ipo": lambda: (mean - 1 / (2 * BETA)) ** 2,
        "hinge": lambda: max(0.0, 1 - m),
        "robust": lambda: (-(1 - e) * math.log(s(m)) + e * math.log(s(-m))) / (1 - 2 * e),
        "nca_pair": lambda: (
            -math.log(s(BETA * c)) - math.log(s(-BETA * c)) / 2 - math.log(s(-BETA * r)) / 2
        ),
        "bco_pair": lambda: -math.log(s(BETA * c)) - math.log(s(-BETA * r)),
        "sppo_hard": lambda: (c - 1 / (2 * BETA)) ** 2 + (r + 1 / (2 * BETA)) ** 2,
        "apo_zero": lambda: 1 - s(BETA * c) + s(BETA * r),
        "apo_down": lambda: s(BETA * c) + 1 - s(m),
    }
    return forms[name]()


def closed_form(name: str, chosen_log_p: list[float]) -> float:
    """Return a loss of both pairs in one micro-batch."""
    if name == "sft":
        return -sum(chosen_log_p) / sum(tokens[0] for tokens in TOKENS)
    if name == "aot":  # the references are 0: log-ratios chosen/rejected of the policy are sorted
        found = sorted(c - r for c, r in zip(CHOSEN, REJECTED, strict=True))
        return sum(-math.log(s(BETA * d)) for d in found) / 2
    if name == "aot_unpaired":
        both = zip(sorted(CHOSEN), sorted(REJECTED), strict=True)
        return sum(-math.log(s(BETA * (c - r))) for c, r in both) / 2
    e = LOSSES[name].smoothing or 0.0
    each = zip(CHOSEN, REJECTED, TOKENS, strict=True)
    return sum(of_pair(name, c, r, tokens, e) for c, r, tokens in each) / 2


def settings(name: str, **more: Any) -> DpoConfig:
    several = {"per_device_batch_size": 2} if LOSSES[name].compares_pairs else {}
    return DpoConfig(beta=BETA, loss_type=[name], **several, **more)


def trainer_of(config: DpoConfig, folder: Path, work: Path) -> dpo.PairTrainer:
    plan = BatchPlan(1, config.per_device_batch_size, 2 // config.per_device_batch_size)
    model, tokenizer = runner.load_model(folder, config), load_tokenizer(folder)
    return dpo.make_trainer(model, tokenizer, PAIRS, config, plan, work, 0)


@pytest.mark.parametrize("name", LOSSES)
def test_trl_computes_what_the_work_says(name, tiny_model_folder, tmp_path):
    """Both sides' log-probabilities are given; the answer is the equation's, by hand."""
    trainer = trainer_of(settings(name), tiny_model_folder, tmp_path)
    trainer.model.train()
    rows = [[0.3, 0.5], [-0.3], [-0.5], [-0.7, -0.4, 0.0]]  # by token, the chosen ones first
    width = max(map(len, rows))
    log_probs = torch.tensor([[*row, *[0.0] * (width - len(row))] for row in rows])
    mask = torch.tensor([[0, *[1] * len(row), *[0] * (width - len(row))] for row in rows])
    assert [sum(row) for row in rows] == pytest.approx([*CHOSEN, *REJECTED])

    def model(**_: Any) -> SimpleNamespace:
        others = dict.fromkeys(("entropy", "mean_logits"), torch.zeros_like(log_probs))
        return SimpleNamespace(log_probs=log_probs, is_top1=mask[:, 1:] == 1, **others)

    inputs = {
        "input_ids": torch.ones_like(mask),
        "attention_mask": torch.ones_like(mask),
        "completion_mask": mask,
        "ref_chosen_logps": torch.zeros(2),
        "ref_rejected_logps": torch.zeros(2),
    }
    loss = trainer._compute_loss(model, inputs, return_outputs=False)
    chosen_log_p = [sum(row) for row in rows[:2]]
    assert loss.item() == pytest.approx(closed_form(name, chosen_log_p), rel=1e-5)


AT_THE_START = {
    **dict.fromkeys(("sigmoid", "sigmoid_norm", "robust", "aot", "aot_unpaired"), math.log(2)),
    "ipo": 1 / (2 * BETA) ** 2,
    "hinge": 1.0,
    "exo_pair": math.log(1 / 2) - math.log(1e-3 * (1 - 1e-3)) / 2,
    **dict.fromkeys(("nca_pair", "bco_pair"), 2 * math.log(2)),
    "sppo_hard": 2 / (2 * BETA) ** 2,
    **dict.fromkeys(("apo_zero", "apo_down"), 1.0),
    "discopop": math.log(2) / 2 + 1 / 2,
}


@pytest.mark.parametrize("name", LOSSES)
def test_the_first_loss_that_a_training_logs_is_the_one_of_an_untrained_policy(
    name, tiny_model_folder, tmp_path
):
    config = settings(name, batch_size=2, max_length=64)
    trainer = trainer_of(config, tiny_model_folder, tmp_path)
    [line] = runner.train(trainer, tmp_path, runner.StepLog("DPO", config))
    expected = AT_THE_START.get(name)
    if expected is None:
        assert name == "sft"
        expected = sum(_nll(tiny_model_folder, pair) for pair in PAIRS) / 2
    assert line["loss"] == pytest.approx(expected, rel=1e-4)
    assert line["rewards/margins"] == 0.0


def _nll(folder: Path, pair: TokenPair) -> float:
    ids = torch.tensor([pair.prompt + pair.chosen])
    labels = ids.masked_fill(torch.arange(ids.shape[1]) < len(pair.prompt), -100)
    return runner.load_model(folder, DpoConfig())(input_ids=ids, labels=labels).loss.item()


def test_the_table_has_the_losses_of_the_installed_trl(tiny_model_folder, tmp_path):
    trainer = trainer_of(settings("sigmoid"), tiny_model_folder, tmp_path)
    trainer.loss_types = ["none of them"]
    batch = trainer.data_collator([trainer.train_dataset[0]])
    with pytest.raises(ValueError, match="Unknown loss type") as error:
        trainer._compute_loss(trainer.model, batch, return_outputs=False)
    listed = str(error.value).partition("Should be one of")[2]
    assert set(re.findall(r"'(\w+)'", listed)) == set(LOSSES)


def test_losses_are_added_up_with_their_weights(tiny_model_folder, tmp_path):
    config = DpoConfig(beta=BETA, loss_type=["hinge", "ipo"], loss_weights=[0.25, 2.0])
    trainer = trainer_of(config, tiny_model_folder, tmp_path)
    log = runner.train(trainer, tmp_path, runner.StepLog("DPO", config))
    assert log[0]["loss"] == pytest.approx(0.25 * 1 + 2.0 * AT_THE_START["ipo"], rel=1e-5)


def test_every_loss_but_the_supervised_one_is_a_method_of_the_catalogue():
    methods = Config().methods
    told = {tuple(m.dpo.loss_type) for m in methods.values() if m.trainer == "dpo" and m.dpo}
    assert told == {(name,) for name in LOSSES if name not in ("sigmoid", "sft")} | {
        ("sigmoid", "sft")
    }
    text = (CONFIGS / "losses.yaml").read_text("utf-8")
    assert all(name in text for name, m in methods.items() if m.trainer == "dpo" and m.dpo)


@pytest.mark.parametrize(
    "given",
    [
        {"loss_type": ["sigmoid", "sft"], "loss_weights": [1, 0.2]},
        {"loss_type": ["robust"], "label_smoothing": 0.2},
        {"loss_weights": [0.5]},
    ],
    ids=str,
)
def test_what_belongs_to_a_loss_is_not_taken_over_by_methods_with_another(given):
    config = load_config({"training": {"dpo": given}})
    assert config.settings_of("dpo").model_dump() | given == config.settings_of("dpo").model_dump()
    plain = load_config({})
    for name in ("dpo_ipo", "dpo_robust", "dpo_nll"):
        assert config.settings_of(name) == plain.settings_of(name)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"loss_type": ["ipoo"]}, ".loss_type: there is no loss 'ipoo'; did you mean 'ipo'?"),
        ({"loss_type": ["ipo", "ipo"]}, ".loss_type: a loss is named twice"),
        ({"loss_type": "ipo"}, ".loss_type: expected a list, found 'ipo'; write [ipo]"),
        ({"loss_type": []}, ".loss_type: expected a list with at least 1 of them"),
        ({"loss_type": ["ipo"], "loss_weights": [1, 2]}, ".loss_weights: 2 weights for the losses"),
        ({"loss_weights": [-1]}, ".loss_weights: expected more than 0 each"),
        ({"loss_weights": [True]}, ".loss_weights: expected a number, found"),
        ({"label_smoothing": 0.1}, ".label_smoothing: it does nothing here: only robust, exo_pair"),
        ({"loss_type": ["robust"], "label_smoothing": 0.5}, ".label_smoothing: expected less"),
        ({"loss_type": ["exo_pair"], "label_smoothing": 0}, ".label_smoothing: expected more than"),
        ({"loss_type": ["exo_pair", "robust"]}, ".label_smoothing: give it: the losses exo_pair"),
        ({"loss_type": ["aot"]}, ".per_device_batch_size: expected 2 or more, found 1: aot"),
    ],
    ids=str,
)
def test_a_wrong_loss_is_refused_by_its_key(given, message):
    methods = {"m": {"label": "m", "trainer": "dpo", "dpo": given}}
    experiments = [{"model": "codeqwen", "methods": ["m"]}]
    with pytest.raises(UserError) as error:
        load_config({"methods": methods, "experiments": experiments})
    assert f"methods.m.dpo{message}" in str(error.value)
