/* The program gensample: errors become one line on standard error and an exit status. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "app/interrupt.h"
#include "app/ranks.h"
#include "app/words.h"
#include "cli/commands.h"
#include "cli/option.h"

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

/* Become a rank, if there are several processes and the command is not each one's own. An error of the command line is
 * told by all ranks together, once. */
static gs_status begin_ranks(const gs_arguments *arguments, gs_status status, gs_error *error) {
    const gs_command_row *row = gs_command_row_of(arguments->command);
    const gs_command *command = gs_command_of(arguments->command);
    gs_error own = *error;
    if (command->sharing == GS_SHARING_NONE)
        return status;
    gs_status begun = gs_ranks_begin(error);
    if (gs_ranks_rank())
        gs_interrupt_begin("");
    if (begun)
        return begun;
    if (!status && command->sharing == GS_SHARING_REFUSED && gs_ranks_count() > 1)
        status = gs_fail(&own, GS_ERROR_ARGUMENT,
                         "%s: each of the %d processes would do all of it; start one, or set GENSAMPLE_MPI=off where "
                         "each has files of its own",
                         row->name, gs_ranks_count());
    *error = own;
    status = gs_ranks_agree(status, error);
    return !status ? gs_ranks_match(row->name, error) : status;
}

static gs_status run(int argc, char **argv, gs_error *error) {
    gs_arguments arguments;
    gs_status status = gs_arguments_parse(&arguments, argc, argv, error);
    if (!status && arguments.help) {
        gs_help_print(arguments.command, stdout);
        return GS_OK;
    }
    if (!status && arguments.version) {
        puts("gensample " GS_VERSION);
        return GS_OK;
    }
    status = begin_ranks(&arguments, status, error);
    if (status)
        return status;
    status = gs_ranks_agree(gs_arguments_find(&arguments, error), error);
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

int main(int argc, char **argv) {
    gs_interrupt_begin("gensample: interrupted: nothing is written\n");
    gs_json_watch();
    if (!standard_streams_open()) {
        fputs("gensample: standard output: it is closed\n", stderr);
        return EXIT_FAILED;
    }
    signal(SIGPIPE, SIG_IGN); /* so that writing to a closed pipe or past a limit is an error like any other */
    signal(SIGXFSZ, SIG_IGN);
    gs_error error = {0};
    gs_status status = run(argc, argv, &error);
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    if (!status && !written)
        status = gs_fail(&error, GS_ERROR_FILE, "standard output: %s", strerror(errno));
    status = gs_ranks_agree(status, &error);
    if (status)
        gs_ranks_tell(&error);
    gs_ranks_end(exit_code(status));
    return exit_code(status);
}
