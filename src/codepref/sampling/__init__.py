"""Completions of prompts: engines, sampling, resuming, shards."""
