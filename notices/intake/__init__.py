"""Parsers for the tables people hand in: recognise columns, parse values, group rows into accounts."""

from notices.intake.arrears import read_arrears
from notices.intake.carrier import CarrierResult, CarrierRow, CarrierTable, accepted_elsewhere, read_carrier
from notices.intake.fix_list import write_fix_list
from notices.intake.history import HistoricNotice, HistoryTable, read_history
from notices.intake.holds import HoldTable, hold_kind, read_holds, read_instalments
from notices.intake.owners import split_owners
from notices.intake.party import Party, parse_account
from notices.intake.problems import Note, Problem
from notices.intake.results import ArrearsList, Column, Rejected, Source, UnknownColumn
from notices.intake.saved_mappings import Choices, SavedMapping
from notices.intake.slips import ListedSlip, SlipTable, clean_slip_text, parse_slip_date, read_slips
from notices.intake.units import normalise_unit

__all__ = [
    "ArrearsList",
    "CarrierResult",
    "CarrierRow",
    "CarrierTable",
    "Choices",
    "Column",
    "HistoricNotice",
    "HistoryTable",
    "HoldTable",
    "ListedSlip",
    "Note",
    "Party",
    "Problem",
    "Rejected",
    "SavedMapping",
    "SlipTable",
    "Source",
    "UnknownColumn",
    "accepted_elsewhere",
    "clean_slip_text",
    "hold_kind",
    "normalise_unit",
    "parse_account",
    "parse_slip_date",
    "read_arrears",
    "read_carrier",
    "read_history",
    "read_holds",
    "read_instalments",
    "read_slips",
    "split_owners",
    "write_fix_list",
]
