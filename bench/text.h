/* Texts in arrays of limited room, where what does not fit is cut off. */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

#include "base/base.h"

/* Append what printf would print. */
void bench_append(char *text, size_t room, const char *format, ...) GS_PRINTF(3, 4);

/* Append an item to a list, behind `between` if it is not the first. */
void bench_append_item(char *text, size_t room, const char *between, const char *item);

/* Whether text has control characters, C0, C1 or DEL, which terminals obey; and put spaces in their place. */
bool bench_has_controls(const char *text);
void bench_blank_controls(char *text);

#endif
