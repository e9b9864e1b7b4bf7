"""From a list of unpaid property fees to the right letter for every owner, provably, once."""

__version__ = "0.1.0"
