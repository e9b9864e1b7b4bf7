"""The ledger itself: verify, backup, restore."""
