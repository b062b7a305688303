/* What a thread of a crew does of a step: its share of the result's planes, or of their rows. */
#ifndef GS_SHARE_H
#define GS_SHARE_H

#include "engine/data.h"

/* Numbers begin ... end - 1. */
typedef struct gs_share {
    int begin, end;
} gs_share;

/* The worker's share of n things. */
static inline gs_share gs_share_of(const gs_worker *worker, int n) {
    long long part = worker->part, parts = worker->parts;
    if (parts == 1)
        return (gs_share){0, n};
    return (gs_share){(int)(n * part / parts), (int)(n * (part + 1) / parts)};
}

/* Some rows of some planes. */
typedef struct gs_piece {
    int plane, planes, row, rows;
} gs_piece;
enum { GS_PIECES_MOST = 3 };

/* Whether each of so many workers takes some rows of all planes, so that what it computes it mostly reads itself in the
 * next step. With fewer rows, the multiply-add kernel would not have enough to do at once. With 4 at least, one image
 * of ncsn takes 7 % less time on two cores of Zen 5 than with 8, 2 % less than with 3, and 14 % less than with 2. */
static inline bool gs_share_has_rows(int rows, int parts) {
    enum { LEAST = 4 };
    return parts == 1 || rows / parts >= LEAST;
}

static inline bool gs_shares_rows(const gs_worker *worker, int rows) {
    return gs_share_has_rows(rows, worker->parts);
}

/* The worker's share of `planes` planes of `rows` rows each: if there are few rows, whole planes as far as they go, so
 * that it reads only the weights of its own; before and after them, a part of a plane. Returns how many pieces there
 * are. */
static inline int gs_share_pieces(const gs_worker *worker, int planes, int rows, gs_piece piece[GS_PIECES_MOST]) {
    if (gs_shares_rows(worker, rows)) {
        gs_share share = gs_share_of(worker, rows);
        piece[0] = (gs_piece){0, planes, share.begin, share.end - share.begin};
        return 1;
    }
    gs_share share = gs_share_of(worker, planes * rows);
    int pieces = 0;
    for (int at = share.begin, count; at < share.end; at += count) {
        int row = at % rows, whole = row ? 0 : (share.end - at) / rows, left = share.end - at;
        count = whole ? whole * rows : left < rows - row ? left : rows - row;
        piece[pieces++] = (gs_piece){at / rows, whole ? whole : 1, row, whole ? rows : count};
    }
    return pieces;
}

/* The rows that some piece has, and those between. */
static inline gs_share gs_share_rows(const gs_piece *piece, int pieces) {
    gs_share rows = {0, 0};
    for (int k = 0; k < pieces; k++) {
        int end = piece[k].row + piece[k].rows;
        rows.begin = k && rows.begin < piece[k].row ? rows.begin : piece[k].row;
        rows.end = rows.end > end ? rows.end : end;
    }
    return rows;
}

#endif
