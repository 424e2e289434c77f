"""Pairs as token ids: checked, tokenised exactly as they were sampled, in training order."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codepref.chat_template import end_of_turn
from codepref.errors import UserError
from codepref.files import unique_records
from codepref.prompts import prompt_sha256, render
from codepref.records import Pair
from codepref.seeds import derive_seed


@dataclass(frozen=True)
class TokenPair:
    """One preference pair as token ids; a response ends with the end-of-turn token."""

    prompt: list[int]
    chosen: list[int]
    rejected: list[int]
    truncated: bool = False
    reference: tuple[float, float] | None = None  # log-probabilities of chosen and rejected

    @property
    def length(self) -> int:
        """Tokens of the longer of the two sequences."""
        return len(self.prompt) + max(len(self.chosen), len(self.rejected))


def load_pairs(path: str | Path, pairs_from: str | None = None) -> list[Pair]:
    """Read pairs and refuse every one that must not be trained on.

    Args:
        path: JSONL file of pair records.
        pairs_from: the model they must be of; None: whichever the first is of.

    Raises:
        UserError: names file and line: a malformed record, a missing or empty side, equal sides, a
            chosen that did not pass, a rejected that did (or was never judged), a chosen not rated
            higher, another model than expected, a prompt that does not match its hash, the same
            pair twice; or no pairs.
    """
    pairs: list[Pair] = []
    key = ("problem_id", "chosen_from.index", "rejected_from.index")
    for line, pair in unique_records(path, Pair, *key):
        if problem := _what_is_wrong(pair, pairs_from):
            raise UserError(f"{path}:{line}: {problem}; make the pairs again with build_pairs.py")
        pairs_from = pairs_from or pair.model
        pairs.append(pair)
    if not pairs:
        raise UserError(f"{path}: no pairs to train on")
    return pairs


def _what_is_wrong(pair: Pair, pairs_from: str | None) -> str | None:
    for name, turns in (("chosen", pair.chosen), ("rejected", pair.rejected)):
        if len(turns) != 1 or turns[0].role != "assistant":
            return f"the {name} side must be one assistant message, it has {len(turns)} messages"
        if not turns[0].content.strip():
            return f"the {name} response is empty"
    if pair.chosen[0].content == pair.rejected[0].content:
        return "both sides are the same response"
    code = pair.chosen_from.code_sha256
    if code is not None and code == pair.rejected_from.code_sha256:
        return "both sides hold the same program"
    good, bad = pair.chosen_from.rating, pair.rejected_from.rating
    if good is not None and bad is not None:
        if good <= bad:
            return f"the chosen response is rated {good:g}, the rejected one {bad:g}"
    elif pair.chosen_from.verdict != "passed":
        return f"the chosen response did not pass (verdict '{pair.chosen_from.verdict}')"
    elif pair.rejected_from.verdict in (None, "passed", "infra_error"):
        return f"verdict '{pair.rejected_from.verdict}' is no reason to reject a response"
    if pairs_from and pair.model != pairs_from:
        return f"the pair is of model '{pair.model}', expected '{pairs_from}'"
    if prompt_sha256(pair.prompt) != pair.prompt_sha256:
        return "the prompt does not match its prompt_sha256 (edited, or an older wording)"
    return None


def tokenise_response(tokenizer: Any, text: str, truncated: bool, end: int) -> list[int]:
    """Return the ids of a response as the model wrote them: its text and the token that ends it.

    A response that the token limit cut gets no end: the model never chose to stop there.
    """
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    return list(ids) if truncated else [*ids, end]


def tokenise(
    tokenizer: Any, pairs: Iterable[Pair], max_length: int, allow_truncation: bool
) -> list[TokenPair]:
    """Return pairs as token ids, with exactly one BOS token where the model has one.

    Longer ones than ``max_length`` are cut at the end and marked, if that is allowed.

    Raises:
        UserError: a pair is too long (with how many are, and how long the longest is), a prompt
            alone fills ``max_length``, cutting leaves both sides equal, or the BOS is wrong.
    """
    end = end_of_turn(tokenizer)
    whole = []
    names = []
    for pair in pairs:
        try:
            prompt = render(tokenizer, pair.prompt)
        except UserError as error:
            raise UserError(f"pair of problem {pair.problem_id}: {error}") from error
        text, truncated = pair.chosen[0].content, pair.chosen_from.truncated
        chosen = tokenise_response(tokenizer, text, truncated, end)
        text, truncated = pair.rejected[0].content, pair.rejected_from.truncated
        rejected = tokenise_response(tokenizer, text, truncated, end)
        whole.append(TokenPair(prompt, chosen, rejected))
        names.append(pair.problem_id)
    too_long = [pair for pair in whole if pair.length > max_length]
    if too_long and not allow_truncation:
        raise UserError(
            f"{len(too_long)} of {len(whole)} pairs are longer than max_length {max_length} (the "
            f"longest has {max(pair.length for pair in too_long)} tokens); raise max_length, or "
            "set allow_truncation to cut them"
        )
    return [cut_to_length(pair, max_length, name) for pair, name in zip(whole, names, strict=True)]


def cut_to_length(pair: TokenPair, max_length: int, name: str) -> TokenPair:
    """Return the pair with both responses cut at the end to fit ``max_length``."""
    if pair.length <= max_length:
        return pair
    room = max_length - len(pair.prompt)
    if room <= 0:
        raise UserError(
            f"pair of problem {name}: the prompt alone has {len(pair.prompt)} tokens, max_length "
            f"is {max_length}: raise it or leave the problem out"
        )
    chosen, rejected = pair.chosen[:room], pair.rejected[:room]
    if chosen == rejected:
        raise UserError(
            f"pair of problem {name}: cut to max_length {max_length} both sides are equal; raise it"
        )
    return TokenPair(pair.prompt, chosen, rejected, truncated=True)


def training_order(lengths: Sequence[int], epochs: float, batch_size: int, seed: int) -> list[int]:
    """Return the indices in the order in which training sees them, all epochs one after the other.

    Every epoch is a fresh permutation. Inside each global batch the examples are sorted by length:
    its gradient is a sum over the batch, so this changes nothing but how much padding the
    micro-batches need.
    """
    total = max(1, round(len(lengths) * epochs))
    order: list[int] = []
    for epoch in range(-(-total // len(lengths))):
        indices = list(range(len(lengths)))
        random.Random(derive_seed(seed, "order", epoch)).shuffle(indices)
        order += indices
    order = order[:total]
    for start in range(0, total, batch_size):
        batch = order[start : start + batch_size]
        order[start : start + batch_size] = sorted(batch, key=lambda i: (-lengths[i], i))
    return order
