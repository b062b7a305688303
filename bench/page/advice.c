/* The advice of `genbench doctor` if the machine made figures INVALID. */
#include <string.h>

#include "noise.h"
#include "page/page.h"

/* The beginning of a reason; the doctor's symptom behind it; a context string that rules the symptom out if it has this
 * value. */
static const struct {
    const char *reason, *symptom, *member, *unless;
} causes[] = {{"peak moved", "frequency governor", "governor", "performance"},
              {"peak moved", "boost", NULL, NULL},
              {"peak moved", "hypervisor", "virtualisation", "none"},
              {"peak moved", "other programs", NULL, NULL},
              {"hypervisor took", "hypervisor", NULL, NULL},
              {"other programs took", "other programs", NULL, NULL},
              {"other programs took", "priority", NULL, NULL}};

static bool has_reason(const bench_document *document, const char *reason) {
    const json_t *row, *text;
    size_t i, k;
    json_array_foreach(document->rows, i, row) {
        json_array_foreach(json_object_get(row, "reasons"), k, text) {
            if (!strncmp(json_string_value(text), reason, strlen(reason)))
                return true;
        }
    }
    return false;
}

static bool applies(const page *p, size_t i) {
    for (int d = 0; d < p->count + p->peers; d++) {
        const char *said = causes[i].member ? bench_text(p->document[d].context, causes[i].member) : "";
        bool ruled_out = causes[i].member && (!said || !strcmp(said, causes[i].unless) || !strcmp(said, "unknown"));
        if (!ruled_out && has_reason(&p->document[d], causes[i].reason))
            return true;
    }
    return false;
}

void page_advice(page *p) {
    bool any = false;
    for (size_t i = 0; i < GS_COUNT(causes); i++) {
        bool told = false;
        for (size_t k = 0; k < i; k++)
            told = told || (!strcmp(causes[k].symptom, causes[i].symptom) && applies(p, k));
        if (told || !applies(p, i))
            continue;
        fputs(any ? "" : "<details><summary>What <code>genbench doctor</code> advises</summary><ul>", p->out);
        any = true;
        gs_xml_put(p->out, "<li>%s: %s</li>", causes[i].symptom, bench_doctor_remedy(causes[i].symptom));
    }
    fputs(any ? "</ul></details>" : "", p->out);
}
