"""How much of the CPUs other programs took while something was measured: figures of a busy machine mean little."""
import dataclasses
import os
import pathlib
import resource
import time


def busy_seconds() -> float:
    """Of all CPUs since the start of the machine, time that a hypervisor took away included; 0 without /proc."""
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
    """The part of the CPUs' time, 0 to 1, that was not this script's and not its (ended) children's."""
    end = now()
    available = (end.wall - start.wall) * (os.cpu_count() or 1)
    others = (end.busy - start.busy) - (end.own - start.own)
    return min(max(others / available, 0.0), 1.0) if available > 0 else 0.0
