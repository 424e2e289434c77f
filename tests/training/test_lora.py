"""LoRA: the merged model is the one that was trained, and only the named layers are adapted."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from codepref.training import on_pairs, runner
from codepref.training.trainers import DpoConfig, PairTrainerConfig, RftConfig

SETTINGS: dict[str, Any] = {
    **{"batch_size": 5, "learning_rate": 1e-2, "max_length": 512, "warmup_ratio": 0},
    **{"lora_rank": 4, "lora_alpha": 8, "lora_targets": ["q_proj", "down_proj"]},
    "gradient_checkpointing": "always",  # as on a machine with little memory
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "config"), [("dpo", DpoConfig), ("rft", RftConfig)])
def test_merged_and_adapter_logits_agree(
    name: str,
    config: type[PairTrainerConfig],
    tiny_model_folder: Path,
    pairs_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens = torch.tensor([[5, 9, 17, 33, 65, 2, 40, 11]])
    found: dict[str, Any] = {}

    def logits(model: Any) -> torch.Tensor:
        with torch.no_grad():
            return model.eval()(tokens).logits

    finish = runner.finish

    def look_and_finish(trainer: Any, *rest: Any) -> None:
        found["adapter"] = logits(trainer.model)
        finish(trainer, *rest)

    monkeypatch.setattr(runner, "finish", look_and_finish)
    output = tmp_path / name
    settings = config(**SETTINGS)
    run = runner.Run(name, tiny_model_folder, pairs_file, output, tmp_path / "work", 0, settings)
    on_pairs.train_on_pairs(run)

    merged = logits(AutoModelForCausalLM.from_pretrained(output, dtype=torch.float32))
    before = logits(AutoModelForCausalLM.from_pretrained(tiny_model_folder, dtype=torch.float32))
    torch.testing.assert_close(merged, found["adapter"], rtol=1e-4, atol=1e-4)
    assert (merged - before).abs().max() > 100 * (merged - found["adapter"]).abs().max()

    start = load_file(tiny_model_folder / "model.safetensors")
    weights = load_file(output / "model.safetensors")
    assert weights.keys() == start.keys()
    changed = {key.split(".")[-2] for key in start if not torch.equal(start[key], weights[key])}
    assert changed == {"q_proj", "down_proj"}
