"""Sending letters by e-mail, and settling what became of each message."""
