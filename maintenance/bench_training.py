"""Seconds per pair of plain TRL and of this project's trainers, side by side in one run.

python maintenance/bench_training.py [--model-folder M --pairs P.jsonl] [--pairs-used 8]

Plain TRL: ``DPOTrainer`` and ``SFTTrainer`` with their defaults but for batch size and fp32; ours:
``codepref.training`` with its defaults. One epoch each, reference included, loading the model not.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from codepref.cli import run
from codepref.errors import UserError
from codepref.files import write_json
from codepref.models import load_tokenizer
from codepref.records import Pair
from codepref.training.trainers import DpoConfig, RftConfig


def plain(
    method: str, folder: Path, pairs: list[Pair], batch: int, work: Path
) -> tuple[float, float]:
    """Return seconds and first loss of TRL with its defaults."""
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM
    from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = load_tokenizer(folder)
    common: dict[str, Any] = {
        "output_dir": str(work),
        "per_device_train_batch_size": batch,
        "num_train_epochs": 1,
        "bf16": False,
        "use_cpu": not torch.cuda.is_available(),
        "save_strategy": "no",
        "report_to": [],
        "disable_tqdm": True,
        "logging_steps": 1,
    }
    rows = [
        {
            "prompt": [turn.model_dump() for turn in pair.prompt],
            "chosen": [turn.model_dump() for turn in pair.chosen],
            "rejected": [turn.model_dump() for turn in pair.rejected],
        }
        for pair in pairs
    ]
    if method == "rft":
        rows = [{"prompt": row["prompt"], "completion": row["chosen"]} for row in rows]
    start = time.monotonic()
    trainer: Any
    if method == "dpo":
        trainer = DPOTrainer(
            model=model,
            args=DPOConfig(**common),
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
        )
    else:
        trainer = SFTTrainer(
            model=model,
            args=SFTConfig(**common),
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
        )
    trainer.train()
    return time.monotonic() - start, trainer.state.log_history[0]["loss"]


def ours(
    method: str, folder: Path, pairs: list[Pair], batch: int, work: Path
) -> tuple[float, float]:
    """Return seconds and first loss of this project's trainer."""
    from codepref.training import dpo, rft, runner
    from codepref.training.arguments import plan_batches
    from codepref.training.data import tokenise, training_order

    module: Any = {"dpo": dpo, "rft": rft}[method]
    section = {"dpo": DpoConfig, "rft": RftConfig}[method]
    config = section(batch_size=batch, per_device_batch_size=min(2, batch))
    model = runner.load_model(folder, config)
    tokenizer = load_tokenizer(folder)
    start = time.monotonic()
    tokens = tokenise(tokenizer, pairs, config.max_length, False)
    order = training_order([pair.length for pair in tokens], 1.0, batch, 0)
    plan = plan_batches(batch, config.per_device_batch_size, 1)
    ordered = [tokens[i] for i in order]
    trainer = module.make_trainer(model, tokenizer, ordered, config, plan, work, 0)
    log = runner.train(trainer, work, runner.StepLog(method, config))
    return time.monotonic() - start, log[0]["loss"]


def main() -> None:
    """Run all four and print one line of JSON each."""
    parser = argparse.ArgumentParser(description=__doc__)
    demo = Path("results/demo")
    parser.add_argument("--model-folder", type=Path, default=demo / "models/smollm")
    parser.add_argument("--pairs", type=Path, default=demo / "pairs/smollm.jsonl")
    parser.add_argument("--pairs-used", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--output", type=Path, help="the figures as JSON")
    arguments = parser.parse_args()
    for path in (arguments.model_folder, arguments.pairs):
        if not path.exists():
            raise UserError(f"{path}: not there; 'make demo' makes it, or name another")

    from codepref.training.data import load_pairs

    pairs = load_pairs(arguments.pairs)[: arguments.pairs_used]
    figures = []
    for method in ("dpo", "rft"):
        for name, measure in (("plain TRL", plain), ("ours", ours)):
            with tempfile.TemporaryDirectory() as work:
                folder, batch = arguments.model_folder, arguments.batch_size
                seconds, loss = measure(method, folder, pairs, batch, Path(work))
            figures.append(
                {
                    "method": method,
                    "trainer": name,
                    "pairs": len(pairs),
                    "seconds": round(seconds, 1),
                    "seconds_per_pair": round(seconds / len(pairs), 2),
                    "first_loss": round(loss, 4),
                }
            )
            print(json.dumps(figures[-1]), flush=True)
    if arguments.output:
        write_json(arguments.output, figures)


if __name__ == "__main__":
    run(main)
