"""Without a guard the attacks do what they are for: so that none of them passes because it was blunt."""

from collections import Counter

import attack_cross_site
import attack_forms
import attack_json
import attack_names
import attack_paths
import attack_smuggling
import attack_web
import pytest
from attack import Line, Malformed
from golike import Golike

KINDS = {
    "paths": (
        attack_paths.ATTACKS,
        {"pull": 15, "push": 1, "create": 5, "copy": 2, "delete": 2, "blob": 4, "account": 4},
    ),
    "smuggling": ({**attack_smuggling.ATTACKS, **attack_smuggling.HARMLESS}, {"pull": 20}),
    "json": (attack_json.ATTACKS, {"pull": 60, "cloud": 80, "web-search": 8}),
    "names": (attack_names.ATTACKS, {"cloud": 400, "pull": 60}),
    "cross_site": (attack_cross_site.ATTACKS, {"pull": 2}),
    "forms": (attack_forms.ATTACKS, {"cloud": 45}),
    "web": (attack_web.ATTACKS, {"web-search": 20, "remote-file": 60}),
}


@pytest.mark.parametrize("subject", KINDS)
def test_an_unguarded_upstream_falls_to_them(subject: str) -> None:
    attacks, least = KINDS[subject]
    with Golike() as upstream:
        for raw in attacks.values():
            with Line(upstream.port) as line:
                line.send(raw)
                line.end()
                _read(line)
        found = Counter(act.kind for act in upstream.dangerous)

    assert {kind: found[kind] for kind in least if found[kind] < least[kind]} == {}


def _read(line: Line) -> None:
    try:
        while line.answer() is not None:
            pass
    except Malformed:
        return
