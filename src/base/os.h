/* The functions that POSIX leaves to each system. No other file calls functions that only one system has.
 * Thread-safe. */
#ifndef GS_OS_H
#define GS_OS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* The running program's own absolute path, of at most room - 1 bytes; false where the system does not report it. */
bool gs_os_program_path(char *path, size_t room);

/* Seconds of a clock that never goes back. */
double gs_now_s(void);

/* Processors, by the numbers that the system gives them: a bit each. */
enum { GS_CPUS_MAX = 8192 };
typedef struct gs_cpus {
    uint64_t word[GS_CPUS_MAX / 64];
} gs_cpus;

static inline bool gs_cpus_has(const gs_cpus *cpus, int i) {
    return cpus->word[i / 64] >> (i % 64) & 1;
}

/* The processors that the calling thread may run on; and let it run on these only. False, with nothing changed, where
 * that is not possible or the system has no such thing. */
bool gs_os_get_cpus(gs_cpus *cpus);
bool gs_os_set_cpus(const gs_cpus *cpus);

/* The processor on which the calling thread runs at the moment; -1 where the system does not report it. */
int gs_os_cpu(void);

/* Let another thread that waits for this processor go first. */
void gs_os_give_way(void);

/* Initialise a condition; the clock by which one waits for it: one that nobody sets, where the system can. */
clockid_t gs_os_init_condition(pthread_cond_t *condition);

/* Give the whole pages of zeroed memory back to the system, so that whoever touches one next gets it anew, zeroed, in
 * the memory next to it. */
void gs_os_renew_pages(void *memory, size_t bytes);

/* Bytes of memory that this machine has; infinite where the system does not report it. */
double gs_os_memory_bytes(void);

/* Bytes of addresses that this process has mapped; 0 where the system does not report it. */
double gs_os_mapped_bytes(void);

/* The limits that the control groups of this process set: processors' time, in processors, and bytes of memory;
 * infinite if there is no limit, or if the system has no control groups. `root` is put before the paths of their files:
 * "", or in tests the folder of a tree that stands for the real one. */
void gs_os_group_limits(const char *root, double *processors, double *bytes);

/* The number of the open stream that a path stands for (/dev/stdout: 1, /dev/fd/3: 3), or -1. */
int gs_os_stream_number(const char *path);

/* Whether the file has an access control list or extended attributes of a user, which a new file in its place would
 * lack; false where the system has none. */
bool gs_os_has_attributes(const char *path);

/* A new file in a folder that has no name yet, open for reading and writing, and its name; 0 or, as for the file
 * itself, -1 with errno set. -1 with ENOTSUP where the system or the file system has no such files. */
int gs_os_open_unnamed(const char *folder, unsigned mode);
int gs_os_name_file(int descriptor, const char *name);

/* Lock an open file or folder for this process, until all descriptors of this opening are closed: alone, or together
 * with others that share the lock, or alone after a wait; or unlock it. False, with errno set, if another process has
 * locked it (EWOULDBLOCK), or where there are no locks. Of a descriptor of -1 errno stays that of the opening that
 * failed. */
typedef enum gs_lock { GS_LOCK_ALONE, GS_LOCK_SHARED, GS_LOCK_WAIT, GS_LOCK_NONE } gs_lock;
bool gs_os_lock(int descriptor, gs_lock how);

/* Put all files of the file system to which the descriptor belongs onto the disk; false where that is not possible. */
bool gs_os_sync_all(int descriptor);

/* Tell the system that all of the memory, which begins at a boundary of GS_LARGE_PAGE, will be used, so that the system
 * may use large pages, which need fewer of the processor's page table entries. */
enum { GS_LARGE_PAGE = 1 << 21 };
void gs_os_want_large_pages(void *memory, size_t bytes);

/* Whether the system lets this process use the tiles of AMX, for which it is asked: Linux saves their registers only
 * for those that have asked. */
bool gs_os_permits_tiles(void);

/* Which extensions this processor, if it is a 64-bit ARM one, and the system run: a set of bits. */
enum { GS_ARM_NEON = 1, GS_ARM_BF16 = 2, GS_ARM_DOTPROD = 4 };
uint32_t gs_os_arm_extensions(void);

#endif
