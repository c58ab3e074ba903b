"""Errors that a person has to act on: what happened, where, what to do; the command line prints them in one place."""


class UserError(Exception):
    """Wrong usage or bad settings; exit code 2."""

    exit_code = 2


class NothingSeen(UserError):
    """Too little could be looked at; exit code 3."""

    exit_code = 3
