"""Implicit rewards (paper, eq. 4): beta times the log-ratio of policy to reference."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import torch
from transformers import DynamicCache

from codepref.chat_template import end_of_turn
from codepref.errors import UserError, explain_out_of_memory
from codepref.models import load_tokenizer, model_revision
from codepref.progress import Progress
from codepref.prompts import problem_messages, prompt_sha256, render
from codepref.records import Execution, Message, Problem, RewardRecord, Sample
from codepref.resume import WorkFile
from codepref.strict import Strict
from codepref.training import runner
from codepref.training.data import tokenise_response
from codepref.training.trainers import DpoConfig

ROWS = 8  # responses scored at once
JUDGED = {"verdict", "tests_passed", "tests_run", "tests_total"}


@dataclass(frozen=True)
class Response:
    """What a model answered: the conversation that asked, the text, whether it ended elsewhere.

    Where it was cut, no token says that the turn ends: the model had not drawn one.
    """

    name: str
    messages: list[Message]
    text: str
    cut: bool


@dataclass(frozen=True)
class Scored:
    """A response's log-probabilities, summed over its tokens, and how many these are."""

    policy_log_prob: float
    reference_log_prob: float
    tokens: int


def response_log_probs(
    model: Any, prompt: list[int], responses: Sequence[list[int]]
) -> list[tuple[float, int]]:
    """Return, per response to one prompt, its log-probability and token count.

    The log-probability is summed over the response's tokens, in float32, given prompt and all
    tokens before; prompt tokens do not count. The prompt runs once for all responses.
    """
    cache = DynamicCache(config=model.config)
    width, device = max(map(len, responses)), model.device
    ids = torch.zeros(len(responses), width, dtype=torch.long)
    mask = torch.zeros(len(responses), len(prompt) + width, dtype=torch.long)
    for number, response in enumerate(responses):
        ids[number, : len(response)] = torch.tensor(response)
        mask[number, : len(prompt) + len(response)] = 1
    with torch.inference_mode():
        asked = torch.tensor([prompt], device=device)
        last = model.base_model(input_ids=asked, past_key_values=cache, use_cache=True)[0][:, -1:]
        cache.batch_repeat_interleave(len(responses))
        hidden = model.base_model(
            input_ids=ids.to(device),
            attention_mask=mask.to(device),
            past_key_values=cache,
            use_cache=True,
        )[0]
        totals = []
        for number, response in enumerate(responses):
            before = torch.cat([last[0], hidden[number, : len(response) - 1]])
            logits = model.get_output_embeddings()(before).float()
            targets = torch.tensor(response, device=device)[:, None]
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
    output: Path,
) -> Iterator[RewardRecord]:
    """Yield eq. 4's reward of each sample, in the samples' order.

    Both models must share one tokenizer; the one that the samples are of need be neither. What was
    scored waits beside ``output``, where the records will be written, for a job that was killed.

    Raises:
        UserError: a sample of an unknown problem or for another prompt, an empty response, a sample
            without a verdict although executions are given, models with different vocabularies.
    """
    items = list(samples)
    verdicts = {(e.problem_id, e.index): e for e in executions}
    responses = []
    for sample in items:
        if verdicts and (sample.problem_id, sample.index) not in verdicts:
            raise UserError(f"{_name(sample)} has no execution; run the executions stage")
        responses.append(_response(sample, problems.get(sample.problem_id)))
    scored = score_responses(policy_folder, reference_folder, responses, output)
    revisions = model_revision(policy_folder), model_revision(reference_folder)
    for sample, found in zip(items, scored, strict=True):
        execution = verdicts.get((sample.problem_id, sample.index))
        yield RewardRecord(
            problem_id=sample.problem_id,
            index=sample.index,
            model=sample.model,
            policy_revision=revisions[0],
            reference_revision=revisions[1],
            beta=beta,
            reward=beta * (found.policy_log_prob - found.reference_log_prob),
            **vars(found),
            **(execution.model_dump(include=JUDGED) if execution else {}),
        )


def score_responses(
    policy_folder: Path, reference_folder: Path, responses: Sequence[Response], output: Path
) -> list[Scored]:
    """Score responses with two models of one tokenizer, one model after the other.

    Args:
        policy_folder: the trained model.
        reference_folder: the model that it started from.
        responses: what to score.
        output: the file that they are for; a killed job goes on from ``<output>.partial``.

    Raises:
        UserError: the models have different vocabularies, or a response is empty.
    """
    tokenizer = load_tokenizer(policy_folder)
    if load_tokenizer(reference_folder).get_vocab() != tokenizer.get_vocab():
        raise UserError(f"{policy_folder} and {reference_folder} have different vocabularies")
    end = end_of_turn(tokenizer)
    rows = []
    for response in responses:
        tokens = tokenise_response(tokenizer, response.text, response.cut, end)
        if not tokens:
            raise UserError(f"{response.name} has an empty response: there is nothing to score")
        rows.append((render(tokenizer, response.messages), tokens))
    made_from = {
        "policy": model_revision(policy_folder),
        "reference": model_revision(reference_folder),
        "responses": hashlib.sha256(repr(rows).encode()).hexdigest(),
    }
    batches = _batches(rows)
    with WorkFile(output, made_from, "batches") as work:
        for place, (folder, name) in enumerate(
            ((policy_folder, "policy"), (reference_folder, "reference"))
        ):
            _score_batches(folder, rows, batches, name, work, place * len(batches))
        found = list(work.records(_LogProb))
        work.discard()
    order = [row for batch in batches for row in batch]
    policy = dict(zip(order, found[: len(rows)], strict=True))
    reference = dict(zip(order, found[len(rows) :], strict=True))
    return [
        Scored(policy[row].log_prob, reference[row].log_prob, policy[row].tokens)
        for row in range(len(rows))
    ]


def _response(sample: Sample, problem: Problem | None) -> Response:
    if problem is None:
        raise UserError(f"{_name(sample)} is of a problem that is not in the problems file")
    messages = problem_messages(problem)
    if prompt_sha256(messages) != sample.prompt_sha256:
        raise UserError(f"{_name(sample)} answers another prompt than the problem's present one")
    return Response(_name(sample), messages, sample.completion, sample.finish_reason != "stop")


def _name(sample: Sample) -> str:
    return f"sample {sample.index} of {sample.problem_id}"


class _LogProb(Strict):
    log_prob: float
    tokens: int


def _batches(rows: Sequence[tuple[list[int], list[int]]]) -> list[list[int]]:
    """Return the numbers of rows to score at once: of one prompt, the longest responses first."""
    order = sorted(range(len(rows)), key=lambda i: (rows[i][0], -len(rows[i][1])))
    batches = []
    for _, same in groupby(order, key=lambda i: rows[i][0]):
        while batch := list(islice(same, ROWS)):
            batches.append(batch)
    return batches


def _score_batches(
    folder: Path,
    rows: Sequence[tuple[list[int], list[int]]],
    batches: Sequence[list[int]],
    name: str,
    work: WorkFile,
    first: int,
) -> None:
    """Score all rows with one model; the batches' parts of the work are numbered from ``first``."""
    waiting = [number for number in range(len(batches)) if first + number not in work]
    if not waiting:
        return
    model = runner.load_model(folder, DpoConfig()).eval()
    if torch.cuda.is_available():
        model = model.to("cuda", torch.bfloat16)
    done = len(rows) - sum(len(batches[number]) for number in waiting)
    progress = Progress(f"{name} log-probabilities", len(rows), done)
    for number in waiting:
        batch = batches[number]
        with explain_out_of_memory(
            f"scoring {len(batch)} samples at once; give the job more memory or a larger GPU"
        ):
            responses = [rows[i][1] for i in batch]
            scored = response_log_probs(model, rows[batch[0]][0], responses)
        work.add(first + number, (_LogProb(log_prob=p, tokens=n) for p, n in scored))
        progress.advance(len(batch))
