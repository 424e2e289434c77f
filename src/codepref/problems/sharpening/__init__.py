"""More tests where a reference solution can answer them."""
