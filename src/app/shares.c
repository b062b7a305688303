#include "app/shares.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/interrupt.h"
#include "app/manifest.h"
#include "app/ranks.h"
#include "model/hash.h"

/* Bytes per message. */
enum { PIECE_BYTES = 1 << 20 };

gs_share gs_share_of(int rank, size_t n) {
    size_t ranks = (size_t)gs_ranks_count(), r = (size_t)rank, each = n / ranks, more = n % ranks;
    return (gs_share){.first = r * each + (r < more ? r : more), .count = each + (r < more)};
}

gs_status gs_shares_match(char *command, const char *network, gs_plan_info plan, const float *images, size_t count,
                          gs_error *error) {
    enum { DIGITS = 8, SHOWN = GS_RANKS_WHAT_ROOM - 60 };
    char what[GS_RANKS_WHAT_ROOM], sum[GS_HASH_ROOM];
    gs_hash hash;
    if (gs_ranks_count() == 1) {
        free(command);
        return GS_OK;
    }
    if (!command)
        return gs_fail_memory(error, "the command");
    gs_hash_begin(&hash);
    gs_hash_add(&hash, images, count * sizeof *images);
    gs_hash_add(&hash, network, strlen(network));
    gs_hash_add(&hash, plan.isa, plan.exact ? 0 : strlen(plan.isa));
    gs_hash_add(&hash, command, strlen(command));
    gs_hash_end(&hash, sum);
    snprintf(what, sizeof what, "%.*s (images, network, instruction set: %.*s)", SHOWN, command, DIGITS, sum);
    free(command);
    return gs_ranks_match(what, error);
}

static atomic_bool halted; /* all know it */

void gs_shares_halt(void) {
    char nothing = 0;
    if (gs_ranks_count() == 1 || atomic_exchange(&halted, true))
        return;
    for (int rank = 0; rank < gs_ranks_count(); rank++)
        if (rank != gs_ranks_rank() && !gs_ranks_is_lost(rank))
            gs_ranks_send(rank, GS_RANKS_HALT, &nothing, sizeof nothing);
}

void gs_shares_hear_halt(void) {
    char nothing;
    int from = -1;
    if (gs_ranks_count() == 1 || !gs_ranks_take(GS_RANKS_HALT, &from, &nothing, sizeof nothing))
        return;
    atomic_store(&halted, true);
    gs_interrupt_request();
}

static gs_status fail_lost(int rank, gs_error *error) {
    char name[GS_RANKS_NAME_ROOM];
    if (!rank && gs_ranks_rank() == 1) /* else nobody would say so */
        gs_ranks_speak();
    gs_ranks_name(rank, name);
    return gs_fail(error, GS_ERROR_FILE, "%s was lost with its share, and nothing is written: repeat the command",
                   name);
}

/* The next piece. */
static size_t piece_of(size_t left) {
    return left < PIECE_BYTES ? left : PIECE_BYTES;
}

gs_status gs_shares_send(int rank, const void *bytes, size_t count, gs_error *error) {
    const unsigned char *at = bytes;
    while (count) {
        size_t piece = piece_of(count);
        gs_ranks_send(rank, GS_RANKS_SHARE, at, piece);
        if (!gs_ranks_deliver(rank))
            return fail_lost(rank, error);
        at += piece;
        count -= piece;
    }
    return GS_OK;
}

gs_status gs_shares_receive(int rank, void *bytes, size_t count, gs_error *error) {
    unsigned char *at = bytes;
    while (count) {
        size_t piece = piece_of(count);
        if (!gs_ranks_await(GS_RANKS_SHARE, rank, at, piece))
            return fail_lost(rank, error);
        at += piece;
        count -= piece;
    }
    return GS_OK;
}
