"""The tests of the paper's claims on models that the paper does not have: what a run saw there."""

from collections.abc import Iterator

from codepref.tables.comparisons import Comparison, papers_benchmarks
from codepref.tables.paper import Claims
from codepref.tables.results import Results
from codepref.tables.standing import COMPARED
from codepref.tables.statistics import holm


def tests_on_own_models(results: Results, claims: Claims) -> list[str]:
    """Return a line for each claim that one method beats another, and own model that has both.

    The same test as the claim's on greedy answers, of as many seeds as the run has; p is adjusted
    over all lines (Holm).

    Args:
        results: the run's.
        claims: the paper's.
    """
    benchmarks, missing = papers_benchmarks(results, "greedy")
    if not benchmarks:
        return []
    config = results.config
    found = [
        (
            f"{config.method_label(new)} against {config.method_label(old)} (the test of {claim})",
            config.models[model].label,
            pairing,
        )
        for claim, old, new in _pairwise(claims)
        for model in _own(results, old, new)
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


def _pairwise(claims: Claims) -> Iterator[tuple[str, str, str]]:
    for claim in claims.claims:
        methods = COMPARED.get(claim.check, ())
        if len(methods) == 2:
            yield claim.id, *methods


def _own(results: Results, *methods: str) -> Iterator[str]:
    for experiment in results.config.experiments:
        own = results.config.models[experiment.model].paper_model is None
        if own and {*methods} <= {*experiment.methods}:
            yield experiment.model
