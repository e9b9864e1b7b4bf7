"""From an arrears list to a decision for every account."""
