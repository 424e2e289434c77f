"""The report of a run: one HTML file that opens offline, with drill-down to every completion."""
