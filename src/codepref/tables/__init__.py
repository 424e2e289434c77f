"""From graded results to the paper's tables, figures, claims and report."""
