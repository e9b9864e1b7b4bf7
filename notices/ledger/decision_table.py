"""The table of a batch's decisions: filtered, searched, added up and cut into pages by the database."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, select

from notices.ledger import schema
from notices.ledger.base import Book, unindexed
from notices.ledger.inputs import DecisionFilter
from notices.ledger.reading import decisions_of
from notices.ledger.records import DecisionChoices, DecisionRecord, DecisionSums
from notices.model import ZERO

accounts, decisions = schema.accounts.c, schema.decisions.c


class DecisionTableBook(Book):
    """Ledger operations for the table of a batch (its id); none reads more decisions than it returns."""

    def sums(self, batch: int, wanted: DecisionFilter) -> DecisionSums:
        """Return the number of the decisions that a filter selects, and the sums of their amounts."""
        row = self.connection.execute(
            self._joined(
                select(func.count(), *(func.sum(decisions[name]) for name in ("principal", "late_fee", "total"))),
                batch,
                wanted,
            )
        ).one()
        return DecisionSums(row[0], row[1] or ZERO, row[2] or ZERO, row[3] or ZERO)

    def part(self, batch: int, wanted: DecisionFilter, *, offset: int, size: int) -> list[DecisionRecord]:
        """Return some of the decisions that a filter selects, in the order of the list."""
        some = (
            self._joined(select(accounts.id), batch, wanted, few=True).order_by(accounts.id).offset(offset).limit(size)
        )
        ids = list(self.connection.execute(some).scalars())
        return decisions_of(self.connection, select(accounts.id).where(accounts.id.in_(ids)))

    def one(self, batch: int, decision: int) -> DecisionRecord | None:
        """Return one decision (id) of a batch, or None."""
        wanted = select(decisions.account_id).join(schema.accounts, decisions.account_id == accounts.id)
        found = decisions_of(self.connection, wanted.where(decisions.id == decision, accounts.batch_id == batch))
        return found[0] if found else None

    def like(self, entry: DecisionRecord) -> list[DecisionRecord]:
        """Return the decisions of the same batch, estate, owners and tier, itself included."""
        account, batch = entry.account, select(schema.batches.c.id).where(schema.batches.c.name == entry.batch)
        its = self._joined(select(accounts.id), batch.scalar_subquery()).where(
            accounts.estate == account.estate,
            accounts.case_owners == account.case.owners,
            decisions.tier == entry.decision.tier,
        )
        return decisions_of(self.connection, its)

    def beside(self, batch: int, wanted: DecisionFilter, decision: int) -> tuple[int | None, int | None]:
        """Return the decisions (ids) before and after one in the table that a filter selects; None at its ends."""
        here = select(decisions.account_id).where(decisions.id == decision).scalar_subquery()
        its = self._joined(select(decisions.id), batch, wanted, few=True).limit(1)
        before = self.connection.execute(its.where(accounts.id < here).order_by(accounts.id.desc())).scalar()
        after = self.connection.execute(its.where(accounts.id > here).order_by(accounts.id)).scalar()
        return before, after

    def choices(self, batch: int) -> DecisionChoices:
        """Return what a batch's decisions can be filtered by, each with the number of its decisions."""
        by_kind = (
            decisions.action,
            decisions.tier,
            decisions.reason,
            cast(decisions.warnings, String),
            decisions.handler,
        )
        kinds = self.connection.execute(self._joined(select(*by_kind, func.count()), batch).group_by(*by_kind))
        found: dict[str, Counter[str]] = {name: Counter() for name in DecisionChoices.__slots__}
        for action, tier, reason, warnings, handler, count in kinds:
            for name, value in (("actions", action), ("tiers", tier), ("reasons", reason), ("handlers", handler)):
                if value:
                    found[name][str(value)] += count
            for warning in filter(None, warnings.strip("[]").replace('"', "").replace(" ", "").split(",")):
                found["warnings"][warning] += count
        places = (accounts.estate, accounts.building)
        homes = select(*places, func.count()).where(accounts.batch_id == batch).group_by(*places)
        for estate, building, count in self.connection.execute(homes):
            found["estates"][estate] += count
            found["buildings"][building] += count
        found["buildings"].pop("", None)
        return DecisionChoices(**{name: dict(sorted(counted.items())) for name, counted in found.items()})

    @staticmethod
    def _joined(chosen: Any, batch: Any, wanted: DecisionFilter | None = None, *, few: bool = False) -> Any:
        return (
            chosen.select_from(schema.accounts)
            .join(schema.decisions, decisions.account_id == accounts.id)
            .where(accounts.batch_id == batch, *(_conditions(wanted, few=few) if wanted else ()))
        )


def _conditions(wanted: DecisionFilter, *, few: bool) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter; a value that no decision has selects none.

    Whoever reads only a `few` rows asks of each of them for its state, and not first for all that have it.
    """
    exact: tuple[tuple[ColumnElement[Any], str], ...] = (
        (cast(decisions.action, String), wanted.action),
        (decisions.tier, wanted.tier),
        (decisions.reason, wanted.reason),
        (decisions.handler, wanted.handler),
        (accounts.estate, wanted.estate),
        (accounts.building, wanted.building),
    )
    found: list[ColumnElement[bool]] = [column == value for column, value in exact if value]
    if wanted.warning:
        found.append(cast(decisions.warnings, String).contains(f'"{wanted.warning}"', autoescape=True))
    if wanted.left_out:
        found.append(decisions.excluded.is_not(None))
    if wanted.limitation_until is not None:
        found.append(decisions.limitation_date <= wanted.limitation_until)
    if wanted.state:
        with_state = (
            select(schema.notices.c.decision_id)
            .join(schema.deliveries, schema.deliveries.c.notice_id == schema.notices.c.id)
            .where(cast(schema.deliveries.c.state, String) == wanted.state)
        )
        own = with_state.where(schema.notices.c.decision_id == decisions.id).correlate(schema.decisions)
        found.append(own.exists() if few else unindexed(decisions.id).in_(with_state))
    if wanted.text:
        numbered = select(schema.notices.c.decision_id).where(
            schema.notices.c.number.contains(wanted.text, autoescape=True)
        )
        found.append(accounts.key.contains(wanted.text, autoescape=True) | decisions.id.in_(numbered))
    return found
