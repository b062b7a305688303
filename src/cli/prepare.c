/* Everything that comes before the sampling. */
#include "cli/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/machine.h"
#include "cli/choice.h"

enum { DEFAULT_N = 64, DEFAULT_PER_CLASS = 10, DEFAULT_ROWS = 16 };

static gs_status check_label(const gs_run *run, gs_error *error) {
    int label = run->arguments->label, classes = run->classes;
    const bool *given = run->arguments->given;
    if (label == GS_LABEL_NONE) {
        return !given[GS_OPTION_GUIDANCE] && !given[GS_OPTION_GUIDANCE_SIGMAS]
                   ? GS_OK
                   : gs_fail(error, GS_ERROR_ARGUMENT, "%s: guidance is towards a label; add --label",
                             given[GS_OPTION_GUIDANCE] ? "--guidance" : "--guidance-sigmas");
    }
    if (!classes)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label: the network %s takes no labels", run->info->name);
    if (label == GS_LABEL_DATA && !gs_model_get_info(run->labelled)->shares) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--label data: the file of %s does not say how often each class occurs (data.shares); use all",
                       run->info->name);
    }
    if (label >= classes) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label: %d is no class of the network %s; they are 0 to %d", label,
                       run->info->name, classes - 1);
    }
    return GS_OK;
}

static uint64_t default_n(const gs_run *run) {
    bool all = run->arguments->label == GS_LABEL_ALL;
    if (run->arguments->trajectory || run->rows > 1)
        return all ? (uint64_t)run->classes : DEFAULT_ROWS;
    return all ? (uint64_t)run->classes * DEFAULT_PER_CLASS : DEFAULT_N;
}

static void choose_grid(gs_run *run) {
    const gs_arguments *a = run->arguments;
    bool all = a->label == GS_LABEL_ALL;
    if (a->given[GS_OPTION_GRID])
        run->grid =
            (gs_grid){.rows = a->grid[0], .columns = a->grid[1], .by_column = all && a->grid[0] == run->classes};
    else
        run->grid = all ? gs_grid_classes(run->n, run->classes) : gs_grid_square(run->n);
}

static gs_status resolve_options(gs_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    run->options = a->settings;
    run->options.seed = a->seed;
    run->options.first_chain = a->first;
    run->options.weight = a->compose.count ? a->composed[0].weight : 0;
    run->options.terms = run->terms;
    run->options.term_count = a->compose.count ? a->compose.count - 1 : 0;
    gs_status status = gs_sample_resolve(run->model, &run->options, error);
    if (!status)
        status = gs_run_check_settings(run, error);
    return !status ? gs_run_check_levels(run, error) : status;
}

/* The bytes of an array; 0 for pictures, which are compressed. */
static double output_bytes(const gs_run *run) {
    bool has_states = run->arguments->trajectory;
    double images = (double)run->n * (has_states ? gs_sample_levels(run->model, &run->options, NULL, 0) : run->rows);
    return images * (double)run->pixels * (double)gs_format_value_bytes(run->format);
}

gs_status gs_run_check_table(const gs_run *run, const char *what, gs_error *error) {
    const unsigned kinds = GS_HOLDS_PICTURE | GS_HOLDS_ARRAY;
    char known[GS_FORMATS_ROOM];
    return gs_format_holds(run->format) & kinds
               ? GS_OK
               : gs_fail(error, GS_ERROR_ARGUMENT, "--out: %s: %s into a %s file", run->arguments->out, what,
                         gs_formats_list(kinds, ".", " or ", known));
}

/* The output's name, format and directory. */
static gs_status check_output(gs_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    gs_status status = gs_output_format(a->out, a->format, GS_FORMAT_PNG, &run->format, error);
    if (status)
        return status;
    if (a->trajectory || a->given[GS_OPTION_SWEEP])
        status = gs_run_check_table(run, a->trajectory ? "a trajectory goes" : "a sweep goes", error);
    if (!status && a->given[GS_OPTION_GRID] && gs_format_holds(run->format) != GS_HOLDS_PICTURE) {
        char known[GS_FORMATS_ROOM];
        status = gs_fail(error, GS_ERROR_ARGUMENT, "--grid: %s is no %s file", gs_output_label(a->out),
                         gs_formats_list(GS_HOLDS_PICTURE, ".", " or ", known));
    }
    if (!status)
        status = gs_images_check(a->out, run->format, run->info->shape, error);
    if (!status)
        status = gs_arguments_check_out(a, error);
    return !status ? gs_output_check(a->out, run->format, output_bytes(run), error) : status;
}

gs_status gs_run_make_plans(gs_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    gs_plan_options options = {.isa = a->isa,
                               .threads = a->threads,
                               .block = a->block,
                               .backend = a->backend,
                               .gradient = run->info->kind == GS_KIND_ENERGY};
    gs_status status = gs_plan_create(run->model, &options, &run->plan, error);
    if (!status)
        status = gs_run_plan_factors(run, &options, error);
    if (!status && run->judge_model) {
        options.block = 0;
        options.gradient = false;
        options.backend = NULL; /* so that the same samples get the same judgement */
        status = gs_plan_create(run->judge_model, &options, &run->judge, error);
    }
    if (!status && run->second.model)
        status = gs_plan_create(run->second.model, &options, &run->second.plan, error);
    return status;
}

static gs_status load_judge(const gs_run *run, const char *path, gs_model **model, gs_error *error) {
    gs_status status = gs_model_load(path, model, error);
    if (status)
        return status;
    const gs_model_info *judge = gs_model_get_info(*model);
    if (judge->kind != GS_KIND_CLASSIFIER || judge->outputs != 2)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--judge: the network %s is no classifier with features", judge->name);
    if (memcmp(judge->shape, run->info->shape, sizeof judge->shape) != 0) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--judge: the network %s takes images of another shape than %s draws",
                       judge->name, run->info->name);
    }
    return GS_OK;
}

gs_status gs_run_load_judge(gs_run *run, gs_error *error) {
    return load_judge(run, run->arguments->judge, &run->judge_model, error);
}

static gs_status load_wanted_judges(gs_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    if (!a->quality)
        return GS_OK;
    gs_status status = gs_run_load_judge(run, error);
    if (!status && a->second_judge && !a->sweep.count)
        status = load_judge(run, a->second_judge, &run->second.model, error);
    return status;
}

/* All samples and states must fit into this machine's memory, whatever the system promises when asked for it. */
static gs_status check_memory(const gs_run *run, gs_error *error) {
    size_t images, bytes;
    size_t states = gs_run_stores_states(run) ? (size_t)run->levels + 1 : (size_t)run->rows;
    double memory = gs_machine_bytes();
    bool fits = gs_mul_size(run->n, states, &images) && gs_mul_size(images, run->pixels * sizeof(float), &bytes);
    if (fits && (double)bytes <= memory)
        return GS_OK;
    double need = (double)run->n * (double)states * (double)run->pixels * (double)sizeof(float);
    return gs_fail(error, GS_ERROR_MEMORY, "-n: %zu sample%s %.3g GB of memory, this process may use %.3g GB", run->n,
                   run->n == 1 ? " takes" : "s take", need * 1e-9, memory * 1e-9);
}

static gs_status choose_labels(gs_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    if (!run->classes || a->label == GS_LABEL_NONE)
        return GS_OK;
    run->labels = gs_alloc(run->n, sizeof(int));
    if (!run->labels)
        return gs_fail_memory(error, "the labels");
    if (a->label == GS_LABEL_DATA)
        return gs_model_draw_labels(run->labelled, a->seed, a->first, run->n, run->labels, error);
    for (size_t k = 0; k < run->n; k++)
        run->labels[k] = a->label == GS_LABEL_ALL ? (int)(k % (size_t)run->classes) : a->label;
    return GS_OK;
}

static gs_status allocate(gs_run *run, gs_error *error) {
    gs_status status = check_memory(run, error);
    if (status)
        return status;
    bool ready = (run->samples = gs_alloc((size_t)run->rows * run->n, run->pixels * sizeof(float))) != NULL;
    if (ready && gs_run_stores_states(run)) {
        size_t states = (size_t)run->levels * run->n;
        run->trajectory = gs_alloc(states, run->pixels * sizeof(float));
        run->sigmas = gs_alloc((size_t)run->levels, sizeof(double));
        ready = run->trajectory && run->sigmas;
    }
    if (!ready)
        return gs_fail_memory(error, "the samples");
    status = choose_labels(run, error);
    if (status)
        return status;
    if (run->sigmas)
        gs_sample_levels(run->model, &run->options, run->sigmas, run->levels);
    run->options.labels = run->info->labels ? run->labels : NULL;
    for (int k = 0; k < run->options.term_count; k++)
        run->terms[k].labels = gs_model_get_info(run->factors[k].model)->labels ? run->labels : NULL;
    run->options.trajectory = run->trajectory;
    return gs_run_allocate_trace(run, error);
}

gs_status gs_run_load(gs_run *run, const gs_arguments *arguments, gs_error *error) {
    *run = (gs_run){.arguments = arguments};
    gs_status status = gs_check_isa(arguments->isa, error);
    if (!status)
        status = gs_check_backend(arguments->backend, error);
    if (!status)
        status = gs_model_load(arguments->model, &run->model, error);
    if (status)
        return status;
    run->info = gs_model_get_info(run->model);
    run->pixels = (size_t)run->info->shape[0] * (size_t)run->info->shape[1] * (size_t)run->info->shape[2];
    run->rows = arguments->given[GS_OPTION_SWEEP] ? arguments->sweep.count : 1;
    status = gs_run_load_factors(run, error);
    return !status ? check_label(run, error) : status;
}

gs_status gs_run_prepare(gs_run *run, const gs_arguments *arguments, gs_error *error) {
    gs_status status = gs_run_load(run, arguments, error);
    if (status)
        return status;
    bool given = arguments->given[GS_OPTION_N];
    run->n = (size_t)(given ? arguments->n : arguments->init ? DEFAULT_N : default_n(run));
    if (arguments->init)
        status = gs_run_read_init(run, run->n, error);
    choose_grid(run);
    gs_status (*const steps[])(gs_run *, gs_error *) = {resolve_options,    check_output,      gs_run_check_trace,
                                                        load_wanted_judges, gs_run_make_plans, gs_run_read_nearest};
    for (size_t i = 0; !status && i < GS_COUNT(steps); i++)
        status = steps[i](run, error);
    if (!status) {
        run->levels = gs_run_stores_states(run) ? gs_sample_levels(run->model, &run->options, NULL, 0) : 0;
        status = allocate(run, error);
    }
    return !status && arguments->init ? gs_run_noise_init(run, error) : status;
}

void gs_run_free(gs_run *run) {
    json_decref(run->warnings);
    gs_free(run->sigmas);
    gs_run_free_trace(run);
    gs_free(run->trajectory);
    gs_free(run->labels);
    gs_free(run->samples);
    gs_free(run->init.data);
    gs_free(run->init_states);
    gs_free(run->kept);
    gs_free(run->training.data);
    gs_free(run->held_out.data);
    gs_plan_free(run->second.plan);
    gs_model_free(run->second.model);
    gs_plan_free(run->judge);
    gs_plan_free(run->plan);
    for (int k = 0; k < GS_LIST_MAX; k++) {
        gs_plan_free(run->factors[k].plan);
        gs_model_free(run->factors[k].model);
    }
    gs_model_free(run->judge_model);
    gs_model_free(run->model);
    *run = (gs_run){0};
}
