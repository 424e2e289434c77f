"""What came of running a program on one input, and how its process's answers are read."""

from dataclasses import dataclass
from typing import Any

from codepref import values
from codepref.records import VerdictClass

TAIL_BYTES = 2000  # of a traceback, or of what was printed to stderr


@dataclass(frozen=True)
class Outcome:
    """What came of one input.

    Attributes:
        value: the decoded returned value (or printed text) if ``failure`` is None.
        failure: the class of the failure.
        message: one line about the failure.
        trace: the end of the traceback or of what was printed to stderr.
        tampered: the program's process sent something that our side of it does not.
        cpu_seconds: CPU time of this call.
    """

    value: Any = None
    failure: VerdictClass | None = None
    message: str = ""
    trace: str = ""
    tampered: bool = False
    cpu_seconds: float = 0.0


def tampering(message: str) -> Outcome:
    """Return the outcome of a program whose process sent what our side of it does not."""
    return Outcome(failure="runtime_error", message=f"tampering: {message}", tampered=True)


_FAILURES: dict[str, VerdictClass] = {
    "exception": "runtime_error",
    "value": "wrong_answer",
    "assert": "wrong_answer",
    "memory": "memory_limit",
    "compile": "compile_error",
    "output": "output_limit",
}


def read_answer(
    answer: Any, nonce: str, cpu_seconds: float, most_containers: int | None = None
) -> Outcome:
    """Return the outcome that a frame describes; anything odd about it is tampering.

    Args:
        answer: what came over the channel.
        nonce: of the request that it must answer.
        cpu_seconds: what the request took.
        most_containers: lists, dicts and the like in a value; one of more is too long an answer.
    """
    if not isinstance(answer, dict) or answer.get("nonce") != nonce:
        return tampering("a forged message")
    error = answer.get("error")
    if error is not None:
        if not isinstance(error, dict) or not all(isinstance(part, str) for part in error.values()):
            return tampering("a forged message")
        return Outcome(
            failure=_FAILURES.get(error.get("kind", ""), "runtime_error"),
            message=_printable(error.get("message", ""))[:500],
            trace=_printable(error.get("trace", ""))[-TAIL_BYTES:],
            cpu_seconds=cpu_seconds,
        )
    if "token" in answer:
        return Outcome(value=answer["token"], cpu_seconds=cpu_seconds)
    try:
        value = values.decode(answer.get("value"), most_containers)
        return Outcome(value=value, cpu_seconds=cpu_seconds)
    except values.TooMuchWork as error:
        return Outcome(failure="output_limit", message=f"an answer that is too much work: {error}")
    except (ValueError, RecursionError):
        return tampering("a value that is not one of ours")


def _printable(text: str) -> str:
    """Return text without the lone surrogates that no file can hold."""
    return text.encode("utf-8", "replace").decode()
