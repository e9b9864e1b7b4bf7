"""Statements of banks, WeChat Pay and Alipay, and plain tables of payments: files become lines of money."""

from notices.intake.statements.lines import Fate, Statement, StatementLine
from notices.intake.statements.reading import read_statements
from notices.intake.statements.sheets import StatementChoices
from notices.intake.statements.whose_account import is_account_of

__all__ = ["Fate", "Statement", "StatementChoices", "StatementLine", "is_account_of", "read_statements"]
