"""`modelcheck explain`: why not 100, or what one check is about."""

from modelcheck.app.audit import audit
from modelcheck.app.options import Options
from modelcheck.app.rules import is_check_id, rule
from modelcheck.cli.options import looks
from modelcheck.cli.output import console
from modelcheck.reports.explanation import print_explanation
from modelcheck.reports.rules import print_rule


@looks
def explain(options: Options) -> None:
    """Why not 100, or what one check is about: give a project's folder, or the id of a check such as OLL-05."""
    asked = options.path.as_posix()
    if is_check_id(asked):
        print_rule(rule(asked), console())
        return
    print_explanation(audit(options).report, console())
