"""A key/value cache that is allocated ahead: a new token is written in place."""

from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

_ROOM = 64  # tokens of room added when a layer is full


class _GrowingLayer(DynamicLayer):
    """Keys and values ``[rows, heads, tokens, head size]`` as views of larger buffers.

    transformers' own layer concatenates, and so copies the whole cache, at every token.
    """

    def __init__(self) -> None:
        super().__init__()
        self._buffers: list[torch.Tensor] = []

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        new = (key_states, value_states)
        if not self._buffers or self._buffers[0].shape[-2] < end:
            old = (self.keys, self.values)
            self._buffers = []
            for states, held in zip(new, old, strict=True):
                rows, heads, _, size = states.shape
                buffer = states.new_empty(rows, heads, end + _ROOM, size)
                if start:
                    assert held is not None
                    buffer[:, :, :start] = held
                self._buffers.append(buffer)
        for buffer, states in zip(self._buffers, new, strict=True):
            buffer[:, :, start:end] = states
        self.keys, self.values = (buffer[:, :, :end] for buffer in self._buffers)
        return self.keys, self.values

    def join(self, other: "_GrowingLayer", width: int) -> None:
        """Add another layer's rows below; of both the last ``width`` tokens, padded on the left."""
        ends = self.get_seq_length(), other.get_seq_length()
        old = zip(self._buffers, other._buffers, strict=True)
        self._buffers = []
        for above, below in old:
            rows, heads, _, size = above.shape
            joined = above.new_zeros(rows + below.shape[0], heads, width + _ROOM, size)
            for part, states, end in (
                (joined[:rows], above, ends[0]),
                (joined[rows:], below, ends[1]),
            ):
                kept = states[:, :, max(0, end - width) : end]
                part[:, :, width - kept.shape[2] : width] = kept
            self._buffers.append(joined)
        self.keys, self.values = (buffer[:, :, :width] for buffer in self._buffers)

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        length = self.get_seq_length()
        self._buffers = [buffer[indices] for buffer in self._buffers]
        self.keys, self.values = (buffer[:, :, :length] for buffer in self._buffers)


def growing_cache(config: Any) -> DynamicCache:
    """Return an empty cache for a model; layers that are not plain attention stay as they are."""
    cache = DynamicCache(config=config)
    cache.layers = [
        _GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers
    ]
    return cache


def can_join(cache: DynamicCache) -> bool:
    """Return whether caches like this one can be joined: all its layers are plain attention."""
    return all(type(layer) is _GrowingLayer for layer in cache.layers)


def join_caches(cache: DynamicCache, other: DynamicCache, width: int) -> None:
    """Add another cache's rows below those of ``cache``, which has ``width`` tokens then.

    Rows end at the same place, so that all go on there; what lies before is padding.
    """
    for mine, theirs in zip(cache.layers, other.layers, strict=True):
        assert isinstance(mine, _GrowingLayer) and isinstance(theirs, _GrowingLayer)
        mine.join(theirs, width)
