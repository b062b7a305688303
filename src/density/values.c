/* What records ask of the values that they were given. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "density/density.h"

gs_status gs_density_fail(const gs_density *d, gs_error *error, const char *format, ...) {
    char words[GS_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    return gs_fail(error, GS_ERROR_ARGUMENT, "%s: %s", d->row->info.name, words);
}

int gs_density_find(const gs_density *d, const char *name) {
    int k = 0;
    while (d->row->info.parameters[k].name && strcmp(d->row->info.parameters[k].name, name))
        k++;
    return d->row->info.parameters[k].name ? k : -1;
}

const gs_values *gs_density_values(const gs_density *d, const char *name) {
    return &d->value[gs_density_find(d, name)];
}

double gs_density_number(const gs_density *d, const char *name) {
    return gs_density_values(d, name)->at[0];
}

void gs_density_choose_levels(gs_density *d, double narrowest) {
    if (gs_density_number(d, "levels") == 0)
        return;
    d->sigma[0] = narrowest / 100;
    d->sigma[1] = GS_DENSITY_NOISIEST * fmax(fabs(d->range[0]), fabs(d->range[1]));
}
