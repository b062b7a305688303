#include "survey.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/interrupt.h"
#include "io/output.h"
#include "io/sheet.h"
#include "measure/statistics.h"
#include "model/model.h"

enum { IMAGES = 128, POINTS = 512, TARGETS_MAX = 96, DRAWN = 1 /* the budget of pictures */ };
static const int budgets[2][BENCH_BUDGETS] = {{10, 30, 100, 300}, {5, 10, 30, 100}}; /* of densities, of networks */
static const char begin_mark[] = "<!-- table of genbench quality -->", end_mark[] = "<!-- end of the table -->";

/* The outcomes of one target. */
typedef struct surveyed {
    char name[BENCH_NAME_ROOM];
    bool is_density, twice; /* judged twice */
    gs_dtype dtype;
    bench_outcome of[BENCH_SAMPLERS_MAX][BENCH_BUDGETS];
} surveyed;

typedef struct survey {
    const bench_settings *settings;
    gs_dtype dtype;
    int samplers, targets;
    surveyed target[TARGETS_MAX];
} survey;

/* ---- Measuring ---- */

static int threads_of(const bench_settings *s) {
    return s->threads.count ? s->threads.values[0] : 0;
}

/* The letters that pictures have. */
static void put_capitals(const char *name, char head[GS_HEAD_MAX]) {
    size_t i = 0;
    for (; name[i] && i + 1 < GS_HEAD_MAX; i++)
        head[i] = (char)toupper((unsigned char)name[i]);
    head[i] = 0;
}

/* One row of the first images per sampler. */
static gs_status draw_sheet(const bench_target *t, const float *shown, const bool *has, int samplers, gs_error *error,
                            const char *folder) {
    const gs_model_info *info = gs_model_get_info(t->model);
    char path[4200];
    gs_sheet sheet;
    int rows = 0, at = 0;
    for (int i = 0; i < samplers; i++)
        rows += has[i];
    gs_status status = rows ? gs_sheet_create(&sheet, info->image, rows, BENCH_SHOWN, error) : GS_OK;
    if (status || !rows)
        return status;
    for (int i = 0; i < samplers; i++) {
        if (!has[i])
            continue;
        put_capitals(gs_sampler_get(i)->name, sheet.row_heads[at]);
        gs_sheet_row(&sheet, at++, shown + (size_t)i * BENCH_SHOWN * t->size, info->range);
    }
    snprintf(path, sizeof path, "%s/%s.png", folder, t->name);
    status = gs_sheet_write(&sheet, GS_FORMAT_PNG, path, NULL, 0, error);
    gs_sheet_free(&sheet);
    return status;
}

static bool is_wanted(const survey *s, int sampler) {
    const gs_texts *names = &s->settings->sampler;
    bool wanted = !names->count;
    for (int i = 0; i < names->count; i++)
        wanted = wanted || !strcmp(names->values[i], gs_sampler_get(sampler)->name);
    return wanted;
}

static gs_status measure(survey *s, const bench_target *t, gs_error *error) {
    surveyed *row = &s->target[s->targets];
    float *samples = gs_alloc(t->n, t->size * sizeof *samples);
    float *shown = gs_alloc((size_t)s->samplers * BENCH_SHOWN, t->size * sizeof *shown);
    bool has[BENCH_SAMPLERS_MAX] = {false};
    gs_status status = samples && shown ? GS_OK : gs_fail_memory(error, "samples");
    snprintf(row->name, sizeof row->name, "%s", t->name);
    row->is_density = t->density != NULL;
    row->twice = t->judge[1] != NULL;
    row->dtype = gs_plan_get_info(t->plan).dtype;
    for (int i = 0; i < s->samplers && !status; i++) {
        for (int k = 0; k < BENCH_BUDGETS && !status; k++) {
            row->of[i][k] = (bench_outcome){.evaluations = NAN};
            if (!is_wanted(s, i))
                continue;
            status = bench_target_sample(t, gs_sampler_get(i), budgets[!row->is_density][k], s->settings->seed, samples,
                                         &row->of[i][k], error);
            bool fits = !status && k == DRAWN + 1 && isfinite(row->of[i][k].evaluations) && t->few >= BENCH_SHOWN;
            has[i] = has[i] || fits;
            if (fits)
                memcpy(shown + (size_t)i * BENCH_SHOWN * t->size, samples, BENCH_SHOWN * t->size * sizeof *samples);
        }
    }
    if (!status && s->settings->pictures && !row->is_density)
        status = draw_sheet(t, shown, has, s->samplers, error, s->settings->pictures);
    s->targets += !status;
    gs_free(samples);
    gs_free(shown);
    return status;
}

static gs_status survey_densities(survey *s, gs_error *error) {
    size_t n = s->settings->count ? (size_t)s->settings->count : POINTS;
    gs_status status = GS_OK;
    for (int i = 0; gs_density_get(i) && !status && s->targets < TARGETS_MAX; i++) {
        bench_target t;
        const char *name = gs_density_get(i)->name;
        fprintf(stderr, "genbench quality: %s\n", name);
        status = bench_target_density(&t, name, n, s->settings->seed, threads_of(s->settings), error);
        if (!status)
            status = measure(s, &t, error);
        bench_target_close(&t);
    }
    return status;
}

/* Whether the judge can judge what the network draws. */
static bool is_judged(const bench_model *m, const gs_model_info *judge) {
    gs_sample_options own = {0};
    gs_error ignored;
    return !memcmp(m->info->image, judge->shape, sizeof judge->shape) && !gs_sample_resolve(m->model, &own, &ignored);
}

static gs_status survey_networks(survey *s, gs_error *error) {
    const bench_models *models = &s->settings->models;
    size_t n = s->settings->count ? (size_t)s->settings->count : IMAGES;
    gs_model *judge = NULL;
    gs_status status = models->judge ? gs_model_load(models->judge, &judge, error)
                                     : gs_fail(error, GS_ERROR_FILE, "judge.bin is missing, which judges networks");
    for (int i = 0; i < models->count && !status && s->targets < TARGETS_MAX; i++) {
        bench_target t;
        if (!is_judged(&models->model[i], gs_model_get_info(judge)))
            continue;
        fprintf(stderr, "genbench quality: %s\n", models->model[i].info->name);
        status = bench_target_network(&t, &models->model[i], models->judge, n, s->settings->seed,
                                      threads_of(s->settings), s->dtype, error);
        if (!status)
            status = measure(s, &t, error);
        bench_target_close(&t);
    }
    gs_model_free(judge);
    return status;
}

/* ---- Tables ---- */

/* The quality by a judge; NAN where there is none. */
static double quality_of(const surveyed *t, int i, int k, int judge) {
    const bench_outcome *o = &t->of[i][k];
    return isfinite(o->evaluations) && isfinite(o->quality[judge]) ? o->quality[judge] : (double)NAN;
}

static double best(const surveyed *t, int samplers, int k, int judge) {
    double least = INFINITY;
    for (int i = 0; i < samplers; i++)
        least = fmin(least, quality_of(t, i, k, judge));
    return least;
}

static void put_number(FILE *out, double v, bool is_best) {
    if (isfinite(v))
        fprintf(out, " %s%.*g%s |", is_best ? "**" : "", fabs(v) < 100 ? 3 : 4, v, is_best ? "**" : "");
    else
        fputs(" - |", out);
}

static bool applies(const surveyed *t, int i) {
    for (int k = 0; k < BENCH_BUDGETS; k++)
        if (isfinite(t->of[i][k].evaluations))
            return true;
    return false;
}

/* The outcome with the most evaluations. */
static const bench_outcome *longest(const surveyed *t, int i) {
    int k = BENCH_BUDGETS - 1;
    while (k > 0 && !isfinite(t->of[i][k].evaluations))
        k--;
    return &t->of[i][k];
}

static void put_head(const int *columns, int judges, const char *last, FILE *out) {
    fputs("| sampler |", out);
    for (int judge = 0; judge < judges; judge++)
        for (int k = 0; k < BENCH_BUDGETS; k++)
            fprintf(out, " %s%d |", judge ? "judge2: " : "", columns[k]);
    fprintf(out, "%s\n|---|", last);
    for (int k = 0; k < judges * BENCH_BUDGETS; k++)
        fputs("---|", out);
    for (; *last; last++)
        fputs(*last == '|' ? "---|" : "", out);
    fputc('\n', out);
}

static void put_target(const survey *s, const surveyed *t, FILE *out) {
    int judges = t->twice ? BENCH_JUDGES : 1;
    fprintf(out, "\n### %s\n\n", t->name);
    if (!t->is_density)
        fprintf(out, "Products are of the type %s.\n\n", gs_dtype_name(t->dtype));
    put_head(budgets[!t->is_density], judges, t->is_density ? " mean | sd | evaluations |" : " evaluations |", out);
    for (int i = 0; i < s->samplers; i++) {
        if (!applies(t, i))
            continue;
        fprintf(out, "| `%s` |", gs_sampler_get(i)->name);
        for (int judge = 0; judge < judges; judge++)
            for (int k = 0; k < BENCH_BUDGETS; k++) {
                double quality = quality_of(t, i, k, judge);
                put_number(out, quality, quality == best(t, s->samplers, k, judge));
            }
        const bench_outcome *o = longest(t, i);
        if (t->is_density) {
            put_number(out, o->mean, false);
            put_number(out, o->sd, false);
        }
        fprintf(out, " %.4g |\n", o->evaluations);
    }
}

/* The median over targets of a sampler's rank in quality, as a share: 0 of the best, 1 of the worst; NaN without any.
 */
static double standing(const survey *s, bool densities, int i, int k, int judge) {
    double shares[TARGETS_MAX];
    size_t count = 0;
    for (int j = 0; j < s->targets; j++) {
        const surveyed *t = &s->target[j];
        double own = quality_of(t, i, k, judge);
        int better = 0, others = 0;
        if (t->is_density != densities || !isfinite(own))
            continue;
        for (int l = 0; l < s->samplers; l++) {
            bool known = l != i && isfinite(quality_of(t, l, k, judge));
            others += known;
            better += known && quality_of(t, l, k, judge) < own;
        }
        shares[count++] = others ? (double)better / others : 0;
    }
    gs_sort(shares, count);
    return count ? gs_median(shares, count) : (double)NAN;
}

static bool stands(const survey *s, bool densities, int i) {
    for (int k = 0; k < BENCH_BUDGETS; k++)
        if (isfinite(standing(s, densities, i, k, 0)))
            return true;
    return false;
}

static void put_standings(const survey *s, bool densities, FILE *out) {
    int judges = 1;
    for (int j = 0; j < s->targets; j++)
        if (s->target[j].is_density == densities && s->target[j].twice)
            judges = BENCH_JUDGES;
    fprintf(out, "\n### All %s\n\nThe median rank among the samplers that apply: 0 is the best, 100 the worst.\n\n",
            densities ? "densities" : "networks");
    put_head(budgets[!densities], judges, " what |", out);
    for (int i = 0; i < s->samplers; i++) {
        if (!stands(s, densities, i))
            continue;
        fprintf(out, "| `%s` |", gs_sampler_get(i)->name);
        for (int judge = 0; judge < judges; judge++)
            for (int k = 0; k < BENCH_BUDGETS; k++) {
                double share = standing(s, densities, i, k, judge);
                if (isfinite(share))
                    fprintf(out, " %.0f |", 100 * share);
                else
                    fputs(" - |", out);
            }
        fprintf(out, " %s |\n", gs_sampler_get(i)->help);
    }
}

static void put_all(const survey *s, FILE *out) {
    fprintf(
        out,
        "Written by `genbench quality`: %zu points of each density, %zu images of each network, seed %llu. Columns "
        "are network evaluations per sample; figures are the energy distance to as many exact samples, which is 0 on "
        "average for exact ones, for networks the Frechet distance by the judge and, as judge2, by the second judge, "
        "by "
        "which no setting was chosen, of the first %d images alone where these are above %.0f; less is better, the "
        "best "
        "is bold, and - is where no number of steps takes about so many. `mean` and `sd` are the largest errors of a "
        "coordinate's mean, in deviations, and of its deviation, as a share of it, with the evaluations of the last "
        "column.\n",
        s->settings->count ? (size_t)s->settings->count : (size_t)POINTS,
        s->settings->count ? (size_t)s->settings->count : (size_t)IMAGES, (unsigned long long)s->settings->seed,
        BENCH_FEW, BENCH_HOPELESS);
    for (int kind = 0; kind < 2; kind++) {
        bool any = false;
        for (int j = 0; j < s->targets; j++)
            any = any || s->target[j].is_density == !kind;
        if (!any)
            continue;
        put_standings(s, !kind, out);
        for (int j = 0; j < s->targets; j++)
            if (s->target[j].is_density == !kind)
                put_target(s, &s->target[j], out);
    }
}

/* ---- Files ---- */

/* The text of a file, to be freed with gs_free; NULL if there is none. */
static char *read_text(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        long size = ftell(file);
        rewind(file);
        text = size >= 0 ? gs_alloc((size_t)size + 1, 1) : NULL;
        if (text && fread(text, 1, (size_t)size, file) != (size_t)size)
            text[0] = 0;
    }
    fclose(file);
    return text;
}

/* A page that has both marks keeps what is around them. */
static gs_status write_page(const survey *s, const char *path, gs_error *error) {
    char *page = read_text(path), *begin = page ? strstr(page, begin_mark) : NULL;
    const char *end = begin ? strstr(begin, end_mark) : NULL;
    gs_output output;
    gs_status status = gs_output_open(&output, path, error);
    if (!status) {
        if (begin)
            fprintf(output.file, "%.*s%s\n\n", (int)(begin - page), page, begin_mark);
        put_all(s, output.file);
        if (end)
            fprintf(output.file, "\n%s", end);
        status = gs_output_end(&output, GS_OK, error);
    }
    gs_free(page);
    return status;
}

/* What is written in the end must be possible in the beginning. */
static gs_status check(const bench_settings *s, gs_error *error) {
    if (s->dtype.count > 1)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--dtype: there are %d types, expected one", s->dtype.count);
    if (s->pictures && access(s->pictures, W_OK | X_OK) != 0)
        return gs_fail(error, GS_ERROR_FILE, "--pictures: %s: expected a folder that is there: %s", s->pictures,
                       strerror(errno));
    if (!s->markdown)
        return GS_OK;
    char *page = read_text(s->markdown), *begin = page ? strstr(page, begin_mark) : NULL;
    gs_status status = gs_output_check(s->markdown, GS_FORMAT_TEXT, 0, error);
    if (!status && page && page[0] && !(begin && strstr(begin, end_mark)))
        status = gs_fail(error, GS_ERROR_FILE,
                         "%s: it is there, without the lines %s and %s between which the table goes; expected a new "
                         "name, or such a page",
                         s->markdown, begin_mark, end_mark);
    gs_free(page);
    return status;
}

gs_status bench_survey(bench_settings *settings, gs_error *error) {
    gs_status status = check(settings, error);
    if (status)
        return status;
    survey *s = gs_alloc(1, sizeof *s);
    if (!s)
        return gs_fail_memory(error, "the tables");
    s->settings = settings;
    while (s->samplers < BENCH_SAMPLERS_MAX && gs_sampler_get(s->samplers))
        s->samplers++;
    gs_interrupt_install();
    if (settings->dtype.count)
        gs_dtype_find(settings->dtype.values[0], &s->dtype);
    status = settings->model.count ? GS_OK : survey_densities(s, error);
    if (!status)
        status = survey_networks(s, error);
    if (!status && settings->markdown)
        status = write_page(s, settings->markdown, error);
    else if (!status)
        put_all(s, stdout);
    gs_free(s);
    return status;
}
