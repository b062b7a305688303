/* Until the page and its figures are here. */
#include <stdio.h>
#include "study/record.h"
gs_status gs_diagram_encode(const gs_diagram *diagram, char **bytes, size_t *size, gs_error *error) {
    (void)diagram;
    gs_output o;
    gs_status s = gs_output_open_memory(&o, bytes, size, error);
    return s ? s : gs_output_end(&o, GS_OK, error);
}
gs_status gs_map_encode(const gs_map *map, char **bytes, size_t *size, gs_error *error) {
    (void)map;
    gs_output o;
    gs_status s = gs_output_open_memory(&o, bytes, size, error);
    return s ? s : gs_output_end(&o, GS_OK, error);
}
gs_status gs_sheet_encode(const gs_sheet *sheet, char **bytes, size_t *size, int *width, gs_error *error) {
    (void)sheet;
    *width = 1;
    gs_output o;
    gs_status s = gs_output_open_memory(&o, bytes, size, error);
    return s ? s : gs_output_end(&o, GS_OK, error);
}
void gs_study_page(const gs_study_results *results, FILE *out) {
    for (int i = 0; i < results->count; i++)
        fprintf(out, "<h2>%s</h2>\n", results->study[i].row->title);
}
