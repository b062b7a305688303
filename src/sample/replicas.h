/* Replicas of chains, which move within one block, so that networks are evaluated for many chains at a time. */
#ifndef GS_REPLICAS_H
#define GS_REPLICAS_H

#include "sample/adaptation.h"
#include "sample/walkers.h"

enum { GS_PARTICLES_MAX = 1024 };

/* One replica of each chain of a block, of tempering.c. */
typedef struct gs_replica {
    gs_walkers walkers;
    gs_adaptation adaptation[GS_BLOCK_MAX];
    double exchanged[GS_BLOCK_MAX]; /* sums of the probabilities of exchanges with the next replica, after burn-in */
} gs_replica;

/* What the particles of a block have beside their states, by particle, and by step of the path (anneal.c). */
typedef struct gs_particle {
    float energy[GS_BLOCK_MAX];
    double log_weight[GS_BLOCK_MAX];
} gs_particle;
typedef struct gs_waypoint {
    double beta[GS_BLOCK_MAX], log_step[GS_BLOCK_MAX];
} gs_waypoint;

/* The bytes that the replicas of a block's chains take beside their states, by resolved options; a multiple of 64. */
size_t gs_replicas_bytes(const gs_sample_options *options);

/* The states of replica r, (n, size), and their gradients. */
float *gs_replica_x(const gs_chains *chains, int r);
float *gs_replica_gradient(const gs_chains *chains, int r);

/* Of tempering: (replicas) replicas. Of particles: (particles) particles, and (steps) waypoints. */
gs_replica *gs_replicas_of(const gs_chains *chains);
gs_particle *gs_replica_particles(const gs_chains *chains);
gs_waypoint *gs_replica_waypoints(const gs_chains *chains);

/* (sum w)^2 / sum w^2 of weights whose logarithms are given (Kong 1992), and the logarithm of their mean, -INFINITY
 * where all are 0. */
double gs_replica_effective(const double *log_weight, int count, double *log_mean);

/* Systematic resampling of the particles of chain i (Carpenter, Clifford & Fearnhead 1999) by a number u in (0, 1):
 * particle r gets as many copies as there are numbers (k + u) / count in its part of the cumulative sum of weights,
 * whose mean is given; those without a copy make room. All weights are 1 afterwards. */
void gs_replica_resample(gs_chains *chains, int count, int i, double u, double log_mean);

/* Four words for a choice that a chain of the block, number i, makes at a step. */
void gs_replica_words(const gs_chains *chains, int i, uint32_t step, uint32_t number, uint32_t words[4]);

#endif
