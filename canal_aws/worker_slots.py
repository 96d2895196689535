"""Which slot of a zone each worker has: its address there and, where pod CIDRs are planned, its pod CIDR follow from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from canal_aws.errors import CanalError
from canal_aws.settings_pools import DEFAULT_POOL, WorkerPool


class ZoneFull(CanalError):
    """A zone has no slot left beside those of nodes that are only about to leave it."""


def worker_name(pool: str, zone: str, index: int) -> str:
    """A worker's name, from which pool, zone and number can be told: batch-a-0."""
    return f"{pool}-{zone[-1]}-{index}"


def in_zone(name: str, zone: str) -> bool:
    """Whether this is the name of a worker of that zone."""
    return name.split("-")[-2:-1] == [zone[-1]]


def worker_slots(pools: Sequence[WorkerPool], zone: str, limit: int, held: Mapping[str, int]) -> dict[str, int]:
    """The slot, from 0 to `limit` - 1, of each worker of a zone by name.

    `held` are the slots that the zone's nodes have now, those that leave included: Pulumi creates before it deletes, and
    until then EC2 does not give their addresses to another. ZoneFull where too few are left.
    """
    slots: dict[str, int] = {}
    taken = set(held.values())
    # By name: the order in which pools are written changes nothing, not even before the first `up`.
    for pool in sorted(pools, key=lambda each: (each.name != DEFAULT_POOL, each.name)):
        for name, natural in _wanted(pool, zone, limit):
            slot = held.get(name)
            if slot is None:
                slot = next((each for each in natural if each not in taken), None)
            if slot is None:
                leaving = sorted(set(held) - {name for each in pools for name, _ in _wanted(each, zone, limit)})
                raise ZoneFull(
                    f"{zone} has {limit:,} addresses for workers, none is left for {name}, and those of "
                    f"{len(leaving):,} nodes that leave ({', '.join(leaving[:3])} …) are free only once these are gone: "
                    "run `pulumi up` with them taken away first, then add the new ones"
                )
            taken.add(slot)
            slots[name] = slot
    return slots


def _wanted(pool: WorkerPool, zone: str, limit: int) -> Iterator[tuple[str, Iterator[int]]]:
    """A pool's nodes, each with the slots that it would take, best first."""
    ascending = pool.name == DEFAULT_POOL
    ends = iter(range(limit) if ascending else reversed(range(limit)))
    for index in range(pool.count_per_zone):
        # The default pool's own number first, so that a plan without a past is the one of releases without pools.
        yield worker_name(pool.name, zone, index), _first(index, ends) if ascending and index < limit else ends


def _first(slot: int, others: Iterator[int]) -> Iterator[int]:
    yield slot
    yield from others
