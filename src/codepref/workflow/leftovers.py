"""What another configuration of a run has left in its folder.

Overlays without a ``run`` of their own add to one that is there (``make demo-rounds`` to the
demo's): each makes the tables and figures that it declares, and lets the others lie. Those are of
another set of rows than the last configuration's.
"""

from pathlib import Path

from codepref.config import Config
from codepref.workflow.job_graph import JobGraph


def table_names(config: Config) -> set[str]:
    """Return the names of the tables that a configuration makes, without suffix."""
    graph = JobGraph(config)
    return {
        *("table1", "table2", "table3", "table4", "deviations"),
        *(("sampled", "failures") if graph.sampled else ()),
        *(("reranked",) if graph.reranked else ()),
        *(("label_noise", "wrong_chosen") if graph.models else ()),
        *(("rounds", "round_problems") if graph.of_rounds else ()),
        *(("judge",) if config.rated_sources else ()),
    }


def leftovers(run: Path, config: Config) -> list[Path]:
    """Return the tables and figures in a run's folder that its configuration does not make.

    Args:
        run: its folder.
        config: the last one, ``config.json`` in it.
    """
    made = {
        "tables": table_names(config),
        "figures": {*JobGraph(config).figures, "rule_graph"},
    }
    return sorted(
        path
        for folder, names in made.items()
        for path in (run / folder).glob("*.*")
        if path.stem not in names
    )
