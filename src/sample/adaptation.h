/* What chains that accept by energies adapt during burn-in, each from its own steps, so that it is the same whatever is
 * drawn beside it: the step size, by dual averaging (Hoffman & Gelman 2014, algorithm 5), and, where asked for, a
 * diagonal mass, from the variances of its states in windows (Stan Reference Manual, "HMC algorithm parameters"). */
#ifndef GS_ADAPTATION_H
#define GS_ADAPTATION_H

#include "sample/chains.h"

/* Arrays of a chain's own (gs_chains_own) that the mass takes: deviations, mean, sum of squares. */
enum { GS_MASS_SCALE, GS_MASS_MEAN, GS_MASS_SQUARE, GS_MASS_STATES };

/* One chain. */
typedef struct gs_adaptation {
    double log_step, least, most;  /* of the step, in units of the deviations `scale`; the smallest, and the largest */
    double sized, size;            /* a logarithm and its exponential: those of the last step (gs_adaptation_size) */
    double centre, error, average; /* dual averaging: mu, H-bar, log epsilon-bar */
    int updates, states;           /* since the step size was begun anew; states in this window */
    int windows;                   /* that have ended */
    double accepted;               /* sum of acceptance after burn-in */
    float *scale;                  /* (size) deviations, 1 / square root of the masses; NULL: ones */
} gs_adaptation;

/* Chain i of the block begins with a step size. */
void gs_adaptation_begin(gs_adaptation *a, const gs_chains *c, int i, double step);

/* exp(log_step); and that of n chains at once, for later calls. */
double gs_adaptation_size(gs_adaptation *a);
void gs_adaptation_find_sizes(gs_adaptation *a, int n);

/* The weights of the mean of log steps, count^-0.75 for counts of updates 1 ... burn_in, into *weight, which the caller
 * frees; NULL where nothing adapts. False when memory runs out. And their number, with that of count 0. */
size_t gs_adaptation_weights(const gs_sample_options *options);
bool gs_adaptation_weigh(const gs_sample_options *options, double **weight);

/* What it is between two steps, without a mass, as numbers, and back. */
enum { GS_ADAPTATION_NUMBERS = GS_WALK_NUMBERS - 1 };
void gs_adaptation_store(const gs_adaptation *a, double numbers[GS_ADAPTATION_NUMBERS]);
void gs_adaptation_load(gs_adaptation *a, const double numbers[GS_ADAPTATION_NUMBERS]);

/* Chain i took step t to c->x with this probability of acceptance, which becomes part of the trace. During burn-in it
 * adapts. */
void gs_adaptation_step(gs_adaptation *a, const gs_chains *c, int i, int t, double acceptance);

/* Report of chain i what came of it: its fate, and the trace's rate; `step` is its step size in the option's units. */
void gs_adaptation_tell(const gs_adaptation *a, const gs_chains *c, int i, double step);

/* Of step t of `burn_in`, from 0: whether its state counts for a variance; and whether a window ends with it. */
typedef enum gs_window { GS_WINDOW_NONE, GS_WINDOW_COUNTS, GS_WINDOW_ENDS } gs_window;
gs_window gs_adaptation_window(int burn_in, int t);

/* H that rises by more than this along a path has diverged (Betancourt 2017, section 6.2; Stan's value). */
#define GS_ENERGY_DIVERGED 1000

/* Record step t of chain i, which is c->stats[i], if it is asked for. */
void gs_adaptation_record(const gs_chains *c, int i, int t);

#endif
