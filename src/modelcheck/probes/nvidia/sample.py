"""How a card is doing now: load, heat, power, clocks and its connection."""

from modelcheck.core.gap import Gap
from modelcheck.core.graphics import Link, Sample
from modelcheck.probes.nvidia.binding import Handle
from modelcheck.probes.nvidia.library import Library

THROTTLES = {
    0x001: "idle",
    0x002: "application-clocks",
    0x004: "power-cap",
    0x008: "hardware",
    0x010: "sync-boost",
    0x020: "thermal-software",
    0x040: "thermal-hardware",
    0x080: "power-brake",
    0x100: "display-clocks",
}
"""The bits of NVML's reasons for held down clocks (nvml.h), in the words of `Sample.throttles`; others say nothing."""


def read_sample(library: Library, card: Handle) -> Sample:
    """Ask for each value by itself, so that one that is not exposed takes no other with it."""
    nvml, ask = library.binding, library.ask
    slowdown = nvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN
    return Sample(
        utilisation=ask(lambda: nvml.nvmlDeviceGetUtilizationRates(card).gpu),
        temperature=ask(lambda: nvml.nvmlDeviceGetTemperature(card, nvml.NVML_TEMPERATURE_GPU)),
        slowdown_at=ask(lambda: nvml.nvmlDeviceGetTemperatureThreshold(card, slowdown)),
        memory_temperature=_memory_temperature(library, card),
        power_mw=ask(lambda: nvml.nvmlDeviceGetPowerUsage(card)),
        limit_mw=ask(lambda: nvml.nvmlDeviceGetPowerManagementLimit(card)),
        default_limit_mw=ask(lambda: nvml.nvmlDeviceGetPowerManagementDefaultLimit(card)),
        clock_mhz=ask(lambda: nvml.nvmlDeviceGetClockInfo(card, nvml.NVML_CLOCK_SM)),
        most_clock_mhz=ask(lambda: nvml.nvmlDeviceGetMaxClockInfo(card, nvml.NVML_CLOCK_SM)),
        throttles=_throttles(library, card),
        link=Link(
            ask(lambda: nvml.nvmlDeviceGetCurrPcieLinkGeneration(card)),
            ask(lambda: nvml.nvmlDeviceGetMaxPcieLinkGeneration(card)),
            ask(lambda: nvml.nvmlDeviceGetCurrPcieLinkWidth(card)),
            ask(lambda: nvml.nvmlDeviceGetMaxPcieLinkWidth(card)),
        ),
    )


def _memory_temperature(library: Library, card: Handle) -> int | Gap:
    """Boards with GDDR6X memory, such as the RTX 3090, do not expose it: an error, or no degrees at all."""
    nvml = library.binding
    fields = library.ask(lambda: nvml.nvmlDeviceGetFieldValues(card, [nvml.NVML_FI_DEV_MEMORY_TEMP]))
    if isinstance(fields, Gap):
        return fields
    degrees = fields[0].value.uiVal
    gap = library.gap(fields[0].nvmlReturn or (0 if degrees else nvml.NVML_ERROR_NOT_SUPPORTED))
    return degrees if gap is None else gap


def _throttles(library: Library, card: Handle) -> tuple[str, ...] | Gap:
    nvml = library.binding
    bits = library.ask(
        lambda: nvml.nvmlDeviceGetCurrentClocksEventReasons(card),
        lambda: nvml.nvmlDeviceGetCurrentClocksThrottleReasons(card),  # its name before driver 535
    )
    return bits if isinstance(bits, Gap) else tuple(word for bit, word in THROTTLES.items() if bits & bit)
