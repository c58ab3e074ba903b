"""Keys that are written out."""

from fractions import Fraction

from modelcheck.core.check import Effort, Verdict, check, failed, partial, passed
from modelcheck.core.facts import Place
from modelcheck.core.gap import seen
from modelcheck.core.sources import KeyFile

MINOR = {"unknown-key", "too-many", "missing-section", "not-trusted"}
"""Problems that leave the rest of the file understood."""


@check(
    "CFG-07",
    "No key is written where git or a reader can find it",
    points=2.5,
    per=KeyFile,
    effort=Effort.MINUTES,
    fix="Move the key to an environment variable or an ignored .env, and replace it at the provider.",
    says={
        "no-key": "{path} holds no key",
        "ignored": "{path} holds {keys} keys and git ignores it",
        "no-repository": "{path} holds {keys} keys; the project is in no git repository",
        "tracked": "{path} holds a key ({kind}), and git tracks it",
        "inlined": "{path} holds a key ({kind}) written out instead of a variable's name",
        "not-ignored": "{path} holds {keys} keys and git does not ignore it: one `git add .` would publish them",
    },
)
def written_keys(file: KeyFile) -> Verdict:
    """A key in a repository is read by everyone who ever clones it, and stays in its history."""
    literals = seen(file.literals)
    if not literals:
        return passed("no-key", path=file.path)
    first = literals[0]
    place = Place(file.path, first.line)
    if not file.is_env:
        return failed("inlined", place, path=file.path, kind=first.kind)
    tracked = seen(file.tracked)
    if tracked is None:
        return passed("no-repository", path=file.path, keys=len(literals))
    if tracked:
        return failed("tracked", place, path=file.path, kind=first.kind)
    if seen(file.ignored):
        return passed("ignored", path=file.path, keys=len(literals))
    return partial("not-ignored", Fraction(1, 2), place, path=file.path, keys=len(literals))
