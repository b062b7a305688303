/* One run of gensample view: images of a file that are drawn, and what its pixels are like. */
#ifndef GS_CLI_VIEW_H
#define GS_CLI_VIEW_H

#include "cli/given.h"
#include "io/formats.h"
#include "io/grid.h"
#include "measure/pixels.h"

typedef struct gs_view {
    const gs_arguments *arguments; /* with the output that suits the images */
    gs_given given;
    int shape[3];
    float range[2];
    size_t pixels;  /* elements per image */
    size_t *picked; /* (count) numbers of images, of which those from --first on are drawn */
    size_t count;
    size_t n;          /* images that are drawn */
    gs_pixels figures; /* of all that were picked */
    gs_format format;
    gs_grid grid;
} gs_view;

/* Print what was found or, with --json, one JSON object. */
gs_status gs_view_report(const gs_view *view, FILE *out, gs_error *error);

/* The number in the file of image k of those that are drawn. */
static inline size_t gs_view_number(const gs_view *view, size_t k) {
    return view->picked[(size_t)view->arguments->first + k];
}

#endif
