"""What a run needs before it runs: memory, time, GPU hours, disk; and what it can find."""
