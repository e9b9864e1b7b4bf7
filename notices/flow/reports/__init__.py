"""Overviews for people: they read the ledger and change nothing in it."""
