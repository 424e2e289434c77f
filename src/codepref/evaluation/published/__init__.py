"""Samples and verdicts as others publish them: read, graded, set against what was published."""
