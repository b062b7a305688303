#include "model/settings.h"

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

/* The same rows for the public interface. */
static const gs_setting_info infos[GS_SETTINGS] = {
#define GS_SETTING(id, key, field, kind, name, words, metavar, least, most, unit, rule, scope, commands, help) \
    {#key,                                                                                                     \
     name,                                                                                                     \
     help,                                                                                                     \
     unit,                                                                                                     \
     GS_SETTING_KIND_##kind,                                                                                   \
     GS_SCOPE_##scope == GS_SCOPE_NETWORK,                                                                     \
     least,                                                                                                    \
     most,                                                                                                     \
     offsetof(gs_sample_options, field)},
#include "model/settings.def"
};

const gs_setting_info *gs_setting_get(int i) {
    return i >= 0 && i < GS_SETTINGS ? &infos[i] : NULL;
}

_Static_assert(offsetof(gs_sample_options, sigma_high) == offsetof(gs_sample_options, sigma_low) + sizeof(double) &&
                   offsetof(gs_sample_options, churn_high) == offsetof(gs_sample_options, churn_low) + sizeof(double) &&
                   offsetof(gs_sample_options, guidance_high) ==
                       offsetof(gs_sample_options, guidance_low) + sizeof(double),
               "a pair's values follow each other");

bool gs_setting_is_real(const gs_setting *s) {
    return s->kind == GS_SETTING_KIND_REAL || s->kind == GS_SETTING_KIND_WEIGHT || s->kind == GS_SETTING_KIND_SIGNED ||
           s->kind == GS_SETTING_KIND_PAIR || s->kind == GS_SETTING_KIND_LIST;
}

double gs_setting_shown(const gs_setting *s, const gs_sample_options *o) {
    double value = gs_setting_value(s, o);
    return value > 0 || s->kind == GS_SETTING_KIND_SIGNED ? value : 0;
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

const double *gs_setting_list(const gs_setting *s, const gs_sample_options *o, int *count) {
    const void *field = (const char *)o + s->offset;
    const double *list = field;
    *count = 0;
    while (*count < GS_RUNGS_MAX && list[*count] != 0)
        ++*count;
    return list;
}

void gs_setting_set_item(const gs_setting *s, gs_sample_options *o, int i, double value) {
    void *field = (char *)o + s->offset;
    ((double *)field)[i] = value;
}

_Static_assert(GS_SETTINGS <= 64, "a setting is a bit of uint64_t");

/* Whether `at` begins with the word, and a blank or the end follows. */
static bool begins_with(const char *at, const char *word) {
    while (*word && *at == *word) {
        at++;
        word++;
    }
    return !*word && (!*at || *at == ' ');
}

static const char *next_word(const char *at) {
    while (*at && *at != ' ')
        at++;
    return *at ? at + 1 : at;
}

uint64_t gs_settings_read(const gs_sampler_info *sampler) {
    uint64_t read = 0;
    for (gs_setting_id id = 0; id < GS_SETTINGS; id++)
        read |= (uint64_t)(gs_settings[id].scope == GS_SCOPE_NETWORK) << id;
    for (const char *at = sampler->parameters; *at; at = next_word(at)) {
        gs_setting_id id = 0;
        while (id < GS_SETTINGS && !begins_with(at, gs_settings[id].name))
            id++;
        read |= id < GS_SETTINGS ? UINT64_C(1) << id : 0;
    }
    return read;
}

bool gs_setting_is_read(gs_setting_id id, const gs_sampler_info *sampler) {
    bool read = gs_settings[id].scope == GS_SCOPE_NETWORK;
    for (const char *at = sampler->parameters; *at && !read; at = next_word(at))
        read = begins_with(at, gs_settings[id].name);
    return read;
}
