#include "io/diagram.h"

#include <math.h>
#include <string.h>

#include "io/diagram_parts.h"
#include "io/prose.h"
#include "io/svg.h"
#include "io/xml.h"

enum {
    HEIGHT = 200, /* of the plot */
    TITLE_LENGTH = 44,
    TITLE_PITCH = 18,
    LABEL_PITCH = 20, /* of the axes' names */
    TICKS = 24,
    NAME_LINES = 3, /* of a category's name */
    NAME_PITCH = 14,
    NAME_GAP = 3,
    LABEL_CHARACTERS = 55,
    DOTS = 80, /* series of more marks have small ones */
    BAR_MOST = 44
};

/* ---- Style ---- */

static void put_colours(FILE *out, int dark) {
    static const char *const ground[2] = {
        ".paper{fill:#fff}text,.ink{fill:#1b2026}.soft{fill:#57616b}.grid{stroke:#dde2e7}.frame{stroke:#8a949e}"
        ".mark{stroke:#fff}.l8{stroke:#1b2026}\n",
        ".paper{fill:#12161b}text,.ink{fill:#e5e9ed}.soft{fill:#9ba7b2}.grid{stroke:#2c343c}.frame{stroke:#6b7680}"
        ".mark{stroke:#12161b}.l8{stroke:#e5e9ed}\n"};
    fputs(ground[dark], out);
    for (int i = 0; i < GS_DIAGRAM_COLOURS; i++) {
        const char *colour = gs_chart_colours[i][dark];
        fprintf(out, ".l%d{stroke:%s}.a%d,.m%d{fill:%s}\n", i, colour, i, i, colour);
    }
}

static void put_head(FILE *out, const gs_diagram *diagram, double height) {
    static const char style[] =
        "text{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif;"
        "font-size:12px}\n.title{font-size:14px;font-weight:600}"
        ".line{fill:none;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}.dashed{stroke-dasharray:5 5}"
        ".dots{fill:none;stroke-width:4;stroke-linecap:round;stroke-opacity:.7}.band{fill-opacity:.2}"
        ".frame{fill:none}\n";
    gs_svg_head(out, GS_DIAGRAM_WIDTH, (int)lround(height), diagram->title, style, put_colours);
    fprintf(out, "<rect class=\"paper\" width=\"%d\" height=\"%.0f\"/>\n", GS_DIAGRAM_WIDTH, height);
}

/* ---- Names of categories ---- */

/* Characters in the width of a category. */
static int slot_characters(const gs_drawing *d) {
    static const double usual = 6.6; /* width, so that numbers of five characters fit ten times */
    return (int)(((d->chart.right - d->chart.left) / d->diagram->category_count - NAME_GAP) / usual);
}

/* The most lines that a category's name needs; more than NAME_LINES if some name does not fit. */
static int name_lines(const gs_drawing *d) {
    int most = slot_characters(d), highest = 1;
    for (int i = 0; i < d->diagram->category_count; i++) {
        int lines = 0;
        for (const char *line = d->diagram->categories[i]; *line; line = gs_chart_next_line(line, most)) {
            lines++;
            if (most < 1 || gs_chart_line_bytes(line, most) > (size_t)most)
                return NAME_LINES + 1;
        }
        highest = lines > highest ? lines : highest;
    }
    return highest;
}

static void put_names(const gs_drawing *d) {
    const gs_chart *c = &d->chart;
    int most = slot_characters(d);
    for (int i = 0; i < d->diagram->category_count; i++) {
        double y = c->bottom + 17;
        for (const char *line = d->diagram->categories[i]; *line; line = gs_chart_next_line(line, most)) {
            char text[GS_CHART_TEXT_ROOM];
            snprintf(text, sizeof text, "%.*s", (int)gs_chart_line_bytes(line, most), line);
            gs_drawing_text(c->out, gs_chart_x(c, i), y, "soft", "middle", text);
            y += NAME_PITCH;
        }
    }
}

/* ---- Axes ---- */

/* The smallest distance of neighbours among the points of series with bars, in units of the axis; 0: there is none. */
static double spacing(const gs_drawing *d) {
    double least = INFINITY;
    for (int k = 0; k < d->diagram->count; k++) {
        const gs_diagram_points *p = d->points + k;
        for (size_t i = 1; p->series->stroke == GS_STROKE_BARS && i < p->n; i++) {
            double gap = d->diagram->log_x ? fabs(log(p->x[i] / p->x[i - 1])) : fabs(p->x[i] - p->x[i - 1]);
            if (gap > 0 && !isnan(p->y[i]) && !isnan(p->y[i - 1]))
                least = fmin(least, gap);
        }
    }
    return isinf(least) ? 0 : least;
}

/* Room for half a bar, or half a mark, beyond the ends of an axis of numbers. */
static void fit_numbers(gs_drawing *d) {
    bool log_x = d->diagram->log_x;
    gs_range range = gs_no_range;
    for (int k = 0; k < d->diagram->count; k++)
        for (size_t i = 0; i < d->points[k].n; i++)
            if (!isnan(d->points[k].y[i]))
                gs_range_widen(&range, log_x, d->points[k].x[i]);
    double span = log_x ? log(range.high / range.low) : range.high - range.low, step = spacing(d);
    d->step = step > 0 ? step : 1;
    double room = fmax(d->bars ? d->step / 2 : 0, d->lanes > d->bars ? 0.03 * span : 0);
    if (range.low <= range.high && room > 0) {
        range.low = log_x ? fmax(range.low / exp(room), 1e-100) : fmax(range.low - room, -1e100);
        range.high = fmin(log_x ? range.high * exp(room) : range.high + room, 1e100);
    }
    d->chart.x = gs_axis_fit(range.low, range.high, log_x, false);
}

static void fit_columns(gs_drawing *d) {
    gs_chart *c = &d->chart;
    int widest = 1;
    if (d->diagram->categories) {
        c->x = (gs_axis){.low = -0.5, .high = d->diagram->category_count - 0.5};
        d->step = 1;
    } else {
        fit_numbers(d);
    }
    c->y = gs_axis_fit(d->values.low, d->values.high, d->diagram->log_y, true);
    gs_drawing_clamp(d, &c->y);
    gs_drawing_raise(&c->x);
    gs_drawing_raise(&c->y);
    for (int i = 0; i < c->y.count; i++)
        widest = gs_chart_characters(c->y.labels[i]) > widest ? gs_chart_characters(c->y.labels[i]) : widest;
    c->left = GS_DIAGRAM_EDGE + 2 + GS_CHART_CHARACTER * widest;
}

/* Width of a step of x on the page. */
static double step_width(const gs_drawing *d) {
    const gs_axis *x = &d->chart.x;
    return (d->chart.right - d->chart.left) * d->step / (x->log ? log(x->high / x->low) : x->high - x->low);
}

/* ---- Series ---- */

/* From 0, which the axis has where there are bars, or the foot of a logarithmic one. */
static void put_bars(const gs_drawing *d, const gs_diagram_points *p) {
    const gs_chart *c = &d->chart;
    double zero = c->y.log ? c->bottom : gs_chart_y(c, 0);
    double slot = step_width(d), width = fmin((slot > 8 ? 0.8 * slot : slot + 0.2) / d->bars, BAR_MOST);
    for (size_t i = 0; i < p->n; i++) {
        if (isnan(p->y[i]))
            continue;
        double x = gs_chart_x(c, p->x[i]) + width * (p->lane - d->bars * 0.5), y = gs_chart_y(c, p->y[i]);
        fprintf(c->out, "<rect class=\"bar a%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", p->colour,
                x, fmin(y, zero), width, fabs(y - zero));
        if (!isnan(p->low[i]))
            fprintf(c->out, "<path class=\"line l%d\" d=\"M%.1f %.1fv%.1f\"/>\n", GS_DIAGRAM_INK, x + width / 2,
                    gs_chart_y(c, p->high[i]), gs_chart_y(c, p->low[i]) - gs_chart_y(c, p->high[i]));
    }
}

static void put_marks(const gs_drawing *d, const gs_diagram_points *p) {
    const gs_chart *c = &d->chart;
    bool dots = p->n > DOTS;
    for (size_t i = 0; i < p->n; i++)
        if (!isnan(p->low[i]))
            gs_chart_interval(c, p->x[i], p->low[i], p->high[i], p->colour);
    if (dots)
        fprintf(c->out, "<path class=\"dots l%d\" d=\"", p->colour);
    for (size_t i = 0; i < p->n; i++) {
        if (isnan(p->y[i]))
            continue;
        double x = gs_chart_x(c, p->x[i]), y = gs_chart_y(c, p->y[i]);
        if (dots) {
            fprintf(c->out, "M%.1f %.1fh0", x, y);
        } else {
            gs_chart_put_shape(c->out, x, y, p->colour, false);
            fputs("/>\n", c->out);
        }
    }
    fputs(dots ? "\"/>\n" : "", c->out);
}

/* What theory says of a category reaches over its width. */
static void put_levels(const gs_drawing *d, const gs_diagram_points *p) {
    const gs_chart *c = &d->chart;
    double width = 0.86 * step_width(d);
    for (size_t i = 0; i < p->n; i++)
        if (!isnan(p->y[i]))
            fprintf(c->out, "<path class=\"line dashed l%d\" d=\"M%.1f %.1fh%.1f\"/>\n", p->colour,
                    gs_chart_x(c, p->x[i]) - width / 2, gs_chart_y(c, p->y[i]), width);
}

static void put_front(gs_drawing *d, const gs_diagram_points *p) {
    gs_stroke stroke = p->series->stroke;
    if (stroke == GS_STROKE_DASHED && d->diagram->categories)
        put_levels(d, p);
    else if (stroke != GS_STROKE_MARKS && stroke != GS_STROKE_BARS)
        gs_chart_line(&d->chart, p->x, p->y, p->n, p->colour, stroke == GS_STROKE_DASHED ? "dashed" : "");
    if (stroke == GS_STROKE_MARKS || stroke == GS_STROKE_BOTH)
        put_marks(d, p);
}

static void put_columns(gs_drawing *d) {
    gs_chart *c = &d->chart;
    bool zero = !c->y.log && c->y.low < 0 && c->y.high >= 0;
    double foot = zero ? gs_chart_y(c, 0) : c->bottom;
    gs_chart_axes(c, NULL);
    for (int k = 0; k < d->diagram->count; k++) {
        const gs_diagram_points *p = d->points + k;
        if (p->series->stroke == GS_STROKE_BARS)
            put_bars(d, p);
        else if (p->series->stroke == GS_STROKE_LINE || p->series->stroke == GS_STROKE_DASHED)
            gs_chart_area(c, p->x, p->low, p->high, p->n, p->colour, "band");
    }
    fprintf(c->out, "<path class=\"frame\" d=\"M%.1f %.1fh%.1f\"/>\n", c->left, foot, c->right - c->left);
    for (int k = 0; k < d->diagram->count; k++)
        put_front(d, d->points + k);
    if (d->diagram->categories)
        put_names(d);
}

/* ---- All ---- */

static int title_lines(const gs_diagram *diagram) {
    int lines = 0;
    for (const char *line = diagram->title; *line; line = gs_chart_next_line(line, TITLE_LENGTH))
        lines++;
    return lines;
}

static void put_title(const gs_drawing *d) {
    double y = GS_DIAGRAM_EDGE + 12;
    for (const char *line = d->diagram->title; *line; line = gs_chart_next_line(line, TITLE_LENGTH)) {
        gs_xml_put(d->chart.out, "<text class=\"title\" x=\"%d\" y=\"%.0f\">", GS_DIAGRAM_EDGE, y);
        gs_prose_put(d->chart.out, line, gs_chart_line_bytes(line, TITLE_LENGTH), true);
        fputs("</text>\n", d->chart.out);
        y += TITLE_PITCH;
    }
}

static void put_label(const gs_drawing *d, double x, double y, const char *anchor, const char *label) {
    char text[GS_CHART_TEXT_ROOM];
    if (!label)
        return;
    gs_drawing_cut(text, label, LABEL_CHARACTERS);
    gs_drawing_text(d->chart.out, x, y, "soft", anchor, text);
}

/* From the top: title, legend, the name of the ordinate, the plot, ticks or names, the name of the abscissa. With long
 * names of categories the axes are the other way round. */
static void draw(gs_drawing *d) {
    const gs_diagram *diagram = d->diagram;
    gs_chart *c = &d->chart;
    fit_columns(d);
    int lines = diagram->categories ? name_lines(d) : 1;
    bool rows = lines > NAME_LINES;
    const char *across = rows ? diagram->y_label : diagram->x_label, *up = rows ? diagram->x_label : diagram->y_label;
    double legend = GS_DIAGRAM_EDGE + TITLE_PITCH * title_lines(diagram);
    c->top = legend + GS_DIAGRAM_LEGEND_PITCH * gs_drawing_legend(d, NULL, 0) + (up ? LABEL_PITCH : 0) + 10;
    c->bottom = c->top + (rows ? gs_drawing_rows_height(d) : HEIGHT);
    double foot = c->bottom + TICKS + (rows ? 0 : NAME_PITCH * (lines - 1)) + (across ? LABEL_PITCH : 0);
    put_head(c->out, diagram, foot + 2);
    put_title(d);
    gs_drawing_legend(d, c->out, legend);
    put_label(d, GS_DIAGRAM_EDGE, c->top - 12, "start", up);
    if (rows) {
        c->left = GS_DIAGRAM_EDGE + 2;
        gs_drawing_rows(d);
    } else {
        put_columns(d);
    }
    put_label(d, (c->left + c->right) / 2, foot - 7, "middle", across);
    fputs("</svg>\n", c->out);
}

gs_status gs_diagram_encode(const gs_diagram *diagram, char **bytes, size_t *size, gs_error *error) {
    gs_drawing drawing;
    gs_output output;
    gs_status status = gs_drawing_create(&drawing, diagram, error);
    if (status)
        return status;
    status = gs_output_open_memory(&output, bytes, size, error);
    if (!status) {
        drawing.chart = (gs_chart){.out = output.file,
                                   .right = GS_DIAGRAM_RIGHT,
                                   .decimals = 1,
                                   .colours = GS_DIAGRAM_COLOURS + 1,
                                   .closest = 0.5};
        draw(&drawing);
        status = gs_output_end_memory(&output, bytes, GS_OK, error);
    }
    gs_drawing_free(&drawing);
    return status;
}
