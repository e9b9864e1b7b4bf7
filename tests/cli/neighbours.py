"""Invented owners, one for each channel and tier that the default policy can choose."""

from __future__ import annotations

from desk import Owes, Sent

BY_MAIL = Owes("1-1-101", "甲一", email="jia@example.com")
BY_MAIL_TOO = Owes("1-1-104", "己六", "777.70", email="ji@example.com")
ON_PAPER = Owes("2-1-101", "乙二", "1300.00")
ON_PAPER_TOO = Owes("10-1-101", "戊五", "888.80")
BOTH_WAYS = Owes("1-1-103", "丙三", "1400.00", email="bing@example.com")  # the lawyer's letter
EVERYBODY = (ON_PAPER_TOO, BY_MAIL, ON_PAPER, BOTH_WAYS, BY_MAIL_TOO)
LETTERS_BEFORE = (Sent(BOTH_WAYS, "2026-10-12", number="OLD-7", result="已送达", delivered="2026-10-14"),)
