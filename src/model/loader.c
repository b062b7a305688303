#include "model/loader.h"

#include <stdio.h>

gs_status gs_loader_fail(const gs_loader *loader, const char *format, ...) {
    char text[GS_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return gs_fail(loader->error, GS_ERROR_FORMAT, "%s: %s", loader->path, text);
}

gs_status gs_loader_memory(const gs_loader *loader) {
    return gs_fail(loader->error, GS_ERROR_MEMORY, "%s: out of memory while loading", loader->path);
}

gs_status gs_node_fail(const gs_loader *loader, const gs_node *node, const char *format, ...) {
    char text[GS_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return gs_loader_fail(loader, "node '%.80s': %s", node->name, text);
}

uint64_t gs_loader_share(const gs_loader *loader, unsigned sixteenths) {
    return (loader->file_bytes / 16 + (1 << 16)) * sixteenths;
}
