"""Preflight: what a site is tried for before its first run, in minutes instead of GPU weeks."""
