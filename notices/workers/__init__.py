"""Processes that work runs in: a pool on this machine, and how much of the machine it may use."""
