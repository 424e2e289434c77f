"""On-policy samples of training problems (paper, section 3: eight responses to each query)."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from codepref.errors import UserError
from codepref.files import check_writable
from codepref.prompts import UnfitPrompt, problem_messages, prompt_sha256
from codepref.records import Problem, Sample
from codepref.sampling.engine import Completion, Decoding, Engine, Prompt
from codepref.sampling.jobs import Policy, complete_in_groups, hash_of, say
from codepref.sampling.resume import WorkFile
from codepref.sampling.settings import SamplingConfig
from codepref.sandbox import extract_from
from codepref.seeds import derive_seed


def draw_samples(
    problems: Sequence[Problem],
    folder: str | Path,
    model: str,
    config: SamplingConfig,
    seed: int,
    output: str | Path,
) -> list[Sample]:
    """Write ``config.samples_per_problem`` samples of each problem, in the problems' order.

    A problem that this model cannot be asked (its prompt is too long, or has a special token) is
    left out and named; the statistics of the pairs count it as one without samples.

    A sample's seed depends on the configured seed, the model, the problem and the index, not on
    the other problems. What is finished waits in ``<output>.partial``; a run that was killed goes
    on from there and writes the same file.

    Raises:
        UserError: the output cannot be written, the model folder, all prompts or the engine are not
            usable, or memory is short.
    """
    check_writable(output)
    indices = range(config.samples_per_problem)
    policy = Policy(folder, config, len(indices))
    decoding = Decoding(config.temperature, config.top_p, config.max_tokens, config.stop_after_code)
    tasks = []
    unfit = []
    for problem in problems:
        try:
            tokens = policy.render(problem.id, problem_messages(problem), config.max_tokens)
        except UnfitPrompt as error:
            unfit.append(f"left out: {error}")
            continue
        seeds = [derive_seed(seed, "sample", model, problem.id, index) for index in indices]
        tasks.append((problem, Prompt(tokens, seeds)))

    if unfit and not tasks:
        raise UserError("no problem can be sampled; " + unfit[0])
    for message in unfit:
        say(message)

    def to_records(
        engine: Engine,
        group: list[tuple[Problem, Prompt]],
        completions: list[list[Completion]],
    ) -> list[Sample]:
        for attempt in range(1, config.distinct_attempts + 1):
            if not _draw_repeated_again(engine, group, completions, decoding, attempt):
                break
        return [
            Sample(
                problem_id=problem.id,
                index=index,
                model=model,
                prompt_sha256=prompt_sha256(problem_messages(problem)),
                completion=completion.text,
                finish_reason=completion.finish_reason,
                tokens=completion.tokens,
                seed=prompt.seeds[index],
                engine=policy.engine_description,
                model_revision=policy.revision,
                template_sha256=policy.template_sha256,
            )
            for (problem, prompt), row in zip(group, completions, strict=True)
            for index, completion in enumerate(row)
        ]

    made_from = {
        "set of prompts": hash_of([prompt for _, prompt in tasks]),
        "sampling configuration": config.model_dump_json(),
        "model": f"{model} {policy.revision}",
        "engine": policy.engine_description,
        "chat template": policy.template_sha256,
    }
    work = WorkFile(output, Sample, made_from)
    samples = complete_in_groups(policy, work, tasks, decoding, to_records, f"samples of {model}")
    say(summary([problem for problem, _ in tasks], samples))
    return samples


def _draw_repeated_again(
    engine: Engine,
    group: list[tuple[Problem, Prompt]],
    completions: list[list[Completion]],
    decoding: Decoding,
    attempt: int,
) -> bool:
    """Draw those samples anew whose program an earlier sample has; return whether there were any.

    Prompts' seeds and ``completions`` are changed in place.
    """
    places = [
        (number, index)
        for number, (problem, _) in enumerate(group)
        for index in repeated_programs(problem, [row.text for row in completions[number]])
    ]
    by_prompt: dict[int, list[int]] = defaultdict(list)
    for number, index in places:
        by_prompt[number].append(index)
    again = []
    for number, repeated in by_prompt.items():
        prompt = group[number][1]
        for index in repeated:
            prompt.seeds[index] = derive_seed(prompt.seeds[index], "again", attempt)
        again.append(Prompt(prompt.tokens, [prompt.seeds[index] for index in repeated]))
    if again:
        for (number, repeated), row in zip(
            by_prompt.items(), engine.complete(again, decoding), strict=True
        ):
            for index, completion in zip(repeated, row, strict=True):
                completions[number][index] = completion
    return bool(again)


def repeated_programs(problem: Problem, texts: Sequence[str]) -> list[int]:
    """Return the indices of the responses whose program an earlier response has already.

    Responses without code are compared as they are.
    """
    seen: set[str] = set()
    repeated = []
    for index, text in enumerate(texts):
        program = extract_from(problem, text).code or text
        if program in seen:
            repeated.append(index)
        seen.add(program)
    return repeated


def summary(problems: Sequence[Problem], samples: Sequence[Sample]) -> str:
    """Return one line on how many samples there are, how many were cut, how many are distinct."""
    texts = defaultdict(list)
    for sample in samples:
        texts[sample.problem_id].append(sample.completion)
    repeated = sum(len(repeated_programs(problem, texts[problem.id])) for problem in problems)
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
