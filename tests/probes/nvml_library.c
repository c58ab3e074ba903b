/* A stand-in for NVIDIA's library: what the cards and the driver answer is chosen by MODELCHECK_NVML. */

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
    *count = is("no card") ? 0 : is("countless") ? 4000000000u : is("two cards") || is("lost") || is("lost after a while") ? 2 : 1;
    return SUCCESS;
}

EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **card)
{
    if (index >= 256) return INVALID_ARGUMENT;
    if (is("lost") && index == 1) return GPU_IS_LOST;
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
