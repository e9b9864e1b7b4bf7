"""[work]: who does what: the supervisor and the manager, work orders, and how early somebody calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from notices.settings.section import Days, Section

Role = Literal["handler", "supervisor", "manager", "technicians"]
Name = Annotated[str, Field(min_length=1, max_length=60)]
# What `who` in answers.toml says, as the role that it means; other words are people's names.
ROLES: Mapping[str, Role] = {
    "经办人": "handler",
    "your contact": "handler",
    "客户主管": "supervisor",
    "supervisor": "supervisor",
    "项目经理": "manager",
    "经理": "manager",
    "manager": "manager",
    "工程维修人员": "technicians",
    "technicians": "technicians",
}


class Work(Section):
    """People behind the roles, and spans in days.

    `assistants` (客户助理) share the current year's accounts with the supervisor; accounts that an estate's
    `handlers` give to nobody are shared so. `hard_after` is from how many notices on a case is the manager's.
    """

    supervisor: Name = "客户主管"
    assistants: tuple[Name, ...] = ()
    manager: Name = "项目经理"
    technicians: Name = "工程维修人员"
    roles: Mapping[str, Role] = Field(default_factory=lambda: dict(ROLES))
    quality_groups: tuple[str, ...] = ("房屋质量", "Building")
    order_within_days: Annotated[int, Field(ge=1, le=365)] = 7
    call_before_days: Days = 2
    hard_after: Annotated[int, Field(ge=1, le=20)] = 2
