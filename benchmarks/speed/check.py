"""A figure of the benchmark and its target."""

from dataclasses import dataclass

from benchmarks.common import paired_ratio


@dataclass
class Check:
    """A figure, with the target it has to meet if there is one."""

    section: str
    name: str
    measured: float
    unit: str = "x"
    sign: str = ""
    target: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""

    @classmethod
    def of_ratio(cls, section, name, rounds, above, below, *, factor=1.0, **facts):
        """Compare two variants of `interleave` by processor time; wall time beside."""
        cpu = [factor * value for value in paired_ratio(rounds, above, below, "cpu")]
        wall = factor * paired_ratio(rounds, above, below, "wall")[0]
        note = f"by wall time {wall:.3g}"
        return cls(section, name, cpu[0], low=cpu[1], high=cpu[2], note=note, **facts)

    @property
    def met(self):
        """Whether the target is met; None if there is none."""
        if self.target is None:
            return None
        if self.sign == "<=":
            return self.measured <= self.target
        return self.measured >= self.target
