#include "io/progress.h"

#include <math.h>
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

void gs_progress_update(gs_progress *progress, double part, size_t done, size_t n) {
    double now = gs_now_s(), elapsed = now - progress->start_s;
    char bar[BAR + 1] = "", time[TIME_ROOM], rate[2 * TIME_ROOM] = "", line[LINE_ROOM];
    if (!progress->file)
        return;
    for (int i = 0; i < BAR; i++)
        bar[i] = i + 1 <= part * BAR ? '#' : '.';
    if (part > 0 && elapsed > KNOWN_S) {
        gs_progress_time(elapsed * (1 - part) / part, time, sizeof time);
        if (progress->has_no_rate)
            snprintf(rate, sizeof rate, ", %s left", time);
        else
            snprintf(rate, sizeof rate, ", %.3g samples/s, %s left", part * (double)n / elapsed, time);
    }
    snprintf(line, sizeof line, "%s%s[%s] %3.0f %%, %zu of %zu%s", progress->what ? progress->what : "",
             progress->what ? " " : "", bar, 100 * part, done, n, rate);
    show(progress, line, now);
}

void gs_progress_wait(gs_progress *progress) {
    char line[LINE_ROOM];
    if (!progress->file)
        return;
    snprintf(line, sizeof line, "%s ...", progress->what ? progress->what : "");
    show(progress, line, gs_now_s());
}

void gs_progress_clear(gs_progress *progress) {
    if (progress->shown) {
        fputs("\r\033[K", progress->file);
        fflush(progress->file);
        progress->shown = false;
    }
}
