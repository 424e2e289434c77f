"""A short search for learning rates, on pairs of training problems that are held back.

A run's pairs are split by problem: policies train on some, and others are scored before and
after. Per held-back pair: the loss of eq. 3, how often the implicit reward (eq. 4) prefers the
chosen side, and what a token of each side has gained in log-probability. Likelihoods of a few pairs
tell rates apart where pass rates of as many samples could not; benchmarks are not looked at. A
training that was finished is not run again.

python maintenance/search_rates.py --run results/evening --rates dpo=2e-5,5e-5,1e-4 rft=5e-5,2e-4
"""

import argparse
import hashlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np

from codepref.cli import flags, run
from codepref.config import Config
from codepref.errors import UserError
from codepref.files import read_records, sha256_of, write_records, write_text
from codepref.models.folder import weights_sha256
from codepref.progress import say
from codepref.records import Pair, ReferenceRecord
from codepref.tables.inputs import read_config
from codepref.text_table import text_table
from codepref.training.trainers import TRAINERS

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
_RATES = re.compile(r"\d(\.\d+)?e-\d+(,\d(\.\d+)?e-\d+)*")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="a run that has its pairs")
    parser.add_argument("--rates", nargs="+", required=True, help="method=rate,rate")
    parser.add_argument("--train", type=int, default=32, help="problems to train on")
    parser.add_argument("--held-back", type=int, default=16, help="problems to score")
    arguments = parser.parse_args()
    if min(arguments.train, arguments.held_back) < 1:
        raise UserError("--train and --held-back: expected numbers from 1")
    config = read_config(arguments.run / "config.json")
    wanted = chosen_rates(config, arguments.rates)
    folder = arguments.run.with_name(f"{arguments.run.name}_rates")
    sizes = arguments.train, arguments.held_back
    folder /= search_name(config, arguments.run, *sizes)
    trained, held_back = split(config, arguments.run, folder, *sizes)
    model = config.experiments[0].model
    before = score(config, arguments.run / "models" / model, held_back, folder / "before.jsonl")
    rows = [["untrained", "", *measured(config, before, before)]]
    for method, rate in wanted:
        policy = folder / f"{method}_{rate}"
        after = train_and_score(config, arguments.run, method, rate, trained, held_back, policy)
        rows.append([config.methods[method].label, rate, *measured(config, before, after)])
        heads = ["method", "rate", "loss", "preferred", "chosen, nats a token", "rejected"]
        title = f"Pairs of {arguments.train} problems to train on, {len(before)} pairs held back"
        text = text_table(heads, [rows], title)
        write_text(folder / "rates.txt", text + "\n")
    print(text)


def search_name(config: Config, run_folder: Path, train: int, held_back: int) -> str:
    """Return a name that changes with all that a search's scores depend on, but for its rates."""
    model = config.experiments[0].model
    pairs, folder = run_folder / "pairs" / f"{model}.jsonl", run_folder / "models" / model
    facts = [config.training.model_dump_json(), config.seed, sha256_of(pairs)]
    facts += [weights_sha256(folder), sorted(config.methods.items(), key=str)]
    digest = hashlib.sha256(repr(facts).encode()).hexdigest()
    return f"{train}_{held_back}_{digest[:12]}"


def split(
    config: Config, run_folder: Path, folder: Path, train: int, held_back: int
) -> tuple[Path, Path]:
    """Write two files of pairs, of different problems, and return their paths."""
    source = run_folder / "pairs" / f"{config.experiments[0].model}.jsonl"
    pairs = list(read_records(source, Pair))
    problems = sorted({pair.problem_id for pair in pairs})
    if len(problems) < train + held_back:
        raise UserError(f"{source}: pairs of {len(problems)} problems, {train + held_back} wanted")
    Random(config.seed).shuffle(problems)
    paths = folder / "trained.jsonl", folder / "held_back.jsonl"
    for path, part in zip(paths, (problems[:train], problems[-held_back:]), strict=True):
        write_records(path, (pair for pair in pairs if pair.problem_id in part))
    return paths


def chosen_rates(config: Config, texts: Sequence[str]) -> list[tuple[str, str]]:
    """Return every method with each of its rates, from ``method=rate,rate``."""
    trained = [name for name in config.methods if is_trained_on_pairs(config, name)]
    found = []
    for text in texts:
        method, _, rates = text.partition("=")
        if method not in trained or not _RATES.fullmatch(rates):
            raise UserError(
                f"--rates {text}: expected method=rate,rate, as dpo=5e-5,1e-4; methods "
                f"that are trained on pairs: {', '.join(trained)}"
            )
        found += [(method, rate) for rate in rates.split(",")]
    return found


def is_trained_on_pairs(config: Config, method: str) -> bool:
    """Return whether a method learns from all of the model's own pairs, and from no others."""
    chosen = config.methods[method]
    trainer = TRAINERS.get(chosen.trainer)
    own = chosen.pairs == "own" and chosen.pairs_seed is None and chosen.after is None
    return trainer is not None and trainer.data == "pairs" and own and not chosen.takes_part


def train_and_score(
    config: Config, source: Path, method: str, rate: str, trained: Path, held_back: Path, to: Path
) -> list[ReferenceRecord]:
    """Train a policy by the workflow's command and score the held-back pairs; its weights go."""
    scores = to.with_suffix(".jsonl")
    if not scores.is_file():
        model, trainer = config.experiments[0].model, config.methods[method].trainer
        settings = config.settings_of(method).model_copy(update={"learning_rate": float(rate)})
        call(
            f"train_policy.py {trainer} {flags(settings)}",
            *("--model", model, "--method", method, "--seed", str(config.training.seeds[0])),
            *("--model-folder", source / "models" / model, "--pairs", trained),
            *("--work", f"{to}.work", "--records", f"{to}.records", "--output", to),
        )
        score(config, to, held_back, scores)
        shutil.rmtree(to)
    return list(read_records(scores, ReferenceRecord))


def score(config: Config, policy: Path, pairs: Path, output: Path) -> list[ReferenceRecord]:
    """Return both sides' log-probabilities under a model."""
    if not output.is_file():
        call(
            f"score_references.py {flags(config.training.of('dpo'))}",
            *("--model-folder", policy, "--pairs", pairs),
            *("--work", f"{output}.work", "--output", output),
        )
    return list(read_records(output, ReferenceRecord))


def call(command: str, *options: str | Path) -> None:
    """Run one of the workflow's scripts without a GPU.

    Raises:
        UserError: it failed; it has said why.
    """
    script, *rest = shlex.split(command)
    say(script)
    words = [sys.executable, SCRIPTS / script, *rest, "--gpus", "0", *options]
    if subprocess.run(words, check=False).returncode:
        raise UserError(f"failed: {shlex.join(map(str, words))}")


def measured(
    config: Config, before: Sequence[ReferenceRecord], after: Sequence[ReferenceRecord]
) -> list[str]:
    """Return the loss of eq. 3, the share of pairs in order, and each side's gain per token."""
    old, new = (
        np.array([(one.chosen_log_prob, one.rejected_log_prob) for one in records])
        for records in (before, after)
    )
    sides = new - old
    beta = config.training.of("dpo").model_dump()["beta"]
    margins = beta * (sides[:, 0] - sides[:, 1])
    lengths = np.array([record.tokens[1:] for record in before])
    loss, gains = np.logaddexp(0, -margins).mean(), sides.sum(axis=0) / lengths.sum(axis=0)
    order = (margins > 0).mean() + (margins == 0).mean() / 2
    return [f"{loss:.3f}", f"{order:.0%}", *(f"{gain:+.3f}" for gain in gains)]


if __name__ == "__main__":
    run(main)
