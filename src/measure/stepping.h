/* What the statistics of steps, of samplers that accept by energies, say of chains. */
#ifndef GS_MEASURE_STEPPING_H
#define GS_MEASURE_STEPPING_H

#include "base/base.h"

/* Below this fraction of missing information, energies are explored badly (Betancourt 2016; Stan's threshold). */
#define GS_BFMI_LOW 0.3

/* How many rows of the record after the first one are of steps that are left out. */
size_t gs_record_left_out(const gs_record *record);

/* All steps that chains took; and how many they had taken at a row. */
size_t gs_record_taken(const gs_record *record);
size_t gs_record_step(const gs_record *record, size_t row);

/* The sums of chain k over the steps that count. Those of what was not recorded are NaN. */
gs_step_sums gs_record_sums(const gs_record *record, size_t k);

/* The chain's E-BFMI (gs_chain_bfmi); NaN: not known. */
double gs_step_sums_bfmi(const gs_step_sums *sums);

/* The most bytes that gs_diagnose takes at a time, of a record with energies of so many chains, which has so many rows
 * of steps that count. */
double gs_diagnose_bytes(size_t chains, size_t rows);

/* Fill in the diagnosis' members from `divergences` to `gradients`. */
void gs_stepping_measure(const gs_record *record, gs_diagnosis *diagnosis);

#endif
