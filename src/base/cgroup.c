/* The limits of Linux's control groups, version 1 and 2 (Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/os.h"

enum { ROOM = 4096 };

/* The first line of a group's file; false when there is none. */
static bool first_line(const char *folder, const char *file, char *line, int room) {
    char path[ROOM + 64];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *f = fopen(path, "r");
    bool there = f && fgets(line, room, f);
    if (f)
        fclose(f);
    return there;
}

/* A positive number; infinite for "max", for -1 and where there is no number. */
static double limit_of(const char *folder, const char *file) {
    char line[64];
    double limit;
    return first_line(folder, file, line, sizeof line) && sscanf(line, "%lf", &limit) == 1 && limit > 0
               ? limit
               : (double)INFINITY;
}

/* "QUOTA PERIOD" or "max PERIOD". */
static double cpu_max(const char *folder) {
    char line[64];
    double quota, period;
    bool limited = first_line(folder, "cpu.max", line, sizeof line) && sscanf(line, "%lf %lf", &quota, &period) == 2 &&
                   quota > 0 && period > 0;
    return limited ? quota / period : (double)INFINITY;
}

static double memory_max(const char *folder) {
    return limit_of(folder, "memory.max");
}

static double cpu_quota(const char *folder) {
    double quota = limit_of(folder, "cpu.cfs_quota_us"), period = limit_of(folder, "cpu.cfs_period_us");
    return isinf(period) ? (double)INFINITY : quota / period;
}

static double memory_limit(const char *folder) {
    return limit_of(folder, "memory.limit_in_bytes");
}

typedef double group_limit(const char *folder);

/* A tree of groups. Version 2 has one tree for all controllers, which names no controller. */
typedef struct hierarchy {
    const char *type, *controller;   /* of the file system; in its options and in /proc/self/cgroup */
    group_limit *processors, *bytes; /* NULL: another's */
} hierarchy;

static const hierarchy hierarchies[] = {
    {"cgroup2", "", cpu_max, memory_max}, {"cgroup", "cpu", cpu_quota, NULL}, {"cgroup", "memory", NULL, memory_limit}};

/* This process's place in one of these trees. */
typedef struct place {
    bool member, seen;
    char group[ROOM]; /* of this process, if it is a member */
} place;

/* Whether a list with commas has the name; "" is in the empty list alone. */
static bool lists(const char *list, const char *name) {
    size_t length = strlen(name);
    if (!length)
        return !*list;
    for (const char *at = list; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ','))
        if (strcspn(at, ",") == length && !strncmp(at, name, length))
            return true;
    return false;
}

static FILE *open_below(const char *root, const char *file) {
    char path[ROOM];
    return snprintf(path, sizeof path, "%s%s", root, file) < ROOM ? fopen(path, "r") : NULL;
}

/* This process's groups: lines "NUMBER:CONTROLLER,...:PATH". */
static void find_groups(const char *root, place places[GS_COUNT(hierarchies)]) {
    FILE *f = open_below(root, "/proc/self/cgroup");
    char line[ROOM];
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        for (size_t i = 0; i < GS_COUNT(hierarchies); i++)
            if (lists(names + 1, hierarchies[i].controller)) {
                places[i].member = true;
                memcpy(places[i].group, path, strlen(path) + 1);
            }
    }
    if (f)
        fclose(f);
}

/* Replaces octal escapes such as "\040" in place by the characters that they stand for. */
static void unescape(char *text) {
    char *to = text;
    for (const char *from = text; *from; to++)
        if (*from == '\\' && strspn(from + 1, "01234567") >= 3) {
            char digits[4] = {from[1], from[2], from[3], '\0'};
            *to = (char)strtol(digits, NULL, 8);
            from += 4;
        } else {
            *to = *from++;
        }
    *to = '\0';
}

/* The group's path below the folder that shows group `top`; empty if the group is not below it, as for a process that
 * entered a namespace from outside. */
static const char *below(const char *group, const char *top) {
    size_t length = strcmp(top, "/") ? strlen(top) : 0;
    bool inside = !strncmp(group, top, length) && (group[length] == '/' || !group[length]);
    return inside && !strstr(group, "..") ? group + length : "";
}

/* The lowest limits of the folder's group and of the groups above it, up to the folder of the first `shown` characters:
 * the limit of a group binds all groups below it. */
static void apply(const hierarchy *h, char folder[ROOM], size_t shown, double *processors, double *bytes) {
    for (size_t length = strlen(folder); length >= shown; length--)
        if (length == shown || folder[length] == '/' || !folder[length]) {
            folder[length] = '\0';
            *processors = h->processors ? fmin(*processors, h->processors(folder)) : *processors;
            *bytes = h->bytes ? fmin(*bytes, h->bytes(folder)) : *bytes;
        }
}

/* A mounted file system: a line "ID PARENT DEVICE TOP POINT OPTIONS ... - TYPE SOURCE OPTIONS". */
typedef struct mount {
    char top[ROOM], point[ROOM], type[16], options[ROOM];
} mount;

static bool read_mount(const char *line, mount *m) {
    const char *rest = strstr(line, " - ");
    bool whole = rest && sscanf(rest, " - %15s %*s %4095s", m->type, m->options) == 2 &&
                 !strncmp(m->type, "cgroup", 6) && sscanf(line, "%*s %*s %*s %4095s %4095s", m->top, m->point) == 2;
    if (whole) {
        unescape(m->top);
        unescape(m->point);
    }
    return whole;
}

void gs_os_group_limits(const char *root, double *processors, double *bytes) {
    place places[GS_COUNT(hierarchies)] = {{.member = false}};
    *processors = *bytes = (double)INFINITY;
    find_groups(root, places);
    FILE *f = open_below(root, "/proc/self/mountinfo");
    char line[ROOM];
    mount m;
    while (f && fgets(line, sizeof line, f)) {
        if (!read_mount(line, &m))
            continue;
        for (size_t i = 0; i < GS_COUNT(hierarchies); i++) {
            const hierarchy *h = &hierarchies[i];
            char folder[ROOM];
            int shown = snprintf(folder, ROOM, "%s%s", root, m.point);
            if (!places[i].member || places[i].seen || strcmp(m.type, h->type) ||
                (*h->controller && !lists(m.options, h->controller)) || shown >= ROOM)
                continue;
            places[i].seen = true;
            snprintf(folder + shown, ROOM - (size_t)shown, "%s", below(places[i].group, m.top));
            apply(h, folder, (size_t)shown, processors, bytes);
        }
    }
    if (f)
        fclose(f);
}
