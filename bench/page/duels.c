/* Other programs' best rows beside ours. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page/page.h"

/* The program's name, "OpenVINO" of "OpenVINO 2026.4.1, latency": the text up to the comma, without the version. */
static void name_program(const json_t *row, bool version, char name[PAGE_TEXT_ROOM]) {
    const char *program = bench_text(row, "program"), *at = program + strcspn(program, ",");
    for (const char *space = program; !version && (space = strchr(space, ' ')) && space < at; space++)
        if (strspn(space + 1, "0123456789"))
            at = space;
    snprintf(name, PAGE_TEXT_ROOM, "%.*s", (int)(at - program), program);
}

/* Whether the program computes with fewer bits than ours. */
static bool is_narrow(const json_t *row) {
    const char *dtype = bench_text(row, "dtype"), *bits = strpbrk(dtype, "0123456789");
    return bits && strtol(bits, NULL, 10) < 32;
}

static page_duel make_duel(const bench_document *document, const json_t *row) {
    page_duel duel = {.row = row, .rival = bench_rival_of(document->rows, row)};
    char part[PAGE_TEXT_ROOM];
    name_program(row, true, duel.program);
    name_program(row, false, duel.name);
    if (is_narrow(row)) {
        page_append(duel.program, "fewer than 32 bits");
        snprintf(part, sizeof part, "%.200s %.20s", duel.name, bench_text(row, "dtype"));
        memcpy(duel.name, part, sizeof duel.name);
    }
    page_name_cpu(document, duel.machine);
    page_thing(row, part);
    snprintf(duel.work, sizeof duel.work, "%.60s", bench_text(row, "model") ? "" : bench_text(row, "suite"));
    page_append(duel.work, part);
    page_part_text(row, PART_BATCH, part);
    page_append(duel.work, part);
    if (duel.rival.ours)
        page_part_text(duel.rival.ours, PART_THREADS, duel.threads);
    return duel;
}

/* Keep the best of a program. */
static void keep(page *p, const page_duel *duel) {
    for (size_t i = 0; i < p->duels; i++) {
        page_duel *known = &p->duel[i];
        if (strcmp(known->program, duel->program) || strcmp(known->machine, duel->machine) ||
            strcmp(known->work, duel->work) || strcmp(known->threads, duel->threads))
            continue;
        if (duel->rival.ratio < known->rival.ratio)
            *known = *duel;
        return;
    }
    p->duel[p->duels++] = *duel;
}

static void collect(page *p, const bench_document *document) {
    const json_t *row;
    size_t i;
    bench_tally_rows(&p->all, document->rows);
    json_array_foreach(document->rows, i, row) {
        if (!bench_is_peer(row))
            continue;
        page_duel duel = make_duel(document, row);
        if (isfinite(duel.rival.ratio))
            keep(p, &duel);
    }
}

void page_duels_make(page *p) {
    size_t rows = 0;
    for (int d = 0; d < p->count + p->peers; d++)
        rows += json_array_size(p->document[d].rows);
    p->duel = gs_alloc(rows, sizeof *p->duel);
    p->failed = p->failed || (rows && !p->duel);
    for (int d = 0; d < p->count + p->peers && p->duel; d++)
        collect(p, &p->document[d]);
}

void page_duels_free(page *p) {
    gs_free(p->duel);
    p->duel = NULL;
    p->duels = 0;
}
