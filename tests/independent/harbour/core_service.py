"""The core service: customer search. Refusals are HTTP 200, success is "OK", ids are lower case."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote

from .house import RETAILER, House
from .members import CLUB, KINDS, NOUGHT, SYSTEMS, Member, System, fixed_id
from .plain import Json, Refusal, bare_time, joined_time, parse, read_object

FIND_BY = {"email": "email", "external_id": "external_id", "mobile_number": "phone"}


def answer(house: House, method: str, path: str, query: str, body: bytes, api_key: str) -> Json:
    """One call: the path below the host, with the API key checked here."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    if parts[:3] != ["priv", "v1", "apps"] or len(parts) < 5:
        raise Refusal("not_found", "no such call", 404)
    if parts[3] != api_key:
        raise Refusal("invalid_api_key", "that API key opens nothing", 401)
    flags = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    rest = parts[4:]
    if method == "POST" and rest == ["users"]:
        asked = read_object(parse(body).get("user"), "user")
        return {"user": _attributes(house, house.welcome(house.register.enrol(asked)))}
    if rest == ["users"] or method not in ("GET", "HEAD"):
        raise Refusal("not_available", "not by this method", 405)
    if rest == ["users", "search"]:
        return {"user": _shown(house, _search(house, flags), flags)}
    if len(rest) == 2 and rest[0] == "users":
        return {"user": _shown(house, _known(house, "id", rest[1]), flags)}
    if len(rest) == 3 and rest[:2] == ["external", "users"]:
        return {"user": _shown(house, _known(house, "external_id", rest[2]), flags)}
    raise Refusal("not_found", "no such call", 404)


def _search(house: House, flags: dict[str, str]) -> Member:
    asked = {name: flags[name] for name in FIND_BY if flags.get(name)}
    if not asked:
        raise Refusal("missing_data", "say whom to search for", 200)
    found = {id(member): member for name in asked if (member := house.register.find(FIND_BY[name], asked[name]))}
    if len(found) != 1:
        raise Refusal("user_not_found", "nobody, or not one and the same", 200)
    return next(iter(found.values()))


def _known(house: House, name: str, value: str) -> Member:
    member = house.register.find(name, value)
    if member is None:
        raise Refusal("user_not_found", "nobody", 200)
    return member


def _shown(house: House, member: Member, flags: dict[str, str]) -> Json:
    user = _attributes(house, member)
    if flags.get("user[user_profile]") == "true":
        user["user_profile"] = {"newsletter": False}
    if flags.get("show_identifiers") == "true":
        found = [{"external_id": member.external_id, "external_id_type": "till card"}] if member.external_id else []
        user["identifiers"] = found
    if flags.get("expand_incentives") == "true" or (house.broken("flags-are-one") and len(flags) > 1):
        levels = _levels(house, member)
        user["tier_details"] = {"point_account_balances": _balances(house, member), "tier_levels": levels}
    return user


def _attributes(house: House, member: Member) -> Json:
    """The attributes that are not empty, and one nobody knows."""
    standing = member.standings[CLUB.key]
    target = _target(CLUB, standing.place)
    points = member.counted(CLUB)
    resets = member.resets(CLUB, house.register.rank_lasts)
    user: Json = {
        "harbour_number": member.id[:8],
        "account_status": "good",
        "available_points": _decimal(member.accounts["coins"].balance),
        "activated": True,
        "tier": CLUB.ranks[standing.place][0],
        "tier_system": CLUB.name,
        "tier_points": _decimal(points),
        "tier_ends_value": target or 0,
        "next_tier_points": _decimal(target - points) if target else 0,
        "tier_entered_at": bare_time(standing.since),
        "suspended": False,
        "opted_in": member.opted_in,
        "email": member.email,
        **member.described,
        "created_at": bare_time(member.since),
        "updated_at": bare_time(member.changed),
        "id": member.id,
    }
    if member.external_id:
        user["external_id"] = member.external_id
    if resets:
        user["tier_resets_at"] = bare_time(resets)
    return user


def _decimal(number: Decimal) -> Decimal:
    """Points with two digits or more, as this server prints them."""
    return number.quantize(Decimal("0.01")) if number == number.quantize(Decimal("0.01")) else number


def _target(system: System, place: int) -> int | None:
    return system.ranks[place + 1][1] if place + 1 < len(system.ranks) else None


def _levels(house: House, member: Member) -> list[Json]:
    levels = []
    for system in SYSTEMS:
        standing = member.standings[system.key]
        level: Json = {
            "id": standing.id,
            "tier_system_id": system.id,
            "tier_level_id": system.level_id(standing.place),
            "user_id": member.id,
            "join_date": joined_time(standing.since),
            "tier_overview": _overview(system, standing.place),
        }
        target = _target(system, standing.place)
        if target is not None:
            level["next_tier_overview"] = _overview(system, standing.place + 1)
            if house.broken("partners-skip-a-rank") and system is not CLUB:
                level["next_tier_overview"]["rank"] += 1
            other = CLUB if house.broken("one-progress-for-all-systems") else system
            level["tier_progress"] = [_progress(member, system, standing.place, target, member.counted(other))]
        levels.append(level)
    return levels


def _overview(system: System, place: int) -> Json:
    return {
        "id": system.level_id(place),
        "tier_system_id": system.id,
        "retailer_id": RETAILER.lower(),
        "name": system.ranks[place][0],
        "rank": place + system.first_rank,
        "status": 2,
    }


def _progress(member: Member, system: System, place: int, target: int, points: Decimal) -> Json:
    name = f"{system.key}/{place}"
    tree, group, leaf = (fixed_id(f"{what}/{name}") for what in ("tree", "group", "leaf"))
    constraint = {
        "discriminator": 8,
        "id": fixed_id(f"constraint/{name}"),
        "rule_id": leaf,
        "point_accounts": {KINDS[key].id.upper(): KINDS[key].name for key in system.counted},
        "is_new": False,
        "rank": 0,
        "version": 3,
    }
    rule = _rule(leaf, 2048, parent_id=group, target_balance=target, comparison=4, constraints=[constraint])
    outer = {"tree_id": tree, "rule_passed": points >= target, "rule_tree_name": "to the next rank"}
    rules = [
        {**outer, "rule_id": group, "discriminator": 1, "rule": _rule(group, 1, constraints=[])},
        {
            **outer,
            "rule_id": leaf,
            "parent_id": group,
            "discriminator": 2,
            "query_result": _decimal(points),
            "rule": rule,
        },
    ]
    return {"rule_tree_id": tree, "rules": rules}


def _rule(rule_id: str, discriminator: int, **more: Any) -> Json:
    return {
        "id": rule_id,
        "retailer_id": RETAILER.lower(),
        "discriminator": discriminator,
        "rank": 0,
        "is_new": False,
        **more,
    }


def _balances(house: House, member: Member) -> Json:
    accounts = member.accounts
    forgets = house.broken("empty-accounts-have-no-past")
    counted = [one for one in accounts.values() if one.balance or not forgets]
    return {
        "user_id": member.id,
        "retailer_id": RETAILER.lower(),
        "details": [
            {
                "account_name": kind.name,
                "point_account_id": kind.id,
                "user_point_account_id": accounts[key].id,
                "grouping_label": kind.label,
                "available_balance": _decimal(accounts[key].balance),
                "life_time_value": _decimal(accounts[key].lifetime),
                "currency": "points",
            }
            for key, kind in KINDS.items()
        ],
        "summary": {
            "life_time_points": _decimal(sum((one.lifetime for one in counted), NOUGHT)),
            "total_points": _decimal(sum((one.balance for one in accounts.values()), NOUGHT)),
        },
    }
