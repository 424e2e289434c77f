"""What the configuration may name as a file of this machine."""

from codepref.errors import UserError


def given_path(path: str) -> str:
    """Return a path from the configuration, which Snakemake takes as an input.

    Raises:
        UserError: it has braces, which Snakemake takes for wildcards.
    """
    if {"{", "}"} & set(path):
        raise UserError(f"{path}: Snakemake takes braces in a path for wildcards; rename it")
    return path
