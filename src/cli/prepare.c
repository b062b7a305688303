/* Everything that comes before the sampling. */
#include "cli/map.h"
#include "cli/output.h"
#include "cli/sample.h"
#include "cli/settings.h"
#include "io/picture.h"
#include "io/sheet.h"

enum { DEFAULT_N = 64, DEFAULT_PER_CLASS = 10, DEFAULT_ROWS = 16 };

/* What makes no sense for the images of a decoder. */
static gs_status check_decoder(gs_run *run, gs_error *error) {
    const gs_arguments *a = run->setup.arguments;
    const gs_model_info *info = run->setup.networks.info;
    const struct {
        bool given;
        const char *name, *why;
    } refused[] = {{a->given[GS_OPTION_GUIDANCE], "guidance", "it is not guided"},
                   {a->given[GS_OPTION_GUIDANCE_SIGMAS], "guidance-sigmas", "it is not guided"},
                   {a->init != NULL, "init", "its samples begin with latents, not with images"},
                   {a->trajectory, "trajectory", "its samples have no states on the way"},
                   {a->diagnose, "diagnose", "its samples are no chains of steps"},
                   {a->plot != NULL, "plot", "its samples are no chains of steps"}};
    for (size_t i = 0; info->kind == GS_KIND_DECODER && i < GS_COUNT(refused); i++)
        if (refused[i].given)
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: the network %s is a decoder: %s", refused[i].name,
                           info->name, refused[i].why);
    return GS_OK;
}

static size_t choose_n(const gs_run *run) {
    const gs_arguments *a = run->setup.arguments;
    int classes = run->setup.labels.classes;
    bool all = a->label == GS_LABEL_ALL;
    if (a->given[GS_OPTION_N])
        return (size_t)a->n;
    if (a->init)
        return DEFAULT_N;
    if (a->trajectory || gs_result_rows(&run->result) > 1)
        return all ? (size_t)classes : DEFAULT_ROWS;
    return all ? (size_t)classes * DEFAULT_PER_CLASS : DEFAULT_N;
}

static gs_status read_start(gs_run *run, gs_error *error) {
    gs_status status = gs_start_read(&run->start, &run->setup, run->result.n, error);
    if (run->start.images.data)
        run->result.n = run->start.images.n;
    return status;
}

static gs_status resolve_options(gs_run *run, gs_error *error) {
    gs_setup *setup = &run->setup;
    const gs_arguments *a = setup->arguments;
    gs_sample_options *o = &setup->options;
    *o = a->settings;
    o->seed = a->seed;
    o->first_chain = a->first;
    o->weight = a->compose.count ? a->composed[0].weight : 0;
    o->terms = setup->networks.terms;
    o->term_count = setup->networks.count - 1;
    gs_status status = gs_settings_resolve(setup, error);
    if (!status)
        status = gs_settings_check(setup, error);
    return !status ? gs_networks_check_levels(&setup->networks, o, error) : status;
}

static gs_grid choose_grid(const gs_arguments *a, size_t n, int classes) {
    bool all = a->label == GS_LABEL_ALL;
    if (a->given[GS_OPTION_GRID])
        return (gs_grid){.rows = a->grid[0], .columns = a->grid[1], .by_column = all && a->grid[0] == classes};
    return all ? gs_grid_classes(n, classes) : gs_grid_square(n);
}

/* States per chain that are written: those of a trajectory, or one per weight of a sweep. */
static int states(const gs_run *run) {
    const gs_setup *setup = &run->setup;
    if (gs_output_is_chains(setup->arguments))
        return (int)gs_kept_draws(setup);
    return setup->arguments->trajectory ? gs_sample_levels(setup->networks.network[0].model, &setup->options, NULL, 0)
                                        : gs_result_rows(&run->result);
}

double gs_run_output_bytes(const gs_run *run) {
    const gs_setup *setup = &run->setup;
    return (double)run->result.n * states(run) * (double)setup->networks.pixels *
           (double)gs_format_value_bytes(run->format);
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* The size of the picture, or of a folder's pictures. */
static gs_status check_size(const gs_run *run, gs_error *error) {
    const gs_arguments *a = run->setup.arguments;
    const int *shape = run->setup.networks.info->image;
    size_t n = run->result.n;
    if (run->format == GS_FORMAT_DIRECTORY)
        return gs_canvas_check(shape[2], shape[1], a->scale, error);
    if (gs_format_holds(run->format) != GS_HOLDS_PICTURE)
        return GS_OK;
    if (a->sweep.count)
        return gs_sheet_check(shape, (size_t)a->sweep.count, least(n, GS_SHEET_COLUMNS), a->scale, error);
    if (a->trajectory)
        return gs_sheet_check(shape, least(n, GS_TRAJECTORY_ROWS), least((size_t)states(run), GS_TRAJECTORY_COLUMNS),
                              a->scale, error);
    return gs_grid_check(run->grid, shape, a->scale, error);
}

/* The output's name, format and directory, and the grid of a picture. */
static gs_status check_output(gs_run *run, gs_error *error) {
    const gs_arguments *a = run->setup.arguments;
    gs_status status = gs_output_format(a->out, a->format, GS_FORMAT_PNG, &run->format, error);
    if (status)
        return status;
    run->grid = choose_grid(a, run->result.n, run->setup.labels.classes);
    if (gs_output_is_chains(a))
        status = gs_kept_check(&run->setup, error);
    else if (a->trajectory || a->sweep.count)
        status =
            gs_output_check_table(a->out, run->format, a->trajectory ? "a trajectory goes" : "a sweep goes", error);
    if (!status && a->given[GS_OPTION_GRID] && gs_format_holds(run->format) != GS_HOLDS_PICTURE) {
        char known[GS_FORMATS_ROOM];
        status = gs_fail(error, GS_ERROR_ARGUMENT, "--grid: %s is no %s file", gs_output_label(a->out),
                         gs_formats_list(GS_HOLDS_PICTURE, ".", " or ", known));
    }
    if (!status)
        status = gs_output_check_scale(a->out, a->given[GS_OPTION_SCALE], run->format, error);
    if (!status)
        status = check_size(run, error);
    if (!status && !gs_output_is_chains(a))
        status = gs_images_check(a->out, run->format, run->setup.networks.info->image, error);
    if (!status)
        status = gs_arguments_check_out(a, error);
    return !status ? gs_output_check(a->out, run->format, gs_run_output_bytes(run), error) : status;
}

static gs_status check_pictures(gs_run *run, gs_error *error) {
    gs_status status = gs_run_check_map(run, error);
    if (!status)
        status = gs_followed_check(&run->setup, error);
    return status ? status : gs_traced_check(&run->setup, error);
}

static gs_status load_judges(gs_run *run, gs_error *error) {
    return gs_judging_load(&run->judging, &run->setup, error);
}

static gs_status make_plans(gs_run *run, gs_error *error) {
    gs_status status = gs_networks_plan(&run->setup.networks, run->setup.arguments, error);
    return !status ? gs_judging_plan(&run->judging, &run->setup, error) : status;
}

static gs_status read_nearest(gs_run *run, gs_error *error) {
    return gs_nearest_read(&run->nearest, &run->setup, run->result.n, error);
}

static gs_status allocate(gs_run *run, gs_error *error) {
    gs_status status = gs_result_allocate(&run->result, &run->setup, error);
    if (!status)
        status = gs_setup_label(&run->setup, 0, run->result.n, error);
    if (!status)
        status = gs_traced_allocate(&run->traced, &run->setup, run->result.n, error);
    return !status && gs_output_is_chains(run->setup.arguments) ? gs_run_keep(run, error) : status;
}

/* What needs nothing more to be ready: who watches the chains. */
static gs_status watch(gs_run *run, gs_error *error) {
    (void)error;
    gs_traced_watch(&run->traced, &run->setup);
    return GS_OK;
}

static gs_status add_noise(gs_run *run, gs_error *error) {
    return gs_start_add_noise(&run->start, &run->setup, error);
}

/* A step, and what the memory that it takes is for. */
typedef struct prepare_step {
    gs_status (*make)(gs_run *run, gs_error *error);
    gs_account account;
} prepare_step;

/* Load the networks, and go through the steps. */
static gs_status prepare(gs_run *run, const gs_arguments *arguments, const prepare_step *steps, size_t count,
                         gs_error *error) {
    *run = (gs_run){.arguments = *arguments, .result.weights = arguments->sweep};
    size_t before = gs_allocated_now();
    gs_status status = gs_setup_load(&run->setup, &run->arguments, error);
    run->bytes[GS_OF_NETWORKS] = gs_allocated_now() - before;
    if (!status) {
        gs_output_choose(&run->arguments, run->setup.networks.info->image, "samples.npy");
        run->result.n = choose_n(run);
    }
    for (size_t i = 0; !status && i < count; i++) {
        before = gs_allocated_now();
        status = steps[i].make(run, error);
        run->bytes[steps[i].account] += gs_allocated_now() - before;
    }
    return status;
}

gs_status gs_run_prepare(gs_run *run, const gs_arguments *arguments, gs_error *error) {
    static const prepare_step steps[] = {
        {check_decoder, GS_OF_SAMPLES}, {read_start, GS_OF_IMAGES},      {resolve_options, GS_OF_SAMPLES},
        {check_output, GS_OF_SAMPLES},  {check_pictures, GS_OF_SAMPLES}, {load_judges, GS_OF_NETWORKS},
        {make_plans, GS_OF_PLANS},      {read_nearest, GS_OF_IMAGES},    {allocate, GS_OF_SAMPLES},
        {add_noise, GS_OF_IMAGES},      {watch, GS_OF_SAMPLES}};
    return prepare(run, arguments, steps, GS_COUNT(steps), error);
}

gs_status gs_run_prepare_shards(gs_run *run, const gs_arguments *arguments, gs_error *error) {
    static const prepare_step steps[] = {{check_decoder, GS_OF_SAMPLES},
                                         {resolve_options, GS_OF_SAMPLES},
                                         {load_judges, GS_OF_NETWORKS},
                                         {make_plans, GS_OF_PLANS}};
    gs_arguments alone = *arguments;
    alone.second_judge = NULL; /* sums are of one */
    return prepare(run, &alone, steps, GS_COUNT(steps), error);
}

void gs_run_weigh(gs_run *run, int row) {
    gs_setup *setup = &run->setup;
    int last = setup->networks.count - 1;
    double *weight = last ? &setup->networks.terms[last - 1].weight : &setup->options.weight;
    if (run->result.weights.count)
        *weight = run->result.weights.values[row];
}

void gs_run_free(gs_run *run) {
    gs_nearest_free(&run->nearest);
    gs_judging_free(&run->judging);
    gs_traced_free(&run->traced);
    gs_draws_free(&run->draws);
    gs_result_free(&run->result);
    gs_start_free(&run->start);
    gs_setup_free(&run->setup);
}
