/* Signals while an output is written: the first one lets it be finished, a second one leaves nothing. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/interrupt.h"
#include "io/output.h"
#include "support/files.h"
#include "support/outputs.h"

static void wait_long(void) {
    const struct timespec pause = {.tv_nsec = 400000000}; /* two signals within 0.3 s are one request */
    struct timespec left = pause;
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

static void open_all(void) {
    static gs_output_directory directory;
    static gs_output file, inside;
    gs_error error;
    check(gs_output_open(&file, "x.npy", &error) == GS_OK, 10);
    check(gs_directory_open(&directory, "d", 12, &error) == GS_OK, 11);
    for (size_t i = 0; i < 11; i++) {
        int descriptor = open(gs_temporary_file(directory.temporary, i), O_WRONLY | O_CREAT, 0600);
        check(descriptor >= 0 && close(descriptor) == 0, 12);
    }
    directory.temporary->files = 11;
    check(gs_output_open(&inside, gs_temporary_file(directory.temporary, 11), &error) == GS_OK, 13);
    check(gs_output_write(&file, "new", 3, &error) == GS_OK && fflush(file.file) == 0, 14);
}

/* How the child ended: the number of the signal that ended it, or -1 - its exit status. */
static int ended_by(void (*act)(const int *signals), const int *signals) {
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGHUP, SIG_DFL);
        gs_interrupt_install();
        act(signals);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -1 - WEXITSTATUS(status);
}

static void open_and_raise(const int *signals) {
    open_all();
    for (int i = 0; signals[i]; i++) {
        if (i)
            wait_long();
        raise(signals[i]);
        check(gs_interrupted(), 20);
    }
}

static void a_second_signal_leaves_nothing(void **state) {
    (void)state;
    static const int pairs[][3] = {{SIGINT, SIGINT}, {SIGTERM, SIGTERM}, {SIGINT, SIGTERM}, {SIGHUP, SIGINT}};
    write_file("x.npy", "old", 3);
    for (size_t i = 0; i < GS_COUNT(pairs); i++) {
        int how = ended_by(open_and_raise, pairs[i]);
        if (how != pairs[i][1])
            fail_msg("signals %d, %d: ended by %d", pairs[i][0], pairs[i][1], how);
        assert_left("x.npy ");
        assert_holds("x.npy", "old");
    }
}

static void open_raise_and_commit(const int *signals) {
    gs_output output;
    gs_error error;
    check(gs_output_open(&output, "x.npy", &error) == GS_OK, 10);
    check(gs_output_write(&output, "n", 1, &error) == GS_OK && fflush(output.file) == 0, 11);
    for (int i = 0; signals[i]; i++) {
        if (i)
            wait_long();
        raise(signals[i]);
    }
    check(gs_interrupted(), 12);
    check(gs_output_write(&output, "ew", 2, &error) == GS_OK, 13);
    check(gs_output_commit(&output, &error) == GS_OK, 14);
}

/* One request to end, and announcements as often as they come, let the file be finished. */
static void the_first_signal_lets_it_finish(void **state) {
    (void)state;
    static const int lists[][5] = {
        {SIGINT}, {SIGTERM}, {SIGHUP}, {SIGUSR1}, {SIGXCPU}, {SIGUSR1, SIGTERM}, {SIGXCPU, SIGXCPU, SIGXCPU, SIGTERM}};
    for (size_t i = 0; i < GS_COUNT(lists); i++) {
        write_file("x.npy", "old", 3);
        int how = ended_by(open_raise_and_commit, lists[i]);
        if (how != -1)
            fail_msg("signal %d: ended by %d", lists[i][0], how);
        assert_left("x.npy ");
        assert_holds("x.npy", "new");
    }
}

static void *raise_here(void *number) {
    raise(*(int *)number);
    return NULL;
}

static void raise_in_threads(const int *signals) {
    open_all();
    for (int i = 0; signals[i]; i++) {
        pthread_t thread;
        int number = signals[i];
        if (i)
            wait_long();
        check(pthread_create(&thread, NULL, raise_here, &number) == 0 && pthread_join(thread, NULL) == 0, 20);
        for (int tries = 0; tries < 100 && !gs_interrupted(); tries++)
            wait_long();
    }
    for (int tries = 0; tries < 100; tries++) /* the second one comes to the main thread in its own time */
        wait_long();
}

static void signals_to_other_threads(void **state) {
    (void)state;
    int how = ended_by(raise_in_threads, (const int[]){SIGTERM, SIGINT, 0});
    assert_int_equal(how, SIGINT);
    assert_left("");
}

static void raise_and_finish(const int *signals) {
    for (int i = 0; signals[i]; i++)
        raise(signals[i]);
    check(!gs_interrupted(), 10);
}

static void ignored_signals_stay_ignored(void **state) {
    (void)state;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        static const int ignored[] = {SIGHUP, SIGUSR1, SIGXCPU, 0};
        for (int i = 0; ignored[i]; i++)
            signal(ignored[i], SIG_IGN);
        gs_interrupt_install();
        raise_and_finish(ignored);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* ---- Before there is anything to keep ---- */

static void begin_and_raise(const int *signals) {
    gs_interrupt_begin("nothing yet\n");
    open_all();
    raise(signals[0]);
}

static void signals_before_the_work_end_it(void **state) {
    (void)state;
    static const int numbers[][2] = {{SIGINT}, {SIGTERM}, {SIGHUP}, {SIGUSR1}, {SIGXCPU}};
    for (size_t i = 0; i < GS_COUNT(numbers); i++) {
        int how = ended_by(begin_and_raise, numbers[i]);
        if (how != -1 - GS_EXIT_INTERRUPTED)
            fail_msg("signal %d: ended by %d", numbers[i][0], how);
        assert_left("");
    }
}

/* ---- A pipe that nobody reads ---- */

static void *raise_later(void *number) {
    wait_long();
    raise(*(int *)number);
    return NULL;
}

static void open_unread_pipe(const int *signals) {
    pthread_t thread;
    int number = signals[0];
    gs_output output;
    gs_error error;
    if (signals[1]) /* it has come already */
        raise(number);
    else
        check(pthread_create(&thread, NULL, raise_later, &number) == 0, 10);
    check(gs_output_open(&output, "pipe", &error) == GS_ERROR_INTERRUPTED, 11);
    check(signals[1] || pthread_join(thread, NULL) == 0, 13);
    check(strstr(error.message, "no program reads the pipe pipe") != NULL, 12);
}

static void a_signal_ends_the_wait_for_a_reader(void **state) {
    (void)state;
    static const int numbers[][2] = {{SIGINT}, {SIGTERM}, {SIGHUP}, {SIGUSR1}, {SIGXCPU}, {SIGTERM, 1}};
    assert_int_equal(mkfifo("pipe", 0600), 0);
    for (size_t i = 0; i < GS_COUNT(numbers); i++) {
        int how = ended_by(open_unread_pipe, numbers[i]);
        if (how != -1)
            fail_msg("signal %d: ended by %d", numbers[i][0], how);
    }
    assert_left("pipe ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        OUTPUT_TEST(a_second_signal_leaves_nothing), OUTPUT_TEST(the_first_signal_lets_it_finish),
        OUTPUT_TEST(signals_to_other_threads),       OUTPUT_TEST(ignored_signals_stay_ignored),
        OUTPUT_TEST(signals_before_the_work_end_it), OUTPUT_TEST(a_signal_ends_the_wait_for_a_reader)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
