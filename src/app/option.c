#include "app/option.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/words.h"
#include "model/model.h"

const char *gs_option_dashes(const gs_option_row *row) {
    return row->name[1] ? "--" : "-";
}

/* Decimal digits only: no sign, no space, no overflow. */
static bool parse_u64(const char *text, size_t length, uint64_t *value) {
    uint64_t v = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        if (digit > 9 || v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *value = v;
    return length > 0;
}

static bool parse_real(const char *text, size_t length, double *value) {
    return gs_parse_decimal(text, length, value) && *value > 0;
}

/* The library's options mean "none" by -1, as 0 is "not said". */
static bool parse_weight(const char *text, double *value) {
    bool good = gs_parse_decimal(text, strlen(text), value);
    if (good && *value == 0)
        *value = -1;
    return good;
}

static bool parse_pair(const char *text, double pair[2]) {
    const char *comma = strchr(text, ',');
    return comma && parse_real(text, (size_t)(comma - text), &pair[0]) &&
           parse_real(comma + 1, strlen(comma + 1), &pair[1]) && pair[0] <= pair[1];
}

static bool parse_grid(const char *text, uint64_t limit, int grid[2]) {
    uint64_t rows, columns;
    const char *x = strchr(text, 'x');
    if (!x || !parse_u64(text, (size_t)(x - text), &rows) || !parse_u64(x + 1, strlen(x + 1), &columns))
        return false;
    if (rows < 1 || columns < 1 || rows > limit || columns > limit || rows * columns > limit)
        return false;
    grid[0] = (int)rows;
    grid[1] = (int)columns;
    return true;
}

/* The bounds of an int. */
static bool parse_steps(const char *text, size_t length, int *value) {
    uint64_t v;
    bool good = parse_u64(text, length, &v) && v <= INT_MAX;
    *value = good ? (int)v : 0;
    return good;
}

static bool parse_int(const gs_option_row *row, const char *text, int *value) {
    uint64_t v;
    if (!parse_u64(text, strlen(text), &v) || v < row->low || v > row->high)
        return false;
    *value = (int)v;
    return true;
}

/* The library's options mean "none" by -1, as 0 is "not said". */
static bool parse_count(const gs_option_row *row, const char *text, int *value) {
    bool good = parse_int(row, text, value);
    if (good && *value == 0)
        *value = -1;
    return good;
}

static bool parse_u64_in(const gs_option_row *row, const char *text, uint64_t *value) {
    uint64_t v;
    if (!parse_u64(text, strlen(text), &v) || v < row->low || v > row->high)
        return false;
    *value = v;
    return true;
}

static bool parse_signed(const gs_option_row *row, const char *text, double *value) {
    bool minus = text[0] == '-';
    double v;
    if (!gs_parse_decimal(text + minus, strlen(text + minus), &v) || v < (double)row->low || v > (double)row->high)
        return false;
    *value = minus ? -v : v;
    return true;
}

/* One number of a list. */
static bool parse_item(const gs_option_row *row, const char *text, size_t length, double *value) {
    int steps;
    bool minus = row->kind == GS_KIND_OPTION_NUMBERS && length && text[0] == '-';
    if (row->kind == GS_KIND_OPTION_STEP_COUNTS) {
        bool good = parse_steps(text, length, &steps);
        *value = steps;
        return good;
    }
    if (!gs_parse_decimal(text + minus, length - minus, value) || (row->high && *value > (double)row->high))
        return false;
    *value = minus ? -*value : *value;
    return row->kind == GS_KIND_OPTION_NUMBERS || *value > 0;
}

static bool parse_list(const gs_option_row *row, const char *text, gs_numbers *list) {
    list->count = 0;
    for (;; text++) {
        size_t length = strcspn(text, ",");
        if (list->count == GS_LIST_MAX || !parse_item(row, text, length, &list->values[list->count]))
            return false;
        list->count++;
        text += length;
        if (!*text)
            return true;
    }
}

static bool parse_rungs(const gs_option_row *row, const char *text, double list[GS_RUNGS_MAX]) {
    for (int i = 0; i < GS_RUNGS_MAX; i++) {
        size_t length = strcspn(text, ",");
        if (!gs_parse_decimal(text, length, &list[i]) || list[i] < (double)row->low || list[i] > (double)row->high)
            return false;
        text += length;
        if (!*text++)
            return true;
    }
    return false;
}

static bool append_text(const char *text, gs_texts *list) {
    bool good = list->count < GS_LIST_MAX;
    if (good)
        list->values[list->count++] = text;
    return good;
}

/* The number of words between commas; *twice is a word that occurs before, or NULL. */
static int count_words(const char *text, const char **twice) {
    int count = 0;
    *twice = NULL;
    for (const char *word = text;; word++, count++) {
        size_t length = strcspn(word, ",");
        for (const char *before = text; before < word; before += strcspn(before, ",") + 1)
            if (strcspn(before, ",") == length && !strncmp(before, word, length))
                *twice = word;
        word += length;
        if (!*word)
            return count + 1;
    }
}

/* An empty name is none; the text is cut only if it is good, as the error quotes it. */
static bool parse_names(char *text, gs_texts *list) {
    const char *twice;
    if (text[0] == ',' || strstr(text, ",,") || text[strlen(text) - 1] == ',' ||
        count_words(text, &twice) > GS_LIST_MAX - list->count)
        return false;
    for (char *next; text; text = next) {
        next = strchr(text, ',');
        if (next)
            *next++ = '\0';
        append_text(text, list);
    }
    return true;
}

static bool parse_counts(const gs_option_row *row, const char *text, gs_counts *list) {
    for (uint64_t v;; text++) {
        size_t length = strcspn(text, ",");
        if (list->count == GS_LIST_MAX || !parse_u64(text, length, &v) || v < row->low || v > row->high)
            return false;
        list->values[list->count++] = (int)v;
        text += length;
        if (!*text)
            return true;
    }
}

static bool parse_word(const char *text, const char *word, int meaning, int *value) {
    if (strcmp(text, word) != 0)
        return false;
    *value = meaning;
    return true;
}

static const struct {
    const char *word;
    int label;
} label_words[] = {{"none", GS_LABEL_NONE}, {"all", GS_LABEL_ALL}, {"data", GS_LABEL_DATA}};

const char *gs_label_word(int label) {
    for (size_t i = 0; i < GS_COUNT(label_words); i++)
        if (label_words[i].label == label)
            return label_words[i].word;
    return NULL;
}

static bool parse_label_word(const char *text, int *label) {
    for (size_t i = 0; i < GS_COUNT(label_words); i++)
        if (parse_word(text, label_words[i].word, label_words[i].label, label))
            return true;
    return false;
}

/* "a whole number from 1 to 64"; where a number's room is all that bounds it, this is said of one that exceeds it. */
static void describe_whole(const gs_option_row *row, const char *text, char range[GS_MESSAGE_MAX]) {
    uint64_t v;
    size_t length = strlen(text);
    bool exceeds = !parse_u64(text, length, &v) && length && strspn(text, "0123456789") == length;
    if (row->high < UINT64_MAX)
        snprintf(range, GS_MESSAGE_MAX, "a whole number from %llu to %llu", (unsigned long long)row->low,
                 (unsigned long long)row->high);
    else if (exceeds)
        snprintf(range, GS_MESSAGE_MAX, "a whole number below 2^64");
    else
        snprintf(range, GS_MESSAGE_MAX, "a whole number that is at least %llu", (unsigned long long)row->low);
}

static gs_status refuse(const gs_option_row *row, const char *text, gs_error *error) {
    const char *dashes = gs_option_dashes(row);
    char range[GS_MESSAGE_MAX];
    switch (text[0] || row->kind != GS_KIND_OPTION_NETWORKS ? row->kind : GS_KIND_OPTION_TEXT) {
    case GS_KIND_OPTION_U64:
    case GS_KIND_OPTION_INT:
    case GS_KIND_OPTION_COUNT:
        describe_whole(row, text, range);
        break;
    case GS_KIND_OPTION_REAL:
        snprintf(range, sizeof range, "a positive number");
        break;
    case GS_KIND_OPTION_WEIGHT:
        snprintf(range, sizeof range, "0 or a positive number");
        break;
    case GS_KIND_OPTION_SIGNED:
        snprintf(range, sizeof range, "a number from %llu to %llu, or the negative of one",
                 (unsigned long long)row->low, (unsigned long long)row->high);
        break;
    case GS_KIND_OPTION_PAIR:
        snprintf(range, sizeof range, "two positive numbers LOW,HIGH with LOW <= HIGH");
        break;
    case GS_KIND_OPTION_GRID:
        snprintf(range, sizeof range, "ROWSxCOLUMNS with at most %llu cells", (unsigned long long)row->high);
        break;
    case GS_KIND_OPTION_LABEL:
        snprintf(range, sizeof range, "a class (0, 1, ...)%s",
                 strstr(row->metavar, "all") ? ", all, data or none" : " or none");
        break;
    case GS_KIND_OPTION_STEPS:
        snprintf(range, sizeof range, "a whole number that a sampler takes");
        break;
    case GS_KIND_OPTION_STEP_COUNTS:
        snprintf(range, sizeof range, "at most %d whole numbers that a sampler takes, with commas between",
                 GS_LIST_MAX);
        break;
    case GS_KIND_OPTION_POSITIVES:
    case GS_KIND_OPTION_NUMBERS:
        if (!row->high) {
            snprintf(range, sizeof range, "one or more numbers with commas between");
            break;
        }
        snprintf(range, sizeof range, "at most %d %snumbers up to %llu, with commas between", GS_LIST_MAX,
                 row->kind == GS_KIND_OPTION_POSITIVES ? "positive " : "", (unsigned long long)row->high);
        break;
    case GS_KIND_OPTION_LIST:
        snprintf(range, sizeof range, "at most %d numbers from %llu to %llu, with commas between", GS_RUNGS_MAX,
                 (unsigned long long)row->low, (unsigned long long)row->high);
        break;
    case GS_KIND_OPTION_NAMES:
        snprintf(range, sizeof range, "at most %d names with commas between", GS_LIST_MAX);
        break;
    case GS_KIND_OPTION_COUNTS:
        snprintf(range, sizeof range, "at most %d whole numbers from %llu to %llu, with commas between", GS_LIST_MAX,
                 (unsigned long long)row->low, (unsigned long long)row->high);
        break;
    case GS_KIND_OPTION_TWO:
        snprintf(range, sizeof range, "two whole numbers from %llu to %llu, with a comma between",
                 (unsigned long long)row->low, (unsigned long long)row->high);
        break;
    case GS_KIND_OPTION_NETWORKS:
        snprintf(range, sizeof range, "one of at most %d networks", GS_LIST_MAX);
        break;
    case GS_KIND_OPTION_FILES:
        snprintf(range, sizeof range, "one of at most %d files", GS_LIST_MAX);
        break;
    case GS_KIND_OPTION_DTYPE:
        snprintf(range, sizeof range, "a type of numbers, %s", row->metavar);
        break;
    case GS_KIND_OPTION_YES_NO:
        snprintf(range, sizeof range, "yes or no");
        break;
    default:
        snprintf(range, sizeof range, "the %s that is expected: %s", row->metavar, row->help);
        break;
    }
    if (!text[0])
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: the value is empty, which is not %s", dashes, row->name, range);
    return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: \"%.60s\" is not %s", dashes, row->name, text, range);
}

static gs_status parse(const gs_option_row *row, char *text, void *fields, gs_error *error) {
    void *field = (char *)fields + row->offset;
    bool good = false, numbers = row->kind == GS_KIND_OPTION_COUNTS || row->kind == GS_KIND_OPTION_TWO;
    bool lists = row->kind == GS_KIND_OPTION_NAMES || numbers;
    const char *twice;
    if (row->metavar && !text[0])
        return refuse(row, text, error);
    if (lists && count_words(text, &twice) > 1 && twice && *twice && *twice != ',')
        return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: \"%.*s\" is there twice", row->name, (int)strcspn(twice, ","),
                       twice);
    switch (row->kind) {
    case GS_KIND_OPTION_FLAG:
        *(bool *)field = true;
        good = true;
        break;
    case GS_KIND_OPTION_TEXT:
    case GS_KIND_OPTION_NETWORK:
        *(const char **)field = text;
        good = true;
        break;
    case GS_KIND_OPTION_U64:
        good = parse_u64_in(row, text, field);
        break;
    case GS_KIND_OPTION_INT:
        good = parse_int(row, text, field);
        break;
    case GS_KIND_OPTION_STEPS:
        good = parse_steps(text, strlen(text), field);
        break;
    case GS_KIND_OPTION_COUNT:
        good = parse_count(row, text, field);
        break;
    case GS_KIND_OPTION_REAL:
        good = parse_real(text, strlen(text), field);
        break;
    case GS_KIND_OPTION_WEIGHT:
        good = parse_weight(text, field);
        break;
    case GS_KIND_OPTION_SIGNED:
        good = parse_signed(row, text, field);
        break;
    case GS_KIND_OPTION_PAIR:
        good = parse_pair(text, field);
        break;
    case GS_KIND_OPTION_GRID:
        good = parse_grid(text, row->high, field);
        break;
    case GS_KIND_OPTION_LABEL:
        good = parse_label_word(text, field) || parse_int(row, text, field);
        break;
    case GS_KIND_OPTION_DTYPE:
        good = gs_dtype_find(text, field);
        break;
    case GS_KIND_OPTION_YES_NO:
        good = parse_word(text, "yes", 1, field) || parse_word(text, "no", -1, field);
        break;
    case GS_KIND_OPTION_STEP_COUNTS:
    case GS_KIND_OPTION_POSITIVES:
    case GS_KIND_OPTION_NUMBERS:
        good = parse_list(row, text, field);
        break;
    case GS_KIND_OPTION_LIST:
        good = parse_rungs(row, text, field);
        break;
    case GS_KIND_OPTION_NETWORKS:
    case GS_KIND_OPTION_FILES:
        good = append_text(text, field);
        break;
    case GS_KIND_OPTION_NAMES:
        good = parse_names(text, field);
        break;
    case GS_KIND_OPTION_COUNTS:
        good = parse_counts(row, text, field);
        break;
    case GS_KIND_OPTION_TWO:
        good = parse_counts(row, text, field) && ((const gs_counts *)field)->count == 2;
        break;
    }
    return good ? GS_OK : refuse(row, text, error);
}

/* ---- The command line ---- */

const gs_option_row *gs_option_find(const gs_option_table *table, int command, const char *argument,
                                    const char **value) {
    const gs_option_row *found = NULL;
    const char *given = strcmp(argument, "-h") ? argument : "--help";
    bool two = given[1] == '-';
    const char *name = given + (two ? 2 : 1);
    size_t length = two ? strcspn(name, "=") : 1;
    *value = NULL;
    for (int i = 0; i < table->rows; i++) {
        const gs_option_row *row = &table->row[i];
        bool same = strlen(row->name) == length && !strncmp(row->name, name, length);
        if (same && two == (length > 1) && (!found || (row->commands & command))) {
            found = row;
            if (two)
                *value = name[length] == '=' ? name + length + 1 : NULL;
            else
                *value = name[length] ? name + length : NULL;
        }
    }
    return found;
}

static bool is_repeated(const gs_option_row *row) {
    return row->kind == GS_KIND_OPTION_NETWORKS || row->kind == GS_KIND_OPTION_FILES;
}

/* ", but of sample and denoise": the commands that have an option of this name. */
static void put_commands(const gs_option_table *table, const char *option, char *text, size_t room) {
    int bits = 0, last = 0;
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < table->rows; i++)
        bits |= strcmp(table->row[i].name, option) ? 0 : table->row[i].commands;
    for (int i = 0; i < table->commands; i++)
        last = bits >> i & 1 ? i : last;
    for (int i = 0; i < table->commands && used < room; i++) {
        if (!(bits >> i & 1))
            continue;
        const char *before = !used ? ", but of " : i == last ? " and " : ", ";
        used += (size_t)snprintf(text + used, room - used, "%s%s", before, table->command[i]);
    }
}

static gs_status refuse_command(const gs_option_table *table, const gs_option_row *row, const char *name,
                                gs_error *error) {
    char others[GS_MESSAGE_MAX];
    put_commands(table, row->name, others, sizeof others);
    return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: no option of %s%s", gs_option_dashes(row), row->name, name, others);
}

gs_status gs_option_take(const gs_option_table *table, int command, const char *name, int argc, char *const *argv,
                         int *at, bool *given, void *fields, gs_error *error) {
    char *argument = argv[(*at)++];
    const char *value;
    const gs_option_row *row = gs_option_find(table, command, argument, &value);
    if (!row)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%.60s: unknown option; see %s --help", argument, name);
    const char *dashes = gs_option_dashes(row);
    if (!(row->commands & command))
        return refuse_command(table, row, name, error);
    if (given[row - table->row] && !is_repeated(row))
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: given twice", dashes, row->name);
    given[row - table->row] = true;
    if (!row->metavar && value)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: takes no value", dashes, row->name);
    if (row->metavar && !value && (*at >= argc || !strncmp(argv[*at], "--", 2)))
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: its value %s is missing", dashes, row->name, row->metavar);
    char *text = value ? argument + (value - argument) : row->metavar ? argv[(*at)++] : argument;
    return parse(row, text, fields, error);
}

gs_status gs_option_blame(const char *name, gs_status status, gs_error *error) {
    if (!status || status == GS_ERROR_MEMORY)
        return status;
    char said[GS_MESSAGE_MAX];
    size_t length = name ? strlen(name) : 0;
    snprintf(said, sizeof said, "%s", error->message);
    bool names = name && !strncmp(said, name, length) && (said[length] == ':' || said[length] == ' ');
    return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s%s%s", name ? "--" : "", name && !names ? name : "",
                   name && !names ? ": " : "", said);
}
