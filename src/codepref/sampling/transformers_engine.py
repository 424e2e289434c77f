"""Sampling with transformers alone: a short decoding loop of our own.

``generate`` runs the prompt once per sample and keeps finished rows to the end of the batch. Here a
prompt runs once, its key/value cache is repeated for its samples, and finished rows leave.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from codepref.errors import explain_out_of_memory
from codepref.models import configured_end, load_model, load_tokenizer
from codepref.sampling.completion import CompletionBuilder, TextDecoder, end_tokens
from codepref.sampling.engine import Completion, Decoding, OnStep, Prompt
from codepref.sampling.growing_cache import growing_cache

# Nuclei of code models nearly always lie within this many tokens; where one does not, the whole
# distribution is sorted instead.
_SORTED_FIRST = 128


class TransformersEngine:
    """A model folder loaded with transformers on the GPU (bf16) or the CPU (fp32)."""

    def __init__(self, folder: Path) -> None:
        tokenizer = load_tokenizer(folder)
        self._model = load_model(folder)
        self._decoder = TextDecoder(tokenizer, end_tokens(tokenizer, configured_end(folder)))

    @torch.inference_mode()
    def complete(
        self,
        prompts: Sequence[Prompt],
        decoding: Decoding,
        on_step: OnStep = lambda tokens, finished: None,
    ) -> list[list[Completion]]:
        """See ``Engine.complete``; all prompts and samples run in one batch."""
        rows = self._builders(prompts, decoding)
        with explain_out_of_memory(
            f"with {len(rows)} completions at once; lower batch_size (it is now at least "
            f"{len(rows)}) or max_tokens, then run again: finished problems are kept"
        ):
            self._run(prompts, rows, decoding, on_step)
        finished = iter(rows)
        return [[next(finished).completion() for _ in prompt.seeds] for prompt in prompts]

    def _builders(self, prompts: Sequence[Prompt], decoding: Decoding) -> list[CompletionBuilder]:
        """Return one builder per completion wanted, prompt by prompt."""
        return [
            CompletionBuilder(self._decoder, prompt.tokens, decoding)
            for prompt in prompts
            for _ in prompt.seeds
        ]

    def _run(
        self,
        prompts: Sequence[Prompt],
        rows: list[CompletionBuilder],
        decoding: Decoding,
        on_step: OnStep,
    ) -> None:
        device = self._model.device
        longest = max(len(prompt.tokens) for prompt in prompts)
        ids = torch.zeros(len(prompts), longest, dtype=torch.long)
        mask = torch.zeros(len(prompts), longest, dtype=torch.long)
        for number, prompt in enumerate(prompts):
            ids[number, longest - len(prompt.tokens) :] = torch.tensor(prompt.tokens)
            mask[number, longest - len(prompt.tokens) :] = 1
        ids, mask = ids.to(device), mask.to(device)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        cache = growing_cache(self._model.config)
        logits = self._forward(ids, mask, positions, cache)

        # From here on, one row per sample instead of one per prompt.
        counts = torch.tensor([len(prompt.seeds) for prompt in prompts], device=device)
        of_prompt = torch.repeat_interleave(torch.arange(len(prompts), device=device), counts)
        cache.batch_select_indices(of_prompt)
        logits, mask, position = logits[of_prompt], mask[of_prompt], positions[of_prompt, -1]
        draws = _uniform_draws([seed for prompt in prompts for seed in prompt.seeds], decoding)
        alive = list(range(len(rows)))
        for step in range(decoding.max_tokens):
            uniforms = None if draws is None else torch.from_numpy(draws[alive, step]).to(device)
            tokens = choose_tokens(logits, uniforms, decoding)
            kept = [
                place
                for place, token in enumerate(tokens.tolist())
                if not rows[alive[place]].add(token)
            ]
            on_step(len(alive), len(alive) - len(kept))
            if not kept:
                return
            if len(kept) < len(alive):
                alive = [alive[place] for place in kept]
                keep = torch.tensor(kept, device=device)
                cache.batch_select_indices(keep)
                tokens, mask, position = tokens[keep], mask[keep], position[keep]
            mask = torch.cat([mask, mask.new_ones(len(alive), 1)], dim=1)
            position = position + 1
            logits = self._forward(tokens[:, None], mask, position[:, None], cache)

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
    if bool((likeliest.sum(dim=-1) < decoding.top_p).any()):
        likeliest, tokens = probabilities.sort(dim=-1, descending=True)
    likeliest = likeliest.double()
    outside = likeliest.cumsum(dim=-1) - likeliest >= decoding.top_p
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
