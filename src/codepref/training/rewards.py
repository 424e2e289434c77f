"""Implicit rewards (paper, eq. 4): beta times the log-ratio of policy to reference."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from codepref.chat_template import end_of_turn
from codepref.errors import UserError, explain_out_of_memory
from codepref.models import load_tokenizer, model_revision
from codepref.progress import Progress
from codepref.prompts import problem_messages, prompt_sha256, render
from codepref.records import Execution, Problem, RewardRecord, Sample
from codepref.training import runner
from codepref.training.data import tokenise_response
from codepref.training.trainers import DpoConfig

ROWS = 8  # responses scored at once
JUDGED = {"verdict", "tests_passed", "tests_run", "tests_total"}


def response_log_probs(
    model: Any, rows: Sequence[tuple[list[int], list[int]]]
) -> list[tuple[float, int]]:
    """Return, per (prompt ids, response ids), the response's log-probability and token count.

    The log-probability is summed over the response's tokens, in float32, given prompt and all
    tokens before; prompt tokens do not count.
    """
    width = max(len(prompt) + len(response) for prompt, response in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    mask = torch.zeros(len(rows), width, dtype=torch.long)
    for number, (prompt, response) in enumerate(rows):
        ids[number, : len(prompt) + len(response)] = torch.tensor(prompt + response)
        mask[number, : len(prompt) + len(response)] = 1
    ids, mask = ids.to(model.device), mask.to(model.device)
    with torch.inference_mode():
        hidden = model.base_model(input_ids=ids, attention_mask=mask, use_cache=False)[0]
        totals = []
        for number, (prompt, response) in enumerate(rows):
            before = hidden[number, len(prompt) - 1 : len(prompt) + len(response) - 1]
            logits = model.get_output_embeddings()(before).float()
            targets = torch.tensor(response, device=model.device)[:, None]
            total = logits.log_softmax(-1).gather(1, targets).double().sum()
            totals.append((total.item(), len(response)))
    return totals


def score_samples(
    policy_folder: Path,
    reference_folder: Path,
    problems: dict[str, Problem],
    samples: Iterable[Sample],
    executions: Iterable[Execution],
    beta: float,
) -> Iterator[RewardRecord]:
    """Yield eq. 4's reward of each sample, in the samples' order.

    Both models must share one tokenizer; the one that the samples are of need be neither.

    Raises:
        UserError: a sample of an unknown problem or for another prompt, an empty response, a sample
            without a verdict although executions are given, models with different vocabularies.
    """
    tokenizer = load_tokenizer(policy_folder)
    if load_tokenizer(reference_folder).get_vocab() != tokenizer.get_vocab():
        raise UserError(f"{policy_folder} and {reference_folder} have different vocabularies")
    end = end_of_turn(tokenizer)
    items = list(samples)
    verdicts = {(e.problem_id, e.index): e for e in executions}
    rows = []
    for sample in items:
        if verdicts and (sample.problem_id, sample.index) not in verdicts:
            raise UserError(f"{_name(sample)} has no execution; run the executions stage")
        rows.append(_tokens(sample, problems.get(sample.problem_id), tokenizer, end))
    columns = [
        _all_log_probs(folder, rows, name)
        for folder, name in ((policy_folder, "policy"), (reference_folder, "reference"))
    ]
    revisions = model_revision(policy_folder), model_revision(reference_folder)
    for sample, (policy, tokens), (reference, _) in zip(items, *columns, strict=True):
        execution = verdicts.get((sample.problem_id, sample.index))
        yield RewardRecord(
            problem_id=sample.problem_id,
            index=sample.index,
            model=sample.model,
            policy_revision=revisions[0],
            reference_revision=revisions[1],
            beta=beta,
            reward=beta * (policy - reference),
            policy_log_prob=policy,
            reference_log_prob=reference,
            tokens=tokens,
            **(execution.model_dump(include=JUDGED) if execution else {}),
        )


def _tokens(
    sample: Sample, problem: Problem | None, tokenizer: Any, end: int
) -> tuple[list[int], list[int]]:
    """Return a sample's prompt and response as token ids."""
    if problem is None:
        raise UserError(f"{_name(sample)} is of a problem that is not in the problems file")
    messages = problem_messages(problem)
    if prompt_sha256(messages) != sample.prompt_sha256:
        raise UserError(f"{_name(sample)} answers another prompt than the problem's present one")
    cut = sample.finish_reason == "length"
    response = tokenise_response(tokenizer, sample.completion, cut, end)
    if not response:
        raise UserError(f"{_name(sample)} has an empty response: there is nothing to score")
    return render(tokenizer, messages), response


def _name(sample: Sample) -> str:
    return f"sample {sample.index} of {sample.problem_id}"


def _all_log_probs(
    folder: Path, rows: Sequence[tuple[list[int], list[int]]], name: str
) -> list[tuple[float, int]]:
    """Score all rows with one model, longest first so that batches need little padding."""
    model = runner.load_model(folder, DpoConfig()).eval()
    if torch.cuda.is_available():
        model = model.to("cuda", torch.bfloat16)
    order = sorted(range(len(rows)), key=lambda i: -len(rows[i][0]) - len(rows[i][1]))
    progress = Progress(f"{name} log-probabilities", len(rows))
    found: dict[int, tuple[float, int]] = {}
    for start in range(0, len(order), ROWS):
        batch = order[start : start + ROWS]
        with explain_out_of_memory(
            f"scoring {len(batch)} samples at once; give the job more memory or a larger GPU"
        ):
            scored = response_log_probs(model, [rows[i] for i in batch])
        found.update(zip(batch, scored, strict=True))
        progress.advance(len(batch))
    return [found[i] for i in range(len(rows))]
