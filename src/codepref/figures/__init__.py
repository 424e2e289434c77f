"""The figures: the paper's two, and what shows how the data and the models came about."""
