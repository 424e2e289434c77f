"""Where problems come from: sites and data sets, each as records of one format."""
