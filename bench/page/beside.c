/* Compares gensample with other programs: who won, by how much, against whom. */
#include <math.h>
#include <string.h>

#include "page/page.h"

static void put_tally(page *p, const bench_tally *tally) {
    char text[BENCH_TALLY_ROOM];
    bench_tally_say(tally, text);
    gs_xml_put(p->out, "%s", text);
}

/* Geometric means over a program's duels: over those that count and over all; and the worst duel. */
typedef struct record {
    bench_tally tally;
    double mean, all, low, high;
    const page_duel *worst;
} record;

static record sum_up(const page *p, const char *program) {
    record r = {.low = INFINITY};
    double logs = 0, all = 0;
    size_t counted = 0, n = 0;
    for (size_t i = 0; i < p->duels; i++) {
        const page_duel *duel = &p->duel[i];
        double ratio = duel->rival.ratio;
        if (strcmp(duel->program, program))
            continue;
        bench_tally_add(&r.tally, &duel->rival);
        r.worst = !r.worst || ratio < r.worst->rival.ratio ? duel : r.worst;
        all += log(ratio);
        n++;
        if (!duel->rival.valid)
            continue;
        logs += log(ratio);
        counted++;
        r.low = fmin(r.low, ratio);
        r.high = fmax(r.high, ratio);
    }
    r.mean = exp(logs / (double)counted);
    r.all = exp(all / (double)n);
    return r;
}

void page_put_ratio(page *p, const bench_rival *rival) {
    char text[PAGE_NUMBER_ROOM];
    bool won = rival->ratio >= 1;
    if (!isfinite(rival->ratio))
        return;
    page_ratio(rival->ratio, text);
    gs_xml_put(p->out, "<span class=\"%s%s\">%s\xc3\x97 %s%s</span>", won ? "won" : "lost",
               rival->valid ? "" : " doubt", text, rival->valid ? (won ? "won" : "lost") : (won ? "ahead" : "behind"),
               rival->valid ? "" : ", INVALID");
}

/* "2.57x, 1.98 to 3.99x" over the duels that count; if none does, over all of them, with a mark. */
static void put_mean(page *p, const record *r) {
    char mean[PAGE_NUMBER_ROOM], low[PAGE_NUMBER_ROOM], high[PAGE_NUMBER_ROOM];
    bool counts = isfinite(r->mean);
    double shown = counts ? r->mean : r->all;
    page_ratio(shown, mean);
    page_ratio(r->low, low);
    page_ratio(r->high, high);
    gs_xml_put(p->out, "<p class=\"big %s%s\">%s\xc3\x97", shown >= 1 ? "win" : "loss", counts ? "" : " doubt", mean);
    if (counts)
        gs_xml_put(p->out, " <span class=\"unit\">%s to %s</span></p>", low, high);
    else
        fputs(" <span class=\"unit\">INVALID</span></p>", p->out);
}

static void put_card(page *p, const char *program) {
    char all[PAGE_NUMBER_ROOM];
    record r = sum_up(p, program);
    gs_xml_put(p->out, "<div class=\"card\"><h3>%s</h3>", program);
    put_mean(p, &r);
    fputs("<p class=\"soft\">", p->out);
    put_tally(p, &r.tally);
    page_ratio(r.all, all);
    if (isfinite(r.mean) && r.tally.ahead + r.tally.behind)
        gs_xml_put(p->out, ", with these %s\xc3\x97", all);
    fputs("</p><p class=\"soft\">Worst: ", p->out);
    page_put_ratio(p, &r.worst->rival);
    gs_xml_put(p->out, ", %s, %s</p></div>\n", r.worst->work, r.worst->machine);
}

static bool is_first(const page *p, size_t i, bool by_machine) {
    for (size_t k = 0; k < i; k++)
        if (!strcmp(by_machine ? p->duel[k].machine : p->duel[k].program,
                    by_machine ? p->duel[i].machine : p->duel[i].program))
            return false;
    return true;
}

static void put_keys(page *p) {
    fputs("<ul class=\"keys\">", p->out);
    for (int i = 0; i < PAGE_KEYS; i++)
        gs_xml_put(p->out,
                   "<li><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect "
                   "class=\"%s\" x=\"1\" y=\"1\" width=\"10\" height=\"10\"/></svg>%s</li>",
                   page_keys[i].class, page_keys[i].text);
    fputs("</ul>\n", p->out);
}

void page_beside(page *p) {
    if (!p->duels)
        return;
    fputs("<section id=\"beside\"><h2>How many times as fast as other programs</h2>\n<p><b>", p->out);
    put_tally(p, &p->all);
    fputs("</b>. A comparison is left out where one of its two figures is INVALID.", p->out);
    if (p->all.wrong)
        gs_xml_put(p->out, " %zu more gave an output that is too far from ours, and are not compared.", p->all.wrong);
    fputs("</p>\n<p class=\"about\">Below is the best variant of each program for each network and batch: the "
          "geometric mean "
          "and the range of those that count.</p>\n<div class=\"cards small\">\n",
          p->out);
    for (size_t i = 0; i < p->duels; i++)
        if (is_first(p, i, false))
            put_card(p, p->duel[i].program);
    fputs("</div>\n", p->out);
    put_keys(p);
    fputs("<div class=\"machines\">\n", p->out);
    for (size_t i = 0; i < p->duels; i++)
        if (is_first(p, i, true))
            page_bars(p, p->duel[i].machine);
    fputs("</div>\n</section>\n", p->out);
}
