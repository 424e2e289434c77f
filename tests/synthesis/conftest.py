"""Torch on one thread: the tiny model gains nothing from more, and a busy machine loses much."""

import pytest


@pytest.fixture
def one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
