/* The program gensample: errors become one line on standard error and an exit status. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "app/interrupt.h"
#include "app/ranks.h"
#include "cli/commands.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Occupy the descriptors of standard streams that are closed, so that no file we open becomes one; returns whether
 * stdout was open. */
static bool standard_streams_open(void) {
    bool open_before = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
    int descriptor;
    do {
        descriptor = open("/dev/null", O_RDWR);
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor >= 0)
        close(descriptor);
    return open_before;
}

static gs_status run(int argc, char **argv, gs_error *error) {
    gs_arguments arguments;
    gs_status status = gs_arguments_parse(&arguments, argc, argv, error);
    if (status)
        return status;
    if (arguments.help) {
        gs_help_print(arguments.command, stdout);
        return GS_OK;
    }
    if (arguments.version) {
        puts("gensample " GS_VERSION);
        return GS_OK;
    }
    status = gs_arguments_find(&arguments, error);
    if (!status)
        status = gs_command_of(arguments.command)->run(&arguments, error);
    return gs_arguments_blame(&arguments, status, error);
}

/* As the manual page defines them: what the command asks for is at fault, or what became of it. */
static int exit_code(gs_status status) {
    switch (status) {
    case GS_OK:
        return 0;
    case GS_ERROR_ARGUMENT:
    case GS_ERROR_UNSUPPORTED:
        return EXIT_USAGE;
    case GS_ERROR_INTERRUPTED:
        return GS_EXIT_INTERRUPTED;
    default:
        return EXIT_FAILED;
    }
}

/* Whether the command is one that ranks share; found before it is parsed, so that an error of the command line is told
 * once. Others are each process's own. */
static bool is_shared(int argc, char *const *argv) {
    static const char option[] = "--shard-size";
    bool found = false;
    for (int i = 1; i < argc && !found; i++)
        found = !strncmp(argv[i], option, sizeof option - 1);
    return found;
}

int main(int argc, char **argv) {
    gs_interrupt_begin("gensample: interrupted: nothing is written\n");
    if (!standard_streams_open()) {
        fputs("gensample: standard output: it is closed\n", stderr);
        return EXIT_FAILED;
    }
    signal(SIGPIPE, SIG_IGN); /* so that writing to a closed pipe or past a limit is an error like any other */
    signal(SIGXFSZ, SIG_IGN);
    gs_error error = {0};
    gs_status status = is_shared(argc, argv) ? gs_ranks_begin(&error) : GS_OK;
    if (gs_ranks_rank())
        gs_interrupt_begin("");
    if (!status)
        status = run(argc, argv, &error);
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    if (!status && !written)
        status = gs_fail(&error, GS_ERROR_FILE, "standard output: %s", strerror(errno));
    status = gs_ranks_agree(status, &error);
    if (status)
        gs_ranks_tell(&error);
    gs_ranks_end(exit_code(status));
    return exit_code(status);
}
