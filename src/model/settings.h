/* The rows of settings.def as data. They are here since weight files hold settings; sample/resolve.c fills them in. */
#ifndef GS_SETTINGS_H
#define GS_SETTINGS_H

#include "base/base.h"

typedef enum gs_setting_id {
#define GS_SETTING(id, ...) GS_SETTING_##id,
#include "model/settings.def"
    GS_SETTINGS
} gs_setting_id;

typedef enum gs_setting_scope { GS_SCOPE_SAMPLER, GS_SCOPE_NETWORK, GS_SCOPE_PICTURE } gs_setting_scope;

/* Ranges of step sizes, temperatures and the like. */
#define GS_SCALE_MIN 1e-30
#define GS_SCALE_MAX 1e30

typedef struct gs_setting {
    const char *key, *name, *words, *unit, *help;
    gs_setting_kind kind;
    gs_setting_scope scope;
    double least, most;
    size_t offset; /* of the field, or the first of two, in gs_sample_options */
} gs_setting;

extern const gs_setting gs_settings[GS_SETTINGS];

/* Whether it is a double, or two; else an int. */
bool gs_setting_is_real(const gs_setting *setting);

/* What is written where it is shown: 0 for "none", which is -1 in gs_sample_options. Of a PAIR the first one. */
double gs_setting_shown(const gs_setting *setting, const gs_sample_options *options);

/* The setting's value in gs_sample_options, of a PAIR the first one; and the second one of a PAIR, 0 for others. */
double gs_setting_value(const gs_setting *setting, const gs_sample_options *options);
double gs_setting_second(const gs_setting *setting, const gs_sample_options *options);

/* Set it; `second` is for a PAIR. Of a LIST it sets the first number. */
void gs_setting_set(const gs_setting *setting, gs_sample_options *options, double value, double second);

/* The numbers of a LIST before the first 0, and how many they are; and set number i. */
const double *gs_setting_list(const gs_setting *setting, const gs_sample_options *options, int *count);
void gs_setting_set_item(const gs_setting *setting, gs_sample_options *options, int i, double value);

/* The settings that a sampler reads, a bit each; and whether it reads one. */
uint64_t gs_settings_read(const gs_sampler_info *sampler);
bool gs_setting_is_read(gs_setting_id id, const gs_sampler_info *sampler);

#endif
