"""Sampling with transformers alone: a short decoding loop of our own.

``generate`` runs the prompt once per sample and keeps finished rows to the end of the batch. Here a
prompt runs once, its key/value cache is repeated for its samples, finished rows leave, and the
next prompts' rows take their places.
"""

import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from codepref.devices import Precision
from codepref.errors import explain_out_of_memory
from codepref.models import configured_end, load_model, load_tokenizer
from codepref.sampling.completion import CompletionBuilder, TextDecoder, end_tokens
from codepref.sampling.engine import Completion, Decoding, OnStep, Prompt
from codepref.sampling.growing_cache import can_join, growing_cache, join_caches

# Nuclei of code models nearly always lie within this many tokens; where one does not, its row's
# whole distribution is sorted instead.
_SORTED_FIRST = 128
# Joining and leaving copy the cache: rows join when a quarter is free, and leave when an eighth has
# ended.
_REFILL_BELOW = 0.75
_LEAVE_BELOW = 0.875


class TransformersEngine:
    """A model folder loaded with transformers on the GPU or the CPU.

    Args:
        folder: a complete model folder.
        rows: completions under way at once.
        precision: the number format of weights and computation.
    """

    def __init__(self, folder: Path, rows: int, precision: Precision = "fp32") -> None:
        tokenizer = load_tokenizer(folder)
        self._rows = rows
        self._model = load_model(folder, precision)
        self._decoder = TextDecoder(tokenizer, end_tokens(tokenizer, configured_end(folder)))

    @torch.inference_mode()
    def complete(
        self,
        prompts: Sequence[Prompt],
        decoding: Decoding,
        on_step: OnStep = lambda tokens, finished: None,
    ) -> list[list[Completion]]:
        """See ``Engine.complete``."""
        builders = self._builders(prompts, decoding)
        with explain_out_of_memory(
            f"with {min(self._rows, len(builders))} completions at once; lower batch_size or "
            "max_tokens, then run again: finished problems are kept"
        ):
            self._run(prompts, builders, decoding, on_step)
        finished = iter(builders)
        return [[next(finished).completion() for _ in prompt.seeds] for prompt in prompts]

    def _builders(self, prompts: Sequence[Prompt], decoding: Decoding) -> list[CompletionBuilder]:
        """Return one builder per completion wanted, prompt by prompt."""
        return [
            CompletionBuilder(self._decoder, prompt.tokens, decoding, prompt.entry_point)
            for prompt in prompts
            for _ in prompt.seeds
        ]

    def _run(
        self,
        prompts: Sequence[Prompt],
        builders: list[CompletionBuilder],
        decoding: Decoding,
        on_step: OnStep,
    ) -> None:
        """Complete all builders; prompts join the batch when a part of its rows has finished."""
        draws = _uniform_draws([seed for prompt in prompts for seed in prompt.seeds], decoding)
        drawn = np.zeros(len(builders), dtype=int)  # tokens of each so far
        waiting = deque(_with_rows(prompts))
        batch: _Batch | None = None
        while batch is not None or waiting:
            if batch is None:
                batch = self._begin(_taken(waiting, self._rows) or [waiting.popleft()])
            elif (
                len(batch.alive) <= self._rows * _REFILL_BELOW
                and batch.can_grow
                and (following := _taken(waiting, self._rows - len(batch.alive)))
            ):
                batch.keep(batch.alive)
                batch = batch.joined_by(self._begin(following))
            uniforms = None
            if draws is not None:
                numbers = draws[batch.rows, drawn[batch.rows]]
                uniforms = torch.from_numpy(numbers).to(self._model.device)
            tokens = choose_tokens(batch.logits, uniforms, decoding)
            chosen = tokens.tolist()
            alive = [
                place for place in batch.alive if not builders[batch.rows[place]].add(chosen[place])
            ]
            on_step(len(batch.alive), len(batch.alive) - len(alive))
            batch.alive = alive
            if not alive:
                batch = None
                continue
            drawn[[batch.rows[place] for place in alive]] += 1
            if len(alive) <= len(batch.rows) * _LEAVE_BELOW:
                tokens = tokens[torch.tensor(alive, device=tokens.device)]
                batch.keep(alive)
            batch.mask = torch.cat([batch.mask, batch.mask.new_ones(len(tokens), 1)], dim=1)
            batch.position[batch.alive] += 1  # others may have none left
            batch.logits = self._forward(
                tokens[:, None], batch.mask, batch.position[:, None], batch.cache
            )

    def _begin(self, prompts: list[tuple[Prompt, list[int]]]) -> "_Batch":
        """Run prompts, each once, and return a batch with a row for each completion of them."""
        longest = max(len(prompt.tokens) for prompt, _ in prompts)
        ids = torch.zeros(len(prompts), longest, dtype=torch.long)
        mask = torch.zeros(len(prompts), longest, dtype=torch.long)
        for number, (prompt, _) in enumerate(prompts):
            ids[number, longest - len(prompt.tokens) :] = torch.tensor(prompt.tokens)
            mask[number, longest - len(prompt.tokens) :] = 1
        ids, mask = ids.to(self._model.device), mask.to(self._model.device)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        cache = growing_cache(self._model.config)
        logits = self._forward(ids, mask, positions, cache)
        begun = _Batch(list(range(len(prompts))), [], cache, mask, positions[:, -1], logits)
        begun.keep([number for number, (_, rows) in enumerate(prompts) for _ in rows])
        begun.rows = [row for _, rows in prompts for row in rows]
        return begun

    def _forward(
        self, ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache: Any
    ) -> torch.Tensor:
        """Return the logits of each row's next token, shape ``[rows, vocabulary]``."""
        output = self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return output.logits[:, -1]


@dataclass
class _Batch:
    """Completions under way, one row each.

    Attributes:
        rows: which completions they are.
        alive: the places of those that have not ended; the others run on until they leave.
        cache: keys and values of the tokens so far, left-padded to one length.
        mask: 1 at a row's own tokens, 0 at padding, shape ``[rows, length]``.
        position: of each row's last token, shape ``[rows]``.
        logits: of each row's next token, shape ``[rows, vocabulary]``.
    """

    rows: list[int]
    alive: list[int]
    cache: Any
    mask: torch.Tensor
    position: torch.Tensor
    logits: torch.Tensor

    @property
    def can_grow(self) -> bool:
        """Whether rows can join: every layer keeps keys and values token by token."""
        return can_join(self.cache)

    def keep(self, places: list[int]) -> None:
        """Keep the rows at these places, in their order; a place may come several times."""
        self.alive = list(range(len(places)))
        if places == list(range(len(self.rows))):
            return
        self.rows = [self.rows[place] for place in places]
        index = torch.tensor(places, device=self.mask.device)
        self.cache.batch_select_indices(index)
        self.mask, self.position, self.logits = (
            values[index] for values in (self.mask, self.position, self.logits)
        )

    def joined_by(self, new: "_Batch") -> "_Batch":
        """Return both batches as one, without columns in which no row has a token."""
        width = max(int(batch.mask.sum(dim=1).max()) for batch in (self, new))
        join_caches(self.cache, new.cache, width)
        masks = [_left_padded(batch.mask, width) for batch in (self, new)]
        rows = self.rows + new.rows
        return _Batch(
            rows,
            list(range(len(rows))),
            self.cache,
            torch.cat(masks),
            torch.cat([self.position, new.position]),
            torch.cat([self.logits, new.logits]),
        )


def _left_padded(mask: torch.Tensor, width: int) -> torch.Tensor:
    """Return the last ``width`` columns, with zeros on the left where there are fewer."""
    return torch.nn.functional.pad(mask, (max(0, width - mask.shape[1]), 0))[:, -width:]


def _with_rows(prompts: Sequence[Prompt]) -> list[tuple[Prompt, list[int]]]:
    """Return each prompt with the numbers of its completions."""
    ends = list(itertools.accumulate(len(prompt.seeds) for prompt in prompts))
    return [
        (prompt, list(range(end - len(prompt.seeds), end)))
        for prompt, end in zip(prompts, ends, strict=True)
    ]


def _taken(waiting: deque[tuple[Prompt, list[int]]], room: int) -> list[tuple[Prompt, list[int]]]:
    """Take as many prompts from the queue as have room for all their rows."""
    taken = []
    while waiting and len(waiting[0][1]) <= room:
        room -= len(waiting[0][1])
        taken.append(waiting.popleft())
    return taken


def choose_tokens(
    logits: torch.Tensor, uniforms: torch.Tensor | None, decoding: Decoding
) -> torch.Tensor:
    """Return each row's next token by nucleus sampling, or the likeliest one if greedy.

    A row's token is where its own uniform number falls in the cumulative distribution of its
    nucleus (the smallest set of likeliest tokens with at least ``top_p`` of the mass), so that no
    row depends on the random numbers of another.

    Args:
        logits: shape ``[rows, vocabulary]``.
        uniforms: one number in [0, 1) per row, or None for greedy decoding.
        decoding: temperature and top_p.
    """
    if uniforms is None:
        return logits.argmax(dim=-1)
    probabilities = torch.softmax(logits.float() / decoding.temperature, dim=-1)
    size = min(_SORTED_FIRST, probabilities.shape[-1])
    likeliest, tokens = probabilities.topk(size, dim=-1)
    chosen = _nucleus_token(likeliest, tokens, uniforms, decoding.top_p)
    wide = (likeliest.sum(dim=-1) < decoding.top_p).nonzero()[:, 0]
    if len(wide):
        likeliest, tokens = probabilities[wide].sort(dim=-1, descending=True)
        chosen[wide] = _nucleus_token(likeliest, tokens, uniforms[wide], decoding.top_p)
    return chosen


def _nucleus_token(
    likeliest: torch.Tensor, tokens: torch.Tensor, uniforms: torch.Tensor, top_p: float
) -> torch.Tensor:
    """Return each row's token, given its likeliest ones in falling order of probability."""
    likeliest = likeliest.double()
    outside = likeliest.cumsum(dim=-1) - likeliest >= top_p
    nucleus = likeliest.masked_fill(outside, 0.0)
    # In the order of token numbers: two tokens about equally likely, which rounding may sort either
    # way in another batch, then do not move the others.
    tokens, order = tokens.sort(dim=-1)
    mass = nucleus.gather(1, order).cumsum(dim=-1)
    place = (mass <= (uniforms * mass[:, -1])[:, None]).sum(dim=-1)
    return tokens.gather(1, place.clamp(max=tokens.shape[-1] - 1)[:, None])[:, 0]


def _uniform_draws(seeds: list[int], decoding: Decoding) -> np.ndarray | None:
    """Return each sample's random numbers, shape ``[samples, max_tokens]``; None if greedy."""
    if decoding.temperature == 0:
        return None
    return np.stack(
        [np.random.Generator(np.random.PCG64(s)).random(decoding.max_tokens) for s in seeds]
    )
