"""The ledger itself: verify, backup, restore, reconcile."""
