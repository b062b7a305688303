/* How many multiply-adds this machine does at best, for comparison with what networks do. Types have
 * their names of dtypes.def: "f32". */
#ifndef GS_PEAK_H
#define GS_PEAK_H

/* Type i, in the order of dtypes.def; NULL past the last one. */
const char *gs_peak_type(int i);

/* Run `blocks` blocks of independent dot products in registers with an instruction set on each of `threads` threads;
 * returns the operations of one thread (2 per multiply-add and lane), or 0 if this build lacks the instruction set or
 * the type. The dot products are those of the kernel `iterate`; in scalar C each multiply-add is a call of fmaf. */
double gs_peak_run(const char *isa, const char *type, int threads, long blocks);

/* The mean result of such a loop on one thread by what it should be: 1, exactly where the multiply-adds are fewer than
 * 2^24; NaN if this build lacks the instruction set or the type. */
double gs_peak_result(const char *isa, const char *type, long blocks);

/* Operations per second of all threads together: the best of twelve runs of a millisecond or more, in which all threads
 * begin together, because a disturbance of single runs does not mean that the machine has changed. 0 if this build
 * lacks the instruction set or the type. */
double gs_peak_measure(const char *isa, const char *type, int threads);

/* Why a network's operations per second may be above the peak: a sentence. */
extern const char gs_peak_above[];

#endif
