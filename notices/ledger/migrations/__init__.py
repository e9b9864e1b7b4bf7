"""Migrations of the ledger's schema, and what they share."""
