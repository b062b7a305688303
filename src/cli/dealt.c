#include "cli/dealt.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/dealer.h"
#include "app/interrupt.h"
#include "app/ranks.h"
#include "app/shares.h"
#include "cli/draws.h"

/* ---- Opening ---- */

/* View the folder that the first rank has opened, which may be another one of that name here; takes the head over. */
static gs_status view(gs_shards *shards, const char *folder, json_t *head, gs_error *error) {
    gs_manifest own;
    gs_status status = gs_manifest_create(&own, head, folder, error);
    if (status)
        return status;
    status = gs_shards_view(shards, folder, error);
    if (!status) {
        status = gs_manifest_compare(&shards->manifest, &own, folder, error);
        if (status)
            gs_shards_close(shards);
    }
    gs_manifest_free(&own);
    return status;
}

/* On the first rank: tell the others what the run is; without memory, nothing. Those that are lost are left out. */
static gs_status tell_head(const json_t *head, gs_error *error) {
    char *text = json_dumps(head, JSON_COMPACT);
    uint64_t bytes = text ? strlen(text) : 0;
    for (int rank = 1; rank < gs_ranks_count(); rank++) {
        gs_error lost;
        if (!gs_shares_send(rank, &bytes, sizeof bytes, &lost))
            gs_shares_send(rank, text, bytes, &lost);
    }
    free(text);
    return text ? GS_OK : gs_fail_memory(error, "what the run is");
}

static gs_status hear_head(json_t **head, gs_error *error) {
    uint64_t bytes;
    gs_status status = gs_shares_receive(0, &bytes, sizeof bytes, error);
    char *text = !status ? gs_alloc(bytes + 1, 1) : NULL;
    if (!status && !text)
        status = gs_fail_memory(error, "what the run is");
    if (!status)
        status = gs_shares_receive(0, text, bytes, error);
    *head = !status ? json_loadb(text, bytes, 0, NULL) : NULL;
    gs_free(text);
    return status;
}

/* Refuse a rank whose run is another one than the first rank's, before anything is written. */
static gs_status match_heads(json_t *head, const char *folder, gs_error *error) {
    json_t *heard;
    gs_manifest first, own;
    gs_error why;
    if (!gs_ranks_rank())
        return tell_head(head, error);
    gs_status status = hear_head(&heard, error);
    if (!status)
        status = gs_manifest_create(&first, heard, folder, error);
    if (status)
        return status;
    status = gs_manifest_create(&own, json_incref(head), folder, error);
    if (!status) {
        status = gs_manifest_compare(&first, &own, "the first rank's command", &why);
        if (status)
            gs_fail(error, status, "%s: expected the same command on all ranks", why.message);
        gs_manifest_free(&own);
    }
    gs_manifest_free(&first);
    return status;
}

gs_status gs_dealt_open(gs_shards *shards, const char *folder, json_t *head, gs_shards_mode mode, gs_error *error) {
    bool first = !gs_ranks_rank(), open = false;
    char what[GS_RANKS_WHAT_ROOM];
    snprintf(what, sizeof what, "gensample --out %s", folder);
    gs_status status = gs_ranks_match(what, error);
    if (!status)
        status = gs_ranks_agree(match_heads(head, folder, error), error);
    if (!status && first) {
        status = gs_shards_open(shards, folder, head, mode, error);
        head = NULL;
        open = !status;
    }
    status = gs_ranks_agree(status, error);
    if (status)
        json_decref(head);
    if (!first && !status) {
        status = view(shards, folder, head, error);
        open = !status;
    }
    status = gs_ranks_agree(status, error);
    if (status && open)
        gs_shards_close(shards);
    return status;
}

/* ---- Drawing ---- */

static gs_status draw_own(gs_drawer *drawer, gs_error *error) {
    gs_shard shard = {0}, next;
    bool found = true;
    gs_status status = GS_OK;
    while (!status && found) {
        status = gs_dealer_next(drawer->dealer, &shard, &next, &found, error);
        shard = next;
        if (!status && found)
            status = gs_drawer_draw(drawer, &shard, error);
    }
    return status;
}

typedef struct watched {
    gs_drawer *drawer;
    gs_dealt_end *tell_end;
} watched;

static void show(void *context, double chains) {
    gs_drawer *d = ((watched *)context)->drawer;
    gs_progress_update(&d->progress, chains / (double)d->all, (size_t)chains, (size_t)d->all);
}

static void tell_late(void *context, gs_status status, gs_error *error) {
    const watched *w = context;
    gs_progress_clear(&w->drawer->progress);
    if (w->tell_end(w->drawer->shards, status, error))
        gs_ranks_tell(error);
}

/* What the other ranks have done, to what this one has. */
static void add_others(gs_drawer *drawer) {
    for (int rank = 1; rank < gs_ranks_count(); rank++) {
        const gs_tally *tally = gs_dealer_tally(drawer->dealer, rank);
        drawer->done += tally->done;
        drawer->replayed += tally->replayed;
        drawer->seconds = fmax(drawer->seconds, tally->seconds);
        gs_outcome_add(&drawer->outcome, &tally->outcome);
    }
}

/* Where the first rank is lost: what its manifest says now. */
static gs_status tell_orphans(const gs_shards *shards, gs_dealt_end *tell_end, gs_status status, gs_error *error) {
    gs_shards now;
    gs_error ignored;
    if (gs_shards_view(&now, shards->folder, &ignored))
        return status;
    status = tell_end(&now, status, error);
    gs_shards_close(&now);
    return status;
}

gs_status gs_dealt_draw(gs_drawer *drawer, gs_shards *shards, gs_dealt_end *tell_end, gs_error *error) {
    watched context = {drawer, tell_end};
    const gs_dealer_watch watch = {show, tell_late, &context};
    gs_tally tally = {0};
    gs_status status = gs_ranks_agree(gs_dealer_create(&drawer->dealer, shards, &watch, error), error);
    if (!status) {
        gs_error own = {0};
        tally.status = draw_own(drawer, &own);
        tally.done = drawer->done;
        tally.replayed = drawer->replayed;
        tally.seconds = drawer->seconds;
        tally.outcome = drawer->outcome;
        memcpy(tally.message, own.message, sizeof tally.message);
        status = gs_dealer_end(drawer->dealer, &tally, error);
        if (!gs_ranks_rank())
            add_others(drawer);
    }
    gs_dealer_free(drawer->dealer);
    drawer->dealer = NULL;
    if (!gs_ranks_rank())
        return tell_end(shards, status, error);
    return gs_ranks_is_lost(0) ? tell_orphans(shards, tell_end, status, error) : status;
}
