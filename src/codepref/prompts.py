"""The one place where a task becomes a prompt, for sampling, training and benchmarks alike."""

import hashlib
from typing import Any

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
_END_OF_PROMPT = "<<<the model goes on here>>>"


def problem_messages(problem: Problem) -> list[Message]:
    """Return the conversation that asks for a solution of a training problem."""
    if problem.interface == "stdio":
        how = (
            "Write a Python 3 program that reads from standard input and prints to standard output."
        )
    else:
        how = "Complete this Python code. Answer with one Python code block.\n"
        how += f"```python\n{problem.starter_code.rstrip()}\n```"
    return [Message(role="user", content=f"{problem.statement.strip()}\n\n{how}")]


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
    how = "Complete this Python code. Answer with one Python code block.\n"
    return [Message(role="user", content=f"{how}```python\n{prompt.strip()}\n```")]


def prompt_sha256(messages: list[Message]) -> str:
    """Return the hash by which records refer to a prompt (before any model's template)."""
    text = "\0".join(f"{message.role}\0{message.content}" for message in messages)
    return hashlib.sha256(f"{WORDING}\0{text}".encode()).hexdigest()


def render(tokenizer: Any, messages: list[Message]) -> list[int]:
    """Return the prompt's token ids under the model's own chat template.

    If the last message is the assistant's, the prompt ends inside it and the model goes on there.

    Raises:
        ValueError: the template gives more than one BOS token at the start, or none although the
            tokenizer adds one by itself.
    """
    turns = [message.model_dump() for message in messages]
    begun = turns[-1]["role"] == "assistant"
    if begun:
        turns[-1]["content"] += _END_OF_PROMPT
    text = tokenizer.apply_chat_template(turns, add_generation_prompt=not begun, tokenize=False)
    if begun:
        text = text[: text.index(_END_OF_PROMPT)]
    # The template writes the BOS token where the model wants it; the tokenizer must not add one.
    return check_bos(tokenizer, tokenizer(text, add_special_tokens=False)["input_ids"])


def check_bos(tokenizer: Any, ids: list[int]) -> list[int]:
    """Return ``ids`` unchanged if they start with exactly one BOS, where the model has a BOS.

    Raises:
        ValueError: the BOS token is doubled, or lost.
    """
    bos = tokenizer.bos_token_id
    if bos is None or (bos not in ids and tokenizer("x")["input_ids"][0] != bos):
        return ids
    # A chat template may open every turn with the BOS token (SmolLM2's <|im_start|>); what must
    # not happen is a doubled one at the start or a lost one.
    if ids[0] != bos or (len(ids) > 1 and ids[1] == bos):
        raise ValueError(f"the prompt must start with exactly one BOS token, it starts {ids[:3]}")
    return ids
