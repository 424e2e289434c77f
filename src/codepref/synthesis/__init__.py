"""Problems that a model writes: statements, solutions and inputs, and which of them count."""
