"""Measures how much CPU time other programs use during a measurement. Figures from a busy machine mean little."""
import dataclasses
import os
import pathlib
import resource
import time


def busy_seconds() -> float:
    """Busy time of all CPUs since boot, including time stolen by a hypervisor; 0 without /proc."""
    try:
        first = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0]
    except OSError:
        return 0
    user, nice, system, _idle, _waiting, irq, soft_irq, stolen = map(int, first.split()[1:9])
    return (user + nice + system + irq + soft_irq + stolen) / os.sysconf("SC_CLK_TCK")


def own_seconds() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


@dataclasses.dataclass(frozen=True)
class Moment:
    wall: float
    busy: float
    own: float


def now() -> Moment:
    return Moment(time.monotonic(), busy_seconds(), own_seconds())


def share_since(start: Moment) -> float:
    """The share (0 to 1) of CPU time used since `start` by others than this script and its (finished) children."""
    end = now()
    available = (end.wall - start.wall) * (os.cpu_count() or 1)
    others = (end.busy - start.busy) - (end.own - start.own)
    return min(max(others / available, 0.0), 1.0) if available > 0 else 0.0
