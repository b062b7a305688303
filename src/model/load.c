#include <fenv.h>
#include <string.h>

#include "base/floats.h"
#include "model/graph.h"
#include "model/metadata.h"
#include "model/safetensors.h"

/* Files of version 1 have nothing that version 2 added: other readers of it would refuse them. */
static gs_status read_version(gs_loader *loader, const char *text) {
    bool known = text && (text[0] == '1' || text[0] == '2') && !text[1];
    if (!known)
        return gs_loader_fail(loader, "__metadata__.gensample: found version '%.40s', expected '1' or '2'",
                              text ? text : "none");
    loader->version = text[0] - '0';
    if (loader->version < 2 && loader->narrow)
        return gs_loader_fail(loader, "tensor '%.80s': dtype: expected 'F32' in a file of version 1", loader->narrow);
    return GS_OK;
}

/* The model object is a JSON text inside the header, which therefore stays in memory while the graph is read. Its
 * nodes, of which there may be many, are cut out. */
static gs_status parse_model(gs_loader *loader, const json_t *metadata, json_t **object) {
    static const char *const keys[] = {"gensample", "model", NULL};
    gs_status status = gs_json_keys(loader, metadata, "__metadata__", keys);
    if (status)
        return status;
    status = read_version(loader, json_string_value(json_object_get(metadata, "gensample")));
    if (status)
        return status;
    const json_t *text = json_object_get(metadata, "model");
    if (!gs_json_is(text, JSON_STRING))
        return gs_loader_fail(loader, "__metadata__.model: found %s, expected a JSON text", gs_json_type(text));
    gs_text all = {json_string_value(text), json_string_length(text)}, graph, nodes;
    loader->has_nodes = gs_text_member(all, "graph", &graph) && gs_text_member(graph, "nodes", &nodes) &&
                        gs_text_inside(nodes, '[', ']', &loader->nodes);
    return gs_json_parse(loader, all, loader->nodes, "model", GS_SHARE_MODEL, object);
}

static gs_status load(gs_loader *loader) {
    json_t *metadata = NULL, *object = NULL;
    gs_status status = gs_safetensors_read(loader, &metadata);
    if (!status)
        status = parse_model(loader, metadata, &object);
    if (!status)
        status = gs_metadata_read(loader, object);
    if (!status)
        status = gs_graph_read(loader, json_object_get(object, "graph"));
    json_decref(object);
    json_decref(metadata);
    return status;
}

static gs_status load_into_arena(gs_loader *loader, gs_model **model) {
    *model = NULL;
    loader->arena = gs_arena_create();
    if (loader->arena)
        loader->model = gs_arena_alloc(loader->arena, 1, sizeof *loader->model);
    if (!loader->model) {
        gs_arena_free(loader->arena);
        return gs_loader_memory(loader);
    }
    loader->model->memory = loader->arena;
    fenv_t callers = gs_floats_enter();
    gs_hash_begin(&loader->hash);
    gs_status status = load(loader);
    gs_hash_end(&loader->hash, loader->model->info.hash);
    gs_floats_leave(&callers);
    if (status)
        gs_arena_free(loader->arena);
    else
        *model = loader->model;
    return status;
}

gs_status gs_model_load(const char *path, gs_model **model, gs_error *error) {
    gs_loader loader = {.path = path, .error = error};
    return load_into_arena(&loader, model);
}

gs_status gs_model_load_memory(const char *name, const void *bytes, size_t size, gs_model **model, gs_error *error) {
    gs_loader loader = {
        .path = name ? name : "memory", .error = error, .bytes = bytes ? bytes : "", .file_bytes = bytes ? size : 0};
    return load_into_arena(&loader, model);
}
