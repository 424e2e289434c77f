"""The decoding loop: the same as transformers' own where that is defined, and seeded per sample."""

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
import torch

from codepref.models import load_model, load_tokenizer
from codepref.prompts import render
from codepref.records import Message
from codepref.sampling import transformers_engine
from codepref.sampling.engine import Decoding, Prompt
from codepref.sampling.transformers_engine import TransformersEngine, choose_tokens

GREEDY = Decoding(temperature=0, top_p=1, max_tokens=12)
# Random weights give nearly flat distributions; this temperature makes them like a real model's.
SAMPLED = Decoding(temperature=0.08, top_p=0.9, max_tokens=10)


@pytest.fixture(scope="module")
def engine(tiny_model_folder: Path) -> TransformersEngine:
    return TransformersEngine(tiny_model_folder, 64)


@pytest.fixture(scope="module")
def prompts(tiny_model_folder: Path) -> list[list[int]]:
    tokenizer = load_tokenizer(tiny_model_folder)
    texts = ["def f(x):", "Write a function that reverses a list of 12 numbers, please.", "x"]
    return [tokenizer(text)["input_ids"] for text in texts]


def test_greedy_equals_generate_for_prompts_of_different_lengths(
    engine: TransformersEngine, prompts: list[list[int]], tiny_model_folder: Path
) -> None:
    model, tokenizer = load_model(tiny_model_folder), load_tokenizer(tiny_model_folder)
    ours = engine.complete([Prompt(ids, [0]) for ids in prompts], GREEDY)
    for ids, (completion,) in zip(prompts, ours, strict=True):
        theirs = model.generate(
            torch.tensor([ids]), max_new_tokens=GREEDY.max_tokens, do_sample=False
        )
        text = tokenizer.decode(theirs[0, len(ids) :], skip_special_tokens=True)
        assert completion.text == text


def test_a_sample_depends_on_its_seed_alone(
    engine: TransformersEngine, prompts: list[list[int]]
) -> None:
    together = engine.complete([Prompt(ids, [1, 2, 3]) for ids in prompts], SAMPLED)
    alone = [
        [engine.complete([Prompt(ids, [s])], SAMPLED)[0][0] for s in (1, 2, 3)] for ids in prompts
    ]
    assert together == alone
    assert together[0][0] != together[0][1]
    assert engine.complete([Prompt(prompts[0], [3, 1])], SAMPLED)[0] == [alone[0][2], alone[0][0]]


def test_finished_rows_leave_and_the_others_go_on(
    engine: TransformersEngine, prompts: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = list(range(8))
    whole = engine.complete([Prompt(prompts[0], seeds)], SAMPLED)[0]
    decoder = engine._decoder
    # An end token that some samples reach early: each is cut there, the rest stays the same.
    tokens = Counter(load for c in whole for load in decoder._tokenizer(c.text)["input_ids"])
    end = tokens.most_common(1)[0][0]
    monkeypatch.setattr(decoder, "end_tokens", {end})
    steps: list[tuple[int, int]] = []
    cut = engine.complete(
        [Prompt(prompts[0], seeds)], SAMPLED, lambda tokens, done: steps.append((tokens, done))
    )[0]
    assert any(a.tokens < b.tokens for a, b in zip(cut, whole, strict=True))
    assert all(b.text.startswith(a.text) for a, b in zip(cut, whole, strict=True))
    assert sum(done for _, done in steps) == 8
    assert steps[0][0] == 8 and steps[-1][0] <= 8


@pytest.mark.parametrize("rows", [1, 3, pytest.param(5, marks=pytest.mark.long), 8])
def test_rows_that_take_the_places_of_finished_ones_are_the_same(
    rows: int, prompts: list[list[int]], tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long and short prompts in turn, one to three samples each, ending at different steps."""
    asked = [Prompt(prompts[n % 3], list(range(n, n + 1 + n % 3))) for n in range(12)]
    few, engine = (TransformersEngine(tiny_model_folder, most) for most in (rows, 64))
    for one in (few, engine):
        one._model.double()  # in fp32 another batch may round two equal tokens the other way
    uncut = [one for row in engine.complete(asked, SAMPLED) for one in row]
    drawn = [engine._decoder._tokenizer(one.text)["input_ids"] for one in uncut]
    ends = {drawn[number][place] for number, place in ((0, 7), (5, 1), (9, 3), (14, 8), (18, 5))}
    for one in (few, engine):
        monkeypatch.setattr(one._decoder, "end_tokens", ends)
    steps: list[tuple[int, int]] = []
    told = few.complete(asked, SAMPLED, lambda alive, done: steps.append((alive, done)))
    assert told == engine.complete(asked, SAMPLED)
    assert len({completion.tokens for row in told for completion in row}) > 3
    assert sum(done for _, done in steps) == 24
    assert max(alive for alive, _ in steps) <= max(rows, 3)  # a prompt's samples stay together
    left = [alive - done for alive, done in steps]
    joined = [after > before > 0 for before, (after, _) in zip(left, steps[1:], strict=False)]
    assert any(joined) == (rows > 1), "places are taken while others go on"


def test_a_real_model_stops_at_its_templates_end_whatever_its_folder_declares(
    smollm_folder: Path, tmp_path: Path
) -> None:
    """<|im_end|> ends turns, <|endoftext|> is declared: it would go on with "user" and so on."""
    folder = shutil.copytree(smollm_folder, tmp_path / "model", copy_function=os.link)
    for name, key, value in [
        ("tokenizer_config.json", "eos_token", "<|endoftext|>"),
        ("generation_config.json", "eos_token_id", 0),
        ("config.json", "eos_token_id", 0),
    ]:
        changed = {**json.loads((folder / name).read_text()), key: value}
        (folder / name).unlink()  # it is the other folder's too
        (folder / name).write_text(json.dumps(changed))
    tokenizer = load_tokenizer(folder)
    assert tokenizer.convert_ids_to_tokens(0) == tokenizer.eos_token == "<|endoftext|>"
    question = Message(role="user", content="What is the capital of France? Answer in one word.")
    prompt = Prompt(render(tokenizer, [question]), [0])
    greedy = Decoding(temperature=0, top_p=1, max_tokens=30)
    ((answer,),) = TransformersEngine(folder, 1).complete([prompt], greedy)
    assert answer.finish_reason == "stop" and answer.tokens < 30
    assert answer.text and "user" not in answer.text
    assert [[answer]] == TransformersEngine(smollm_folder, 1).complete([prompt], greedy)


def test_nucleus_sampling_follows_the_distribution() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]]))
    uniforms = (torch.arange(1000) + 0.5) / 1000
    decoding = Decoding(temperature=1.0, top_p=0.9, max_tokens=1)
    chosen = choose_tokens(logits.expand(1000, -1), uniforms.double(), decoding).tolist()
    counts = Counter(chosen)
    assert counts[3] == 0  # outside the smallest set with 90% of the mass
    assert counts[0] == pytest.approx(1000 * 0.5 / 0.95, abs=2)
    assert counts[1] == pytest.approx(1000 * 0.3 / 0.95, abs=2)


def test_flat_distributions_are_sorted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    logits = torch.randn(4, 500, generator=torch.Generator().manual_seed(0)) * 0.1
    uniforms = torch.tensor([0.0, 0.3, 0.7, 0.999], dtype=torch.float64)
    decoding = Decoding(temperature=0.8, top_p=0.95, max_tokens=1)
    quick = choose_tokens(logits, uniforms, decoding)
    monkeypatch.setattr(transformers_engine, "_SORTED_FIRST", 500)
    assert quick.tolist() == choose_tokens(logits, uniforms, decoding).tolist()


def test_low_temperature_is_nearly_greedy() -> None:
    logits = torch.tensor([[1.0, 2.0, 3.0]])
    cold = Decoding(temperature=0.01, top_p=1.0, max_tokens=1)
    assert choose_tokens(logits, torch.tensor([0.99]).double(), cold).item() == 2


def test_other_errors_are_not_called_out_of_memory(
    engine: TransformersEngine, prompts: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(engine, "_forward", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        engine.complete([Prompt(prompts[0], [1])], SAMPLED)
