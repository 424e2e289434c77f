"""The one place where a task becomes a prompt, for sampling, training and benchmarks alike."""

import hashlib
from collections import Counter
from typing import Any

from codepref.chat_template import chat_text
from codepref.errors import UserError
from codepref.records import Message, Problem

# Bumped whenever the wording changes, so that old samples are never mixed with new ones.
WORDING = 1

# EvalPlus 0.3.1's wording (its default instruction and response prefixes).
EVALPLUS_ASKS = (
    "Please provide a self-contained Python script that solves the following problem in a markdown "
    "code block:"
)
EVALPLUS_ANSWERS = (
    "Below is a Python script with a self-contained function that solves the problem and passes "
    "corresponding tests:"
)
_COMPLETE = "Complete this Python code. Answer with one Python code block.\n```python\n{}\n```"
_END_OF_PROMPT = "<<<the model goes on here>>>"


class UnfitPrompt(UserError):
    """A task that this model cannot be asked, though others can: nothing is wrong but its text."""


def problem_text(problem: Problem) -> str:
    """Return all that is said about a problem: its statement's parts, in the usual order."""
    headed = [("Input", problem.input_format), ("Output", problem.output_format)]
    parts = [problem.statement, *(f"{name}\n{text.strip()}" for name, text in headed if text)]
    several = len(problem.examples) > 1
    for number, example in enumerate(problem.examples, start=1):
        name = f"Example {number}:" if several else "Example:"
        parts.append(f"{name}{chr(10) if chr(10) in example.strip() else ' '}{example.strip()}")
    if problem.notes:
        parts.append(f"Note\n{problem.notes.strip()}")
    return "\n\n".join(part.strip() for part in parts)


def problem_messages(problem: Problem) -> list[Message]:
    """Return the conversation that asks for a solution of a training problem."""
    if problem.interface == "stdio":
        how = (
            "Write a Python 3 program that reads from standard input and prints to standard output."
        )
    else:
        how = _COMPLETE.format(problem.starter_code.rstrip())
    return [Message(role="user", content=f"{problem_text(problem)}\n\n{how}")]


def benchmark_messages(prompt: str, style: str = "chat") -> list[Message]:
    """Return the conversation that asks for a benchmark task, given EvalPlus's ``prompt`` field.

    Style ``chat`` asks as for training problems; ``evalplus`` is EvalPlus's own wording, which also
    begins the answer (an open code block that the model goes on with), as published numbers used.
    """
    if style == "evalplus":
        return [
            Message(role="user", content=f"{EVALPLUS_ASKS}\n```\n{prompt.strip()}\n```\n"),
            Message(role="assistant", content=f"{EVALPLUS_ANSWERS}\n```python\n"),
        ]
    return [Message(role="user", content=_COMPLETE.format(prompt.strip()))]


def prompt_sha256(messages: list[Message]) -> str:
    """Return the hash by which records refer to a prompt (before any model's template)."""
    text = "\0".join(f"{message.role}\0{message.content}" for message in messages)
    return hashlib.sha256(f"{WORDING}\0{text}".encode()).hexdigest()


def render(tokenizer: Any, messages: list[Message]) -> list[int]:
    """Return the prompt's token ids under the model's own chat template.

    If the last message is the assistant's, the prompt ends inside it and the model goes on there.

    Raises:
        UserError: the template fails or leaves a message's text out; it gives more than one BOS
            token at the start, or none although the tokenizer adds one by itself.
        UnfitPrompt: a message's text gives a special token.
    """
    ids = _template_ids(tokenizer, messages)
    _check_text(tokenizer, messages, ids)
    return check_bos(tokenizer, ids)


def _template_ids(tokenizer: Any, messages: list[Message]) -> list[int]:
    *before, last = messages
    begun = last.role == "assistant"
    if begun:
        messages = [*before, Message(role=last.role, content=last.content + _END_OF_PROMPT)]
    text = chat_text(tokenizer, messages, open_answer=not begun)
    if begun:
        text = text[: text.rindex(_END_OF_PROMPT)]
    # The template writes the BOS token where the model wants it; the tokenizer must not add one.
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def check_bos(tokenizer: Any, ids: list[int]) -> list[int]:
    """Return ``ids`` unchanged if they start with exactly one BOS, where the model is used to one.

    It is if its template writes the BOS token or its tokenizer adds it by itself. A model may also
    define one that neither does (CodeQwen1.5), and a template may write it again at later turns
    (SmolLM2's <|im_start|>, Llama's <s>).

    Raises:
        UserError: the BOS token is doubled at the start, or lost.
    """
    bos = tokenizer.bos_token_id
    if bos is None or (bos not in ids and tokenizer("x")["input_ids"][:1] != [bos]):
        return ids
    if ids[:1] != [bos] or ids[1:2] == [bos]:
        raise UserError(f"the prompt must start with exactly one BOS token, it starts {ids[:3]}")
    return ids


def _check_text(tokenizer: Any, messages: list[Message], ids: list[int]) -> None:
    """Refuse messages that give special tokens of their own: "<|im_end|>" would end the turn.

    Tokenizers read such text as the token wherever it stands, so the prompt may have no more of
    them than one whose messages say "x".
    """
    special = {
        *tokenizer.all_special_ids,
        *(number for number, token in tokenizer.added_tokens_decoder.items() if token.special),
    }
    plain = _template_ids(tokenizer, [Message(role=m.role, content="x") for m in messages])
    added = special & (Counter(ids) - Counter(plain)).keys()
    if added:
        names = " and ".join(tokenizer.convert_ids_to_tokens(sorted(added)))
        raise UnfitPrompt(
            f"its text has {names}, which the model would read as a special token; leave the task "
            "out or write it differently"
        )
