"""Arrears letters for property fees: from the list of arrears to letters printed or e-mailed, each sent once."""

__version__ = "0.1.0"
