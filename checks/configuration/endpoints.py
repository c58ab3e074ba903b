"""Whether the addresses of providers are such that a client reaches the API that it means."""

from fractions import Fraction

from modelcheck.core.check import Effort, Finding, Outcome, Verdict, check, not_applicable, passed
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.project import Configuration, Provider, Reading

FROM_VARIABLE = "from-variable"


def sections_read(configuration: Configuration) -> Verdict | None:
    """Leave with a gap where provider sections may be there and were not read."""
    if configuration.reading is Reading.UNREADABLE:
        raise Unseen(Gap(Why.UNREADABLE, about=configuration.path))
    codes = {problem.code for problem in configuration.problems}
    if "too-many" in codes:
        raise Unseen(Gap(Why.TOO_MUCH, about=configuration.path))
    if "wrong-type" in codes and not configuration.providers:
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=configuration.path))
    return None


@check(
    "CFG-08",
    "Endpoints are well-formed and of the right API",
    points=1,
    per=Provider,
    applies=sections_read,
    effort=Effort.MINUTES,
    fix="Write the root of the server that the client is to reach, such as http://127.0.0.1:11434.",
    says={
        "well-formed": "the address of {provider} is well-formed ({route} API)",
        "default": "{provider} has no address of its own: its client's default holds",
        "unreadable": "the address of {provider} is none that can be read",
        "credentials": "the address of {provider} holds a user name or password, which ends up in logs",
        "scheme": "the address of {provider} begins with neither http:// nor https://",
        "no-scheme": "the address of {provider} does not begin with http:// or https://, which most clients refuse",
        "junk": "the address of {provider} holds what no client expects there: a query, quotes, blanks or empty steps",
        "everywhere": "the address of {provider} is one to listen on (every interface), not one to connect to",
        "bad-port": "the port in the address of {provider} is none; Ollama takes its own port then, its client fails",
        "wrong-path": "the path in the address of {provider} is not the root of an API: a client adds its own route",
        "no-v1": "the address of {provider} lacks /v1, under which its server speaks the API of OpenAI",
        "no-tls": "the address of {provider} asks Ollama for https, and Ollama has no TLS",
        "plain-http": "{provider} is asked over plain http across the internet: anybody between reads and changes it",
    },
)
def right_endpoints(provider: Provider) -> Verdict:
    """A wrong address is found when the first request fails, or reaches another API that answers something else."""
    if FROM_VARIABLE in provider.faults:
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=f"the variable in the address of {provider.name}"))
    if provider.faults:
        known = right_endpoints.says
        findings = tuple(
            Finding(code if code in known else "unreadable", Outcome.FAIL, {"provider": provider.name})
            for code in provider.faults
        )
        return Verdict(Outcome.FAIL, Fraction(0), Fraction(0), findings)
    if not provider.address:
        return not_applicable("default", provider=provider.name)
    return passed("well-formed", provider=provider.name, route=provider.route.value)
