"""Shared by the verbs of a batch: session, deciding again, frozen files, outgoing letters, lock."""
