"""How large each district of the demonstration is, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Size:
    """`kinds`: facilities by kind; `others`: kindergartens without nursery class; `serves`: streets that one
    inspector serves; `residents`: of the whole district, for the invented population figures."""

    slug: str
    short: str
    kinds: dict[str, int]
    others: int
    inspectors: int
    serves: int
    residents: int
    under_three: float
    one_to_three: float

    @property
    def facilities(self) -> int:
        return sum(self.kinds.values())

    def scaled(self, scale: float) -> Size:
        """A smaller one for tests; every kind keeps one."""
        if scale >= 1:
            return self
        return replace(
            self,
            kinds={kind: max(1, round(n * scale)) for kind, n in self.kinds.items()},
            others=max(1, round(self.others * scale)),
        )


def kinds(integrated: int, nursery: int, inclusive: int, baby_house: int, guidance: int) -> dict[str, int]:
    return {
        "integrated_kindergarten": integrated,
        "nursery": nursery,
        "inclusive_site": inclusive,
        "baby_house": baby_house,
        "guidance_point": guidance,
    }


SIZES = {
    size.slug: size
    for size in (
        Size("minhang", "mh", kinds(108, 63, 39, 17, 13), 66, 28, 3, 2_680_000, 0.018, 0.012),
        Size("pudong", "pd", kinds(228, 122, 74, 20, 36), 142, 60, 4, 5_780_000, 0.017, 0.0115),
        Size("jinshan", "js", kinds(12, 4, 3, 36, 5), 9, 12, 5, 820_000, 0.0095, 0.006),
    )
}
