"""Statements as sites and data sets write them, as readable text in parts."""
