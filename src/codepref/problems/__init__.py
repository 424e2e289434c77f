"""Problems: sources, one record format, statements and comparisons, an audited merge."""
