#include "support/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/files.h"

enum { ROOM = 1024, FILE_ROOM = 100 };

void machine_file(const char *root, const char *path, const char *text) {
    char name[ROOM];
    snprintf(name, sizeof name, "%s/%s", root, path);
    for (char *slash = name + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(name, 0755);
        *slash = '/';
    }
    write_file(name, text, strlen(text));
}

char *machine_create(int nodes, int processors) {
    char *root = temp_directory(), path[FILE_ROOM], text[FILE_ROOM];
    snprintf(text, sizeof text, "0-%d\n", nodes - 1);
    machine_file(root, "sys/devices/system/node/has_cpu", text);
    machine_file(root, "sys/devices/system/node/has_memory", text);
    for (int i = 0; i < nodes; i++) {
        snprintf(path, sizeof path, "sys/devices/system/node/node%d/cpulist", i);
        snprintf(text, sizeof text, "%d-%d\n", i * processors, (i + 1) * processors - 1);
        machine_file(root, path, text);
    }
    setenv("GENSAMPLE_MACHINE", root, 1);
    return root;
}

void machine_remove(char *root) {
    unsetenv("GENSAMPLE_MACHINE");
    remove_directory(root);
}
