"""The model at work: its answers to one stage's prompts, for one part of the seeds."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from codepref.errors import UserError
from codepref.files import check_writable
from codepref.problems.sources.foreign import Skip
from codepref.progress import say
from codepref.prompts import UnfitPrompt, prompt_sha256
from codepref.records import Message, Problem, Sample
from codepref.sampling.engine import Completion, Decoding, Prompt
from codepref.sampling.jobs import Policy, Queue, Redraw, complete_in_groups
from codepref.sampling.placement import Placement
from codepref.sampling.settings import SamplingConfig
from codepref.seeds import derive_seed
from codepref.synthesis.drafts import draft_of
from codepref.synthesis.records import Seed
from codepref.synthesis.wording import (
    Stage,
    concept_messages,
    concepts_of,
    inputs_messages,
    solution_messages,
    statement_messages,
)

Tasks = list[tuple[tuple[str, list[Message]], Prompt]]


def write_stage(
    stage: Stage,
    seeds: Sequence[Seed],
    before: Iterable[Sample],
    folder: str | Path,
    model: str,
    config: SamplingConfig,
    seed: int,
    output: str | Path,
    placement: Placement | None = None,
) -> None:
    """Write ``config.samples_per_problem`` answers to each prompt of a stage, in the seeds' order.

    A seed whose earlier answer gives no prompt, or one that the model cannot be asked, has no
    answer: what came of it is counted when its tests are made. A killed job resumes as samples do.

    Args:
        stage: what is asked.
        seeds: what each problem starts from.
        before: the answers of the stage before, of the same seeds.
        folder: of the model.
        model: its name in the configuration.
        config: how it is sampled.
        seed: the configured one.
        output: sample records; their problem is the seed's id.
        placement: where engines run (see ``Policy``).

    Raises:
        UserError: the output cannot be written, the model or the engine are not usable, or memory
            is short.
    """
    check_writable(output)
    policy = Policy(folder, model, config, config.samples_per_problem, placement)
    decoding = Decoding(config.temperature, config.top_p, config.max_tokens, config.stop_after_code)
    tasks = _tasks(stage, seeds, before, policy, config, seed)

    def to_records(_: Redraw, group: Tasks, completions: list[list[Completion]]) -> list[Sample]:
        return [
            Sample(
                problem_id=name,
                index=index,
                model=model,
                prompt_sha256=prompt_sha256(messages),
                completion=completion.text,
                finish_reason=completion.finish_reason,
                tokens=completion.tokens,
                seed=prompt.seeds[index],
                **policy.origin,
            )
            for ((name, messages), prompt), row in zip(group, completions, strict=True)
            for index, completion in enumerate(row)
        ]

    queue = Queue(Path(output), tasks, decoding, to_records, f"{stage} answers of {model}")
    complete_in_groups(policy, [queue])
    say(f"{stage}: {len(tasks)} of {len(seeds)} seeds were asked")


def messages_of(stage: Stage, seed: Seed, before: Mapping[str, Sample]) -> list[Message] | None:
    """Return what is asked for a seed; None: nothing, since an earlier answer gives no prompt."""
    if stage in ("concept", "statement"):
        if seed.control:
            return None
        if stage == "concept":
            return concept_messages(seed)
        found = before.get(seed.id)
        concepts = concepts_of(found.completion) if found else ""
        return statement_messages(concepts) if concepts else None
    try:
        problem = draft(seed, before)
    except Skip:
        return None
    return solution_messages(problem) if stage == "solution" else inputs_messages(problem)


NO_STATEMENT = "no statement was written (no concepts, or too long a prompt)"


def draft(seed: Seed, statements: Mapping[str, Sample]) -> Problem:
    """Return the problem that is to be given tests: as the model states it, or a control's own.

    Raises:
        Skip: there is none (why).
    """
    if seed.control:
        assert seed.problem is not None
        return seed.problem
    if (found := statements.get(seed.id)) is None:
        raise Skip(NO_STATEMENT)
    return draft_of(found.completion, seed.id, f"written by {found.model}; {seed.licence}")


def _tasks(
    stage: Stage,
    seeds: Sequence[Seed],
    before: Iterable[Sample],
    policy: Policy,
    config: SamplingConfig,
    seed: int,
) -> Tasks:
    earlier = {sample.problem_id: sample for sample in before}
    tasks: Tasks = []
    unfit = 0
    for one in seeds:
        messages = messages_of(stage, one, earlier)
        if messages is None:
            continue
        try:
            tokens = policy.render(one.id, messages, config.max_tokens)
        except UnfitPrompt as error:
            unfit += 1
            say(f"left out: {error}")
            continue
        numbers = range(config.samples_per_problem)
        seeds_of_one = [derive_seed(seed, "synthesis", stage, one.id, n) for n in numbers]
        tasks.append(((one.id, messages), Prompt(tokens, seeds_of_one)))
    if unfit and not tasks:
        raise UserError(
            f"{stage}: all {unfit} prompts are too long for the model or hold special tokens; "
            "lower sampling.max_tokens or take shorter seeds"
        )
    return tasks
