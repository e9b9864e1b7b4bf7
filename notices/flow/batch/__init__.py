"""Shared by the commands on a batch: session, deciding again, frozen files, outgoing letters, lock."""
