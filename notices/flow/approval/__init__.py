"""Approving planned notices, numbering them, and withdrawing them."""
