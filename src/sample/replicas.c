#include "sample/replicas.h"

#include "sample/samplers.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"

/* Arrays begin at multiples of 64 bytes. */
static size_t aligned(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

size_t gs_replicas_bytes(const gs_sample_options *o) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    size_t count = (size_t)gs_sampler_replicas(o);
    if (gs_sampler_reads(row, GS_SETTING_REPLICAS))
        return aligned(count * sizeof(gs_replica));
    size_t way = gs_sampler_reads(row, GS_SETTING_MOVES) ? (size_t)o->steps : 0;
    return aligned(count * sizeof(gs_particle)) + aligned(way * sizeof(gs_waypoint));
}

float *gs_replica_x(const gs_chains *c, int r) {
    return gs_chains_own(c, 2 * r, 0);
}

float *gs_replica_gradient(const gs_chains *c, int r) {
    return gs_chains_own(c, 2 * r + 1, 0);
}

gs_replica *gs_replicas_of(const gs_chains *c) {
    return c->replicas;
}

gs_particle *gs_replica_particles(const gs_chains *c) {
    return c->replicas;
}

gs_waypoint *gs_replica_waypoints(const gs_chains *c) {
    size_t particles = (size_t)gs_sampler_replicas(&c->run->options);
    return (gs_waypoint *)(void *)((unsigned char *)c->replicas + aligned(particles * sizeof(gs_particle)));
}

void gs_replica_words(const gs_chains *c, int i, uint32_t step, uint32_t number, uint32_t words[4]) {
    const gs_sample_options *o = &c->run->options;
    uint32_t counter[4];
    gs_random_counter(GS_STREAM_CHOICE, o->first_chain + c->first + (uint64_t)i, step, number, counter);
    gs_random_words(o->seed, counter, words);
}

double gs_replica_effective(const double *log_weight, int count, double *log_mean) {
    double top = -INFINITY, sum = 0, squares = 0;
    for (int r = 0; r < count; r++)
        top = fmax(top, log_weight[r]);
    *log_mean = -INFINITY;
    if (!(top > -INFINITY))
        return 0;
    for (int r = 0; r < count; r++) {
        double w = gs_exp64(log_weight[r] - top);
        sum += w;
        squares += w * w;
    }
    *log_mean = top + gs_log64(sum / count);
    return sum * sum / squares;
}

static void copy_particle(gs_chains *c, int i, int from, int to) {
    gs_particle *particle = gs_replica_particles(c);
    size_t at = (size_t)i * c->size, bytes = c->size * sizeof(float);
    memcpy(gs_replica_x(c, to) + at, gs_replica_x(c, from) + at, bytes);
    memcpy(gs_replica_gradient(c, to) + at, gs_replica_gradient(c, from) + at, bytes);
    particle[to].energy[i] = particle[from].energy[i];
}

void gs_replica_resample(gs_chains *c, int count, int i, double u, double log_mean) {
    gs_particle *particle = gs_replica_particles(c);
    int copies[GS_PARTICLES_MAX], before = 0, vacant = 0;
    double sum = 0;
    for (int r = 0; r < count; r++) {
        sum += gs_exp64(particle[r].log_weight[i] - log_mean); /* of a total of `count` */
        double upto = r + 1 == count ? count : fmin(fmax(ceil(sum - u), before), count);
        copies[r] = (int)upto - before;
        before = (int)upto;
        particle[r].log_weight[i] = 0;
    }
    for (int r = 0; r < count; r++)
        for (; copies[r] > 1; copies[r]--) {
            while (copies[vacant])
                vacant++;
            copy_particle(c, i, r, vacant);
            copies[vacant] = 1;
        }
}
