#include "cli/commands.h"

const gs_command *gs_command_of(int command) {
    static const gs_command *const commands[] = {
#define GS_COMMAND(id, name, ...) &gs_command_##name,
#include "cli/commands.def"
    };
    size_t i = 0;
    while (command >> (i + 1))
        i++;
    return commands[i];
}
