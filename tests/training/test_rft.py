"""RFT learns the chosen response only, and its loss is the mean over the response's tokens."""

import pytest
import torch

from codepref.models import load_tokenizer
from codepref.training import rft, runner
from codepref.training.arguments import BatchPlan
from codepref.training.data import TokenPair
from codepref.training.trainers import RftConfig

PAIRS = [
    TokenPair([1, 50, 51, 52], [60, 61, 62, 2], [70, 2]),
    TokenPair([1, 50], [60, 2], [70, 71, 72, 2]),
]


def test_the_labels_are_the_chosen_response():
    assert rft.response_labels(PAIRS[0]) == [-100, -100, -100, -100, 60, 61, 62, 2]


@pytest.fixture
def trainer(tiny_model_folder, tmp_path):
    config = RftConfig(batch_size=2, max_length=64)
    model = runner.load_model(tiny_model_folder, config)
    tokenizer = load_tokenizer(tiny_model_folder)
    return rft.make_trainer(model, tokenizer, PAIRS, config, BatchPlan(1, 2, 1), tmp_path, 0)


def test_what_the_trainer_feeds_the_model_masks_prompt_and_padding(trainer):
    batch = next(iter(trainer.get_train_dataloader()))
    assert batch["labels"].tolist() == [
        [-100, -100, -100, -100, 60, 61, 62, 2],
        [-100, -100, 60, 2, -100, -100, -100, -100],
    ]
    assert batch["attention_mask"].sum(dim=1).tolist() == [8, 4]


def test_the_loss_is_the_mean_over_response_tokens(trainer):
    batch = next(iter(trainer.get_train_dataloader()))
    loss = trainer.compute_loss(trainer.model, dict(batch), num_items_in_batch=torch.tensor(6))
    logits = trainer.model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
    log_probs = logits.logits.log_softmax(-1)
    expected = -sum(
        log_probs[row, position, token]
        for row, pair in enumerate(PAIRS)
        for position, token in enumerate(pair.chosen, start=len(pair.prompt) - 1)
    )
    assert loss.item() == pytest.approx(expected.item() / 6, rel=1e-5)


def test_a_prompts_own_tokens_are_not_learned(trainer):
    """The loss is the same whatever the labels of the prompt would have been."""
    batch = next(iter(trainer.get_train_dataloader()))
    log = trainer.compute_loss(trainer.model, dict(batch), num_items_in_batch=torch.tensor(6))
    log.backward()
    head = trainer.model.get_output_embeddings().weight.grad
    assert torch.isfinite(head).all() and head.abs().sum() > 0
