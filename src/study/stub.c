/* Until the page is here. */
#include <stdio.h>
#include "study/record.h"
void gs_study_page(const gs_study_results *results, FILE *out) {
    for (int i = 0; i < results->count; i++)
        fprintf(out, "<h2>%s</h2>\n", results->study[i].row->title);
}
