"""LiveCodeBench (Jain et al., 2024): contest problems with their dates, judged by our executor."""
