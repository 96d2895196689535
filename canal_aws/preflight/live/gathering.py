"""Facts from sources: a source is a function whose parameters are what it needs and whose result is one type of fact.

All sources whose needs are met run at the same time. One that fails leaves its fact, and those that rest on it,
missing with the reason; everything else is there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, get_type_hints

from canal_aws.errors import CanalError

_THREADS = 32  # sources mostly wait: for their calls' turns, of which ten run at once


@dataclass(frozen=True)
class Source:
    """Where a type of fact comes from."""

    gives: type
    needs: tuple[type, ...]
    function: Callable[..., Any]

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Source:
        """From a function's annotations."""
        hints = get_type_hints(function)
        needs = tuple(hints[parameter] for parameter in inspect.signature(function).parameters)
        return cls(hints["return"], needs, function)


@dataclass(frozen=True)
class Facts:
    """Facts by type, and why others could not be had."""

    known: Mapping[type, Any]
    missing: Mapping[type, str]


def gather(functions: tuple[Callable[..., Any], ...], given: Mapping[type, Any], absent: Mapping[type, str]) -> Facts:
    """Runs every source once its needs are known. `given` facts are taken as they are, `absent` ones as missing."""
    known, missing = dict(given), dict(absent)
    waiting = [Source.of(function) for function in functions]
    waiting = [source for source in waiting if source.gives not in known and source.gives not in missing]
    running: dict[Future[Any], Source] = {}
    with ThreadPoolExecutor(_THREADS) as pool:
        while waiting or running:
            for source in list(waiting):
                lost = [missing[need] for need in source.needs if need in missing]
                if lost:
                    missing[source.gives] = lost[0]
                elif all(need in known for need in source.needs):
                    running[pool.submit(source.function, *(known[need] for need in source.needs))] = source
                else:
                    continue
                waiting.remove(source)
            if not running:
                _refuse_unmet(waiting, known, missing)
                continue
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                source = running.pop(future)
                try:
                    known[source.gives] = future.result()
                except CanalError as error:
                    missing[source.gives] = str(error)
    return Facts(known, missing)


def _refuse_unmet(waiting: list[Source], known: Mapping[type, Any], missing: Mapping[type, str]) -> None:
    """A source whose needs nobody can meet is a fault of ours, not of the user's."""
    for source in waiting:
        if any(need in missing for need in source.needs):
            return
    for source in waiting:
        unmet = [need.__name__ for need in source.needs if need not in known]
        raise LookupError(f"no source gives {', '.join(unmet)}, which {source.gives.__name__} needs")
