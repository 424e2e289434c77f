"""Problem collection: sources, one record format, an audited merge, decontamination."""
