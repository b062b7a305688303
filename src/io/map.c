#include "io/map.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/axis.h"
#include "io/svg.h"
#include "io/xml.h"

enum { LEFT = 64, TOP = 64, SIZE = 600, WIDTH = LEFT + SIZE + 24, HEIGHT = TOP + SIZE + 48, WAYS_MAX = 64 };

/* Bands of the density reach down to exp(-depth) of its largest value. */
static const double depths[] = {0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6.5, 8};

double gs_map_centre(const gs_map *map, int side, int i) {
    return map->low + (map->high - map->low) * (i + 0.5) / side;
}

static double place(const gs_map *map, double v) {
    return SIZE * (v - map->low) / (map->high - map->low);
}

static double place_x(const gs_map *map, double v) {
    return LEFT + place(map, v);
}

static double place_y(const gs_map *map, double v) {
    return TOP + SIZE - place(map, v);
}

static bool is_shown(const gs_map *map, const float *point) {
    return (double)point[0] >= map->low && (double)point[0] <= map->high && (double)point[1] >= map->low &&
           (double)point[1] <= map->high;
}

static void put_ground(FILE *out, int dark) {
    static const char *const ground[2] = {
        ".paper{fill:#fff}.ink{fill:#1f2328}.soft{fill:#59636e}.frame{stroke:#8c959f}.density{fill:#2563c9}"
        ".arrow{stroke:#1f2328}.way{stroke:#d9730d}.point{stroke:#c2410c}\n",
        ".paper{fill:#14171c}.ink{fill:#e6e8eb}.soft{fill:#9aa4af}"
        ".frame{stroke:#6e7681}.density{fill:#6cb0ff}.arrow{stroke:#e6e8eb}.way{stroke:#ffab5e}"
        ".point{stroke:#ffb86b}\n"};
    fputs(ground[dark], out);
}

static void put_head(FILE *out, const gs_map *map) {
    static const char style[] =
        "text{font-family:system-ui,-apple-system,\"Segoe UI\",\"DejaVu Sans\",sans-serif;font-size:16px}\n"
        ".head{font-size:20px;font-weight:600}.caption{font-size:13px}.density{fill-opacity:.13;shape-rendering:"
        "crispEdges}"
        ".arrow,.way,.frame{fill:none}.arrow{stroke-opacity:.55}.way{stroke-width:.8;stroke-opacity:.6}"
        ".point{fill:none;stroke-width:3.4;stroke-linecap:round}\n";
    gs_svg_head(out, WIDTH, HEIGHT, map->title, style, put_ground);
    fprintf(out, "<clipPath id=\"plot\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/></clipPath>\n", LEFT, TOP,
            SIZE, SIZE);
    fprintf(out, "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", WIDTH, HEIGHT);
    gs_xml_put(out, "<text class=\"head ink\" x=\"20\" y=\"32\">%s</text>\n", map->title);
    gs_xml_put(out, "<text class=\"caption soft\" x=\"20\" y=\"54\">%s</text>\n", map->caption);
}

/* ---- The density ---- */

static double lowest(const gs_map *map) {
    double least = INFINITY;
    for (size_t i = 0; i < (size_t)GS_MAP_SIDE * GS_MAP_SIDE; i++)
        if ((double)map->energy[i] < least) /* NaN is left out */
            least = (double)map->energy[i];
    return least;
}

/* The squares of a row below a level, as rectangles from where they begin to where they end. */
static void put_row(FILE *out, const float *energy, int row, double level) {
    const int square = SIZE / GS_MAP_SIDE, y = TOP + SIZE - (row + 1) * square;
    for (int i = 0, end; i < GS_MAP_SIDE; i = end + 1) {
        for (end = i; end < GS_MAP_SIDE && (double)energy[end] <= level; end++)
            ;
        if (end > i)
            fprintf(out, "M%d %dh%dv%dh%dZ", LEFT + i * square, y, (end - i) * square, square, (i - end) * square);
    }
}

static void put_density(FILE *out, const gs_map *map) {
    double least = lowest(map);
    for (size_t k = 0; k < GS_COUNT(depths); k++) {
        fputs("<path class=\"density\" d=\"M0 0", out);
        for (int row = 0; row < GS_MAP_SIDE; row++)
            put_row(out, map->energy + (size_t)row * GS_MAP_SIDE, row, least + depths[k]);
        fputs("\"/>\n", out);
    }
}

/* ---- Arrows ---- */

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median length, so that half of the arrows are at least half as long as there is room. */
static double usual(const gs_map *map) {
    enum { COUNT = GS_MAP_ARROWS * GS_MAP_ARROWS };
    double length[COUNT];
    size_t count = 0;
    for (size_t i = 0; i < COUNT; i++) {
        double v = hypot((double)map->score[2 * i], (double)map->score[2 * i + 1]);
        if (isfinite(v))
            length[count++] = v;
    }
    qsort(length, count, sizeof *length, compare);
    return count && length[count / 2] > 0 ? length[count / 2] : 1;
}

/* An arrow around a place on the page, of `length` along the direction (x, y). */
static void put_arrow(FILE *out, double at_x, double at_y, double x, double y, double length) {
    double tip_x = at_x + 0.5 * length * x, tip_y = at_y + 0.5 * length * y, head = fmin(0.35 * length, 5);
    fprintf(out, "M%.1f %.1f %.1f %.1fM%.1f %.1f %.1f %.1f %.1f %.1f", at_x - 0.5 * length * x, at_y - 0.5 * length * y,
            tip_x, tip_y, tip_x - head * (x + 0.5 * y), tip_y - head * (y - 0.5 * x), tip_x, tip_y,
            tip_x - head * (x - 0.5 * y), tip_y - head * (y + 0.5 * x));
}

/* Lengths grow with the score's, up to the room that there is. */
static void put_arrows(FILE *out, const gs_map *map) {
    const double room = 0.95 * SIZE / GS_MAP_ARROWS, middle = usual(map);
    fputs("<path class=\"arrow\" d=\"M0 0", out);
    for (int j = 0; j < GS_MAP_ARROWS; j++)
        for (int i = 0; i < GS_MAP_ARROWS; i++) {
            const float *s = map->score + 2 * (size_t)(j * GS_MAP_ARROWS + i);
            double size = hypot((double)s[0], (double)s[1]);
            if (isfinite(size) && size > 0)
                put_arrow(out, place_x(map, gs_map_centre(map, GS_MAP_ARROWS, i)),
                          place_y(map, gs_map_centre(map, GS_MAP_ARROWS, j)), (double)s[0] / size, -(double)s[1] / size,
                          room * size / (size + middle));
        }
    fputs("\"/>\n", out);
}

/* ---- Points ---- */

static void put_way(FILE *out, const gs_map *map, size_t chain) {
    char pen = 'M';
    fputs("<path class=\"way\" d=\"", out);
    for (size_t k = 0; k < map->states; k++) {
        const float *at = map->ways + 2 * (k * map->n + chain);
        double x = place_x(map, (double)at[0]), y = place_y(map, (double)at[1]);
        if (!(fabs(x) < 1e5 && fabs(y) < 1e5))
            continue;
        fprintf(out, "%c%.1f %.1f", pen, x, y);
        pen = ' ';
    }
    fputs("\"/>\n", out);
}

static void put_points(FILE *out, const gs_map *map) {
    fputs("<path class=\"point\" d=\"M0 0", out);
    for (size_t i = 0; i < map->n; i++)
        if (is_shown(map, map->points + 2 * i))
            fprintf(out, "M%.1f %.1fh0", place_x(map, (double)map->points[2 * i]),
                    place_y(map, (double)map->points[2 * i + 1]));
    fputs("\"/>\n", out);
}

/* ---- All ---- */

static void put_axes(FILE *out, const gs_map *map) {
    gs_axis axis = gs_axis_fit(map->low, map->high, false, false);
    fprintf(out, "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", LEFT, TOP, SIZE, SIZE);
    for (int i = 0; i < axis.count; i++) {
        double x = place_x(map, axis.ticks[i]), y = place_y(map, axis.ticks[i]);
        fprintf(out, "<path class=\"frame\" d=\"M%.2f %dv5M%d %.2fh-5\"/>\n", x, TOP + SIZE, LEFT, y);
        gs_xml_put(out, "<text class=\"soft\" x=\"%.2f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x,
                   TOP + SIZE + 22, axis.labels[i]);
        gs_xml_put(out, "<text class=\"soft\" x=\"%d\" y=\"%.2f\" text-anchor=\"end\">%s</text>\n", LEFT - 9, y + 5,
                   axis.labels[i]);
    }
}

static void draw(FILE *out, const gs_map *map) {
    put_head(out, map);
    fputs("<g clip-path=\"url(#plot)\">\n", out);
    if (map->energy && isfinite(lowest(map)))
        put_density(out, map);
    if (map->score)
        put_arrows(out, map);
    for (size_t chain = 0; map->ways && chain < map->n && chain < WAYS_MAX; chain++)
        put_way(out, map, chain);
    put_points(out, map);
    fputs("</g>\n", out);
    put_axes(out, map);
    fputs("</svg>\n", out);
}

gs_status gs_map_write(const char *path, const gs_map *map, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open(&output, path, error);
    if (status)
        return status;
    draw(output.file, map);
    if (fflush(output.file) != 0 || ferror(output.file))
        status = gs_fail(error, GS_ERROR_FILE, "%s: cannot write: %s", path, strerror(errno));
    return gs_output_end(&output, status, error);
}

gs_status gs_map_encode(const gs_map *map, char **bytes, size_t *size, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open_memory(&output, bytes, size, error);
    if (status)
        return status;
    draw(output.file, map);
    return gs_output_end_memory(&output, bytes, GS_OK, error);
}
