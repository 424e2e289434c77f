"""Two runs side by side: what changed in their results, and what differs in how they were made."""
