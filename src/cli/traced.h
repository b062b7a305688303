/* What is recorded of chains at one noise level: of samplers that accept proposals and adapt, their rates and step
 * sizes; with --diagnose or --plot the whole trace, and its diagnosis. */
#ifndef GS_CLI_TRACED_H
#define GS_CLI_TRACED_H

#include "cli/followed.h"
#include "cli/kept.h"
#include "cli/result.h"

typedef struct gs_traced {
    gs_trace trace;        /* of n chains */
    size_t chains;         /* n, of trace.exchange */
    gs_sample_stats stats; /* with --out FILE.nc, of samplers that have one: the inverse mass */
    gs_recorded recorded;  /* with --diagnose or --plot */
    gs_followed followed;  /* with --diagnose or --plot */
    gs_kept kept;          /* with --out FILE.nc */
    gs_record record;      /* of the finished chains, made from what is recorded and the arrays below; zeros before the
                              diagnosis */
    gs_diagnosis diagnosis;
    size_t *mark;   /* (levels) steps of the states */
    double *shares; /* (levels, classes) of the judge's classes */
} gs_traced;

/* Whether --diagnose or --plot is given. */
bool gs_traced_is_wanted(const gs_arguments *arguments);

/* Check that the sampler's chains can be diagnosed, and choose the steps of the states. */
gs_status gs_traced_check(gs_setup *setup, gs_error *error);

gs_status gs_traced_allocate(gs_traced *traced, gs_setup *setup, size_t n, gs_error *error);

/* Have gs_sample show its steps to what follows or keeps them; the struct then stays where it is. */
void gs_traced_watch(gs_traced *traced, gs_setup *setup);

/* The most bytes that gs_traced_diagnose takes at a time, beside the judge's classes. */
double gs_traced_diagnose_bytes(const gs_traced *traced, const gs_setup *setup);

/* Diagnose the finished chains, and draw the picture of --plot. The judge counts classes at the stored states; without
 * a plan there is none. */
gs_status gs_traced_diagnose(gs_traced *traced, const gs_setup *setup, const gs_result *result, const gs_network *judge,
                             gs_error *error);

/* Of the n first chains: the share of proposals that were accepted, as JSON if it is recorded, else NULL; and as a line
 * with the temperature, which says where energies are in f32 and gradients in another type. */
json_t *gs_traced_acceptance_json(const gs_traced *traced, const gs_sample_options *options, size_t n);
void gs_traced_report(const gs_traced *traced, const gs_sample_options *options, size_t n, bool exactly, FILE *out);

void gs_traced_free(gs_traced *traced);

#endif
