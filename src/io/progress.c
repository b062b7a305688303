#include "io/progress.h"

#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const double INTERVAL_S = 0.1, KNOWN_S = 1; /* KNOWN_S: before it, the rate is not known well enough */
enum { BAR = 20, TIME_ROOM = 40, LINE_ROOM = 256, COLUMNS = 80 };

void gs_progress_time(double seconds, char *text, size_t size) {
    static const struct {
        double unit, below;
        const char *name, *next;
    } rows[] = {{60, 3600, "min", "s"}, {3600, 86400, "h", "min"}, {86400, 8.64e12, "d", "h"}};
    static const double nexts[] = {1, 60, 3600};
    seconds = floor(seconds + 0.5);
    if (seconds < 60) {
        snprintf(text, size, "%.0f s", seconds);
        return;
    }
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        double units = (double)(long long)(seconds / rows[i].unit);
        if (seconds < rows[i].below) {
            snprintf(text, size, "%.0f %s %d %s", units, rows[i].name,
                     (int)((seconds - units * rows[i].unit) / nexts[i]), rows[i].next);
            return;
        }
    }
    snprintf(text, size, "more than 10^8 d");
}

void gs_progress_start(gs_progress *progress, FILE *file, const char *what) {
    struct winsize window = {0};
    bool known = ioctl(fileno(file), TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
    *progress = (gs_progress){.file = isatty(fileno(file)) ? file : NULL,
                              .what = what,
                              .start_s = gs_now_s(),
                              .columns = known ? window.ws_col : COLUMNS};
}

/* Show a line in place of the previous one, unless that was shown just now. The text is cut to fit, because a second
 * line would stay. */
static void show(gs_progress *progress, const char *line, double now) {
    if (progress->shown && now - progress->shown_s < INTERVAL_S)
        return;
    fprintf(progress->file, "\r\033[K%.*s", progress->columns - 1, line);
    fflush(progress->file);
    progress->shown_s = now;
    progress->shown = true;
}

/* The bar and how much is done, behind what goes on. */
static size_t put_bar(const gs_progress *progress, double part, char line[LINE_ROOM]) {
    char bar[BAR + 1] = "";
    for (int i = 0; i < BAR; i++)
        bar[i] = i + 1 <= part * BAR ? '#' : '.';
    snprintf(line, LINE_ROOM, "%s%s[%s] %3.0f %%", progress->what ? progress->what : "", progress->what ? " " : "", bar,
             100 * part);
    return strlen(line);
}

void gs_progress_update(gs_progress *progress, double part, size_t done, size_t n) {
    double now = gs_now_s(), elapsed = now - progress->start_s;
    char time[TIME_ROOM], rate[2 * TIME_ROOM] = "", line[LINE_ROOM];
    if (!progress->file)
        return;
    if (part > 0 && elapsed > KNOWN_S) {
        gs_progress_time(elapsed * (1 - part) / part, time, sizeof time);
        if (progress->has_no_rate)
            snprintf(rate, sizeof rate, ", %s left", time);
        else
            snprintf(rate, sizeof rate, ", %.3g samples/s, %s left", part * (double)n / elapsed, time);
    }
    size_t used = put_bar(progress, part, line);
    snprintf(line + used, sizeof line - used, ", %zu of %zu%s", done, n, rate);
    show(progress, line, now);
}

/* Every stage is shown, since the next may take long. */
static void show_stages(gs_progress *progress) {
    char line[LINE_ROOM];
    if (!progress->file || !progress->stages)
        return;
    put_bar(progress, (double)progress->done / progress->stages, line);
    progress->shown_s = -INTERVAL_S;
    show(progress, line, gs_now_s());
}

void gs_progress_stages(gs_progress *progress, int stages) {
    progress->done = 0;
    progress->stages = stages;
    show_stages(progress);
}

void gs_progress_next(gs_progress *progress) {
    progress->done++;
    show_stages(progress);
}

void gs_progress_clear(gs_progress *progress) {
    if (progress->shown) {
        fputs("\r\033[K", progress->file);
        fflush(progress->file);
        progress->shown = false;
    }
}
