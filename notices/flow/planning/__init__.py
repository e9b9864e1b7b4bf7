"""Planning: from an arrears list to a decision on every account."""
