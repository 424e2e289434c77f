"""The PPO baseline: eq. 2's rewards from real executions, and a policy that follows its reward."""

import pytest
import torch
from helpers.records import make_problem

from codepref.chat_template import end_of_turn
from codepref.errors import UserError
from codepref.models import load_tokenizer
from codepref.prompts import problem_messages, render
from codepref.records import Message, Problem, TestCase
from codepref.sampling.engine import Completion, Decoding, Prompt
from codepref.sandbox import Executor
from codepref.training import ppo, runner
from codepref.training.arguments import plan_batches
from codepref.training.rewards import response_log_probs
from codepref.training.trainers import PpoConfig


def problem(name: str) -> Problem:
    return make_problem(
        f"t/{name}",
        statement=f"Write {name}, which adds one.",
        parameters=["x"],
        starter_code="def f(x):",
        tests=[TestCase(input=[1], expected=2), TestCase(input=[5], expected=6)],
    )


def test_responses_are_executed_and_rewarded_by_equation_2(tiny_model_folder):
    tokenizer = load_tokenizer(tiny_model_folder)
    model = runner.load_model(tiny_model_folder, PpoConfig())
    bodies = ["return x + 1", "return x + 2", "return x + undefined", "return x +"]
    texts = [f"```python\ndef f(x):\n    {body}\n```" for body in bodies]
    texts.append("I do not know.")
    rows = [[*tokenizer(text)["input_ids"], end_of_turn(tokenizer)] for text in texts]
    read = ppo.as_sampled(model, tokenizer, Decoding(1, 1, max_tokens=100))
    logged = {}
    with Executor(workers=1) as executor:
        reward = ppo.rule_reward([problem("f")], executor, read)
        names = ["t/f"] * len(rows)
        found = reward(completion_ids=rows, problem_id=names, log_metric=logged.__setitem__)
    assert found == [1.0, -0.3, -0.6, -1.0, -1.0]
    assert logged == {"passed": 0.2}


def test_responses_are_read_and_ended_as_samples_are(tiny_model_folder, tmp_path):
    tokenizer, asked = load_tokenizer(tiny_model_folder), problem("f")
    model = runner.load_model(tiny_model_folder, PpoConfig())
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    tokenizer.eos_token = "<|endoftext|>"  # beside a template that ends turns with <|im_end|>
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    read = ppo.as_sampled(model, tokenizer, Decoding(1, 1, max_tokens=3))
    (one,) = tokenizer("x", add_special_tokens=False)["input_ids"]
    assert read(asked, [one, end]) == Completion("x", 1, "stop")
    assert read(asked, [one] * 3) == Completion("xxx", 3, "length")
    # The live engine stops there too, and so does TRL's count of responses that were cut.
    config, plan = PpoConfig(samples_per_problem=2, batch_size=2), plan_batches(2, 1, 1)
    trainer = ppo.make_trainer(
        model, tokenizer, [asked], low_token, config, plan, tmp_path / "work", 0
    )
    assert trainer.eos_token_ids == sorted({end, tokenizer.eos_token_id})
    engine = ppo.LiveEngine(model, tokenizer)
    # A model that ends its turn at once.
    forward, ending = engine._forward, torch.eye(len(tokenizer))[end] * 1e9
    engine._forward = lambda *inputs: forward(*inputs) + ending
    tokens = render(tokenizer, problem_messages(asked))
    assert engine.draw([Prompt(tokens, [0, 1])], Decoding(0, 1, max_tokens=3)) == [[end], [end]]


def train(folder, work, reward, **options):
    """Train on two problems with a reward function; return the log and the trainer."""
    values = {
        "batch_size": 16,
        "per_device_batch_size": 16,
        "samples_per_problem": 8,
        "max_tokens": 2,
        "max_length": 256,
        "warmup_ratio": 0.0,
        "lr_scheduler": "constant",
        "learning_rate": 3e-3,
        "steps": 8,
        "steps_per_generation": 1,
        "updates_per_batch": 2,
        "beta": 0.0,
    }
    config = PpoConfig(**(values | options))
    problems = [problem("f"), problem("g")]
    plan = plan_batches(config.batch_size, config.per_device_batch_size, 1)
    tokenizer = load_tokenizer(folder)
    model = runner.load_model(folder, config)
    trainer = ppo.make_trainer(model, tokenizer, problems, reward, config, plan, work, 0)
    return runner.train(trainer, work, runner.StepLog("PPO", config, ppo.log_ratios)), trainer


def low_token(completion_ids, **_) -> list[float]:
    """Reward responses that start with a token of the vocabulary's first half."""
    return [1.0 if ids[0] < 24576 else -1.0 for ids in completion_ids]


def test_an_update_makes_rewarded_responses_likelier(tiny_model_folder, tmp_path):
    seen: list[tuple[list[int], list[int], float]] = []
    tokenizer = load_tokenizer(tiny_model_folder)
    prompts = {name: render(tokenizer, problem_messages(problem(name))) for name in ("f", "g")}

    def reward(completion_ids, problem_id, **_) -> list[float]:
        values = low_token(completion_ids)
        names = [name.removeprefix("t/") for name in problem_id]
        seen.extend(
            (prompts[name], ids, value)
            for name, ids, value in zip(names, completion_ids, values, strict=True)
        )
        return values

    log, trainer = train(tiny_model_folder, tmp_path, reward, steps=2)
    assert [("reward" in line) for line in log] == [True, False]  # both updates on one set
    assert len(seen) == 16 and {value for *_, value in seen} == {-1.0, 1.0}
    rows = [(prompt, ids) for prompt, ids, _ in seen]
    start = runner.load_model(tiny_model_folder, PpoConfig())
    before, after = (log_probs(model, rows) for model in (start, trainer.model))
    change = [end[0] - begin[0] for begin, end in zip(before, after, strict=True)]
    signs = [value for *_, value in seen]
    rewarded = [c for c, sign in zip(change, signs, strict=True) if sign > 0]
    punished = [c for c, sign in zip(change, signs, strict=True) if sign < 0]
    assert min(rewarded) > 0 > max(punished)


def log_probs(model, rows: list[tuple[list[int], list[int]]]) -> list[tuple[float, int]]:
    return [response_log_probs(model, prompt, [ids])[0] for prompt, ids in rows]


def test_equal_rewards_teach_nothing(tiny_model_folder, tmp_path):
    log, _ = train(tiny_model_folder, tmp_path / "a", lambda completion_ids, **_: [1.0] * 16)
    assert all(line["grad_norm"] == 0.0 for line in log)


def test_the_kl_in_the_log_is_the_mean_log_ratio_of_the_responses_drawn(
    tiny_model_folder, tmp_path
):
    options = {"beta": 0.1, "updates_per_batch": 1}
    _, two_steps = train(tiny_model_folder, tmp_path / "a", low_token, steps=2, **options)
    drawn: list[tuple[list[int], list[int]]] = []

    def reward(completion_ids, prompts, **_) -> list[float]:
        tokenizer = load_tokenizer(tiny_model_folder)
        turns = [[Message(**turn) for turn in prompt] for prompt in prompts]
        drawn[:] = [
            (render(tokenizer, messages), ids)
            for messages, ids in zip(turns, completion_ids, strict=True)
        ]
        return low_token(completion_ids)

    log, _ = train(tiny_model_folder, tmp_path / "b", reward, steps=3, **options)
    assert log[0]["log_ratio"] == 0.0  # the first responses come from the initial policy
    # The third batch comes from the policy after two steps.
    start = runner.load_model(tiny_model_folder, PpoConfig())
    scores = [log_probs(model, drawn) for model in (two_steps.model, start)]
    ratios = [policy - initial for (policy, _), (initial, _) in zip(*scores, strict=True)]
    assert log[2]["log_ratio"] == pytest.approx(sum(ratios) / len(ratios), rel=1e-3)
    assert abs(log[2]["log_ratio"]) > 1e-3


def test_samples_are_seeded(tiny_model_folder, tmp_path):
    runs = [train(tiny_model_folder, tmp_path / name, low_token, steps=3) for name in ("a", "b")]
    states = [trainer.model.state_dict() for _, trainer in runs]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_settings_that_fill_no_batch_are_refused():
    ppo.check_groups(PpoConfig(), 64)
    with pytest.raises(UserError, match="128 responses is not a whole number of problems with 6"):
        ppo.check_groups(PpoConfig(samples_per_problem=6), 100)
    with pytest.raises(UserError, match="drawn at once needs 64 problems, there are 63"):
        ppo.check_groups(PpoConfig(), 63)


def test_the_default_answers_the_papers_claim_with_as_many_steps_as_dpo_and_24000_responses():
    config = PpoConfig()
    assert (config.steps, config.responses_drawn) == (188, 188 * 128)
    longer = PpoConfig(steps=5, steps_per_generation=4, updates_per_batch=2, batch_size=16)
    assert longer.responses_drawn == 64  # one draw serves eight steps


def test_responses_of_several_steps_are_drawn_at_once(tiny_model_folder, tmp_path):
    drawn = []

    def reward(completion_ids, **_) -> list[float]:
        drawn.append(len(completion_ids))
        return low_token(completion_ids)

    options = {"batch_size": 8, "per_device_batch_size": 4, "samples_per_problem": 8}
    log, _ = train(
        tiny_model_folder, tmp_path, reward, steps=4, steps_per_generation=2, **options,
        updates_per_batch=1,
    )  # fmt: skip
    assert drawn == [16, 16]
    assert [("reward" in line) for line in log] == [True, False, True, False]
    assert all(line["grad_norm"] > 0 for line in log)
