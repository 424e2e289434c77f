"""Where every file comes from: recorded, traced back, bundled for others."""
