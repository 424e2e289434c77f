"""DPO against closed forms, and shared prefixes against TRL's own computation."""

import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from helpers.places import SCRIPTS
from helpers.records import make_pair
from torch import nn
from transformers import LlamaConfig
from trl.trainer.utils import add_fused_lm_head

from codepref.errors import UserError
from codepref.files import write_records
from codepref.models import load_tokenizer
from codepref.training import dpo, runner, scoring
from codepref.training.arguments import BatchPlan, plan_batches
from codepref.training.data import TokenPair, load_pairs, tokenise
from codepref.training.trainers import DpoConfig


class CoinModel(nn.Module):
    """A language model with two tokens: token 1 has probability sigmoid(theta) everywhere."""

    def __init__(self, theta: float) -> None:
        super().__init__()
        self.config = LlamaConfig(vocab_size=2, hidden_size=1, num_attention_heads=1)
        self.config._attn_implementation = "sdpa"
        self.theta = nn.Parameter(torch.tensor(theta))

    def base_model(self, input_ids: torch.Tensor, **_) -> SimpleNamespace:
        return SimpleNamespace(last_hidden_state=torch.ones(*input_ids.shape, 1))

    def get_output_embeddings(self) -> SimpleNamespace:
        weight = torch.stack([torch.zeros(()), self.theta]).unsqueeze(1)
        return SimpleNamespace(weight=weight, bias=None)

    def forward(self, input_ids: torch.Tensor, **_) -> None:
        raise AssertionError("TRL must ask for log-probabilities only")


@pytest.fixture(scope="module")
def trainer(tiny_model_folder: Path, tmp_path_factory) -> dpo.PairTrainer:
    config = DpoConfig(beta=0.5)
    return dpo.make_trainer(
        runner.load_model(tiny_model_folder, config),
        load_tokenizer(tiny_model_folder),
        [TokenPair([1, 5], [6, 2], [7, 2])],
        config,
        BatchPlan(1, 1, 16),
        tmp_path_factory.mktemp("work"),
        0,
    )


@pytest.mark.parametrize("own_scoring", [False, True], ids=["TRL's scoring", "our scoring"])
def test_loss_gradient_and_reward_are_equation_3_and_4(trainer, own_scoring):
    """Chosen 1 1 against rejected 0, reference theta0: every number has a closed form."""
    beta, theta, theta0 = 0.5, 0.7, -0.2

    def log_p(token: int, at: float) -> float:
        return -math.log1p(math.exp(-at if token else at))

    model = CoinModel(theta)
    add_fused_lm_head(model, outputs=("log_probs", "entropy", "mean_logits", "is_top1"))
    if own_scoring:
        scoring.install(model, pairs=True)
    inputs = {
        "input_ids": torch.tensor([[0, 1, 1], [0, 0, 0]]),
        "attention_mask": torch.tensor([[1, 1, 1], [1, 1, 0]]),
        "completion_mask": torch.tensor([[0, 1, 1], [0, 1, 0]]),
        "ref_chosen_logps": torch.tensor([2 * log_p(1, theta0)]),
        "ref_rejected_logps": torch.tensor([log_p(0, theta0)]),
    }
    trainer.model.train()
    trainer._metrics["train"].clear()
    loss = trainer._compute_loss(model, inputs, return_outputs=False)
    loss.backward()

    chosen_reward = beta * 2 * (log_p(1, theta) - log_p(1, theta0))
    rejected_reward = beta * (log_p(0, theta) - log_p(0, theta0))
    margin = chosen_reward - rejected_reward
    sigmoid = 1 / (1 + math.exp(-theta))
    assert loss.item() == pytest.approx(math.log1p(math.exp(-margin)), rel=1e-6)
    # d margin / d theta = beta * (2 (1 - sigmoid) + sigmoid); d loss / d margin = sigmoid(margin)-1
    gradient = -beta * (2 * (1 - sigmoid) + sigmoid) / (1 + math.exp(margin))
    assert model.theta.grad.item() == pytest.approx(gradient, rel=1e-5)
    metrics = {name: values[-1] for name, values in trainer._metrics["train"].items()}
    assert metrics["rewards/chosen"] == pytest.approx(chosen_reward, rel=1e-5)
    assert metrics["rewards/rejected"] == pytest.approx(rejected_reward, rel=1e-5)
    assert metrics["rewards/margins"] == pytest.approx(margin, rel=1e-5)
    assert metrics["logps/chosen"] == pytest.approx(2 * log_p(1, theta), rel=1e-6)
    line = {"rewards/chosen": chosen_reward, "rewards/rejected": rejected_reward}
    log_ratio_sum = 2 * (log_p(1, theta) - log_p(1, theta0)) + log_p(0, theta) - log_p(0, theta0)
    assert dpo.complete_log_line(line, DpoConfig(beta=beta))["log_ratio"] == pytest.approx(
        log_ratio_sum / 2
    )


PAIRS = {
    "nothing in common": [TokenPair([1, 5, 9], [20, 21, 2], [30, 31, 32, 2])],
    "a long common beginning": [TokenPair([1, 5], [7, 8, 9, 10, 2], [7, 8, 9, 11, 12, 13, 2])],
    "one is the beginning of the other": [TokenPair([1, 5], [7, 8], [7, 8, 9, 2])],
    "one-token prompt": [TokenPair([1], [7, 2], [8, 2])],
    "a padded batch": [
        TokenPair([1, 5, 6, 7, 8, 9], [20, 2], [30, 31, 32, 2]),
        TokenPair([1, 9], [7, 8, 9, 2], [7, 2]),
        TokenPair([1, 9, 4], [40, 41, 42, 43, 44, 45, 46, 2], [40, 41, 2]),
    ],
}


def batch_of(pairs: list[TokenPair]) -> dict[str, torch.Tensor]:
    rows = [(p.prompt, p.chosen) for p in pairs] + [(p.prompt, p.rejected) for p in pairs]
    width = max(len(prompt) + len(response) for prompt, response in rows)
    ids, mask, labels = [], [], []
    for prompt, response in rows:
        padding = width - len(prompt) - len(response)
        ids.append(prompt + response + [2] * padding)
        mask.append([1] * (width - padding) + [0] * padding)
        labels.append([-100] * len(prompt) + response + [-100] * padding)
    names = ("input_ids", "attention_mask", "labels")
    return dict(zip(names, map(torch.tensor, (ids, mask, labels)), strict=True))


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("as_pairs", [True, False], ids=["shared prefix", "rows alone"])
@pytest.mark.parametrize("pairs", PAIRS.values(), ids=PAIRS.keys())
def test_our_scoring_gives_trls_numbers_and_gradients(
    pairs, as_pairs, attention, tiny_model_folder
):
    batch = batch_of(pairs)
    found = []
    for ours in (False, True):
        model = runner.load_model(tiny_model_folder, DpoConfig(attention=attention))
        add_fused_lm_head(model, outputs=("log_probs", "entropy", "mean_logits", "is_top1"))
        if ours:
            assert scoring.supported(model)
            scoring.install(model, pairs=as_pairs)
        outputs = model(**batch, fused_lm_head=True)
        weights = torch.linspace(1, 2, outputs.log_probs.numel()).view_as(outputs.log_probs)
        (outputs.log_probs * weights).sum().backward()
        gradients = [parameter.grad for parameter in model.parameters()]
        found.append((outputs, gradients))
    (theirs, their_gradients), (mine, my_gradients) = found
    for name in ("log_probs", "entropy", "mean_logits"):
        torch.testing.assert_close(mine[name], theirs[name], atol=2e-6, rtol=1e-5)
    assert torch.equal(mine.is_top1, theirs.is_top1)
    assert torch.equal(mine.label_mask, theirs.label_mask)
    for one, other in zip(my_gradients, their_gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def log_of_two_steps(folder: Path, pairs_file: Path, work: Path, **options) -> list[dict]:
    """Return the log of two steps, the first before any update."""
    config = DpoConfig(
        batch_size=5, max_length=512, learning_rate=1e-3, warmup_ratio=0.0, **options
    )
    tokenizer = load_tokenizer(folder)
    trainer = dpo.make_trainer(
        runner.load_model(folder, config),
        tokenizer,
        tokenise(tokenizer, load_pairs(pairs_file), 512, False),
        config,
        plan_batches(5, config.per_device_batch_size, 1),
        work,
        0,
    )
    return runner.train(trainer, work, runner.StepLog("DPO", config))


def train_two_steps(folder: Path, pairs_file: Path, work: Path, **options) -> list[float]:
    """Return loss and gradient norm of two steps."""
    log = log_of_two_steps(folder, pairs_file, work, **options)
    return [line[key] for line in log for key in ("loss", "grad_norm")]


def test_before_the_first_update_every_pair_is_a_tie(tiny_model_folder, pairs_file, tmp_path):
    first, second = log_of_two_steps(tiny_model_folder, pairs_file, tmp_path)
    assert (first["rewards/margins"], first["rewards/accuracies"]) == (0.0, 0.5)
    assert second["rewards/accuracies"] in [pytest.approx(right / 5) for right in range(6)]
    assert second["rewards/margins"] != 0


def test_nll_of_the_chosen_side_is_added_to_the_loss(tiny_model_folder, pairs_file, tmp_path):
    plain = train_two_steps(tiny_model_folder, pairs_file, tmp_path / "a")
    nll = {"loss_type": ["sigmoid", "sft"]}
    both = train_two_steps(tiny_model_folder, pairs_file, tmp_path / "b", **nll)
    options = nll | {"loss_weights": [1.0, 0.5]}
    half = train_two_steps(tiny_model_folder, pairs_file, tmp_path / "c", **options)
    model = runner.load_model(tiny_model_folder, DpoConfig())
    tokenizer = load_tokenizer(tiny_model_folder)
    per_token = []  # one pair a micro-batch: the mean of the pairs' means
    for pair in tokenise(tokenizer, load_pairs(pairs_file), 512, False)[:5]:
        ids = torch.tensor([pair.prompt + pair.chosen])
        labels = ids.masked_fill(torch.arange(ids.shape[1]) < len(pair.prompt), -100)
        per_token.append(model(input_ids=ids, labels=labels).loss.item())
    nll = sum(per_token) / len(per_token)
    assert plain[0] == pytest.approx(math.log(2), abs=1e-6)
    assert both[0] == pytest.approx(math.log(2) + nll, rel=1e-5)
    assert half[0] == pytest.approx(math.log(2) + nll / 2, rel=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"share_prefix": "never"}, marks=pytest.mark.long),
        {"share_prefix": "never", "precompute_reference": False, "per_device_batch_size": 5},
        pytest.param(
            {"precompute_reference": False, "per_device_batch_size": 5}, marks=pytest.mark.long
        ),
        {"gradient_checkpointing": "always"},
        {"attention": "eager"},
    ],
    ids=str,
)
def test_no_option_for_speed_changes_the_training(options, tiny_model_folder, pairs_file, tmp_path):
    plain = train_two_steps(tiny_model_folder, pairs_file, tmp_path / "a")
    other = train_two_steps(tiny_model_folder, pairs_file, tmp_path / "b", **options)
    assert plain[0] == pytest.approx(math.log(2), abs=1e-6)
    assert plain[2] < 0.95 * plain[0]  # the comparison is of a model that has moved
    assert other == pytest.approx(plain, rel=2e-3)


def test_a_reference_that_is_not_the_start_is_refused(tiny_model_folder, pairs_file, tmp_path):
    config = DpoConfig(batch_size=2, max_length=512)
    tokenizer = load_tokenizer(tiny_model_folder)
    trainer = dpo.make_trainer(
        runner.load_model(tiny_model_folder, config),
        tokenizer,
        tokenise(tokenizer, load_pairs(pairs_file), 512, False),
        config,
        BatchPlan(1, 1, 2),
        tmp_path,
        0,
    )
    with torch.no_grad():  # after the reference's log-probabilities were computed
        trainer.model.get_output_embeddings().weight.mul_(1.001)
    with pytest.raises(UserError, match="implicit rewards must be 0"):
        runner.train(trainer, tmp_path, runner.StepLog("DPO", config))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("prlimit") is None, reason="needs prlimit (util-linux)")
def test_memory_that_runs_out_in_training_says_what_to_lower(tiny_model_folder, tmp_path):
    long = [
        make_pair(number, f"```python\nx = {number}{' + 1' * 200}\n```", f"y{' - 2' * 200}")
        for number in range(16)
    ]
    write_records(tmp_path / "pairs.jsonl", long)
    script = SCRIPTS / "train_policy.py"
    command = ["prlimit", "--as=5500000000", sys.executable, script, "dpo", "--seed", "0"]
    command += ["--pairs", tmp_path / "pairs.jsonl", "--model-folder", tiny_model_folder]
    command += ["--output", tmp_path / "model", "--work", tmp_path / "work"]
    done = subprocess.run(
        [*command, "--per-device-batch-size", "16"],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 2, done.stderr[-2000:]
    assert "out of memory with per_device_batch_size 16; lower dpo.per_device" in done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "model").exists()


def test_sharing_is_refused_where_it_cannot_work(tiny_model_folder):
    model = runner.load_model(tiny_model_folder, DpoConfig())
    assert dpo.shares_prefix(model, DpoConfig())
    assert not dpo.shares_prefix(model, DpoConfig(share_prefix="never"))
    model.config.model_type = "mamba"
    assert not dpo.shares_prefix(model, DpoConfig())
    with pytest.raises(UserError, match="this model is 'mamba'"):
        dpo.shares_prefix(model, DpoConfig(share_prefix="always"))
