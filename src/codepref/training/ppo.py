"""PPO with the rule reward (paper, eq. 1 and 2), without a critic; see docs/training.md.

The estimator is TRL's RLOO: responses are drawn from the policy, executed, rewarded by eq. 2 minus
beta times the log-ratio to the initial policy, and each one's baseline is the mean reward of the
other responses to the same problem. The update is PPO's clipped surrogate.
"""

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch.distributed.fsdp import FSDPModule
from trl import RLOOConfig, RLOOTrainer

from codepref.errors import UserError
from codepref.models import load_tokenizer
from codepref.prompts import problem_messages, prompt_sha256, render
from codepref.records import Message, Problem, Sample, read_problems
from codepref.sampling.completion import CompletionBuilder, TextDecoder, end_tokens
from codepref.sampling.engine import Completion, Decoding, Prompt
from codepref.sampling.transformers_engine import TransformersEngine
from codepref.sandbox import Executor, reward_of
from codepref.sandbox.settings import ExecutionConfig
from codepref.seeds import derive_seed
from codepref.training import runner, scoring
from codepref.training.arguments import BatchPlan, trainer_arguments
from codepref.training.trainers import PpoConfig

RewardFunction = Callable[..., list[float | None]]
ReadResponse = Callable[[Problem, list[int]], Completion]


def _decoder(model: Any, tokenizer: Any) -> TextDecoder:
    ends = end_tokens(tokenizer, model.generation_config.eos_token_id)
    return TextDecoder(tokenizer, ends)


class LiveEngine(TransformersEngine):
    """The sampling stage's engine on the model that is being trained."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._rows = model, sys.maxsize
        self._decoder = _decoder(model, tokenizer)

    @torch.no_grad()
    def draw(self, prompts: list[Prompt], decoding: Decoding) -> list[list[int]]:
        """Return the tokens of every prompt's responses, end tokens included, prompt by prompt."""
        rows = self._builders(prompts, decoding)
        training = self._model.training
        self._model.eval()  # gradient checkpointing would switch the key/value cache off
        with unsharded(self._model):
            self._run(prompts, rows, decoding, lambda tokens, finished: None)
        self._model.train(training)
        return [row.drawn for row in rows]


@contextmanager
def unsharded(model: Any) -> Iterator[None]:
    """Hold the whole weights of a sharded (FSDP2) model on every device.

    Layer by layer they would be gathered at every token, and by all processes together; but each
    draws responses of its own length.
    """
    shards = [module for module in model.modules() if isinstance(module, FSDPModule)]
    for shard in shards:
        shard.set_reshard_after_forward(False, recurse=False)
        shard.unshard()
    try:
        yield
    finally:
        for shard in shards:
            shard.reshard()
            shard.set_reshard_after_forward(True, recurse=False)


class RuleRewardTrainer(runner.UnroundedOutputs, RLOOTrainer):
    """TRL's trainer with the project's own prompts and sampling."""

    def __init__(self, *args: Any, decoding: Decoding, **kwargs: Any) -> None:
        self._decoding = decoding
        super().__init__(*args, **kwargs)

    def _tokenize_prompts(self, prompts: list) -> tuple[list[list[int]], None, dict]:
        turns = ([Message(**turn) for turn in prompt] for prompt in prompts)
        return [render(self.processing_class, messages) for messages in turns], None, {}

    def _generate_single_turn(self, prompt_ids: Any, *_: Any) -> list[list[int]]:
        first = self.accelerator.process_index * len(prompt_ids)
        seeds = (
            derive_seed(self.args.seed, "ppo", self.state.global_step, first + row)
            for row in range(len(prompt_ids))
        )
        prompts = [
            Prompt(tokens, [next(seeds) for _ in group])
            for tokens, group in itertools.groupby(prompt_ids)
        ]
        model = self.accelerator.unwrap_model(self.model)
        return LiveEngine(model, self.processing_class).draw(prompts, self._decoding)


def as_sampled(model: Any, tokenizer: Any, decoding: Decoding) -> ReadResponse:
    """Return what reads a response's tokens as the sampling stage does: its text, and its end."""
    decoder = _decoder(model, tokenizer)

    def read(problem: Problem, tokens: list[int]) -> Completion:
        prompt = render(tokenizer, problem_messages(problem))
        row = CompletionBuilder(decoder, prompt, decoding)
        for token in tokens:
            row.add(token)
        return row.completion()

    return read


def rule_reward(problems: list[Problem], executor: Executor, read: ReadResponse) -> RewardFunction:
    """Return TRL's reward function: run each response on its problem's tests, reward by eq. 2.

    A response that could not be judged (``infra_error``) is left out of its group.
    """
    by_id = {problem.id: problem for problem in problems}

    def rule(
        completion_ids: list[list[int]], problem_id: list[str], log_metric: Any = None, **_: Any
    ) -> list[float | None]:
        samples = []
        for index, (name, tokens) in enumerate(zip(problem_id, completion_ids, strict=True)):
            completion = read(by_id[name], tokens)
            samples.append(
                Sample(
                    problem_id=name,
                    index=index,
                    model="policy",
                    prompt_sha256=prompt_sha256(problem_messages(by_id[name])),
                    completion=completion.text,
                    finish_reason=completion.finish_reason,
                    tokens=completion.tokens,
                    seed=0,
                    engine="ppo",
                    model_revision="in training",
                )
            )
        executed = executor.run((by_id[sample.problem_id], sample) for sample in samples)
        verdicts = [execution.verdict for execution in executed]
        if log_metric:
            log_metric("passed", verdicts.count("passed") / len(verdicts))
        return [None if v == "infra_error" else reward_of(v) for v in verdicts]

    return rule


def check_groups(config: PpoConfig, problems: int) -> None:
    """Refuse settings that cannot fill what is drawn at once with whole groups of responses.

    Raises:
        UserError: names the numbers.
    """
    groups, rest = divmod(config.batch_size, config.samples_per_problem)
    if rest or not groups:
        raise UserError(
            f"ppo: a batch of {config.batch_size} responses is not a whole number of problems with "
            f"{config.samples_per_problem} responses each; change batch_size or samples_per_problem"
        )
    groups *= config.steps_per_generation
    if problems < groups:
        raise UserError(
            f"ppo: what is drawn at once needs {groups} problems, there are {problems}; lower "
            "steps_per_generation or batch_size"
        )


def make_trainer(
    model: Any,
    tokenizer: Any,
    problems: list[Problem],
    reward: RewardFunction,
    config: PpoConfig,
    plan: BatchPlan,
    work: Path,
    seed: int,
) -> RuleRewardTrainer:
    """Return TRL's RLOO trainer with eq. 1's objective on the problems."""
    prompts = [[turn.model_dump() for turn in problem_messages(p)] for p in problems]
    dataset = Dataset.from_dict({"prompt": prompts, "problem_id": [p.id for p in problems]})
    # TRL knows no chat template: it takes a response that ends otherwise for one that was cut.
    model.generation_config.eos_token_id = sorted(_decoder(model, tokenizer).end_tokens)
    trainer = RuleRewardTrainer(
        model=model,
        reward_funcs=reward,
        args=_arguments(config, plan, work, seed),
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=runner.lora(config),
        decoding=_decoding(config),
    )
    if scoring.worthwhile(model):
        for each in filter(None, (model, trainer.ref_model)):
            scoring.install(each, pairs=False, temperature=config.temperature)
    return trainer


def _decoding(config: PpoConfig) -> Decoding:
    return Decoding(config.temperature, config.top_p, config.max_tokens, config.stop_after_code)


def _arguments(config: PpoConfig, plan: BatchPlan, work: Path, seed: int) -> RLOOConfig:
    """Return TRL's arguments for eq. 1's objective.

    Raises:
        UserError: the job runs under DeepSpeed.
    """
    arguments = RLOOConfig(
        **trainer_arguments(config, plan, work, seed),
        max_steps=config.steps,
        beta=config.beta,
        num_generations=config.samples_per_problem,
        steps_per_generation=plan.accumulation * config.steps_per_generation,
        num_iterations=config.updates_per_batch,
        epsilon=config.clip_range,
        temperature=config.temperature,
        top_p=config.top_p,
        top_k=0,
        max_completion_length=config.max_tokens,
        normalize_advantages=False,
        reward_clip_range=None,
        mask_truncated_completions=False,
        disable_dropout=True,
        shuffle_dataset=True,
        use_vllm=False,
    )
    if arguments.deepspeed_plugin is not None:
        raise UserError(
            "ppo: DeepSpeed's sharded weights cannot be sampled from here; start it with "
            "envs/accelerate/fsdp2.yaml (training.launch: fsdp2)"
        )
    return arguments


def log_ratios(line: dict[str, float]) -> dict[str, float]:
    """Take TRL's "kl" out of a log line; return it as the mean log-ratios that it is.

    It is the mean of log(policy/initial policy) per token of the responses drawn, in the steps that
    draw some. Per response it estimates KL(policy || initial policy): they are the policy's own.
    """
    if "kl" not in line:
        return {}
    each = line.pop("kl")
    return {"log_ratio": each * line["completions/mean_length"], "log_ratio_per_token": each}


def train(run: runner.Run, execution: ExecutionConfig) -> None:
    """Train online on the run's problems with the rule reward.

    Raises:
        UserError: an impossible batch, a prompt too long for ``max_length``, no isolation to run
            programs in.
    """
    config, plan = run.config, run.plan
    assert isinstance(config, PpoConfig)
    problems = list(read_problems(run.data_file).values())
    check_groups(config, len(problems))
    tokenizer = load_tokenizer(run.model_folder)
    longest = max(len(render(tokenizer, problem_messages(problem))) for problem in problems)
    if longest + config.max_tokens > config.max_length:
        raise UserError(
            f"ppo: the longest prompt ({longest} tokens) and max_tokens {config.max_tokens} exceed "
            f"max_length {config.max_length}; raise max_length or lower max_tokens"
        )
    # Eq. 2 asks for the kind of the first failure only.
    execution = execution.model_copy(update={"run_all_tests": False})
    run.prepare_work(execution=execution.model_dump_json())
    cores = len(os.sched_getaffinity(0))
    with Executor(max(1, cores // plan.devices), execution) as executor:
        model = runner.load_model(run.model_folder, config)
        trainer = make_trainer(
            model,
            tokenizer,
            problems,
            rule_reward(problems, executor, as_sampled(model, tokenizer, _decoding(config))),
            config,
            plan,
            run.work,
            run.seed,
        )
        # A resumed run starts with fresh responses: saved only where an uninterrupted one does.
        step_log = runner.StepLog("PPO", config, log_ratios, config.steps_between_draws)
        log = runner.train(trainer, run.work, step_log)
    counts = {
        "problems": len(problems),
        "responses": config.responses_drawn,
        "estimator": "RLOO (leave-one-out baseline, clipped surrogate, no critic), TRL",
    }
    runner.finish(trainer, run, log, counts)
