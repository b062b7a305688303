#include "op/check.h"

#include <stdio.h>
#include <string.h>

gs_status gs_check_fail(gs_check *check, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->problem, sizeof check->problem, format, arguments);
    va_end(arguments);
    return GS_ERROR_FORMAT;
}

/* "(8, 3, 3)" */
static void print_shape(char *text, size_t room, int rank, const size_t *d) {
    size_t used = (size_t)snprintf(text, room, "(");
    for (int i = 0; i < rank && used < room; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%zu", i ? ", " : "", d[i]);
    if (used < room)
        snprintf(text + used, room - used, ")");
}

gs_status gs_check_tensor(gs_check *check, const char *role, const gs_tensor *tensor, int rank, const size_t *d) {
    if (!tensor || (tensor->rank == rank && !memcmp(tensor->shape, d, (size_t)rank * sizeof *d)))
        return GS_OK;
    char found[160], expected[160];
    print_shape(found, sizeof found, tensor->rank, tensor->shape);
    print_shape(expected, sizeof expected, rank, d);
    return gs_check_fail(check, "%s '%.60s': shape %s, expected %s", role, tensor->name, found, expected);
}

gs_status gs_check_vector(gs_check *check, const char *role, const gs_tensor *tensor, int size) {
    size_t d = (size_t)size;
    return gs_check_tensor(check, role, tensor, 1, &d);
}

gs_status gs_check_rank(gs_check *check, unsigned ranks, const char *takes) {
    int rank = check->in[0].rank;
    return ranks & GS_RANK(rank)
               ? GS_OK
               : gs_check_fail(check, "input of rank %d, %s takes %s", rank, check->operation->name, takes);
}

gs_status gs_check_result(gs_check *check, int rank, uint64_t d0, uint64_t d1, uint64_t d2) {
    /* Each factor below 2^26 + 1 keeps the products below 2^52. */
    if (d0 > GS_SIZE_MAX || d1 > GS_SIZE_MAX || d2 > GS_SIZE_MAX || d0 * d1 > GS_SIZE_MAX || d0 * d1 * d2 > GS_SIZE_MAX)
        return gs_check_fail(check, "result (%llu, %llu, %llu) is too large, expected at most %d elements",
                             (unsigned long long)d0, (unsigned long long)d1, (unsigned long long)d2, GS_SIZE_MAX);
    check->node->shape = (gs_shape){.rank = rank, .d = {(int)d0, (int)d1, (int)d2}};
    return GS_OK;
}
