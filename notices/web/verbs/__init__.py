"""Verbs that errands carry out, each loaded by the process that needs it."""
