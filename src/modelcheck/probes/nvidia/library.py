"""Asking NVML through its Python binding: one question at a time, each with an answer or a gap."""

import time
from collections.abc import Callable
from typing import TypeVar

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.text import printable
from modelcheck.probes.nvidia.binding import Binding

LONGEST = 96
"""Characters of a name or UUID, as of NVML's own buffers."""

T = TypeVar("T")


class Library:
    """NVML, opened; every question is asked until a time, and after it none is."""

    def __init__(self, binding: Binding, *, until: float) -> None:
        self.binding = binding
        self._until = until
        """A `time.monotonic` deadline."""

    def close(self) -> None:
        """End the session; what that says is of no interest."""
        self._until = float("inf")
        self.ask(self.binding.nvmlShutdown)

    def ask(self, *questions: Callable[[], T]) -> T | Gap:
        """Return the answer to the first question that this library and this binding know."""
        answer: T | Gap = NOT_RECORDED
        for question in questions:
            answer = self._once(question)
            if not isinstance(answer, Gap) or not self._lacks(answer):
                break
        return answer

    def text(self, question: Callable[[], bytes | str], most: int = LONGEST) -> str | Gap:
        """Return an answer in words, made fit to show."""
        said = self.ask(question)
        if isinstance(said, Gap):
            return said
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return printable(text, most) if text else NOT_RECORDED

    def whether(self, question: Callable[[], bool]) -> bool | Gap | None:
        """Return an answer of yes or no; None where the card knows nothing of the kind."""
        said = self.ask(question)
        return None if said == self._gap(self.binding.NVML_ERROR_NOT_SUPPORTED) else said

    def is_lost(self, answer: object) -> bool:
        """Whether an answer is that the card no longer answers."""
        return answer == self._gap(self.binding.NVML_ERROR_GPU_IS_LOST)

    def lacks(self, answer: object) -> bool:
        """Whether an answer is that there is nothing of the kind, or nothing here that could be asked for it."""
        return answer == self._gap(self.binding.NVML_ERROR_NOT_SUPPORTED) or self._lacks(answer)

    def gap(self, code: int) -> Gap | None:
        """Return what an error number means; None for success."""
        return self._gap(code) if code else None

    def _lacks(self, answer: object) -> bool:
        return answer in (self._gap(self.binding.NVML_ERROR_FUNCTION_NOT_FOUND), _OLD_BINDING)

    def _once(self, question: Callable[[], T]) -> T | Gap:
        if time.monotonic() > self._until:
            return Gap(Why.TIMED_OUT, about="NVML")
        try:
            return question()
        except self.binding.NVMLError as error:
            return self._why(error)
        except UnicodeDecodeError:  # the binding decodes what the library says, and expects UTF-8
            return Gap(Why.UNREADABLE, about="the card (NVML: not UTF-8)")
        except AttributeError:  # an older binding, whose names are looked up when they are used
            return _OLD_BINDING
        except MemoryError:  # the binding makes room for as many processes as the library says there are
            return Gap(Why.TOO_MUCH, about="NVML")

    def _gap(self, code: int) -> Gap:
        return self._why(self.binding.NVMLError(code))

    def _why(self, error: Exception) -> Gap:
        """The error's class and not its text: for a number that the binding does not know, it asks the library."""
        code = getattr(error, "value", None)
        nvml = self.binding
        if code in {nvml.NVML_ERROR_LIBRARY_NOT_FOUND, nvml.NVML_ERROR_DRIVER_NOT_LOADED}:
            return Gap(Why.NOT_INSTALLED, about="NVIDIA driver", hint="nvidia-smi")
        if code == nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH:
            about = "NVIDIA driver: another version is running than is installed"
            return Gap(Why.UNREADABLE, about=about, hint="reboot")
        silent = {
            nvml.NVML_ERROR_NOT_SUPPORTED,
            nvml.NVML_ERROR_NOT_FOUND,
            nvml.NVML_ERROR_NO_PERMISSION,
            nvml.NVML_ERROR_FUNCTION_NOT_FOUND,
        }
        about = f"the card (NVML: {type(error).__name__.removeprefix('NVMLError_')})"
        return Gap(Why.NOT_RECORDED if code in silent else Why.UNREADABLE, about=about)


_OLD_BINDING = Gap(Why.NOT_RECORDED, about="nvidia-ml-py: too old", hint="pip install --upgrade nvidia-ml-py")
