/* Runs studies, and keeps what they share. */
#include "study/lab.h"

#include <stdlib.h>
#include <string.h>

#include "app/mnist.h"
#include "app/words.h"
#include "base/machine.h"
#include "engine/plan.h"
#include "study/private.h"

/* ---- One study ---- */

static void put_command(const gs_study *study, FILE *out) {
    const gs_lab_options *options = study->lab->options;
    const gs_study_row *row = study->record->row;
    fprintf(out, "gensample study %s", row->name);
    for (const gs_study_default *take = row->takes; take->value; take++) {
        const gs_numbers *given = &options->given[take->parameter];
        for (int i = 0; i < given->count; i++) {
            char number[32];
            const char *name = gs_study_parameter_rows[take->parameter].name;
            if (i == 0)
                fprintf(out, " %s%s ", name[1] ? "--" : "-", name);
            fprintf(out, "%s%s", i ? "," : "", gs_shortest(given->values[i], number));
        }
    }
    if (options->seed)
        fprintf(out, " --seed %llu", (unsigned long long)options->seed);
    if (options->data && study->record->used_digits) {
        fputs(" --data", out);
        gs_put_word(out, options->data);
    }
}

static void note_command(gs_study *study) {
    gs_output output;
    char *bytes = NULL;
    size_t size = 0;
    gs_error error;
    gs_status status = gs_output_open_memory(&output, &bytes, &size, &error);
    if (!status) {
        put_command(study, output.file);
        status = gs_output_end(&output, GS_OK, &error);
    }
    gs_study_fail(study, status, &error);
    study->record->command = !status ? gs_study_text(study, "%.*s", (int)size, bytes) : "";
    free(bytes);
}

/* The user's numbers, else the defaults. */
static void choose_values(gs_study *study) {
    gs_study_record *record = study->record;
    for (int i = 0; record->row->takes[i].value; i++) {
        const gs_numbers *given = &study->lab->options->given[record->row->takes[i].parameter];
        record->values[i] = given->count ? *given : gs_study_parameter_read(record->row->takes[i].value);
    }
}

static gs_status run_study(gs_lab *lab, gs_study_record *record, gs_error *error) {
    gs_study study = {.lab = lab, .record = record, .until = 1};
    double start_s = gs_now_s();
    record->arena = gs_arena_create();
    if (!record->arena)
        return gs_fail_memory(error, "a study");
    choose_values(&study);
    lab->progress.what = record->row->name;
    gs_status status = gs_study_go_on(&study, 0, error);
    if (!status)
        status = record->row->run(&study, error);
    if (!status)
        note_command(&study);
    if (study.status) {
        *error = study.error;
        status = study.status;
    }
    record->seconds = gs_now_s() - start_s;
    return status;
}

/* ---- All studies ---- */

/* What the studies will run on, as plans decide it. */
static gs_status name_machine(const gs_lab_options *options, gs_study_results *results, gs_error *error) {
    gs_machine machine = gs_machine_read("");
    const gs_kernels *kernels;
    gs_status status = gs_kernels_choose(options->isa, &kernels, error);
    if (status)
        return status;
    results->isa = kernels->isa;
    results->threads = options->threads ? options->threads : gs_machine_threads(&machine, NULL, 0);
    return GS_OK;
}

/* A folder that was mistyped is refused before any study runs, also where none needs it. */
static gs_status check_data(const char *folder, gs_error *error) {
    char path[GS_PATH_ROOM];
    if (!folder || gs_mnist_find(folder, "train", path) || gs_mnist_find(folder, "t10k", path))
        return GS_OK;
    return gs_fail(error, GS_ERROR_FILE, "--data: there is no %.300s, nor with .gz: expected MNIST's files", path);
}

/* Run the next study; `before` is what became of those before, with its message. */
static gs_status add_study(gs_lab *lab, const gs_study_row *row, gs_study_results *results, gs_status before,
                           gs_error *error) {
    gs_study_record *record = &results->study[results->count];
    gs_study_failure *failure = &results->failure[results->failures];
    gs_error why = {0};
    *record = (gs_study_record){.row = row};
    gs_status status = run_study(lab, record, &why);
    results->count += !status;
    if (!status)
        return before;
    gs_study_record_free(record);
    if (status == GS_ERROR_INTERRUPTED)
        return gs_fail(error, status, "%s", why.message);
    *failure = (gs_study_failure){.row = row};
    snprintf(failure->message, sizeof failure->message, "%s", why.message);
    results->failures++;
    return before ? before : gs_fail(error, status, "study %s: %s", row->name, why.message);
}

gs_status gs_lab_run(const gs_lab_options *options, const gs_study_row *const *chosen, int count,
                     gs_study_results *results, gs_error *error) {
    gs_lab lab = {.options = options, .count = count};
    double start_s = gs_now_s();
    *results = (gs_study_results){.asked = count, .seed = options->seed, .data = options->data};
    gs_status status = name_machine(options, results, error);
    if (!status)
        status = check_data(options->data, error);
    if (status)
        return status;
    results->study = gs_alloc((size_t)count, sizeof *results->study);
    results->failure = gs_alloc((size_t)count, sizeof *results->failure);
    if (!results->study || !results->failure)
        return gs_fail_memory(error, "the studies");
    if (!options->quiet)
        gs_progress_start(&lab.progress, stderr, NULL);
    lab.progress.has_no_rate = true;
    for (; lab.number < count && status != GS_ERROR_INTERRUPTED; lab.number++)
        status = add_study(&lab, chosen[lab.number], results, status, error);
    gs_progress_clear(&lab.progress);
    gs_lab_free(&lab);
    results->seconds = gs_now_s() - start_s;
    return status;
}
