#include "model/compose.h"

#include <string.h>

void gs_draft_begin(gs_draft *draft) {
    *draft = (gs_draft){.header = json_object()};
    draft->failed = !draft->header;
}

void gs_draft_end(gs_draft *draft) {
    json_decref(draft->header);
    gs_free(draft->data);
    *draft = (gs_draft){0};
}

/* Room for so many more bytes; NULL when memory runs out. */
static unsigned char *extend(gs_draft *draft, size_t bytes) {
    if (draft->bytes + bytes > draft->room) {
        size_t room = 2 * (draft->bytes + bytes);
        unsigned char *data = gs_alloc(room, 1);
        if (!data)
            return NULL;
        if (draft->bytes)
            memcpy(data, draft->data, draft->bytes);
        gs_free(draft->data);
        draft->data = data;
        draft->room = room;
    }
    draft->bytes += bytes;
    return draft->data + draft->bytes - bytes;
}

bool gs_draft_tensor(gs_draft *draft, const char *name, const gs_stored *stored, int rank, const size_t *shape,
                     const float *values) {
    size_t count = 1;
    json_t *sizes = json_array();
    draft->failed |= !sizes;
    for (int i = 0; i < rank; i++) {
        draft->failed |= !sizes || json_array_append_new(sizes, json_integer((json_int_t)shape[i])) != 0;
        count *= shape[i];
    }
    size_t begin = draft->bytes, bytes = count * stored->bytes;
    unsigned char *to = draft->failed ? NULL : extend(draft, bytes);
    json_t *entry = json_pack("{s: s, s: o, s: [I, I]}", "dtype", stored->name, "shape", sizes, "data_offsets",
                              (json_int_t)begin, (json_int_t)(begin + bytes));
    if (!to || !entry) {
        json_decref(entry);
        draft->failed = true;
        return true;
    }
    draft->failed = json_object_set_new(draft->header, name, entry) != 0;
    for (size_t i = 0; i < count && !draft->failed; i++)
        if (!stored->store(values[i], to + i * stored->bytes))
            return false;
    return true;
}

/* The value's text, to be freed with gs_free; NULL when memory runs out, which json_dumps does not always notice. */
static char *write_text(const json_t *value) {
    size_t size = json_dumpb(value, NULL, 0, JSON_COMPACT);
    char *text = size ? gs_alloc(size + 1, 1) : NULL;
    if (text && json_dumpb(value, text, size, JSON_COMPACT) == size)
        return text;
    gs_free(text);
    return NULL;
}

/* The header's text, likewise. */
static char *write_header(gs_draft *draft, const json_t *model, const char *version) {
    char *text = write_text(model);
    json_t *metadata = text ? json_pack("{s: s, s: s}", "gensample", version, "model", text) : NULL;
    gs_free(text);
    if (!metadata || json_object_set_new(draft->header, "__metadata__", metadata) != 0)
        return NULL;
    return write_text(draft->header);
}

unsigned char *gs_draft_compose(gs_draft *draft, const json_t *model, const char *version, size_t *size) {
    char *header = draft->failed ? NULL : write_header(draft, model, version);
    size_t length = header ? strlen(header) : 0;
    unsigned char *file = header ? gs_alloc(8 + length + draft->bytes, 1) : NULL;
    if (file) {
        *size = 8 + length + draft->bytes;
        for (int i = 0; i < 8; i++)
            file[i] = (unsigned char)((uint64_t)length >> 8 * i);
        memcpy(file + 8, header, length);
        if (draft->bytes)
            memcpy(file + 8 + length, draft->data, draft->bytes);
    }
    gs_free(header);
    return file;
}
