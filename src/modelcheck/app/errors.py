"""Errors that a person has to act on: what happened, where, what to do; the command line prints them in one place."""

from typing import Self

from modelcheck.core.sentence import Told


class UserError(Told):
    """Wrong usage or bad settings; exit code 2."""

    exit_code = 2

    @classmethod
    def of(cls, told: Told) -> Self:
        """Return what another layer tells as an error of this kind."""
        return cls(told.sentence, **told.params)


class NothingSeen(UserError):
    """Too little could be looked at; exit code 3."""

    exit_code = 3
