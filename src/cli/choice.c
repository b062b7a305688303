#include "cli/choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KNOWN = 100 };

/* Name i, from 0, of what can be chosen, and whether it can be used here; NULL past the last one. */
typedef const char *lister(int i, bool *usable);

static const char *backend_at(int i, bool *built) {
    char about[KNOWN];
    return gs_backend_name(i, built, about, sizeof about);
}

/* Whether `name` is one of those listed; if not, `known` lists them all. */
static bool find(lister *at, const char *name, bool *usable, char known[KNOWN]) {
    const char *each;
    size_t used = 0;
    known[0] = 0;
    for (int i = 0; (each = at(i, usable)); i++) {
        if (!strcmp(each, name))
            return true;
        snprintf(known + used, KNOWN - used, "%s%s", used ? ", " : "", each);
        used = strlen(known);
    }
    return false;
}

gs_status gs_check_isa(const char *isa, gs_error *error) {
    const char *what = isa ? "--isa" : "GENSAMPLE_ISA";
    char known[KNOWN];
    bool supported;
    isa = isa ? isa : getenv(what);
    if (!isa)
        return GS_OK;
    if (!find(gs_isa_name, isa, &supported, known))
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s: \"%.40s\" is no instruction set of this build; known are %s",
                       what, isa, known);
    return supported ? GS_OK
                     : gs_fail(error, GS_ERROR_ARGUMENT, "%s: this CPU or system cannot run %s; the best is %s", what,
                               isa, gs_isa_best());
}

gs_status gs_check_backend(const char *backend, gs_error *error) {
    char known[KNOWN];
    bool built;
    if (!backend)
        return GS_OK;
    if (!find(backend_at, backend, &built, known))
        return gs_fail(error, GS_ERROR_ARGUMENT, "--backend: \"%.40s\" is no backend; known are %s", backend, known);
    return built ? GS_OK
                 : gs_fail(error, GS_ERROR_ARGUMENT, "--backend: %s is not in this build of gensample", backend);
}
