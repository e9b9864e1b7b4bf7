"""Sending letters by e-mail and recording the outcome of each message."""
