"""Writes what the documentation shows of the program: the picture of a report, the commands, the checks.

`python docs/generate.py` rewrites README.md, docs/report.svg and docs/checks/; with `--check` it ends with 1 where they
differ.
"""

import io
import sys
from collections.abc import Callable
from pathlib import Path

from pages import pages
from rich.console import Console
from rich.terminal_theme import MONOKAI

from modelcheck.app.demo import demo
from modelcheck.app.rules import rules
from modelcheck.cli.commands import COMMANDS
from modelcheck.core.rule import RulePart
from modelcheck.reports.terminal import print_report

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "report.svg"
README = ROOT / "README.md"
CHECKS = ROOT / "docs" / "checks"
COLUMNS = 108

# Rich's own frame without the web font that it would load from somebody else's server.
FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: {char_height}px;
  line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def picture() -> str:
    """Draw the report of the broken demo project."""
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, markup=False, highlight=False
    )
    print_report(demo("broken").report, console)
    return console.export_svg(title="modelcheck demo", theme=MONOKAI, code_format=FRAME, unique_id="modelcheck")


def commands() -> str:
    """List the commands by panel."""
    rows = ["| | command | what it does |", "| --- | --- | --- |"]
    rows.extend(f"| {entry.panel} | `modelcheck {entry.name}` | {entry.help} |" for entry in COMMANDS)
    return "\n".join(rows)


def checks() -> str:
    """List the parts with the checks that this version judges, and how many points are planned."""
    rows = ["| check | points | passes when | blocks the gate under |", "| --- | --- | --- | --- |"]
    for part in rules():
        rows.append(f"| **{part.id}** | **{part.budget:g}** | **{part.title}** {_planned(part)} | |")
        rows.extend(
            f"| {rule.id} | {rule.points:g} | {rule.title} | {', '.join(rule.veto)} |"
            for rule in part.rules
            if rule.judged
        )
    return "\n".join(rows)


def _planned(part: RulePart) -> str:
    planned = sum(rule.points for rule in part.rules if not rule.judged)
    return f"({planned:g} planned)" if planned else ""


BLOCKS: dict[str, Callable[[], str]] = {"commands": commands, "checks": checks}


def readme() -> str:
    """Return README.md with its generated blocks made anew."""
    text = README.read_text("utf-8")
    for name, make in BLOCKS.items():
        before, mark, rest = text.partition(f"<!-- generated: {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not (mark and end):
            raise SystemExit(f"README.md needs a block `<!-- generated: {name} -->` … `<!-- end -->`")
        text = f"{before}{mark}{make()}\n{end}{after}"
    return text


def main() -> int:
    """Write, or compare; a page without a check is stale too."""
    texts = {README: readme(), PICTURE: picture()}
    texts |= {CHECKS / name: text for name, text in pages(rules()).items()}
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
    left_over = [path for path in CHECKS.glob("*") if path not in texts]
    if "--check" in sys.argv[1:]:
        for path in (*stale, *left_over):
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run python docs/generate.py\n")
        return 1 if stale or left_over else 0
    CHECKS.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(texts[path], encoding="utf-8", newline="\n")
    for path in left_over:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
