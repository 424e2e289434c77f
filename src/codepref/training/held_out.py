"""Reward accuracy on held-out pairs: does the implicit reward prefer what passes, on unseen tasks?

The pairs are answers that the untrained model sampled to a benchmark's tasks: of one task, one that
both judges passed and one that failed. No policy has seen them. Of each task that has both, every
such pair is compared; pairs of one task share answers, so a statistic takes the task (or the
template that it was made from) as one observation.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from codepref.errors import UserError
from codepref.evaluation.sampled_records import SampledSolution, SampledVerdicts
from codepref.models import model_revision
from codepref.prompts import prompt_sha256
from codepref.records import Message, RewardRecord
from codepref.training.rewards import Response, score_responses

_OPENED_BLOCK = "```python\n"  # where the prompt's last message has begun the answer


def score_answers(
    policy_folder: Path,
    reference_folder: Path,
    questions: Mapping[str, list[Message]],
    answers: Iterable[SampledSolution],
    verdicts: SampledVerdicts,
    beta: float,
    output: Path,
) -> Iterator[RewardRecord]:
    """Yield eq. 4's reward of each answer to a task that has passing and failing answers.

    Args:
        policy_folder: the trained model.
        reference_folder: the model that it started from.
        questions: the conversation that asks each task, by its id.
        answers: samples of the tasks.
        verdicts: what the judges say of them; ``plus`` counts, base and extra tests.
        beta: of the reward.
        output: the file that the records are for; a killed job goes on from ``<output>.partial``.

    Raises:
        UserError: an answer has no verdict, is of an unknown task or answers another prompt.
    """
    passed = {(one.task_id, one.index): one.plus for one in verdicts.samples}
    outcomes: dict[str, set[bool]] = defaultdict(set)
    for (task_id, _), good in passed.items():
        outcomes[task_id].add(good)
    answers = list(answers)
    for answer in answers:
        if (answer.task_id, answer.index) not in passed:
            raise UserError(f"{_name(answer)} has no verdict; grade these answers again")
    items = [answer for answer in answers if len(outcomes[answer.task_id]) == 2]
    responses = [_response(answer, questions.get(answer.task_id)) for answer in items]
    scored = score_responses(policy_folder, reference_folder, responses, output) if items else []
    revisions = model_revision(policy_folder), model_revision(reference_folder)
    failures = {(one.task_id, one.index): one.failure for one in verdicts.samples}
    for answer, found in zip(items, scored, strict=True):
        key = (answer.task_id, answer.index)
        failure = failures[key]
        yield RewardRecord(
            problem_id=answer.task_id,
            index=answer.index,
            model=verdicts.model,
            policy_revision=revisions[0],
            reference_revision=revisions[1],
            beta=beta,
            reward=beta * (found.policy_log_prob - found.reference_log_prob),
            **vars(found),
            # Without a class if the judge of a failing answer gives none.
            verdict="passed" if passed[key] else None if failure == "other" else failure,
        )


def _response(answer: SampledSolution, messages: list[Message] | None) -> Response:
    if messages is None:
        raise UserError(f"{_name(answer)} is of a task that is not in the benchmark's data file")
    if prompt_sha256(messages) != answer.prompt_sha256:
        raise UserError(f"{_name(answer)} answers another prompt than the task's present one")
    begun = messages[-1].role == "assistant"
    text = answer.response.removeprefix(_OPENED_BLOCK) if begun else answer.response
    return Response(_name(answer), messages, text, answer.finish_reason != "stop")


def _name(answer: SampledSolution) -> str:
    return f"sample {answer.index} of {answer.task_id}"
