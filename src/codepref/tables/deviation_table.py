"""The one table of what is not as in the paper."""

from codepref.tables.layout import RenderedTable, Table, Text
from codepref.tables.results import Results

NAME = "deviations"
HEADER = ["What", "In the paper", "In this run", "Why"]


def deviation_table(results: Results) -> RenderedTable:
    """Lay out the deviations of a run; a run without any has a table without rows."""
    found = results.stamp.deviations
    rows = [[*map(Text, (one.what, one.paper, one.here, one.why or "–"))] for one in found]
    keys = ", ".join(one.key for one in found if not one.why)
    notes = [
        "Computed from the configuration and the data. What is not listed is as in the paper, or "
        "the paper does not state it: prompts, temperature, where tests come from, where answers "
        "end (config.json has this run's)."
    ]
    if keys:
        notes.append(f"No reason is configured for (keys of 'reasons'): {keys}.")
    title = f"Deviations from the paper: {len(found)}"
    overview = Table(
        NAME, title, HEADER, [rows], notes, results.stamp.title, text_columns=len(HEADER)
    )
    records = [
        {
            "key": one.key,
            "kind": one.kind,
            "what": one.what,
            "paper": one.paper,
            "here": one.here,
            "why": one.why,
        }
        for one in found
    ]
    return RenderedTable(NAME, overview, None, records)
