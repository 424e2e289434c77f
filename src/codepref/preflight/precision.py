"""Which number format generates faster on this processor, measured for the settings' advice.

``precision: auto`` follows the processor's flags alone (``codepref.devices``), so that a machine
always gives the same samples. A virtual machine's flags may promise more than it gives: this says
so, and what to set.
"""

import time
from pathlib import Path
from typing import Literal

from codepref.devices import Precision, choose_precision
from codepref.preflight.findings import Finding
from codepref.preflight.width import short_config

Wanted = Literal["auto", "fp32", "bf16"]

_SECONDS = 3.0  # of each format: with making the layer, about ten in all
_MATTERS = 1.2  # times as fast, on a machine that does other things, too
_VOCABULARY = 1024  # the layer is what is measured


def look(check: str, folder: Path, rows: int, wanted: dict[str, Wanted]) -> Finding:
    """Return how fast both formats are here, and which settings are better changed.

    Args:
        check: the finding's name.
        folder: a model folder; its weights are not needed.
        rows: completions under way at once.
        wanted: settings of a number format, by their keys.
    """
    seconds = measure(folder, rows)
    found = f"{rows} rows through a layer: " + ", ".join(
        f"{name} {1000 * taken:.0f} ms" for name, taken in seconds.items()
    )
    faster = min(seconds, key=lambda name: seconds[name])
    ratio = max(seconds.values()) / seconds[faster]
    slow = [key for key, value in wanted.items() if choose_precision(value) != faster]
    if ratio < _MATTERS:
        advice = "no difference that matters"
    elif slow:
        advice = f"{' and '.join(slow)}: {faster} would be {ratio:.1f} times as fast"
    else:
        advice = f"the settings take {faster}, {ratio:.1f} times as fast"
    return Finding(check=check, found=f"{found}; {advice}")


def measure(folder: Path, rows: int, least: float = _SECONDS) -> dict[Precision, float]:
    """Return the seconds that one token of each row takes in one layer, by number format.

    The layer is of the model's width, with random weights.
    """
    import torch
    from transformers import AutoModelForCausalLM

    config = short_config(folder, 1)
    config.update({"vocab_size": _VOCABULARY, "pad_token_id": None})
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    tokens = torch.zeros(rows, 1, dtype=torch.long)
    found: dict[Precision, float] = {}
    formats: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}
    with torch.inference_mode():
        for name, dtype in formats.items():
            layer = model.to(dtype)
            layer(input_ids=tokens, use_cache=False)  # what is prepared at first use
            begun, steps = time.perf_counter(), 0
            while (passed := time.perf_counter() - begun) < least or not steps:
                layer(input_ids=tokens, use_cache=False)
                steps += 1
            found[name] = passed / steps
    return found
