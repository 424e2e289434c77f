"""From verdicts to preference pairs."""
