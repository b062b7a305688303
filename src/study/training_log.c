#include "study/training_log.h"

#include <string.h>

#include "base/stream.h"
#include "model/json.h"

typedef struct reading {
    gs_training_log *log;
    const char *at, *end; /* what has not been read yet */
    size_t line;          /* number of the last one that was, from 1 */
    gs_error *error;
} reading;

static gs_status blame(const reading *r, const char *format, ...) GS_PRINTF(2, 3);
static gs_status blame(const reading *r, const char *format, ...) {
    char text[GS_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return gs_fail(r->error, GS_ERROR_FORMAT, "%s: line %zu: %s", r->log->path, r->line, text);
}

/* ---- Lines ---- */

static gs_status next_line(reading *r, json_t **object) {
    const char *stop = memchr(r->at, '\n', (size_t)(r->end - r->at));
    size_t length = (size_t)((stop ? stop : r->end) - r->at);
    json_error_t problem;
    r->line++;
    *object = json_loadb(r->at, length, JSON_REJECT_DUPLICATES, &problem);
    r->at += length + (stop ? 1 : 0);
    if (!*object)
        return blame(r, "%s: expected a JSON object", gs_json_problem(&problem));
    if (json_is_object(*object))
        return GS_OK;
    gs_status status = blame(r, "is %s: expected a JSON object", gs_json_type(*object));
    json_decref(*object);
    return status;
}

static size_t count_lines(const reading *r) {
    size_t lines = r->end > r->at && r->end[-1] != '\n';
    for (const char *at = r->at; at < r->end; at++)
        lines += *at == '\n';
    return lines;
}

/* ---- The first line ---- */

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text && text[0] ? text : NULL;
}

static gs_status take_column(reading *r, size_t i, const json_t *from) {
    gs_training_column *column = &r->log->column[i];
    const json_t *length = json_object_get(from, "length");
    const char *unit = json_string_value(json_object_get(from, "unit"));
    json_int_t count = json_integer_value(length);
    *column = (gs_training_column){
        .name = text_of(from, "name"), .meaning = text_of(from, "meaning"), .unit = unit ? unit : "", .length = 1};
    if (!column->name || !column->meaning)
        return blame(r, "column %zu has no name and meaning", i);
    if (length && (count < 1 || count > GS_LOG_LENGTH_MAX))
        return blame(r, "column '%s': expected a length of 1 ... %d", column->name, GS_LOG_LENGTH_MAX);
    if (length)
        column->length = (size_t)count;
    bool twice = !strcmp(column->name, "epoch");
    for (size_t j = 0; j < i; j++)
        twice |= !strcmp(column->name, r->log->column[j].name);
    return twice ? blame(r, "column '%s' is named twice", column->name) : GS_OK;
}

/* The columns, and room for their numbers. */
static gs_status take_head(reading *r) {
    gs_training_log *log = r->log;
    const json_t *columns = json_object_get(log->head, "columns");
    if (json_integer_value(json_object_get(log->head, "gensample_log")) != 1)
        return blame(r, "is no training log: expected \"gensample_log\": 1");
    log->columns = json_array_size(columns);
    if (!log->columns || log->columns > GS_LOG_COLUMNS_MAX)
        return blame(r, "expected \"columns\", a list of 1 ... %d", GS_LOG_COLUMNS_MAX);
    log->column = gs_alloc(log->columns, sizeof *log->column);
    if (!log->column)
        return gs_fail_memory(r->error, "a training's log");
    gs_status status = GS_OK;
    size_t numbers = 0;
    for (size_t i = 0; i < log->columns && !status; i++) {
        status = take_column(r, i, json_array_get(columns, i));
        numbers += log->column[i].length;
    }
    if (status)
        return status;
    log->values = gs_alloc(numbers * log->epochs, sizeof *log->values);
    if (!log->values)
        return gs_fail_memory(r->error, "a training's log");
    double *values = log->values;
    for (size_t i = 0; i < log->columns; i++) {
        log->column[i].values = values;
        values += log->column[i].length * log->epochs;
    }
    return GS_OK;
}

/* ---- Epochs ---- */

static gs_status take_value(reading *r, size_t epoch, const gs_training_column *column, const json_t *value) {
    bool is_list = json_is_array(value);
    double *values = r->log->values + (column->values - r->log->values) + epoch;
    size_t count = is_list ? json_array_size(value) : 1;
    if (count != column->length)
        return blame(r, "'%s' has %zu numbers: expected %zu", column->name, count, column->length);
    for (size_t i = 0; i < count; i++) {
        const json_t *number = is_list ? json_array_get(value, i) : value;
        if (!json_is_number(number))
            return blame(r, "'%s' is %s: expected a number", column->name, gs_json_type(number));
        values[i * r->log->epochs] = json_number_value(number);
    }
    return GS_OK;
}

static gs_status take_epoch(reading *r, size_t epoch, const json_t *object) {
    const gs_training_log *log = r->log;
    const json_t *number = json_object_get(object, "epoch");
    if (!json_is_integer(number) || json_integer_value(number) != (json_int_t)epoch)
        return blame(r, "expected \"epoch\": %zu", epoch);
    gs_status status = GS_OK;
    for (size_t i = 0; i < log->columns && !status; i++)
        status = take_value(r, epoch, &log->column[i], json_object_get(object, log->column[i].name));
    if (!status && json_object_size(object) != log->columns + 1)
        status =
            blame(r, "has %zu members: expected \"epoch\" and the %zu columns", json_object_size(object), log->columns);
    return status;
}

/* ---- The file ---- */

static gs_status take_lines(reading *r) {
    gs_training_log *log = r->log;
    size_t lines = count_lines(r);
    if (lines < 2 || lines > GS_LOG_EPOCHS_MAX + 1)
        return gs_fail(r->error, GS_ERROR_FORMAT,
                       "%s: has %zu lines: expected one about the training, and 1 ... %d about its epochs", log->path,
                       lines, GS_LOG_EPOCHS_MAX);
    log->epochs = lines - 1;
    gs_status status = next_line(r, &log->head);
    if (status)
        log->head = NULL;
    else
        status = take_head(r);
    for (size_t epoch = 0; epoch < log->epochs && !status; epoch++) {
        json_t *object;
        status = next_line(r, &object);
        if (status)
            break;
        status = take_epoch(r, epoch, object);
        json_decref(object);
    }
    return status;
}

gs_status gs_training_log_read(const char *path, gs_training_log *log, gs_error *error) {
    *log = (gs_training_log){.path = gs_copy_string(path)};
    unsigned char *bytes = NULL;
    size_t size = 0;
    gs_stream stream;
    gs_status status = log->path ? gs_stream_open(&stream, path, "a training's log", error)
                                 : gs_fail_memory(error, "a training's log");
    if (!status) {
        status = gs_stream_read_all(&stream, GS_LOG_BYTES_MAX, NULL, &bytes, &size);
        gs_stream_close(&stream);
    }
    if (!status) {
        reading r = {.log = log, .at = (const char *)bytes, .end = (const char *)bytes + size, .error = error};
        status = take_lines(&r);
    }
    gs_free(bytes);
    if (status)
        gs_training_log_free(log);
    return status;
}

void gs_training_log_free(gs_training_log *log) {
    json_decref(log->head);
    gs_free(log->path);
    gs_free(log->column);
    gs_free(log->values);
    *log = (gs_training_log){0};
}

/* ---- What it says ---- */

gs_status gs_training_log_find(const gs_training_log *log, const char *name, size_t length,
                               const gs_training_column **column, gs_error *error) {
    for (size_t i = 0; i < log->columns; i++) {
        *column = &log->column[i];
        if (strcmp(log->column[i].name, name))
            continue;
        return log->column[i].length == length
                   ? GS_OK
                   : gs_fail(error, GS_ERROR_FORMAT, "%s: line 1: column '%s' has a length of %zu: expected %zu",
                             log->path, name, log->column[i].length, length);
    }
    return gs_fail(error, GS_ERROR_FORMAT, "%s: line 1: has no column '%s'", log->path, name);
}

static gs_status lacks(const gs_training_log *log, const char *key, const char *what, gs_error *error) {
    return gs_fail(error, GS_ERROR_FORMAT, "%s: line 1: has no \"%s\" with %s", log->path, key, what);
}

gs_status gs_training_log_text(const gs_training_log *log, const char *key, const char **text, gs_error *error) {
    *text = json_string_value(json_object_get(log->head, key));
    return *text ? GS_OK : lacks(log, key, "a text", error);
}

gs_status gs_training_log_number(const gs_training_log *log, const char *key, double *number, gs_error *error) {
    const json_t *value = json_object_get(log->head, key);
    *number = json_number_value(value);
    return json_is_number(value) ? GS_OK : lacks(log, key, "a number", error);
}
