"""OpenMetrics 1.0 read strictly, by its own grammar: what a scraper would refuse is refused."""

import re
from dataclasses import dataclass, field

ENDINGS = {"counter": {"_total", "_created"}, "gauge": {""}, "info": {"_info"}}
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
VALUE = r"(?:[+-]?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|[+-]Inf|NaN)"
ESCAPED = r'(?:[^"\\\n]|\\[\\"n])*'
PAIR = rf'[a-zA-Z_][a-zA-Z0-9_]*="{ESCAPED}"'
SAMPLE = re.compile(rf"(?P<name>{NAME})(?:\{{(?P<labels>{PAIR}(?:,{PAIR})*)\}})? (?P<value>{VALUE})")
DESCRIBED = re.compile(rf"# (?P<what>TYPE|HELP|UNIT) (?P<name>{NAME}) (?P<text>(?:[^\\\n]|\\[\\\"n])*)")
UNESCAPED = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


@dataclass
class Family:
    """A metric family."""

    kind: str
    help: str = ""
    samples: dict[tuple[str, tuple[tuple[str, str], ...]], float] = field(
        default_factory=dict[tuple[str, tuple[tuple[str, str], ...]], float]
    )

    def value(self, **labels: str) -> float:
        """Return the value of the one sample with these labels."""
        (found,) = [value for (_, given), value in self.samples.items() if dict(given) == labels]
        return found


def families(data: bytes) -> dict[str, Family]:
    """Read an exposition. Raises ValueError for what is none."""
    text = data.decode()
    if not text.endswith("# EOF\n") or text.count("# EOF") != 1:
        raise ValueError("it does not end with # EOF")
    found: dict[str, Family] = {}
    current = ""
    for line in text.removesuffix("# EOF\n").split("\n")[:-1]:
        current = _line(line, found, current)
    return found


def _line(line: str, found: dict[str, Family], current: str) -> str:
    if line.startswith("#"):
        said = DESCRIBED.fullmatch(line)
        if said is None:
            raise ValueError(line)
        if said["what"] == "TYPE":
            if said["name"] in found or said["text"] not in ENDINGS:
                raise ValueError(line)
            found[said["name"]] = Family(said["text"])
        elif said["name"] != current or found[current].samples:
            raise ValueError(line)
        else:
            found[current].help = said["text"]
        return said["name"]
    sample = SAMPLE.fullmatch(line)
    if sample is None or not current or sample["name"].removeprefix(current) not in ENDINGS[found[current].kind]:
        raise ValueError(line)
    labels = tuple(
        (name, re.sub(r"\\.", lambda one: UNESCAPED[one[0]], value))
        for name, value in re.findall(rf'([a-zA-Z_][a-zA-Z0-9_]*)="({ESCAPED})"', sample["labels"] or "")
    )
    key = sample["name"], labels
    if key in found[current].samples or len(dict(labels)) != len(labels):
        raise ValueError(line)
    found[current].samples[key] = float(sample["value"].replace("Inf", "inf"))
    return current
