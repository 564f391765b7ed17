"""May this load be sent to this target? Asked before anything is sent, by every way of starting a run."""

from __future__ import annotations

from offerproof.errors import Misuse
from offerproof.loadtest.plan.load_plan import LoadPlan
from offerproof.provisioning.sources import in_bulk, obstacles
from offerproof.target import Profile, ascii_host

REFILL_SHARE = 0.3
"""Of the rate cap, what issuing further user offers may use while the run goes on; visits have the rest."""
IN_ADVANCE_S = 30.0
"""User offers for so much of an open workload are made before it begins."""


def check_allowed(profile: Profile, plan: LoadPlan) -> None:
    """Raise :class:`Misuse` when the profile does not allow this load."""
    if profile.environment == "production":
        raise Misuse("load is never sent to production", hint="use a profile of a staging or sandbox environment")
    if not profile.limits.load:
        raise Misuse(
            f"the profile {profile.name!r} does not allow load",
            hint="if the target's owner agrees, set [limits] load = true, load_rate and hosts",
        )
    if plan.facts.writes and profile.read_only:
        raise Misuse(
            f"the profile {profile.name!r} does not allow writes, and this scenario writes",
            hint="set allow_writes = true, or use the scenario browse with a pool of customers",
        )
    if not is_ours(profile) and not profile.limits.hosts:
        raise Misuse("load needs [limits] hosts: the hosts that may be loaded", hint=_whose(profile))
    hosts = {ascii_host(host) for host in profile.limits.hosts}
    for service in profile.services.values():
        if hosts and service.host not in hosts:
            raise Misuse(f"the host {service.host!r} is not among [limits] hosts", hint="correct the profile")
    user_offers = plan.facts.shared or plan.facts.offers > 0
    customers = profile.offers.kind != "pool"  # whose entries have owners
    for why in obstacles(profile, customers=customers, user_offers=user_offers):
        raise Misuse(why, hint="see [capabilities], and from in [customers] and [offers], in the profile")
    _check_rate(profile, plan)


def is_ours(profile: Profile) -> bool:
    """Whether the target is a simulator on this machine, whose owner need not be asked."""
    return profile.environment == "simulator" and all(service.is_here for service in profile.services.values())


def _whose(profile: Profile) -> str:
    if profile.environment == "simulator":
        return 'environment = "simulator" stands for one on this machine (127.0.0.1); this one is elsewhere'
    return 'hosts = ["staging.example.com"] and load_rate, as its owner agrees'


def visits_share(profile: Profile, plan: LoadPlan) -> float:
    """Return the share of the rate cap that visits may use: all of it, unless user offers are issued beside them."""
    by_calls = profile.offers.kind in ("issue", "earn") and not in_bulk(profile)
    workload = plan.workload
    open_and_short = workload is not None and workload.model == "open" and workload.duration <= IN_ADVANCE_S
    if not plan.facts.offers or not (plan.supply.customers or (by_calls and not open_and_short)):
        return 1.0
    return 1.0 - REFILL_SHARE


def _check_rate(profile: Profile, plan: LoadPlan) -> None:
    cap, workload = profile.limits.load_rate, plan.workload
    if cap is None:
        if not is_ours(profile):
            told = "load needs [limits] load_rate: requests a second the target may be asked"
            raise Misuse(told, hint=_whose(profile))
        return
    if workload is not None and workload.model == "open":
        calls = plan.facts.calls / visits_share(profile, plan)
        if workload.peak * calls > cap:
            beside = " with the issuing of their user offers" if visits_share(profile, plan) < 1 else ""
            raise Misuse(
                f"{workload.peak:g} visits/s of {plan.scenario}{beside} are about {workload.peak * calls:.0f} "
                f"requests/s; the profile allows {cap:g}",
                hint=f"--rate {cap / calls:.1f} or less, or raise [limits] load_rate",
            )
