"""What the print shop gets: letters in walking order, merged, counted and proved."""

from notices.press.items import PrintItem
from notices.press.job import JobResult, build_job
from notices.press.order import place_key

__all__ = ["JobResult", "PrintItem", "build_job", "place_key"]
