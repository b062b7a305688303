#include "model/settings.h"

#include <string.h>

const gs_setting gs_settings[GS_SETTINGS] = {
#define GS_SETTING(id, key, field, kind, name, words, metavar, least, most, unit, rule, scope, commands, help) \
    {#key,                                                                                                     \
     name,                                                                                                     \
     words,                                                                                                    \
     unit,                                                                                                     \
     help,                                                                                                     \
     GS_SETTING_KIND_##kind,                                                                                   \
     GS_SCOPE_##scope,                                                                                         \
     least,                                                                                                    \
     most,                                                                                                     \
     offsetof(gs_sample_options, field)},
#include "model/settings.def"
};

_Static_assert(offsetof(gs_sample_options, sigma_high) == offsetof(gs_sample_options, sigma_low) + sizeof(double) &&
                   offsetof(gs_sample_options, guidance_high) ==
                       offsetof(gs_sample_options, guidance_low) + sizeof(double),
               "a pair's values follow each other");

bool gs_setting_is_real(const gs_setting *s) {
    return s->kind == GS_SETTING_KIND_REAL || s->kind == GS_SETTING_KIND_WEIGHT || s->kind == GS_SETTING_KIND_PAIR;
}

double gs_setting_value(const gs_setting *s, const gs_sample_options *o) {
    const void *field = (const char *)o + s->offset;
    return gs_setting_is_real(s) ? *(const double *)field : *(const int *)field;
}

double gs_setting_second(const gs_setting *s, const gs_sample_options *o) {
    const void *field = (const char *)o + s->offset;
    return s->kind == GS_SETTING_KIND_PAIR ? ((const double *)field)[1] : 0;
}

void gs_setting_set(const gs_setting *s, gs_sample_options *o, double value, double second) {
    void *field = (char *)o + s->offset;
    if (!gs_setting_is_real(s))
        *(int *)field = (int)value;
    else
        *(double *)field = value;
    if (s->kind == GS_SETTING_KIND_PAIR)
        ((double *)field)[1] = second;
}

/* Whether `words`, separated by blanks, has the word. */
static bool has_word(const char *words, const char *word) {
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == 0))
            return true;
    return false;
}

bool gs_setting_is_read(gs_setting_id id, const gs_sampler_info *sampler) {
    const gs_setting *s = &gs_settings[id];
    return s->scope == GS_SCOPE_NETWORK || has_word(sampler->parameters, s->name);
}
