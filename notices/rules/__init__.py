"""The rule book and its parts: pure functions of dates, rates and policy."""
