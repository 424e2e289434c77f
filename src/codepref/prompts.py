"""The one place where a task becomes a prompt, for sampling, training and benchmarks alike."""

import hashlib
from typing import Any

from codepref.records import Message, Problem

# Bumped whenever the wording changes, so that old samples are never mixed with new ones.
WORDING = 1


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


def benchmark_messages(prompt: str) -> list[Message]:
    """Return the conversation that asks for a benchmark task, given EvalPlus's ``prompt`` field."""
    how = "Complete this Python code. Answer with one Python code block.\n"
    return [Message(role="user", content=f"{how}```python\n{prompt.strip()}\n```")]


def prompt_sha256(messages: list[Message]) -> str:
    """Return the hash by which records refer to a prompt (before any model's template)."""
    text = "\0".join(f"{message.role}\0{message.content}" for message in messages)
    return hashlib.sha256(f"{WORDING}\0{text}".encode()).hexdigest()


def render(tokenizer: Any, messages: list[Message]) -> list[int]:
    """Return the prompt's token ids under the model's own chat template.

    Raises:
        ValueError: the template gives more than one BOS token, or none although the tokenizer
            adds one by itself.
    """
    turns = [message.model_dump() for message in messages]
    ids = tokenizer.apply_chat_template(
        turns, add_generation_prompt=True, tokenize=True, return_dict=False
    )
    return check_bos(tokenizer, ids)


def check_bos(tokenizer: Any, ids: list[int]) -> list[int]:
    """Return ``ids`` unchanged if they hold exactly one BOS at the start, where there is a BOS."""
    bos = tokenizer.bos_token_id
    plain = tokenizer("x")["input_ids"]
    if bos is None or (bos not in ids and plain[0] != bos):
        return ids
    # A chat template may open every turn with the BOS token (SmolLM2's <|im_start|>); what must
    # not happen is a doubled one at the start or a lost one.
    if ids[0] != bos or (len(ids) > 1 and ids[1] == bos):
        raise ValueError(f"the prompt must start with exactly one BOS token, it starts {ids[:3]}")
    return ids
