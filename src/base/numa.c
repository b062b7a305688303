#include "base/numa.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

enum { PATH = 4096, TEXT = 1 << 14, NUMBERS_MAX = 1024, WORDS = GS_CPUS_MAX / 64 };

const char *gs_numa_root(void) {
    const char *root = getenv("GENSAMPLE_MACHINE");
    return root ? root : "";
}

/* ---- Lists ---- */

static bool read_number(const char **text, int most, int *number) {
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    long value = strtol(*text, &end, 10);
    *text = end;
    *number = (int)value;
    return value < most;
}

bool gs_numa_read_list(const char *text, int most, gs_cpus *set) {
    *set = (gs_cpus){{0}};
    if (*text == '\n' || *text == '\0')
        return true;
    for (;; text++) {
        int first, last;
        if (!read_number(&text, most, &first))
            return false;
        last = first;
        if (*text == '-' && (text++, !read_number(&text, most, &last)))
            return false;
        if (last < first)
            return false;
        for (int i = first; i <= last; i++)
            set->word[i / 64] |= UINT64_C(1) << (i % 64);
        if (*text != ',')
            return *text == '\n' || *text == '\0';
    }
}

static int intersect(gs_cpus *cpus, const gs_cpus *with) {
    int count = 0;
    for (int i = 0; i < WORDS; i++) {
        cpus->word[i] &= with->word[i];
        for (uint64_t left = cpus->word[i]; left; left &= left - 1)
            count++;
    }
    return count;
}

static bool meet(const gs_cpus *x, const gs_cpus *y) {
    uint64_t common = 0;
    for (int i = 0; i < WORDS; i++)
        common |= x->word[i] & y->word[i];
    return common;
}

/* ---- Files ---- */

/* A short file's text; false if there is none, or a longer one. Nobody is waited for who may write into a pipe. */
static bool read_text(const char *path, char text[TEXT]) {
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat info;
    FILE *f = fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? fdopen(fd, "r") : NULL;
    size_t length = f ? fread(text, 1, TEXT - 1, f) : 0;
    text[length] = '\0';
    if (f)
        fclose(f);
    else if (fd >= 0)
        close(fd);
    return f && length < TEXT - 1;
}

/* The machine as it is read. */
typedef struct reading {
    const char *root;
    char path[PATH], text[TEXT];
    gs_cpus all, allowed, memories, seen; /* processors; but of memories, nodes */
    const char *why;                      /* what the file at `path` is where it is not as it should be */
} reading;

static bool refuse(reading *r, const char *why) {
    r->why = why;
    return false;
}

/* The text of a file about nodes. */
static bool read_node_file(reading *r, const char *name) {
    int length = snprintf(r->path, sizeof r->path, "%s/sys/devices/system/node/%s", r->root, name);
    return length < PATH && read_text(r->path, r->text);
}

static bool read_of_node(reading *r, int number, const char *name) {
    char file[64];
    snprintf(file, sizeof file, "node%d/%s", number, name);
    return read_node_file(r, file);
}

/* A line of the thread's status; where there is none, everything is allowed. */
static void read_allowed(const reading *r, const char *line, int most, gs_cpus *set) {
    const char *found = strstr(r->text, line);
    found = found ? found + strlen(line) : "";
    if (!*found || !gs_numa_read_list(found + strspn(found, " \t"), most, set))
        *set = r->all;
}

/* Processors and memory that this thread may have. */
static void read_status(reading *r) {
    memset(&r->all, 0xff, sizeof r->all);
    int length = snprintf(r->path, sizeof r->path, "%s/proc/thread-self/status", r->root);
    if (length >= PATH || !read_text(r->path, r->text))
        r->text[0] = '\0';
    read_allowed(r, "\nCpus_allowed_list:", GS_CPUS_MAX, &r->allowed);
    read_allowed(r, "\nMems_allowed_list:", NUMBERS_MAX, &r->memories);
    gs_cpus has;
    if (read_node_file(r, "has_memory") && gs_numa_read_list(r->text, NUMBERS_MAX, &has))
        intersect(&r->memories, &has);
}

/* The numbers of the nodes that have processors, or of all. Where there is neither file, the first one is told. */
static bool read_numbers(reading *r, gs_cpus *numbers) {
    bool found = read_node_file(r, "has_cpu") || read_node_file(r, "online") || read_node_file(r, "has_cpu");
    return (found && gs_numa_read_list(r->text, NUMBERS_MAX, numbers)) ||
           refuse(r, "is missing or no list of nodes, such as 0-3");
}

static bool add_node(reading *r, int number, gs_numa *nodes) {
    gs_cpus cpus;
    if (!read_of_node(r, number, "cpulist") || !gs_numa_read_list(r->text, GS_CPUS_MAX, &cpus))
        return refuse(r, "is missing or no list of processors, such as 0-63");
    if (meet(&cpus, &r->seen))
        return refuse(r, "has processors of another node");
    for (int i = 0; i < WORDS; i++)
        r->seen.word[i] |= cpus.word[i];
    int count = intersect(&cpus, &r->allowed);
    if (!count)
        return true;
    if (nodes->count == GS_NUMA_MAX)
        return refuse(r, "is of one node more than the 64 that are known");
    nodes->node[nodes->count] = (gs_numa_node){.number = number, .memory = nodes->count, .count = count, .cpus = cpus};
    nodes->count++;
    return true;
}

/* ---- Memory ---- */

/* The distance from a node to another by the file of the former, which has one number per node that is online. */
static long distance(const reading *r, const gs_cpus *online, int to) {
    const char *at = r->text;
    long value = 0;
    for (int i = 0; i <= to; i++) {
        char *end;
        if (!gs_cpus_has(online, i))
            continue;
        value = strtol(at, &end, 10);
        at = end;
    }
    return value;
}

/* The nearest node that has memory, the first of several; without distances the first of all. */
static int nearest(reading *r, const gs_numa *nodes, int from) {
    gs_cpus online;
    int best = -1;
    long least = 0;
    if (!read_node_file(r, "online") || !gs_numa_read_list(r->text, NUMBERS_MAX, &online) ||
        !read_of_node(r, nodes->node[from].number, "distance"))
        online = (gs_cpus){{0}};
    for (int i = 0; i < nodes->count; i++) {
        if (!gs_cpus_has(&r->memories, nodes->node[i].number))
            continue;
        long far = distance(r, &online, nodes->node[i].number);
        if (best < 0 || far < least) {
            best = i;
            least = far;
        }
    }
    return best < 0 ? 0 : best;
}

bool gs_numa_has_several(const char *root) {
    reading r = {.root = root};
    gs_cpus numbers;
    return read_numbers(&r, &numbers) && intersect(&numbers, &numbers) > 1;
}

static bool read_all(reading *r, gs_numa *nodes) {
    gs_cpus numbers;
    bool ok = read_numbers(r, &numbers);
    nodes->count = 0;
    if (!ok)
        return false;
    read_status(r);
    for (int i = 0; i < NUMBERS_MAX && ok; i++)
        ok = !gs_cpus_has(&numbers, i) || add_node(r, i, nodes);
    for (int i = 0; i < nodes->count && ok; i++)
        if (!gs_cpus_has(&r->memories, nodes->node[i].number))
            nodes->node[i].memory = nearest(r, nodes, i);
    nodes->count = ok ? nodes->count : 0;
    return ok;
}

void gs_numa_read(const char *root, gs_numa *nodes) {
    reading r = {.root = root};
    read_all(&r, nodes);
}

gs_status gs_numa_check(const char *root, gs_error *error) {
    reading r = {.root = root};
    gs_numa ignored;
    return !root[0] || read_all(&r, &ignored)
               ? GS_OK
               : gs_fail(error, GS_ERROR_ARGUMENT,
                         "GENSAMPLE_MACHINE in the environment: %.300s %s: expected a folder with another machine's "
                         "sys/devices/system/node, or no such variable, to plan for this one",
                         r.path, r.why);
}
