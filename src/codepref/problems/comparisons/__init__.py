"""How answers compare, as statements say and tests show."""
