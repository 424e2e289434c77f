"""Reproduction pipeline for "Aligning CodeLLMs with Direct Preference Optimization"."""

__version__ = "0.1.0"
