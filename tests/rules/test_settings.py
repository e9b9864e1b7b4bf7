"""Settings: the rule book's defaults, tiers of any number and name, overrides by estate, and mistakes."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from rule_builders import EMAIL, PRINT, yuan

from notices.errors import SettingsMistake
from notices.settings import Policy, Settings, parse

RULE_BOOK = """
[policy]
grace_days = 15
minimum = "100.00"
late_fee = { daily_rate = "0.0003", cap = "0.30" }
promise_grace_days = 3
limitation_years = 3
limitation_warning_days = 90

[[policy.tiers]]
name = "reminder"
respond_within_days = 15
claims_late_fee = false
channels = ["email", "print"]
deliver = "first"

[[policy.tiers]]
name = "lawyer-letter"
min_principal = "500.00"
min_days_overdue = 60
respond_within_days = 15
claims_late_fee = true
approval = "second-person"
channels = ["print", "email"]
deliver = "all"

[[policy.tiers]]
name = "follow-up"
respond_within_days = 10
claims_late_fee = true
channels = ["print", "email"]
deliver = "all"

[[estates]]
name = "示例花园"
code = "SLHY"
"""

ESTATE: dict[str, Any] = {"name": "示例花园", "code": "SLHY"}


def settings_with(policy: dict[str, Any] | None = None, *estates: dict[str, Any]) -> Settings:
    return parse({"policy": policy or {}, "estates": list(estates) or [ESTATE]})


def mistakes(data: dict[str, Any]) -> str:
    with pytest.raises(SettingsMistake) as caught:
        parse(data)
    assert caught.value.exit_status == 2
    return "\n".join(str(detail) for detail in caught.value.details)


def test_the_rule_book_as_written_is_the_default() -> None:
    assert parse(tomllib.loads(RULE_BOOK)).policy == Policy() == settings_with().policy


def test_every_default_is_the_rule_books() -> None:
    policy = Policy()
    assert (policy.grace_days, policy.minimum, policy.promise_grace_days) == (15, yuan("100.00"), 3)
    assert (policy.late_fee.daily_rate, policy.late_fee.cap) == (Decimal("0.0003"), Decimal("0.30"))
    assert (policy.limitation_years, policy.limitation_warning_days) == (3, 90)
    assert [tier.name for tier in policy.tiers] == ["reminder", "lawyer-letter", "follow-up"]
    assert [tier.respond_within_days for tier in policy.tiers] == [15, 15, 10]
    assert [tier.claims_late_fee for tier in policy.tiers] == [False, True, True]
    assert [tier.approval for tier in policy.tiers] == [None, "second-person", None]
    assert [tier.min_principal for tier in policy.tiers] == [None, yuan("500.00"), None]
    assert [tier.min_days_overdue for tier in policy.tiers] == [None, 60, None]
    assert not any(tier.confirmed_email_only for tier in policy.tiers)


def test_a_late_fee_without_a_cap_has_none() -> None:
    assert settings_with({"late_fee": {"daily_rate": "0.0005"}}).policy.late_fee.cap is None


def test_a_figure_written_as_a_number_is_read_exactly() -> None:
    policy = settings_with({"minimum": 99.9, "late_fee": {"daily_rate": 0.0003}}).policy
    assert (policy.minimum, policy.late_fee.daily_rate) == (yuan("99.9"), Decimal("0.0003"))


def test_tiers_of_other_names_and_another_number_need_no_code() -> None:
    names = ["first-letter", "second-letter", "lawyer", "court-file"]
    policy = settings_with({"tiers": [{"name": name} for name in names]}).policy
    assert [tier.name for tier in policy.tiers] == names
    assert [policy.rank(name) for name in names] == [0, 1, 2, 3]
    assert policy.tier("court-file").min_principal is None


def test_an_unknown_tier_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Policy().tier("court-file")


def test_settings_cannot_be_changed_once_read() -> None:
    policy = Policy()
    with pytest.raises(ValidationError):
        policy.grace_days = 3


# --- estates ------------------------------------------------------------------------------------------------------


def test_an_estate_has_the_common_policy_where_it_says_nothing() -> None:
    settings = settings_with({"grace_days": 20})
    assert settings.policy_of("示例花园") == settings.policy


def test_an_estate_overrides_what_it_names_and_nothing_else() -> None:
    own = ESTATE | {"policy": {"grace_days": 30, "minimum": "50.00", "late_fee": {"daily_rate": "0.001", "cap": "0.2"}}}
    other = {"name": "示例家园", "code": "SLJY"}
    settings = settings_with({"promise_grace_days": 7}, own, other)
    policy = settings.policy_of("示例花园")
    assert (policy.grace_days, policy.minimum, policy.promise_grace_days) == (30, yuan("50.00"), 7)
    assert (policy.late_fee.daily_rate, policy.late_fee.cap) == (Decimal("0.001"), Decimal("0.2"))
    assert policy.tiers == settings.policy.tiers
    assert settings.policy_of("示例家园") == settings.policy


def test_an_estate_overrides_one_figure_of_one_tier() -> None:
    own = ESTATE | {"policy": {"tiers": [{"name": "lawyer-letter", "min_principal": "800.00"}]}}
    policy = settings_with(None, own).policy_of("示例花园")
    assert [tier.name for tier in policy.tiers] == ["reminder", "lawyer-letter", "follow-up"]
    assert policy.tier("lawyer-letter").min_principal == yuan("800.00")
    assert policy.tier("lawyer-letter").min_days_overdue == 60
    assert policy.tier("lawyer-letter").approval == "second-person"


def test_an_estate_overrides_channels_of_a_tier() -> None:
    own = ESTATE | {"policy": {"tiers": [{"name": "reminder", "channels": ["print", "email"], "deliver": "all"}]}}
    reminder = settings_with(None, own).policy_of("示例花园").tier("reminder")
    assert (reminder.channels, reminder.deliver) == ((PRINT, EMAIL), "all")


def test_an_estate_may_add_a_tier_at_the_end() -> None:
    own = ESTATE | {"policy": {"tiers": [{"name": "court-file", "respond_within_days": 7}]}}
    policy = settings_with(None, own).policy_of("示例花园")
    assert [tier.name for tier in policy.tiers][-1] == "court-file"
    assert len(policy.tiers) == 4


def test_an_unknown_estate_has_no_policy() -> None:
    settings = settings_with()
    assert settings.estate("别处") is None
    with pytest.raises(KeyError):
        settings.policy_of("别处")


# --- mistakes -----------------------------------------------------------------------------------------------------


def test_every_mistake_is_reported_with_its_key() -> None:
    found = mistakes(
        {
            "policy": {
                "grace_days": -1,
                "minimum": "a lot",
                "late_fee": {"daily_rate": "2"},
                "tiers": [{"name": "a/b"}],
            },
            "estates": [{"name": "示例花园"}],
            "colour": "red",
        }
    )
    for key in (
        "policy.grace_days:",
        "policy.minimum:",
        "policy.late_fee.daily_rate:",
        "policy.tiers[1].name:",
        "estates[1].code:",
        "colour:",
    ):
        assert key in found


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        ({"gracedays": 5}, "policy.gracedays"),
        ({"minimum": "100.001"}, "policy.minimum"),
        ({"minimum": float("nan")}, "policy.minimum"),
        ({"minimum": float("inf")}, "policy.minimum"),
        ({"minimum": "-1"}, "policy.minimum"),
        ({"limitation_years": 0}, "policy.limitation_years"),
        ({"late_fee": {"daily_rate": "0.0003", "cap": "-0.1"}}, "policy.late_fee.cap"),
        ({"tiers": []}, "policy.tiers"),
        ({"tiers": [{"name": "reminder"}, {"name": "reminder"}]}, "policy.tiers"),
        ({"tiers": [{"name": "reminder", "channels": ["fax"]}]}, "policy.tiers[1].channels[1]"),
        ({"tiers": [{"name": "reminder", "channels": []}]}, "policy.tiers[1].channels"),
        ({"tiers": [{"name": "reminder", "channels": ["print", "print"]}]}, "policy.tiers[1].channels"),
        ({"tiers": [{"name": "reminder", "deliver": "some"}]}, "policy.tiers[1].deliver"),
        ({"tiers": [{"name": "reminder", "approval": "nobody"}]}, "policy.tiers[1].approval"),
        ({"tiers": [{"respond_within_days": 5}]}, "policy.tiers[1].name"),
        ({"tiers": ["reminder"]}, "policy.tiers[1]"),
        ({"tiers": 5}, "policy.tiers"),
    ],
)
def test_an_invalid_policy_is_a_mistake_at_its_key(policy: dict[str, Any], key: str) -> None:
    assert key in mistakes({"policy": policy, "estates": [ESTATE]})


def test_two_estates_of_one_name_or_code_are_a_mistake() -> None:
    assert "name" in mistakes({"estates": [ESTATE, ESTATE | {"code": "OTHER"}]})
    assert "code" in mistakes({"estates": [ESTATE, ESTATE | {"name": "示例家园"}]})


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        ({"grace_days": -1}, "grace_days"),
        ({"gracedays": 1}, "gracedays"),
        ({"late_fee": 5}, "late_fee"),
        ({"tiers": [{"name": "reminder", "deliver": "some"}]}, "tiers[1].deliver"),
        ({"tiers": [{"respond_within_days": 5}]}, "name"),
        ({"tiers": ["reminder"]}, "tiers"),
        ({"tiers": 5}, "tiers"),
    ],
)
def test_an_invalid_override_is_a_mistake_at_its_key(policy: dict[str, Any], key: str) -> None:
    found = mistakes({"estates": [ESTATE | {"policy": policy}]})
    assert key in found
    assert "示例花园" in found or "estates[1]" in found


def test_the_mistakes_of_every_estates_override_are_reported() -> None:
    found = mistakes(
        {
            "estates": [
                ESTATE | {"policy": {"grace_days": -1, "minimum": "a lot"}},
                {"name": "示例家园", "code": "SLJY", "policy": {"limitation_years": 0}},
            ],
        }
    )
    assert all(key in found for key in ("grace_days", "minimum", "limitation_years"))


def test_a_mistake_elsewhere_hides_none_of_an_override() -> None:
    found = mistakes({"policy": {"grace_days": -1}, "estates": [ESTATE | {"policy": {"limitation_years": 0}}]})
    assert "grace_days" in found
    assert "limitation_years" in found


def test_an_estate_that_changes_the_rate_alone_keeps_the_cap() -> None:
    override = {"late_fee": {"daily_rate": "0.0005"}}
    settings = parse({"estates": [{"name": "甲园", "code": "JY", "policy": override}]})
    fee = settings.policy_of("甲园").late_fee
    assert (str(fee.daily_rate), str(fee.cap)) == ("0.0005", "0.30")


@pytest.mark.parametrize("name", ["final_notice", "Court", "支付令"])
def test_a_tier_may_have_any_name_that_can_be_typed(name: str) -> None:
    settings = parse({"policy": {"tiers": [{"name": name}]}, "estates": [{"name": "甲园", "code": "JY"}]})
    assert settings.policy.tier(name).template == f"{name}.docx"


@pytest.mark.parametrize(
    ("common", "own", "combined"),
    [
        ({}, {}, False),  # a workspace whose settings do not name it goes on as before
        ({"combine": "owner"}, {}, True),
        ({"combine": "owner"}, {"combine": "unit"}, False),
        ({"combine": "unit"}, {"combine": "owner"}, True),
    ],
)
def test_an_estate_may_combine_letters_or_not_whatever_the_others_do(
    common: dict[str, str], own: dict[str, str], combined: bool
) -> None:
    settings = parse({"letters": common, "estates": [{"name": "甲", "code": "A", **own}, {"name": "乙", "code": "B"}]})
    assert settings.combines("甲") is combined
    assert settings.combines("乙") is (common.get("combine") == "owner")


def test_an_unknown_way_to_combine_is_a_mistake_at_its_key() -> None:
    with pytest.raises(SettingsMistake) as caught:
        parse({"letters": {"combine": "house"}, "estates": [{"name": "甲", "code": "A"}]})
    assert "letters.combine" in str(caught.value.details[0])


@pytest.mark.parametrize(
    "url", ["https://clerk:geheim@tsa.example.com/", "https://clerk@tsa.example.com/", "ftp://tsa"]
)
def test_the_address_of_a_time_stamp_authority_holds_no_password(url: str) -> None:
    said = mistakes({"timestamp": {"url": url, "ca_file": "ca.pem"}})
    assert "timestamp.url" in said
    assert "geheim" not in said


def test_one_key_does_not_sign_for_several_companies_unless_each_estate_names_it() -> None:
    key = {"file": "centre.p12"}
    estates = [
        {"name": name, "code": code, "service_centre": {"company": company}}
        for name, code, company in (("甲园", "A", "甲公司"), ("乙园", "B", "乙公司"))
    ]
    assert "甲公司" in mistakes({"estates": estates, "seal": {"senders": {"service-centre": key}}})
    named = {"senders": {"service-centre": key}, "estates": {"乙园": key}}
    assert Settings.model_validate({"estates": estates, "seal": named}).seal.key("乙园", "service-centre") is not None
