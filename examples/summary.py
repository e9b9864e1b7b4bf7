"""Count the decisions of a batch: `notices show BATCH --json | python examples/summary.py`."""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from decimal import Decimal

ROW = "{:<8} {:<14} {:<22} {:>8} {:>14}\n"


def main() -> None:
    """Print the number of accounts and the total claimed in yuan for each action, tier and reason."""
    accounts: Counter[tuple[str, str, str]] = Counter()
    claimed: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for decision in json.load(sys.stdin)["decisions"]:
        kind = (decision["action"], decision["tier"] or "", decision["reason"])
        accounts[kind] += 1
        claimed[kind] += Decimal(decision["total"])
    sys.stdout.write(ROW.format("action", "tier", "reason", "accounts", "total in yuan"))
    for kind in sorted(accounts):
        sys.stdout.write(ROW.format(*kind, accounts[kind], f"{claimed[kind]:,.2f}"))


if __name__ == "__main__":
    main()
