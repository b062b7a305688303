/* What records check a node with. */
#ifndef GS_CHECK_H
#define GS_CHECK_H

#include "op/operation.h"

/* Fill in check->problem; returns GS_ERROR_FORMAT. */
gs_status gs_check_fail(gs_check *check, const char *format, ...) GS_PRINTF(2, 3);

/* The tensor, if present, must have that shape. */
gs_status gs_check_tensor(gs_check *check, const char *role, const gs_tensor *tensor, int rank, const size_t *d);
gs_status gs_check_vector(gs_check *check, const char *role, const gs_tensor *tensor, int size);

/* The first input must have that rank. */
gs_status gs_check_rank(gs_check *check, unsigned ranks, const char *takes);

/* Set the result's shape from sizes that may be too large. */
gs_status gs_check_result(gs_check *check, int rank, uint64_t d0, uint64_t d1, uint64_t d2);

#endif
