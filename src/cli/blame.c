/* Messages of the library about values, as messages about options. */
#include <stddef.h>
#include <string.h>

#include "cli/option.h"
#include "model/settings.h"

/* Words with which messages begin, beside names of options and the words of settings. */
static const struct {
    const char *words, *option;
} called[] = {{"lower sigma", "sigmas"},
              {"upper sigma", "sigmas"},
              {"noise level", "sigma"},
              {"noise level", "ladder"},
              {"noise level", "sigmas"},
              {"noise levels", "sigmas"},
              {"noise of the measurement", "noise"},
              {"prior of class", "prior"},
              {"dequantisation of", "dequantize"}};

/* The length of the words if the message begins with them; a dash of an option's name is a blank there. */
static size_t match(const char *message, const char *words) {
    size_t i = 0;
    while (words[i] && (message[i] == words[i] || (message[i] == ' ' && words[i] == '-')))
        i++;
    return !words[i] && i && strchr(" :", message[i]) ? i : 0;
}

/* How much of the message's beginning is what the option's value is called. */
static size_t match_row(const char *message, const gs_option_row *row) {
    size_t longest = row->name[1] ? match(message, row->name) : 0;
    for (size_t i = 0; i < GS_COUNT(called); i++)
        if (!strcmp(called[i].option, row->name) && match(message, called[i].words) > longest)
            longest = match(message, called[i].words);
    for (gs_setting_id id = 0; id < GS_SETTINGS; id++)
        if (row->offset == offsetof(gs_arguments, settings) + gs_settings[id].offset &&
            match(message, gs_settings[id].words) > longest)
            longest = match(message, gs_settings[id].words);
    return longest;
}

gs_status gs_arguments_blame(const gs_arguments *arguments, gs_status status, gs_error *error) {
    const gs_option_row *blamed = NULL;
    size_t longest = 0;
    if (status != GS_ERROR_ARGUMENT || error->message[0] == '-')
        return status;
    for (const gs_option_row *row = gs_option_rows; row < gs_option_rows + GS_OPTION_COUNT; row++) {
        size_t length = arguments->given[row - gs_option_rows] ? match_row(error->message, row) : 0;
        blamed = length > longest ? row : blamed;
        longest = length > longest ? length : longest;
    }
    if (!blamed)
        return status;
    char said[GS_MESSAGE_MAX];
    bool names = longest == strlen(blamed->name) && strncmp(error->message, blamed->name, longest) == 0;
    snprintf(said, sizeof said, "%s", error->message);
    return gs_fail(error, status, "--%s%s%s", names ? "" : blamed->name, names ? "" : ": ", said);
}
