"""Per-token log-probabilities without wasted work: shared prefixes once, prompts never projected.

TRL asks the model for log-probabilities with ``model(..., labels=..., fused_lm_head=True)``. On the
CPU its implementation projects every position to the vocabulary, prompt and padding included, and
runs the prompt once for each side of a pair. ``install`` answers the same call with the same
numbers (up to float rounding), computed from:

* only the positions whose next token has a label go through the LM head;
* for a pair, what both sides begin with (the prompt, and often the first tokens of the response)
  is run once: a row is ``trunk, chosen branch, rejected branch`` with an attention mask that hides
  the branches from each other, and positions counted as if each followed the trunk.
"""

import types
from dataclasses import dataclass
from itertools import takewhile
from operator import eq
from typing import Any

import torch
from trl.kernels import ChunkedLogProbFunction
from trl.trainer.utils import FusedCausalLMOutput

from codepref.training.arguments import world_size

# Architectures whose forward is backbone then LM head with full causal attention and nothing else.
SUPPORTED = ("llama", "qwen2")
VOCABULARY_CHUNK = 1 << 16
OUTPUTS = ("entropy", "mean_logits", "is_top1")


def supported(model: Any) -> bool:
    """Whether ``install`` gives the model's own numbers: architecture, attention, no windows."""
    config = model.config
    layers = getattr(config, "layer_types", None) or []
    return (
        config.model_type in SUPPORTED
        and config._attn_implementation in ("sdpa", "eager")
        and all(kind == "full_attention" for kind in layers)
    )


def worthwhile(model: Any) -> bool:
    """Whether ``install`` is for this job: a supported model, in one process, on the CPU."""
    return supported(model) and not torch.cuda.is_available() and world_size() == 1


def install(model: Any, pairs: bool, temperature: float = 1.0) -> None:
    """Answer TRL's ``fused_lm_head`` calls on ``model`` (after TRL's own patch) as above.

    Args:
        model: the bare causal language model (below any PEFT wrapper).
        pairs: batches are TRL's preference batches (first half chosen, second half rejected,
            shared prompts); else rows are independent.
        temperature: of the distribution that is scored.
    """
    original = model.forward

    def forward(self: Any, *args: Any, fused_lm_head: bool = False, **kwargs: Any) -> Any:
        if not fused_lm_head:
            return original(*args, **kwargs)
        names = ("input_ids", "attention_mask", "labels")
        input_ids, attention_mask, labels = (kwargs[name] for name in names)
        if pairs:
            packed = pack_pairs(input_ids, attention_mask.sum(dim=1).tolist(), labels)
            mask = packed.mask
            if self.config._attn_implementation == "eager":  # which wants an additive mask
                mask = torch.zeros(mask.shape, dtype=self.dtype).masked_fill(
                    ~mask, torch.finfo(self.dtype).min
                )
            inputs = {
                "input_ids": packed.input_ids,
                "attention_mask": mask,
                "position_ids": packed.position_ids,
            }
            rows, positions = packed.rows, packed.positions
        else:
            inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
            rows, positions = (labels[:, 1:] != -100).nonzero(as_tuple=True)
        hidden = self.base_model(**inputs, use_cache=False).last_hidden_state
        scored = hidden[rows, positions]
        return _score(self, scored, labels, packed if pairs else None, temperature)

    model.forward = types.MethodType(forward, model)


@dataclass
class PackedPairs:
    """Pairs as rows of trunk and two branches, and where each label's prediction is read.

    ``rows`` and ``positions`` (both [scored]) address the hidden states to project; ``targets``
    [scored] are the tokens they should predict; ``lookup`` [labels] gives for each label, in the
    order of ``labels[:, 1:] != -100``, which of the scored it is (trunk tokens serve both sides).
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    mask: torch.Tensor
    rows: torch.Tensor
    positions: torch.Tensor
    targets: torch.Tensor
    lookup: torch.Tensor


def pack_pairs(input_ids: torch.Tensor, lengths: list[int], labels: torch.Tensor) -> PackedPairs:
    """Return a preference batch [2 pairs, length] as [pairs, packed length].

    The trunk ends before the last common token; each branch starts with its own copy of that
    token, so that it predicts the branch's first own token.
    """
    device = input_ids.device
    ids = [row[:length] for row, length in zip(input_ids.tolist(), lengths, strict=True)]
    pairs = len(ids) // 2
    first_label = (labels != -100).int().argmax(dim=1).tolist()
    rows: list[tuple[list[int], list[int], int, int]] = []  # ids, positions, trunk, branch 1 end
    scored: dict[tuple[int, int], int] = {}
    targets: list[int] = []
    lookups: list[list[int]] = [[] for _ in ids]
    for pair in range(pairs):
        sides = (ids[pair], ids[pair + pairs])
        common = sum(takewhile(bool, map(eq, *sides)))  # tokens that both begin with
        trunk = common - 1
        packed, places = list(sides[0][:trunk]), list(range(trunk))
        ends = []
        for side, tokens in enumerate(sides):
            row = pair + side * pairs
            start = len(packed)
            packed += tokens[trunk : len(tokens) - 1]
            places += range(trunk, len(tokens) - 1)
            ends.append(len(packed))
            for target in range(first_label[row], len(tokens)):
                position = target - 1 if target < common else start + target - common
                key = (pair, position)
                if key not in scored:
                    scored[key] = len(targets)
                    targets.append(tokens[target])
                lookups[row].append(scored[key])
        rows.append((packed, places, trunk, ends[0]))
    width = max(len(packed) for packed, *_ in rows)
    packed_ids = torch.zeros(pairs, width, dtype=torch.long)
    position_ids = torch.zeros(pairs, width, dtype=torch.long)
    mask = torch.ones(width, width, dtype=torch.bool).tril().repeat(pairs, 1, 1, 1)
    for number, (packed, places, trunk, branch) in enumerate(rows):
        packed_ids[number, : len(packed)] = torch.tensor(packed)
        position_ids[number, : len(places)] = torch.tensor(places)
        mask[number, 0, branch : len(packed), trunk:branch] = False
    where = torch.tensor(list(scored), dtype=torch.long)
    return PackedPairs(
        input_ids=packed_ids.to(device),
        position_ids=position_ids.to(device),
        mask=mask.to(device),
        rows=where[:, 0].to(device),
        positions=where[:, 1].to(device),
        targets=torch.tensor(targets, device=device),
        lookup=torch.tensor([i for row in lookups for i in row], device=device),
    )


def _score(
    model: Any,
    hidden: torch.Tensor,
    labels: torch.Tensor,
    packed: PackedPairs | None,
    temperature: float,
) -> FusedCausalLMOutput:
    """Project the hidden states [scored, width] and spread the results over the labels' places."""
    shifted = labels[:, 1:]
    mask = shifted != -100
    head = model.get_output_embeddings()
    results = ChunkedLogProbFunction.apply(
        hidden,
        head.weight,
        head.bias,
        packed.targets if packed else shifted[mask],
        temperature,
        VOCABULARY_CHUNK,
        None,
        1.0,
        OUTPUTS,
    )
    fields = {}
    names = ("log_probs", "entropy", "log_sum_sq_probs", "mean_logits", "is_top1")
    for name, values in zip(names, results, strict=True):
        if values is not None:
            values = values[packed.lookup] if packed else values
            fields[name] = values.new_zeros(mask.shape).masked_scatter(mask, values)
    return FusedCausalLMOutput(label_mask=mask, **fields)
