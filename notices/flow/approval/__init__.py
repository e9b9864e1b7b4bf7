"""Releasing planned notices, numbering them, and withdrawing them."""
