"""Model folders: where they come from, what makes one complete, and how one is loaded."""

from codepref.models.folder import configured_end, load_model, model_revision, write_source
from codepref.models.tokenizer import load_tokenizer

__all__ = ["configured_end", "load_model", "load_tokenizer", "model_revision", "write_source"]
