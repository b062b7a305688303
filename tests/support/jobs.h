/* Typical uses of the library, as jobs whose results are compared in other surroundings: after a fork, in another
 * locale or floating-point environment, on a small stack. */
#ifndef TEST_JOBS_H
#define TEST_JOBS_H

#include "gensample/gensample.h"

enum { JOB_IMAGES = 7, JOB_FLOATS = JOB_IMAGES * 28 * 28 };

/* Shipped networks, and plans of theirs with that many threads. Any failure to make them fails the running test. */
typedef struct jobs jobs;
jobs *jobs_new(int threads);
void jobs_free(jobs *w);

/* The threads that the plans say they have. */
int jobs_threads(const jobs *w);

/* Do one job: write its numbers to out (JOB_FLOATS), or fail. Calls no function of cmocka. */
typedef struct job {
    const char *name;
    gs_status (*compute)(jobs *w, float *out);
} job;
extern const job job_rows[];

/* The jobs to do; where every step is slow, the first few. */
int job_count(void);

#endif
