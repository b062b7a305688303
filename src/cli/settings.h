/* A sampler's settings: the check that it reads those that were given, and the settings as JSON and as options, for the
 * notes in pictures and the reports of every command that samples. */
#ifndef GS_CLI_SETTINGS_H
#define GS_CLI_SETTINGS_H

#include "cli/setup.h"
#include "model/settings.h"

/* The row of the sampler. */
const gs_sampler_info *gs_settings_sampler(const gs_sample_options *options);

/* Whether the sampler reads the setting. */
bool gs_settings_read_by(const gs_sample_options *options, gs_setting_id setting);

/* Check that the sampler reads the settings that were given. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_settings_check(const gs_setup *setup, gs_error *error);

/* Refuse 0 steps, which mean nothing to the program, but "not given" to the library. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_settings_check_steps(const gs_sample_options *options, int steps, gs_error *error);

/* The settings, labels and backend, as JSON and as options: of the settings only those that the sampler reads, so that
 * equal pictures have equal settings. In gensample denoise they leave out the steps and noise levels, which that
 * command lists itself. */
void gs_settings_put(const gs_setup *setup, json_t *object);
void gs_settings_put_options(const gs_setup *setup, FILE *out);

/* The temperature of a sampler at one noise level; langevin's is the limit as its step size goes to 0. */
double gs_settings_temperature(const gs_sample_options *options);

/* Whether the type of products belongs to the settings: it is another than f32, or would be without the option. */
bool gs_settings_note_dtype(const gs_setup *setup);

/* Resolve the settings for the first network, as gs_sample_resolve. Errors name the option that gave the setting. */
gs_status gs_settings_resolve(gs_setup *setup, gs_error *error);

/* Refuse what compares the steps of chains, `what`, as in "--diagnose", where the steps are not of one distribution.
 * Errors: GS_ERROR_ARGUMENT. */
gs_status gs_settings_check_alike(const gs_sample_options *options, const char *what, gs_error *error);

#endif
