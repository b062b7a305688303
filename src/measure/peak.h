/* How many multiply-adds this machine does at best, for comparison with what networks do. */
#ifndef GS_PEAK_H
#define GS_PEAK_H

/* Run `blocks` blocks of independent fused multiply-adds in registers with an instruction set on each of `threads`
 * threads; returns the floating-point operations of one thread (2 per multiply-add and lane), or 0 if this build lacks
 * the instruction set. The multiply-adds are those of the kernel `iterate`; in scalar C each is a call of fmaf. */
double gs_peak_run(const char *isa, int threads, long blocks);

/* The mean of the results of such a loop on one thread, which tends to 1; NaN if this build lacks the instruction
 * set. */
double gs_peak_result(const char *isa, long blocks);

/* FLOP/s of all threads together: the best of twelve runs of a millisecond or more, in which all threads begin
 * together, because a disturbance of single runs does not mean that the machine has changed. 0 if this build lacks the
 * instruction set. */
double gs_peak_measure(const char *isa, int threads);

/* Why a network's operations per second may be above the peak: a sentence. */
extern const char gs_peak_above[];

#endif
