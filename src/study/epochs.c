#include "study/epochs.h"

#include <math.h>

const double gs_course_ladder[GS_COURSE_LEVELS] = {30.00, 12.33, 5.06, 2.08, 0.85, 0.35, 0.14, 0.06, 0.02, 0.01};

static gs_status take_columns(gs_epochs *epochs, bool labelled, gs_error *error) {
    const gs_training_column *loss, *no_label = NULL;
    gs_status status = gs_training_log_find(&epochs->log, "course_loss", 1, &loss, error);
    if (!status && labelled)
        status = gs_training_log_find(&epochs->log, "course_loss_no_label", 1, &no_label, error);
    if (status)
        return status;
    epochs->n = epochs->log.epochs;
    epochs->loss = loss->values;
    epochs->no_label = labelled ? no_label->values : NULL;
    return GS_OK;
}

gs_status gs_epochs_read(gs_study *study, const char *name, const gs_study_network *network, gs_epochs *epochs,
                         gs_error *error) {
    char path[GS_PATH_ROOM];
    *epochs = (gs_epochs){0};
    if (gs_study_file(gs_study_text(study, "logs/%s.jsonl", name), path, NULL))
        return GS_OK;
    gs_status status = gs_training_log_read(path, &epochs->log, error);
    if (status)
        return status;
    status = take_columns(epochs, network->info->labels != 0, error);
    if (!status)
        status = gs_snapshots_read(study, &epochs->log, network, &epochs->samples, error);
    if (status)
        gs_epochs_free(epochs);
    return status;
}

void gs_epochs_free(gs_epochs *epochs) {
    gs_snapshots_free(&epochs->samples);
    gs_training_log_free(&epochs->log);
    *epochs = (gs_epochs){0};
}

size_t gs_epochs_rises(const gs_epochs *epochs) {
    size_t rises = 0;
    for (size_t i = 1; i < epochs->n; i++)
        rises += epochs->loss[i] > epochs->loss[i - 1];
    return rises;
}

/* What a reader must know of a curve; nothing where there is no log. */
static const char *about(gs_study *study, const char *which, const gs_epochs *epochs) {
    const char *note = "";
    double images = 0, parameters = 0, wanted = 0;
    if (!epochs->n)
        return "";
    gs_training_log_text(&epochs->log, "note", &note, NULL);
    gs_training_log_number(&epochs->log, "images", &images, NULL);
    gs_training_log_number(&epochs->log, "parameters", &parameters, NULL);
    gs_training_log_number(&epochs->log, "epochs", &wanted, NULL);
    return gs_study_text(study, " %s: %.0f parameters, %.0f images per epoch, %zu of %.0f epochs. %s", which,
                         parameters, images, epochs->n, wanted, note);
}

static void draw_curves(gs_study *study, const gs_epochs *base, const gs_epochs *labelled) {
    size_t n = base->n > labelled->n ? base->n : labelled->n;
    double *x = gs_study_room(study, n, sizeof *x);
    for (size_t i = 0; x && i < n; i++)
        x[i] = (double)i + 1;
    static const double last[] = {GS_COURSE_EPOCHS}, course[] = {GS_COURSE_LOSS};
    gs_diagram_series series[4];
    int count = 0;
    if (base->n)
        series[count++] = (gs_diagram_series){
            .name = labelled->n ? "without labels" : "the same architecture", .n = base->n, .x = x, .y = base->loss};
    if (labelled->n) {
        series[count++] =
            (gs_diagram_series){.name = "with labels", .n = labelled->n, .x = x, .y = labelled->loss, .colour = 1};
        series[count++] = (gs_diagram_series){.name = "with labels, told none",
                                              .stroke = GS_STROKE_DASHED,
                                              .n = labelled->n,
                                              .x = x,
                                              .y = labelled->no_label,
                                              .colour = 2};
    }
    series[count++] = (gs_diagram_series){
        .name = "the course's", .stroke = GS_STROKE_MARKS, .n = 1, .x = last, .y = course, .colour = 3};
    const gs_diagram diagram = {.title = "Loss by epoch",
                                .x_label = "epochs",
                                .y_label = "mean loss on the course's ladder",
                                .series = series,
                                .count = count};
    if (x)
        gs_study_diagram(
            study, "epochs",
            gs_study_text(study,
                          "The mean loss on the course's ladder after each epoch, of test images and with averaged "
                          "weights; that of the course's network %s in %d epochs.%s%s",
                          labelled->n ? "with labels fell from 121 by way of 52 to 46" : "fell to 46", GS_COURSE_EPOCHS,
                          about(study, "Without labels", base), about(study, "With labels", labelled)),
            &diagram);
}

static gs_status draw_samples(gs_study *study, const gs_epochs *epochs, const gs_study_network *network,
                              gs_error *error) {
    const json_t *about = json_object_get(epochs->log.head, "samples");
    return gs_snapshots_draw(
        study, &epochs->samples, network, 1, "snapshots",
        gs_study_text(study,
                      "Samples of the network of the curve %s, from the same noise, after as many epochs as stand "
                      "beside the row: %.0f evaluations each%s.",
                      epochs->no_label ? "with labels" : "above", json_number_value(json_object_get(about, "steps")),
                      epochs->no_label ? ", for the labels 0, 1, 2 and so on" : ""),
        error);
}

gs_status gs_epochs_draw(gs_study *study, const gs_epochs *base, const gs_epochs *labelled,
                         const gs_study_network *network, gs_error *error) {
    const gs_epochs *last = labelled->n ? labelled : base;
    if (!last->n) {
        gs_study_say(study, "The curve of the loss by epoch is missing, as there are no logs beside the networks.");
        return GS_OK;
    }
    draw_curves(study, base, labelled);
    return draw_samples(study, last, network, error);
}

void gs_epochs_find(gs_study *study, const gs_epochs *epochs) {
    const char *which = epochs->no_label ? " with labels" : "";
    size_t below = 0;
    if (!epochs->n)
        return;
    while (below < epochs->n && epochs->loss[below] >= GS_COURSE_LOSS)
        below++;
    gs_study_find(study,
                  &(gs_finding){.what = gs_study_text(study, "mean loss%s after %zu epochs, by the training's log",
                                                      which, epochs->n),
                                .unit = "",
                                .is = gs_exact(epochs->loss[epochs->n - 1]),
                                .kind = epochs->n == GS_COURSE_EPOCHS ? GS_EXPECT_WITHIN : GS_EXPECT_NOTHING,
                                .expected = {-INFINITY, GS_COURSE_LOSS},
                                .by = "the course: 46"});
    if (below < epochs->n)
        gs_study_find(
            study, &(gs_finding){.what = gs_study_text(study,
                                                       "first epoch after which the mean loss%s is below the course's, "
                                                       "by the log",
                                                       which),
                                 .unit = "",
                                 .is = gs_exact((double)below + 1)});
}
