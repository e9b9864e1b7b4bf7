"""Print jobs: made, printed again, confirmed, cancelled and purged."""
