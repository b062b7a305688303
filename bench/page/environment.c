/* The environment on which the figures depend: machine, build, run. */
#include <string.h>

#include "page/page.h"

typedef struct entry {
    const char *member, *title; /* member NULL: the title of a group */
} entry;

static const entry entries[] = {{NULL, "Machine"},
                                {"cpu_model", "CPU"},
                                {"cpu_signature", "signature"},
                                {"num_cpus", "processors"},
                                {"cores", "cores"},
                                {"smt", "SMT"},
                                {"caches", "caches"},
                                {"mhz_per_cpu", "MHz"},
                                {"microcode", "microcode"},
                                {"governor", "governor"},
                                {"virtualisation", "virtualisation"},
                                {"kernel", "kernel"},
                                {"peaks", "multiply-add peaks"},
                                {"bandwidth", "memory"},
                                {"cpu_features", "features"},
                                {NULL, "Build"},
                                {"gensample_version", "gensample"},
                                {"commit", "commit"},
                                {"dirty", "changes in no commit"},
                                {"compiler", "compiler"},
                                {"build_type", "build type"},
                                {"flags", "flags"},
                                {"onednn", "oneDNN"},
                                {"openmp", "OpenMP"},
                                {"benchmark_version", "Google Benchmark"},
                                {NULL, "Run"},
                                {"date", "date"},
                                {"isa_used", "instruction sets"},
                                {"isa_best", "best of this CPU"},
                                {"dtype", "type"},
                                {"seed", "seed"},
                                {"affinity", "affinity"},
                                {"thread_placement", "threads"},
                                {"models", "models"},
                                {"command", "command"}};

/* "L1 Data 48 KiB" and so on, of Google Benchmark's list. */
static void put_caches(const json_t *caches, char *text, size_t room) {
    size_t i;
    const json_t *cache;
    json_array_foreach(caches, i, cache) {
        char part[PAGE_TEXT_ROOM], size[PAGE_NUMBER_ROOM];
        const char *type = bench_text(cache, "type");
        double kib = bench_real(cache, "size") / 1024;
        bool large = kib >= 1024;
        if (!type || !(kib > 0))
            continue;
        page_fixed(large ? kib / 1024 : kib, 0, size);
        snprintf(part, sizeof part, "L%lld %.20s %s %s", bench_integer(cache, "level", 0), type, size,
                 large ? "MiB" : "KiB");
        bench_append_item(text, room, ", ", part);
    }
}

static void value_of(const bench_document *document, const char *member, char *text, size_t room) {
    const json_t *value = json_object_get(document->context, member), *word;
    size_t i;
    text[0] = '\0';
    if (!strcmp(member, "command")) {
        json_array_foreach(json_object_get(document->genbench, "command"), i, word) {
            bench_append(text, room, "%s%s", i ? " " : "", json_string_value(word));
        }
    } else if (!strcmp(member, "caches")) {
        put_caches(value, text, room);
    } else if (json_is_string(value)) {
        snprintf(text, room, "%s", json_string_value(value));
    } else if (json_is_number(value)) {
        snprintf(text, room, "%.6g", json_number_value(value));
    }
}

static void put_value(page *p, const char *text) {
    enum { LONG = 160 };
    if (strlen(text) > LONG)
        gs_xml_put(p->out, "<details><summary>%.40s\xe2\x80\xa6</summary>%s</details>", text, text);
    else
        gs_xml_put(p->out, "%s", text);
}

/* Whether some document has it. */
static bool is_known(const page *p, const entry *e) {
    char text[PAGE_TEXT_ROOM];
    for (int d = 0; d < p->count; d++) {
        value_of(&p->document[d], e->member, text, sizeof text);
        if (text[0])
            return true;
    }
    return false;
}

static void put_entry(page *p, const entry *e) {
    enum { VALUE_ROOM = 8192 };
    char first[VALUE_ROOM], text[VALUE_ROOM];
    bool differs = false;
    for (int d = 0; d < p->count; d++) {
        value_of(&p->document[d], e->member, text, sizeof text);
        if (d == 0)
            memcpy(first, text, sizeof first);
        differs = differs || strcmp(first, text);
    }
    gs_xml_put(p->out, "<tr role=\"row\" class=\"%s\"><th role=\"rowheader\" scope=\"row\">%s</th>",
               differs ? "differs" : "same", e->title);
    for (int d = 0; d < p->count; d++) {
        value_of(&p->document[d], e->member, text, sizeof text);
        gs_xml_put(p->out, "<td role=\"cell\" data-label=\"%s\">", p->label[d]);
        put_value(p, text);
        fputs("</td>", p->out);
    }
    fputs("</tr>\n", p->out);
}

static void put_group(page *p, const char *title) {
    gs_xml_put(p->out, "<div class=\"wide group\" tabindex=\"0\"><table role=\"table\"><caption>%s</caption>\n", title);
    if (p->count > 1) {
        fputs("<thead role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" scope=\"col\"></th>", p->out);
        for (int d = 0; d < p->count; d++)
            gs_xml_put(p->out, "<th role=\"columnheader\" scope=\"col\">%s</th>", p->label[d]);
        fputs("</tr></thead>\n", p->out);
    }
    fputs("<tbody role=\"rowgroup\">\n", p->out);
}

bool page_has_environment(const page *p) {
    for (size_t i = 0; i < GS_COUNT(entries); i++)
        if (entries[i].member && is_known(p, &entries[i]))
            return true;
    return false;
}

void page_environment(page *p) {
    if (!page_has_environment(p))
        return;
    page_fold(p, "suite environment");
    gs_xml_put(p->out, "<summary><h2>Environment</h2></summary>\n<div id=\"environment\" class=\"%s\">\n",
               p->count > 1 ? "groups many" : "groups");
    const char *title = NULL; /* of the group to come, if it has anything */
    bool open = false;
    for (size_t i = 0; i < GS_COUNT(entries); i++) {
        const entry *e = &entries[i];
        if (!e->member) {
            fputs(open ? "</tbody></table></div>\n" : "", p->out);
            title = e->title;
            open = false;
        } else if (is_known(p, e)) {
            if (!open)
                put_group(p, title);
            open = true;
            put_entry(p, e);
        }
    }
    fputs(open ? "</tbody></table></div>\n" : "", p->out);
    fputs("</div></details>\n", p->out);
}
