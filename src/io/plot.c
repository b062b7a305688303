#include "io/plot.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "io/chart.h"
#include "io/svg.h"
#include "io/xml.h"

enum {
    WIDTH = 920,
    LEFT = 76,
    PLOT_WIDTH = 660,
    PLOT_HEIGHT = 180,
    LEGEND_X = LEFT + PLOT_WIDTH + 16,
    LEGEND_PITCH = 17,
    LEGEND_ROWS = PLOT_HEIGHT / LEGEND_PITCH,
    TITLE_HEIGHT = 44,
    LINE_HEIGHT = 18,
    LINE_LENGTH = 140, /* characters per line of a remark */
    PANEL_HEAD = 30,
    PANEL_FOOT = 48,
    DECIMALS = 2
};

/* ---- Text ---- */

static int count_lines(const gs_figure *figure) {
    int lines = 0;
    for (int i = 0; i < figure->remarks_count; i++)
        for (const char *line = figure->remarks[i].text; *line; line = gs_chart_next_line(line, LINE_LENGTH))
            lines++;
    return lines;
}

/* ---- Style ---- */

static void put_colours(FILE *out, int dark) {
    static const char *const ground[2] = {
        ".paper{fill:#fff}.ink{fill:#1f2328}.soft{fill:#59636e}.warning{fill:#9a3412}.grid{stroke:#e6e9ed}"
        ".frame{stroke:#8c959f}.part{stroke:#fff}\n",
        ".paper{fill:#14171c}.ink{fill:#e6e8eb}.soft{fill:#9aa4af}.warning{fill:#ffa657}.grid{stroke:#2a3038}"
        ".frame{stroke:#6e7681}.part{stroke:#14171c}\n"};
    fputs(ground[dark], out);
    for (int i = 0; i < GS_CHART_COLOURS; i++)
        fprintf(out, ".l%d{stroke:%s}.a%d{fill:%s}\n", i, gs_chart_colours[i][dark], i, gs_chart_colours[i][dark]);
}

static void put_head(FILE *out, const gs_figure *figure, int height) {
    static const char style[] =
        "text{font-family:system-ui,-apple-system,\"Segoe UI\",\"DejaVu Sans\",sans-serif;"
        "font-size:12px}\n.head{font-size:18px;font-weight:600}.title{font-size:14px;font-weight:600}\n"
        ".line{fill:none;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}"
        ".faint{stroke-width:.9;stroke-opacity:.7}\n.band{fill-opacity:.2}.part{stroke-width:.6}"
        ".frame{fill:none}\n";
    gs_svg_head(out, WIDTH, height, figure->title, style, put_colours);
    fprintf(out, "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", WIDTH, height);
}

/* ---- Panels ---- */

/* A panel in its place. */
typedef struct place {
    const gs_panel *panel;
    gs_chart chart;
    double *below, *above; /* (n) edges of a stacked area */
} place;

static void widen(gs_range *range, bool log, const double *values, size_t n) {
    for (size_t i = 0; values && i < n; i++)
        gs_range_widen(range, log, values[i]);
}

/* Add a series to the stack: `below` becomes the old upper edge, `above` the new one. */
static void stack(place *p, const gs_series *series) {
    for (size_t i = 0; i < p->panel->n; i++) {
        double y = series->y[i];
        p->below[i] = p->above[i];
        p->above[i] += y > 0 && gs_axis_takes(false, y) ? y : 0;
    }
}

static void fit_axes(place *p) {
    const gs_panel *panel = p->panel;
    gs_range x = gs_no_range, y = gs_no_range;
    bool log = panel->log_y && !panel->stacked;
    widen(&x, false, panel->x, panel->n);
    for (int i = 0; i < panel->count; i++) {
        const gs_series *series = panel->series + i;
        if (panel->stacked) {
            stack(p, series);
            widen(&y, log, p->below, panel->n);
            widen(&y, log, p->above, panel->n);
        } else {
            widen(&y, log, series->y, panel->n);
            widen(&y, log, series->low, panel->n);
            widen(&y, log, series->high, panel->n);
        }
    }
    p->chart.x = gs_axis_fit(x.low, x.high, false, false);
    p->chart.y = gs_axis_fit(y.low, y.high, log, true);
}

static void draw_axes(const place *p) {
    const gs_chart *c = &p->chart;
    gs_chart_axes(c, p->panel->x_label);
    fprintf(c->out, "<g transform=\"translate(16 %.2f) rotate(-90)\">", (c->top + c->bottom) / 2);
    gs_chart_text(c, 0, 0, "soft", "middle", p->panel->y_label);
    fputs("</g>\n", c->out);
}

/* A single point's share is drawn across the whole plot. */
static void draw_stack(place *p, int colour) {
    const gs_chart *c = &p->chart;
    const gs_panel *panel = p->panel;
    if (panel->n == 1) {
        double top = gs_chart_y(c, p->above[0]);
        fprintf(c->out, "<rect class=\"part a%d\" x=\"%d\" y=\"%.2f\" width=\"%d\" height=\"%.2f\"/>\n", colour, LEFT,
                top, PLOT_WIDTH, gs_chart_y(c, p->below[0]) - top);
    } else {
        gs_chart_area(c, panel->x, p->below, p->above, panel->n, colour, "part");
    }
}

static void draw_series(place *p) {
    const gs_panel *panel = p->panel;
    for (size_t i = 0; panel->stacked && i < panel->n; i++)
        p->above[i] = 0;
    for (int i = 0; i < panel->count; i++) {
        const gs_series *series = panel->series + i;
        int colour = series->colour % GS_CHART_COLOURS;
        if (panel->stacked) {
            stack(p, series);
            draw_stack(p, colour);
            continue;
        }
        if (series->low && series->high)
            gs_chart_area(&p->chart, panel->x, series->low, series->high, panel->n, colour, "band");
        gs_chart_line(&p->chart, panel->x, series->y, panel->n, colour, series->faint ? "faint" : "");
    }
}

/* The named series in the order in which the reader sees them: stacked ones from the top. */
static void draw_legend(const place *p) {
    const gs_panel *panel = p->panel;
    FILE *out = p->chart.out;
    int row = 0;
    for (int k = 0; k < panel->count && row < LEGEND_ROWS; k++) {
        const gs_series *series = panel->series + (panel->stacked ? panel->count - 1 - k : k);
        int colour = series->colour % GS_CHART_COLOURS;
        double y = p->chart.top + LEGEND_PITCH * row + 7;
        if (!series->name)
            continue;
        if (panel->stacked || series->low) {
            fprintf(out, "<rect class=\"%s a%d\" x=\"%d\" y=\"%.2f\" width=\"20\" height=\"11\"/>\n",
                    panel->stacked ? "part" : "band", colour, LEGEND_X, y - 5.5);
        }
        if (!panel->stacked) {
            fprintf(out, "<path class=\"line%s l%d\" d=\"M%d %.2fh20\"/>\n", series->faint ? " faint" : "", colour,
                    LEGEND_X, y);
        }
        gs_chart_text(&p->chart, LEGEND_X + 26, y + 4, "ink", "start", series->name);
        row++;
    }
}

static gs_status draw_panel(FILE *out, const gs_panel *panel, double top, gs_error *error) {
    place p = {.panel = panel,
               .chart = {.out = out,
                         .left = LEFT,
                         .right = LEFT + PLOT_WIDTH,
                         .top = top + PANEL_HEAD,
                         .bottom = top + PANEL_HEAD + PLOT_HEIGHT,
                         .decimals = DECIMALS,
                         .colours = GS_CHART_COLOURS}};
    if (panel->stacked) {
        p.below = gs_alloc(panel->n, sizeof *p.below);
        p.above = gs_alloc(panel->n, sizeof *p.above);
    }
    if (panel->stacked && (!p.below || !p.above)) {
        gs_free(p.below);
        gs_free(p.above);
        return gs_fail_memory(error, "the plot");
    }
    fit_axes(&p);
    gs_chart_text(&p.chart, LEFT, top + 18, "title ink", "start", panel->title);
    if (panel->caption)
        gs_chart_text(&p.chart, LEFT + PLOT_WIDTH, top + 18, "soft", "end", panel->caption);
    draw_axes(&p);
    draw_series(&p);
    fprintf(out, "<rect class=\"frame\" x=\"%d\" y=\"%.2f\" width=\"%d\" height=\"%d\"/>\n", LEFT, p.chart.top,
            PLOT_WIDTH, PLOT_HEIGHT);
    draw_legend(&p);
    gs_free(p.below);
    gs_free(p.above);
    return GS_OK;
}

/* ---- Figures ---- */

static gs_status draw_figure(FILE *out, const gs_figure *figure, gs_error *error) {
    const int pitch = PANEL_HEAD + PLOT_HEIGHT + PANEL_FOOT;
    int top = TITLE_HEIGHT + LINE_HEIGHT * count_lines(figure) + 8, y = TITLE_HEIGHT + LINE_HEIGHT - 6;
    put_head(out, figure, top + pitch * figure->count + 8);
    gs_chart_text(&(gs_chart){.out = out, .decimals = DECIMALS}, 20, 32, "head ink", "start", figure->title);
    for (int i = 0; i < figure->remarks_count; i++) {
        for (const char *line = figure->remarks[i].text; *line; line = gs_chart_next_line(line, LINE_LENGTH)) {
            fprintf(out, "<text class=\"%s\" x=\"20\" y=\"%d\">", figure->remarks[i].warning ? "warning" : "soft", y);
            gs_xml_text(out, line, gs_chart_line_bytes(line, LINE_LENGTH));
            fputs("</text>\n", out);
            y += LINE_HEIGHT;
        }
    }
    gs_status status = GS_OK;
    for (int i = 0; i < figure->count && !status; i++)
        status = draw_panel(out, figure->panels + i, top + pitch * i, error);
    fputs("</svg>\n", out);
    return status;
}

gs_status gs_plot_write(const char *path, const gs_figure *figure, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open(&output, path, error);
    if (status)
        return status;
    status = draw_figure(output.file, figure, error);
    if (!status && (fflush(output.file) != 0 || ferror(output.file)))
        status = gs_fail(error, GS_ERROR_FILE, "%s: cannot write: %s", path, strerror(errno));
    return gs_output_end(&output, status, error);
}
