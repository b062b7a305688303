/* Names the input of a case, for the message of a check that fails. */
#ifndef TEST_ABOUT_H
#define TEST_ABOUT_H

/* From here on checks are about this input: about("cases[%zu], %d threads", i, threads). A check that fails prints the
 * last one, and the function that named it. */
#define about(...) about_input(__func__, __VA_ARGS__)

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void about_input(const char *function, const char *format, ...);

#endif
