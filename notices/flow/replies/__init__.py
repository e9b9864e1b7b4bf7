"""Replies: bounces, the carrier's reports, reason slips and the answers to them."""
