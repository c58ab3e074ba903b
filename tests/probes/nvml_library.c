/* A stand-in for NVIDIA's library: what the cards and the driver answer is chosen by MODELCHECK_NVML.
   Built with -DOLD it lacks the functions that came with later drivers. */

#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

enum {
    SUCCESS = 0,
    INVALID_ARGUMENT = 2,
    NOT_SUPPORTED = 3,
    NO_PERMISSION = 4,
    INSUFFICIENT_SIZE = 7,
    DRIVER_NOT_LOADED = 9,
    GPU_IS_LOST = 15,
    VERSION_MISMATCH = 18,
    NEVER_HEARD_OF = 4711
};

typedef struct {
    char bus_id_legacy[16];
    unsigned int domain, bus, device, pci_device_id, pci_subsystem_id;
    char bus_id[32];
} Pci;

typedef struct {
    unsigned long long total, free, used;
} Memory;

typedef struct {
    unsigned int gpu, memory;
} Utilisation;

typedef struct {
    unsigned int pid;
    unsigned long long used;
    unsigned int gpu_instance, compute_instance;
} Process;

typedef struct {
    unsigned int field, scope;
    long long timestamp, latency;
    unsigned int type;
    int answer;
    union {
        unsigned int unsigned_int;
        unsigned long long largest;
    } value;
} Field;

/* How many sessions are open, for a test to look at. */
EXPORT int sessions = 0;

static int cards[256];

static int is(const char *scenario)
{
    const char *chosen = getenv("MODELCHECK_NVML");
    return chosen != NULL && strcmp(chosen, scenario) == 0;
}

static int say(const char *text, char *out, unsigned int length)
{
    strncpy(out, text, length);
    return SUCCESS;
}

static int at(const void *card)
{
    return (int)((const int *)card - cards);
}

static int is_lost(const void *card)
{
    return is("lost after a while") && at(card) == 1;
}

static int is_two(void)
{
    return is("two cards") || is("forbidden card") || is("second in use") || is("lost") || is("lost after a while");
}

/* What every question about a card begins with: the card may be gone, or the caller may not be told. */
static int refusal(const void *card)
{
    return is_lost(card) ? GPU_IS_LOST : is("no permission") ? NO_PERMISSION : SUCCESS;
}

static int answer(const void *card, unsigned int value, unsigned int *out)
{
    *out = value;
    return refusal(card);
}

EXPORT int nvmlInitWithFlags(unsigned int flags)
{
    (void)flags;
    if (is("driver not loaded")) return DRIVER_NOT_LOADED;
    if (is("driver updated")) return VERSION_MISMATCH;
    if (is("refused")) return NO_PERMISSION;
    sessions++;
    return SUCCESS;
}

EXPORT int nvmlShutdown(void)
{
    sessions--;
    return is("unheard of") ? NEVER_HEARD_OF : SUCCESS;
}

EXPORT const char *nvmlErrorString(int error)
{
    (void)error;
    return "\xff\x1b[2J";
}

EXPORT int nvmlSystemGetDriverVersion(char *out, unsigned int length)
{
    if (is("no permission")) return NO_PERMISSION;
    return say("570.86.15", out, length);
}

EXPORT int nvmlDeviceGetCount_v2(unsigned int *count)
{
    if (is("unheard of")) return NEVER_HEARD_OF;
    *count = is("no card") ? 0 : is("countless") ? 4000000000u : is_two() ? 2 : 1;
    return SUCCESS;
}

EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **card)
{
    if (index >= 256) return INVALID_ARGUMENT;
    if (is("lost") && index == 1) return GPU_IS_LOST;
    if (is("forbidden card") && index == 1) return NO_PERMISSION;
    *card = &cards[index];
    return SUCCESS;
}

EXPORT int nvmlDeviceGetName(void *card, char *out, unsigned int length)
{
    if (is_lost(card)) return GPU_IS_LOST;
    if (is("hostile name")) return say("RTX\x1b[2J 3090\n::error::\xe2\x80\xae", out, length);
    if (is("binary name")) return say("\xff\xfe", out, length);
    if (is("empty name")) return say("", out, length);
    return say(at(card) ? "NVIDIA GeForce RTX 4090" : "NVIDIA GeForce RTX 3090", out, length);
}

EXPORT int nvmlDeviceGetUUID(void *card, char *out, unsigned int length)
{
    if (is("no permission")) return NO_PERMISSION;
    if (is_lost(card)) return GPU_IS_LOST;
    return say(at(card) ? "GPU-00000000-0000-0000-0000-000000000001" : "GPU-00000000-0000-0000-0000-000000000000", out, length);
}

EXPORT int nvmlDeviceGetPciInfo_v3(void *card, Pci *pci)
{
    if (is_lost(card)) return GPU_IS_LOST;
    memset(pci, 0, sizeof *pci);
    return say(at(card) ? "00000000:41:00.0" : "00000000:01:00.0", pci->bus_id, sizeof pci->bus_id);
}

EXPORT int nvmlDeviceGetMemoryInfo(void *card, Memory *memory)
{
    if (is_lost(card)) return GPU_IS_LOST;
    if (is("no memory info")) return NOT_SUPPORTED;
    memory->total = 24ull << 30;
    memory->free = 23ull << 30;
    memory->used = 1ull << 30;
    return SUCCESS;
}

EXPORT int nvmlDeviceGetCudaComputeCapability(void *card, int *major, int *minor)
{
    *major = 8;
    *minor = at(card) ? 9 : 6;
    return refusal(card);
}

EXPORT int nvmlDeviceGetUtilizationRates(void *card, Utilisation *rates)
{
    if (is("divided")) return NOT_SUPPORTED;
    rates->gpu = 96;
    rates->memory = 71;
    return refusal(card);
}

EXPORT int nvmlDeviceGetTemperature(void *card, unsigned int sensor, unsigned int *out)
{
    return sensor ? INVALID_ARGUMENT : answer(card, 66, out);
}

EXPORT int nvmlDeviceGetTemperatureThreshold(void *card, unsigned int threshold, unsigned int *out)
{
    return threshold != 1 ? INVALID_ARGUMENT : answer(card, 95, out);
}

EXPORT int nvmlDeviceGetPowerUsage(void *card, unsigned int *out)
{
    return answer(card, 318000, out);
}

EXPORT int nvmlDeviceGetPowerManagementLimit(void *card, unsigned int *out)
{
    return answer(card, 290000, out);
}

EXPORT int nvmlDeviceGetPowerManagementDefaultLimit(void *card, unsigned int *out)
{
    return answer(card, 350000, out);
}

EXPORT int nvmlDeviceGetClockInfo(void *card, unsigned int clock, unsigned int *out)
{
    return clock != 1 ? INVALID_ARGUMENT : answer(card, 1695, out);
}

EXPORT int nvmlDeviceGetMaxClockInfo(void *card, unsigned int clock, unsigned int *out)
{
    return clock != 1 ? INVALID_ARGUMENT : answer(card, 2100, out);
}

EXPORT int nvmlDeviceGetCurrPcieLinkGeneration(void *card, unsigned int *out)
{
    return answer(card, is("riser") ? 1 : 4, out);
}

EXPORT int nvmlDeviceGetMaxPcieLinkGeneration(void *card, unsigned int *out)
{
    return answer(card, 4, out);
}

EXPORT int nvmlDeviceGetCurrPcieLinkWidth(void *card, unsigned int *out)
{
    return answer(card, is("riser") ? 4 : 16, out);
}

EXPORT int nvmlDeviceGetMaxPcieLinkWidth(void *card, unsigned int *out)
{
    return answer(card, 16, out);
}

static int reasons(const void *card, unsigned long long *out)
{
    *out = is("hot") ? 0x8 | 0x20 | 0x40 | 0x80 : is("odd reasons") ? 0xfffffffffffffe00ull | 0x1 | 0x2 | 0x10 | 0x100 : is("free") ? 0 : 0x4;
    return refusal(card);
}

EXPORT int nvmlDeviceGetCurrentClocksThrottleReasons(void *card, unsigned long long *out)
{
    return reasons(card, out);
}

EXPORT int nvmlDeviceGetFieldValues(void *card, int count, Field *fields)
{
    if (refusal(card)) return refusal(card);
    if (count != 1 || fields->field != 82) return INVALID_ARGUMENT;
    fields->answer = is("memory sensor") || is("memory at zero") ? SUCCESS : NOT_SUPPORTED;
    fields->type = 1;
    fields->value.largest = 0;
    fields->value.unsigned_int = is("memory sensor") ? 84 : 0;
    return SUCCESS;
}

/* Give as many processes as there is room for, and say how many there are. */
static int give(const Process *all, unsigned int there, unsigned int *count, Process *out)
{
    unsigned int room = *count;
    *count = there;
    if (there > room) return INSUFFICIENT_SIZE;
    memcpy(out, all, there * sizeof *all);
    return SUCCESS;
}

static int computing(const void *card, unsigned int *count, Process *out)
{
    Process all[] = {{11, 20ull << 30, ~0u, ~0u}, {12, 1ull << 30, ~0u, ~0u}};
    if (refusal(card)) return refusal(card);
    if (is("crowd") && out == NULL) {
        *count = 2000000000u;
        return INSUFFICIENT_SIZE;
    }
    if (is("windows")) all[0].used = all[1].used = ~0ull;
    if (is("unnamed program")) all[0].pid = 13;
    if (is("second in use")) return give(all, at(card), count, out);
    return give(all, is("idle") ? 0 : 1, count, out);
}

static int drawing(const void *card, unsigned int *count, Process *out)
{
    Process all[] = {{11, 1ull << 30, ~0u, ~0u}, {20, 200ull << 20, ~0u, ~0u}};
    if (refusal(card)) return refusal(card);
    if (is("windows")) all[0].used = all[1].used = ~0ull;
    return give(all, is("desktop") || is("windows") ? 2 : 0, count, out);
}

EXPORT int nvmlDeviceGetComputeRunningProcesses_v2(void *card, unsigned int *count, Process *out)
{
    return computing(card, count, out);
}

EXPORT int nvmlDeviceGetGraphicsRunningProcesses_v2(void *card, unsigned int *count, Process *out)
{
    return drawing(card, count, out);
}

EXPORT int nvmlSystemGetProcessName(unsigned int pid, char *out, unsigned int length)
{
    if (is("unnamed program")) return NO_PERMISSION;
    if (is("program of no name")) return say("/opt/\xff\xfe", out, length);
    if (pid == 20) return say("/usr/lib/xorg/Xorg", out, length);
    if (is("windows")) return say("C:\\Users\\Jean Dupont\\Ollama\\ollama.exe serve", out, length);
    return say("/usr/local/bin/ollama --key=secret /home/jean", out, length);
}

#ifndef OLD

EXPORT int nvmlDeviceGetCurrentClocksEventReasons(void *card, unsigned long long *out)
{
    return reasons(card, out);
}

EXPORT int nvmlDeviceGetComputeRunningProcesses_v3(void *card, unsigned int *count, Process *out)
{
    return computing(card, count, out);
}

EXPORT int nvmlDeviceGetGraphicsRunningProcesses_v3(void *card, unsigned int *count, Process *out)
{
    return drawing(card, count, out);
}

EXPORT int nvmlDeviceGetMPSComputeRunningProcesses_v3(void *card, unsigned int *count, Process *out)
{
    Process all[] = {{31, 2ull << 30, ~0u, ~0u}};
    if (is("no shared list")) return NO_PERMISSION;
    if (!is("shared")) return NOT_SUPPORTED;
    (void)card;
    return give(all, 1, count, out);
}

EXPORT int nvmlDeviceGetDriverModel_v2(void *card, unsigned int *current, unsigned int *pending)
{
    if (!is("windows") && !is("windows, computing")) return NOT_SUPPORTED;
    *current = *pending = is("windows") ? 0 : 1;
    return refusal(card);
}

EXPORT int nvmlDeviceGetMigMode(void *card, unsigned int *current, unsigned int *pending)
{
    if (!is("divided") && !is("whole")) return NOT_SUPPORTED;
    *current = *pending = is("divided");
    return refusal(card);
}

#endif
