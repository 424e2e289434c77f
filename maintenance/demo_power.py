"""How likely the demo's design finds an effect, with the template as the cluster.

Templates differ in how often the untrained model passes: those rates are taken from a finished run.
A trained model's rates are the same ones moved, on the log-odds scale, by an effect that differs
from template to template; 48 templates are drawn anew for every simulated run. What is counted:
the sign-flip test of tables/statistics.py below 0.01, below 0.05 / 4 (Holm's strictest step over
the demo's four claims), and below 0.05.

python maintenance/demo_power.py [--run results/demo]
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

from codepref.cli import run
from codepref.tables.frames import read_samples
from codepref.tables.inputs import read_clusters, read_config
from codepref.tables.statistics import sign_flip_p
from codepref.text_table import text_table

EFFECTS = (0.03, 0.05, 0.08, 0.10, 0.13)
SPREADS = (0.0, 0.5, 1.0)
"""standard deviation of the effect over templates, in log-odds"""
DESIGNS = {"make demo": (48, 8), "make demo-long": (120, 16)}
"""problems, samples of each"""
TEMPLATES = 48
RUNS = 1000
LEVELS = (0.01, 0.0125, 0.05)

Rates = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("results/demo"), help="a finished run")
    folder = parser.parse_args().run
    rates = base_rates(folder)
    rows = [
        [name, f"+{100 * effect:.0f}", f"{spread:g}", *map("{:.0%}".format, found)]
        for name, (problems, samples) in DESIGNS.items()
        for effect in EFFECTS
        for spread in SPREADS
        for found in [power(rates, problems, samples, effect, spread)]
    ]
    title = f"Power; mean pass rate before {rates.mean():.0%}, {len(rates)} templates measured"
    heads = ["design", "points", "spread", *(f"p < {level:g}" for level in LEVELS)]
    print(text_table(heads, [rows], title))


def base_rates(folder: Path) -> Rates:
    """Return the untrained model's pass rate on each held-out template, shrunk towards the mean."""
    config = read_config(folder / "config.json")
    samples = read_samples(config, folder / "benchmarks/samples.csv")
    data = [folder / f"benchmarks/data/{name}.jsonl" for name in config.use_benchmarks]
    template = read_clusters(config, data)["held_out"]
    mine = samples[(samples["method"] == "base") & (samples["benchmark"] == "held_out")]
    passed = mine.groupby(mine["task_id"].map(template))["plus"].agg(["sum", "count"])
    mean = passed["sum"].sum() / passed["count"].sum()
    return ((passed["sum"] + 4 * mean) / (passed["count"] + 4)).to_numpy()


def power(rates: Rates, problems: int, samples: int, effect: float, spread: float) -> list[float]:
    """Return how often the test finds a mean effect at each of ``LEVELS``."""
    generator = np.random.default_rng(0)
    each = problems // TEMPLATES + (np.arange(TEMPLATES) < problems % TEMPLATES)
    found = []
    for _ in range(RUNS):
        before = generator.choice(rates, TEMPLATES)
        after = _moved(before, generator.normal(0, spread, TEMPLATES), effect)
        old, new = (generator.binomial(each * samples, p) / samples for p in (before, after))
        found.append(sign_flip_p(new - old))
    p_values = np.array(found)
    return [float((p_values < level).mean()) for level in LEVELS]


def _moved(rates: Rates, moves: Rates, effect: float) -> Rates:
    """Return rates that are moved so, and then all alike until their mean has the effect."""
    odds, wanted = logit(rates) + moves, rates.mean() + effect
    return expit(odds + brentq(lambda shift: float(expit(odds + shift).mean()) - wanted, -9, 9))


if __name__ == "__main__":
    run(main, keep_record=False)
