/* A plain double-precision interpreter for one image, of the functions by which records specify operations
 * (op/operation.h). It is slow on purpose; the engine's kernels are tested against it, and it evaluates what depends
 * only on (sigma, label). It gives the same bytes on every IEEE machine. */
#ifndef GS_REFERENCE_H
#define GS_REFERENCE_H

#include "model/model.h"

/* Compute node `node` (0 ... nodes - 1) from its inputs: in[i] is the row-major array, without a batch dimension, of
 * value node->input[i]; sigma and label are arrays of one element. out has gs_shape_size(node->shape) elements and
 * overlaps no input. A label outside 0 ... N - 1 of an embedding gives NaN. Never allocates; thread-safe. */
void gs_reference_node(const gs_model *model, int node, const double *const *in, double *out);

/* Evaluate the whole graph on one image x (C, H, W). sigma and label are ignored by models that take none; label is
 * 0 ... K, K for "none". out0 and out1 (may be NULL) get info.output_size[0] and [1] elements.
 * Errors: GS_ERROR_MEMORY. Thread-safe. */
gs_status gs_reference_evaluate(const gs_model *model, const double *x, double sigma, int label, double *out0,
                                double *out1, gs_error *error);

/* The same for a graph of vector-Jacobian products (gradient.h), whose vector is `seed`, of info.output_size[0]
 * elements. */
gs_status gs_reference_product(const gs_model *model, const double *x, const double *seed, double sigma, int label,
                               double *out0, double *out1, gs_error *error);

#endif
