"""On-policy samples of training problems (paper, section 2.2: eight responses to each query)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from codepref.errors import UserError
from codepref.files import check_writable, read_records
from codepref.progress import say
from codepref.prompts import UnfitPrompt, problem_messages, prompt_sha256
from codepref.records import FinishReason, Problem, Sample
from codepref.sampling.engine import Completion, Decoding, Prompt
from codepref.sampling.jobs import Policy, Queue, Redraw, complete_in_groups
from codepref.sampling.placement import Placement
from codepref.sampling.settings import SamplingConfig
from codepref.sandbox import extract_from
from codepref.seeds import derive_seed

Tasks = list[tuple[Problem, Prompt]]
Drawn = Mapping[str, Sequence[Sample]]
"""Samples that there are already, the first of their problem, by problem."""


def draw_samples(
    problems: Sequence[Problem],
    folder: str | Path,
    model: str,
    config: SamplingConfig,
    seed: int,
    output: str | Path,
    placement: Placement | None = None,
    drawn: Drawn | None = None,
) -> list[Sample]:
    """Write ``config.samples_per_problem`` samples of each problem, in the problems' order.

    A problem that this model cannot be asked (its prompt is too long, or has a special token) is
    left out and named; the statistics of the pairs count it as one without samples.

    A sample's seed depends on the configured seed, the model, the problem and the index, not on
    the other problems. Finished samples wait in ``<output>.partial``; a killed run resumes from
    there and writes the same file. ``placement`` says where engines run (see ``Policy``). Samples
    that are ``drawn`` already (by a pilot) are taken over; only the others of a problem are drawn.

    Raises:
        UserError: the output cannot be written, the model folder, all prompts or the engine are not
            usable, memory is short, or a sample drawn already is of another model or prompt.
    """
    check_writable(output)
    drawn = drawn or {}
    _check_drawn(drawn, problems, model)
    policy = Policy(folder, model, config, config.samples_per_problem, placement)
    decoding = Decoding(config.temperature, config.top_p, config.max_tokens, config.stop_after_code)
    tasks = _prepare(problems, policy, config, seed, drawn)

    def to_records(
        redraw: Redraw, group: Tasks, completions: list[list[Completion]]
    ) -> list[Sample]:
        before = [drawn.get(problem.id, ()) for problem, _ in group]
        for attempt in range(1, config.distinct_attempts + 1):
            if not _redraw_duplicates(redraw, group, before, completions, attempt):
                break
        records: list[Sample] = []
        for (problem, prompt), first, row in zip(group, before, completions, strict=True):
            records += first
            records += (
                _record(problem, number, own_seed, completion, policy)
                for number, (own_seed, completion) in enumerate(
                    zip(prompt.seeds, row, strict=True), len(first)
                )
            )
        return records

    queue = Queue(Path(output), tasks, decoding, to_records, f"samples of {model}")
    complete_in_groups(policy, [queue])
    samples = list(read_records(output, Sample))
    say(summary([problem for problem, _ in tasks], samples))
    return samples


def _record(
    problem: Problem, index: int, seed: int, completion: Completion, policy: Policy
) -> Sample:
    return Sample(
        problem_id=problem.id,
        index=index,
        model=policy.name,
        prompt_sha256=prompt_sha256(problem_messages(problem)),
        completion=completion.text,
        finish_reason=completion.finish_reason,
        tokens=completion.tokens,
        seed=seed,
        **policy.origin,
    )


def _check_drawn(drawn: Drawn, problems: Sequence[Problem], model: str) -> None:
    """Refuse samples that are not the first ones of their problem by this model."""
    for problem in problems:
        asked = prompt_sha256(problem_messages(problem))
        for place, sample in enumerate(drawn.get(problem.id, ())):
            found = (sample.model, sample.index, sample.prompt_sha256)
            if found != (model, place, asked):
                raise UserError(
                    f"the samples drawn already: expected sample {place} of {problem.id} by "
                    f"{model} on its prompt, found sample {sample.index} by {sample.model}"
                )


def _prepare(
    problems: Sequence[Problem], policy: Policy, config: SamplingConfig, seed: int, drawn: Drawn
) -> Tasks:
    """Return the problems that the policy can be asked, with their prompts; name the others.

    Raises:
        UserError: there are problems, and it can be asked none of them.
    """
    tasks, unfit = [], []
    for problem in problems:
        try:
            tokens = policy.render(problem.id, problem_messages(problem), config.max_tokens)
        except UnfitPrompt as error:
            unfit.append(f"left out: {error}")
            continue
        seeds = [
            derive_seed(seed, "sample", policy.name, problem.id, index)
            for index in range(len(drawn.get(problem.id, ())), config.samples_per_problem)
        ]
        tasks.append((problem, Prompt(tokens, seeds)))
    if unfit and not tasks:
        raise UserError("no problem can be sampled; " + unfit[0])
    for message in unfit:
        say(message)
    return tasks


def _redraw_duplicates(
    redraw: Redraw,
    group: Tasks,
    before: Sequence[Sequence[Sample]],
    completions: list[list[Completion]],
    attempt: int,
) -> bool:
    """Redraw the samples whose program an earlier sample has; return whether there were any.

    ``before`` has the samples of each problem that came first. Prompts' seeds and ``completions``
    are changed in place.
    """
    duplicates: dict[int, list[int]] = {}
    again = []
    for number, (problem, prompt) in enumerate(group):
        first = [(sample.completion, sample.finish_reason) for sample in before[number]]
        drawn = [(row.text, row.finish_reason) for row in completions[number]]
        repeated = repeated_programs(problem, [*first, *drawn])
        indices = [index - len(first) for index in repeated if index >= len(first)]
        if indices:
            for index in indices:
                prompt.seeds[index] = derive_seed(prompt.seeds[index], "again", attempt)
            duplicates[number] = indices
            again.append(Prompt(prompt.tokens, [prompt.seeds[index] for index in indices]))
    if again:
        for (number, indices), row in zip(duplicates.items(), redraw(again), strict=True):
            for index, completion in zip(indices, row, strict=True):
                completions[number][index] = completion
    return bool(again)


def repeated_programs(problem: Problem, responses: Sequence[tuple[str, FinishReason]]) -> list[int]:
    """Return the indices of the responses whose program an earlier response has already.

    Responses (text and finish reason) without code are compared as they are.
    """
    seen: set[str] = set()
    repeated = []
    for index, (text, finish_reason) in enumerate(responses):
        program = extract_from(problem, text, finish_reason) or text
        if program in seen:
            repeated.append(index)
        seen.add(program)
    return repeated


def summary(problems: Sequence[Problem], samples: Sequence[Sample]) -> str:
    """Return one line on how many samples there are, how many were cut, how many are distinct."""
    responses = defaultdict(list)
    for sample in samples:
        responses[sample.problem_id].append((sample.completion, sample.finish_reason))
    repeated = sum(len(repeated_programs(problem, responses[problem.id])) for problem in problems)
    cut = sum(sample.finish_reason == "length" for sample in samples)
    tokens = sum(sample.tokens for sample in samples)
    each = max(len(samples), 1)
    return (
        f"{len(samples)} samples of {len(problems)} problems, {tokens / each:.0f} tokens each; "
        f"{len(samples) - repeated} distinct programs "
        f"({(len(samples) - repeated) / max(len(problems), 1):.1f} of "
        f"{len(samples) / max(len(problems), 1):.0f} per problem); "
        f"{cut} cut at the token limit ({100 * cut / each:.0f}%)"
    )
