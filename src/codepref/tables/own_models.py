"""The tests of the paper's claims on models that the paper does not have: what a run saw there."""

import itertools
from collections.abc import Container, Iterator

from codepref.tables.comparisons import Comparison, papers_benchmarks
from codepref.tables.paper import Claims
from codepref.tables.results import Results
from codepref.tables.standing import COMPARED
from codepref.tables.statistics import holm


def tests_on_own_models(results: Results, claims: Claims) -> list[str]:
    """Return a line for each two rows of each own model.

    The test that claims of such two rows have on greedy answers, of as many seeds as the run has. p
    is adjusted over all lines (Holm): none of the comparisons was chosen, before the run or after.

    Args:
        results: the run's.
        claims: the paper's.
    """
    benchmarks, missing = papers_benchmarks(results, "greedy")
    if not benchmarks:
        return []
    config = results.config
    tested = _of_claims(claims)
    found = [
        (
            f"{config.method_label(new)} against {config.method_label(old)}"
            + (f" (the test of {claim})" if (claim := tested.get((old, new))) else ""),
            config.models[model].label,
            pairing,
        )
        for model, (old, new) in _rows(results, tested)
        if (pairing := results.pairing(model, old, new, benchmarks))
    ]
    adjusted = holm([pairing.p_value for *_, pairing in found])
    lines = [
        Comparison(label, pairing, p).line(what)
        for (what, label, pairing), p in zip(found, adjusted, strict=True)
    ]
    if lines and missing:
        lines.append(f"without {', '.join(missing)}, which this run does not have")
    return lines


def _of_claims(claims: Claims) -> dict[tuple[str, str], str]:
    """Return the claims that one method beats another, by the two: the lesser first."""
    compared = {claim.id: COMPARED.get(claim.check, ()) for claim in claims.claims}
    return {(two[0], two[1]): name for name, two in compared.items() if len(two) == 2}


def _rows(
    results: Results, tested: Container[tuple[str, str]]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each own model with each two of its methods, in the order of a claim of them."""
    for experiment in results.config.experiments:
        if results.config.models[experiment.model].paper_model is None:
            for two in itertools.combinations(experiment.methods, 2):
                yield experiment.model, two[::-1] if two[::-1] in tested else two
