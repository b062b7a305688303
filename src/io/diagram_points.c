#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/diagram_parts.h"
#include "io/prose.h"
#include "io/xml.h"

enum { SWATCH = 24, ENTRY_GAP = 14, LEGEND_CHARACTERS = 53 };

static bool has_bars(const gs_diagram_series *series) {
    return series->stroke == GS_STROKE_BARS;
}

static bool has_marks(const gs_diagram_series *series) {
    return series->stroke == GS_STROKE_MARKS || series->stroke == GS_STROKE_BOTH;
}

/* ---- Points ---- */

/* Ends of intervals, which are numbers, may be infinite, or not positive on a logarithmic axis; gs_drawing_clamp finds
 * them a place. */
static double end_of(const gs_drawing *d, double end) {
    return gs_axis_takes(d->diagram->log_y, end) ? end : end > 0 ? INFINITY : -INFINITY;
}

static void take(gs_drawing *d, gs_diagram_points *p, size_t i) {
    const gs_diagram *diagram = d->diagram;
    const gs_diagram_series *series = p->series;
    double x = series->x ? series->x[i] : (double)i, y = series->y[i];
    bool takes = diagram->categories ? x > -0.5 && x < diagram->category_count - 0.5 : gs_axis_takes(diagram->log_x, x);
    takes = takes && gs_axis_takes(diagram->log_y, y);
    p->x[i] = takes ? x : 1;
    p->y[i] = takes ? y : NAN;
    bool interval = takes && series->low && series->high && !isnan(series->low[i]) && !isnan(series->high[i]);
    p->low[i] = interval ? end_of(d, series->low[i]) : NAN;
    p->high[i] = interval ? end_of(d, series->high[i]) : NAN;
    gs_range_widen(&d->values, diagram->log_y, p->y[i]);
    gs_range_widen(&d->values, diagram->log_y, p->low[i]);
    gs_range_widen(&d->values, diagram->log_y, p->high[i]);
}

static bool prepare(gs_drawing *d, gs_diagram_points *p, const gs_diagram_series *series) {
    *p = (gs_diagram_points){.series = series, .n = series->n};
    p->colour = (int)((unsigned)series->colour % GS_DIAGRAM_COLOURS);
    p->lane = has_bars(series) ? d->bars++ : -1;
    p->x = gs_alloc(4 * p->n + 1, sizeof *p->x);
    if (!p->x)
        return false;
    p->y = p->x + p->n;
    p->low = p->y + p->n;
    p->high = p->low + p->n;
    for (size_t i = 0; i < p->n; i++)
        take(d, p, i);
    return true;
}

gs_status gs_drawing_create(gs_drawing *drawing, const gs_diagram *diagram, gs_error *error) {
    *drawing = (gs_drawing){.diagram = diagram, .values = gs_no_range};
    drawing->points = gs_alloc((size_t)diagram->count + 1, sizeof *drawing->points);
    bool made = drawing->points;
    for (int i = 0; made && i < diagram->count; i++)
        made = prepare(drawing, drawing->points + i, diagram->series + i);
    if (!made) {
        gs_drawing_free(drawing);
        return gs_fail_memory(error, "the diagram");
    }
    drawing->lanes = drawing->bars;
    for (int i = 0; i < diagram->count; i++)
        if (has_marks(diagram->series + i))
            drawing->points[i].lane = drawing->lanes++;
    if (diagram->y_range[0] < diagram->y_range[1]) {
        gs_range_widen(&drawing->values, diagram->log_y, diagram->y_range[0]);
        gs_range_widen(&drawing->values, diagram->log_y, diagram->y_range[1]);
    }
    if (drawing->bars)
        gs_range_widen(&drawing->values, diagram->log_y, 0);
    return GS_OK;
}

void gs_drawing_free(gs_drawing *drawing) {
    for (int i = 0; drawing->points && i < drawing->diagram->count; i++)
        gs_free(drawing->points[i].x);
    gs_free(drawing->points);
    drawing->points = NULL;
}

/* NAN stays. */
static void clamp(double *values, size_t n, const gs_axis *axis) {
    for (size_t i = 0; i < n; i++) {
        values[i] = values[i] < axis->low ? axis->low : values[i];
        values[i] = values[i] > axis->high ? axis->high : values[i];
    }
}

void gs_drawing_clamp(gs_drawing *drawing, const gs_axis *axis) {
    for (int i = 0; i < drawing->diagram->count; i++) {
        clamp(drawing->points[i].low, drawing->points[i].n, axis);
        clamp(drawing->points[i].high, drawing->points[i].n, axis);
    }
}

/* ---- Texts ---- */

void gs_drawing_text(FILE *out, double x, double y, const char *class, const char *anchor, const char *text) {
    gs_xml_put(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", class, x, y, anchor);
    gs_prose_put(out, text, strlen(text), true);
    fputs("</text>\n", out);
}

/* 10 to the power, after a factor unless that is 1, with digits that are raised by themselves. */
static void write_power(char label[GS_TICK_ROOM], const char *factor, int power) {
    static const char *const raised[] = {"\xe2\x81\xb0", "\xc2\xb9",     "\xc2\xb2",     "\xc2\xb3",
                                         "\xe2\x81\xb4", "\xe2\x81\xb5", "\xe2\x81\xb6", "\xe2\x81\xb7",
                                         "\xe2\x81\xb8", "\xe2\x81\xb9"};
    char digits[8];
    snprintf(digits, sizeof digits, "%d", abs(power) % 1000);
    if (!strcmp(factor, "1"))
        snprintf(label, GS_TICK_ROOM, "10");
    else
        snprintf(label, GS_TICK_ROOM,
                 "%s\xc2\xb7"
                 "10",
                 factor);
    if (power < 0)
        strcat(label, "\xe2\x81\xbb");
    for (const char *digit = digits; *digit; digit++)
        strcat(label, raised[*digit - '0']);
}

/* The label of a tick as a power of ten, if it has an exponent, or if others do and its value is one. */
static void raise_label(char label[GS_TICK_ROOM], double value, bool others) {
    enum { FACTOR_MOST = 5 }; /* so that there is room */
    const char *e = strchr(label, 'e');
    int power = value > 0 ? (int)lround(log10(value)) : 0;
    if (e && e - label <= FACTOR_MOST) {
        char factor[FACTOR_MOST + 1];
        snprintf(factor, sizeof factor, "%.*s", (int)(e - label), label);
        write_power(label, factor, (int)strtol(e + 1, NULL, 10));
    } else if (others && power && fabs(value / pow(10, power) - 1) < 1e-6) {
        write_power(label, "1", power);
    }
}

void gs_drawing_raise(gs_axis *axis) {
    bool any = false;
    for (int i = 0; i < axis->count; i++)
        any = any || strchr(axis->labels[i], 'e');
    for (int i = 0; i < axis->count; i++)
        raise_label(axis->labels[i], axis->ticks[i], any && axis->log);
}

/* ---- Legend ---- */

void gs_drawing_cut(char text[GS_CHART_TEXT_ROOM], const char *whole, int most) {
    size_t bytes = 0;
    int count = 0;
    bool all = gs_chart_characters(whole) <= most;
    while (whole[bytes] && bytes < GS_CHART_TEXT_ROOM - 8) {
        count += ((unsigned char)whole[bytes] & 0xC0) != 0x80;
        if (!all && count >= most)
            break;
        bytes++;
    }
    snprintf(text, GS_CHART_TEXT_ROOM, "%.*s%s", (int)bytes, whole, whole[bytes] ? "\xe2\x80\xa6" : "");
}

static void put_entry(const gs_diagram_points *p, FILE *out, double x, double y, const char *name) {
    bool line = !has_bars(p->series) && p->series->stroke != GS_STROKE_MARKS;
    bool band = p->series->low && p->series->high && line && !has_marks(p->series);
    if (has_bars(p->series) || band)
        fprintf(out, "<rect class=\"%s a%d\" x=\"%.1f\" y=\"%.1f\" width=\"18\" height=\"10\"/>\n",
                band ? "band" : "bar", p->colour, x, y - 5);
    if (line)
        fprintf(out, "<path class=\"line%s l%d\" d=\"M%.1f %.1fh18\"/>\n",
                p->series->stroke == GS_STROKE_DASHED ? " dashed" : "", p->colour, x, y);
    if (has_marks(p->series)) {
        gs_chart_put_shape(out, x + 9, y, p->colour, false);
        fputs("/>\n", out);
    }
    gs_drawing_text(out, x + SWATCH, y + 4, "ink", "start", name);
}

int gs_drawing_legend(const gs_drawing *drawing, FILE *out, double top) {
    double x = 0;
    int row = 0;
    for (int i = 0; i < drawing->diagram->count; i++) {
        char name[GS_CHART_TEXT_ROOM];
        if (!drawing->diagram->series[i].name)
            continue;
        gs_drawing_cut(name, drawing->diagram->series[i].name, LEGEND_CHARACTERS);
        double width = SWATCH + GS_CHART_CHARACTER * gs_chart_characters(name);
        if (x > 0 && x + width > GS_DIAGRAM_WIDTH - 2 * GS_DIAGRAM_EDGE) {
            row++;
            x = 0;
        }
        if (out)
            put_entry(drawing->points + i, out, GS_DIAGRAM_EDGE + x, top + GS_DIAGRAM_LEGEND_PITCH * (row + 0.5), name);
        x += width + ENTRY_GAP;
    }
    return x > 0 ? row + 1 : 0;
}
