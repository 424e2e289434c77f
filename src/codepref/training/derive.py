"""A second, different policy where there is only one model: a short supervised run on solutions.

The demo's off-policy exchange needs two policies. Fine-tuning the base on reference solutions of
some problems (the same trainer and loss as RFT) gives one that is real, small and different.
"""

import tempfile
from pathlib import Path
from typing import Any

from codepref.chat_template import end_of_turn
from codepref.errors import UserError
from codepref.files import whole_folder
from codepref.models.folder import (
    check_model_folder,
    copy_all_but_weights,
    model_revision,
    weights_sha256,
    write_source,
)
from codepref.models.settings import DerivedModel
from codepref.models.tokenizer import load_tokenizer
from codepref.prompts import problem_messages, render
from codepref.records import read_problems
from codepref.seeds import evenly_spaced
from codepref.training.trainers import NO_CHECKPOINT, RftConfig


def derive_model(
    source: DerivedModel,
    base_folder: str | Path,
    problems_file: str | Path,
    output: str | Path,
    seed: int,
) -> None:
    """Write the model folder of ``source``: its base after a run on reference solutions.

    Raises:
        UserError: the base is incomplete, or no problem has a reference solution.
    """
    from codepref.training import rft, runner
    from codepref.training.arguments import plan_batches, world_size
    from codepref.training.data import TokenPair, tokenise_response, training_order

    base = check_model_folder(base_folder)
    solved = [p for p in read_problems(problems_file).values() if p.reference_solution]
    if not solved:
        raise UserError(
            f"{problems_file}: no problem has a reference_solution, which a derived model is "
            "trained on; choose a problem source that has them"
        )
    config = RftConfig(
        learning_rate=source.learning_rate,
        epochs=source.epochs,
        batch_size=source.batch_size,
        lr_scheduler="constant",
        warmup_ratio=0.0,
        checkpoint_minutes=NO_CHECKPOINT,  # short enough to be done again
    )
    tokenizer = load_tokenizer(base)
    end = end_of_turn(tokenizer)
    examples = []
    for problem in evenly_spaced(solved, source.references):
        prompt = render(tokenizer, problem_messages(problem))
        # The solution as a chat model would write it: one Python code block.
        answer = f"```python\n{(problem.reference_solution or '').rstrip()}\n```"
        examples.append(TokenPair(prompt, tokenise_response(tokenizer, answer, False, end), []))
    lengths = [len(example.prompt) + len(example.chosen) for example in examples]
    order = training_order(lengths, source.epochs, source.batch_size, seed)
    with tempfile.TemporaryDirectory() as work:
        trainer = rft.make_trainer(
            runner.load_model(base, config),
            tokenizer,
            [examples[number] for number in order],
            config,
            plan_batches(config.batch_size, config.per_device_batch_size, world_size()),
            Path(work),
            seed,
        )
        runner.train(trainer, Path(work), runner.StepLog("derived model", config))
    model: Any = trainer.model
    with whole_folder(output) as folder:
        model.save_pretrained(folder)
        copy_all_but_weights(base, folder)
        origin = {"base": model_revision(base), "seed": seed, "references": len(examples)}
        settings = source.model_dump()
        write_source(folder, "derived", weights_sha256(folder), **origin, settings=settings)
