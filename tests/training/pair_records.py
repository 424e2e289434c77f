"""Pair records for the tests of training."""

from codepref.prompts import prompt_sha256
from codepref.records import Message, Pair, PairSide


def make_pair(number: int, chosen: str | None = None, rejected: str | None = None) -> Pair:
    prompt = [Message(role="user", content=f"Write f{number}, which adds {number}.")]
    chosen = chosen or f"```python\ndef f{number}(x):\n    return x + {number}\n```"
    rejected = rejected or f"```python\ndef f{number}(x):\n    print(x - {number})\n```\nDone."
    return Pair(
        problem_id=f"t/p{number}",
        model="tiny",
        prompt=prompt,
        chosen=[Message(role="assistant", content=chosen)],
        rejected=[Message(role="assistant", content=rejected)],
        prompt_sha256=prompt_sha256(prompt),
        chosen_from=PairSide(
            index=0, verdict="passed", tests_passed=3, tests_total=3, code_sha256="a"
        ),
        rejected_from=PairSide(
            index=1, verdict="wrong_answer", tests_passed=0, tests_total=3, code_sha256="b"
        ),
    )
