#include "app/words.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

const char *gs_shortest(double v, char text[32]) {
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    return text;
}

json_t *gs_real_json(double v) {
    return isfinite(v) ? json_real(v) : json_null();
}

json_t *gs_whole_json(uint64_t v) {
    if (v <= INT64_MAX)
        return json_integer((json_int_t)v);
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    return json_string(text);
}

json_t *gs_mean_json(double v) {
    return v >= 0 && v < 0x1p53 && v == floor(v) ? gs_whole_json((uint64_t)v) : gs_real_json(v);
}

static atomic_bool lost;

json_t *gs_text_json(const char *text) {
    char *escaped = gs_utf8_escape(text);
    json_t *string = escaped ? json_string(escaped) : NULL;
    if (!escaped)
        lost = true;
    gs_free(escaped);
    return string;
}

static void *take(size_t size) {
    void *memory = malloc(size);
    if (!memory)
        lost = true;
    return memory;
}

void gs_json_watch(void) {
    json_set_alloc_funcs(take, free);
}

bool gs_json_lost(void) {
    return lost;
}

char *gs_json_text(const json_t *value, size_t flags) {
    char *text = value ? json_dumps(value, flags) : NULL;
    if (!lost)
        return text;
    free(text);
    return NULL;
}

gs_status gs_print_json(json_t *object, FILE *out, gs_error *error) {
    char *text = gs_json_text(object, 0);
    json_decref(object);
    if (!text)
        return gs_fail_memory(error, "the report");
    fprintf(out, "%s\n", text);
    free(text);
    return GS_OK;
}

/* An octal escape takes three digits, so a digit that follows it is read as itself. */
static void put_escaped(FILE *out, const char *text) {
    unsigned character;
    fputs(" $'", out);
    while (*text) {
        int length = gs_utf8_length(text, &character);
        if (!length || character < ' ' || character == 0x7F)
            fprintf(out, "\\%03o", (unsigned)(unsigned char)*text);
        else
            fprintf(out, "%s%.*s", strchr("'\\", *text) ? "\\" : "", length, text);
        text += length ? length : 1;
    }
    fputc('\'', out);
}

static bool is_printable(const char *text) {
    unsigned character;
    int length = 1;
    for (; *text && length; text += length) {
        length = gs_utf8_length(text, &character);
        length = character < ' ' || character == 0x7F ? 0 : length;
    }
    return length != 0;
}

void gs_put_word(FILE *out, const char *text) {
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,=+:@";
    if (*text && strspn(text, plain) == strlen(text)) {
        fprintf(out, " %s", text);
        return;
    }
    if (!is_printable(text)) {
        put_escaped(out, text);
        return;
    }
    fputs(" '", out);
    for (; *text; text++)
        fputs(*text == '\'' ? "'\\''" : (char[]){*text, 0}, out);
    fputc('\'', out);
}

void gs_put_plain(const char *text, FILE *out) {
    for (; *text; text++)
        fputc(*text >= ' ' && *text <= '~' ? *text : '?', out);
}

void gs_warn(const char *format, ...) {
    char text[2 * GS_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fputs("warning: ", stderr);
    gs_put_plain(text, stderr);
    fputc('\n', stderr);
}

const char *gs_base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

bool gs_parse_decimal(const char *text, size_t length, double *value) {
    char copy[64];
    if (length == 0 || length >= sizeof copy || strspn(text, "0123456789.eE+-") < length)
        return false;
    memcpy(copy, text, length);
    copy[length] = 0;
    char *end;
    *value = strtod(copy, &end);
    return *end == 0 && end != copy && isfinite(*value) && *value >= 0;
}

bool gs_parse_number(const char *text, double *value) {
    bool minus = text[0] == '-';
    bool good = gs_parse_decimal(text + minus, strlen(text + minus), value);
    *value = good && minus ? -*value : *value;
    return good;
}
