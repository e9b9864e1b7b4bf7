"""Schema of `notices.toml`: validated as a whole, every mistake reported with its key, then frozen."""

from notices.settings.estates import Bank, Estate, Handler, Law, LawFirm, ServiceCentre
from notices.settings.general import Calendar, Intake, LedgerSettings, Letters, Pdf, People
from notices.settings.handover import PRINT_PASSWORD
from notices.settings.mail import MailSettings, Route
from notices.settings.numbers import Numbers, series, series_of
from notices.settings.policy import Item, LateFee, Policy, Tier
from notices.settings.printing import Ems, Enclosure, Envelope, Print, Window
from notices.settings.proof import SealKey, SealKeys, Timestamp
from notices.settings.root import Settings, parse
from notices.settings.section import Section
from notices.settings.work import Work

__all__ = [
    "PRINT_PASSWORD",
    "Bank",
    "Calendar",
    "Ems",
    "Enclosure",
    "Envelope",
    "Estate",
    "Handler",
    "Intake",
    "Item",
    "LateFee",
    "Law",
    "LawFirm",
    "LedgerSettings",
    "Letters",
    "MailSettings",
    "Numbers",
    "Pdf",
    "People",
    "Policy",
    "Print",
    "Route",
    "SealKey",
    "SealKeys",
    "Section",
    "ServiceCentre",
    "Settings",
    "Tier",
    "Timestamp",
    "Window",
    "Work",
    "parse",
    "series",
    "series_of",
]
