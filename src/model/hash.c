#include "model/hash.h"

#include <pthread.h>

#include "base/parallel.h"

/* Starting a thread takes as long as hashing this much. */
enum { MANY = 1 << 18 };

struct gs_follower {
    struct sha256_ctx *context;
    gs_beside thread;
    pthread_mutex_t lock;
    pthread_cond_t news;
    const unsigned char *next; /* the first byte that is not hashed; the thread's own */
    size_t ready;              /* bytes from there that are */
    bool ended;                /* no more will come */
};

/* The bytes that the thread shall hash now; 0: all are. */
static size_t wait_for_bytes(gs_follower *f) {
    pthread_mutex_lock(&f->lock);
    while (!f->ready && !f->ended)
        pthread_cond_wait(&f->news, &f->lock);
    size_t count = f->ready;
    f->ready = 0;
    pthread_mutex_unlock(&f->lock);
    return count;
}

static void tell(gs_follower *f, size_t count, bool ended) {
    pthread_mutex_lock(&f->lock);
    f->ready += count;
    f->ended = ended;
    pthread_cond_signal(&f->news);
    pthread_mutex_unlock(&f->lock);
}

static void *follow(void *context) {
    gs_follower *f = context;
    for (size_t count; (count = wait_for_bytes(f)); f->next += count)
        sha256_update(f->context, count, f->next);
    return NULL;
}

static bool start(gs_follower *f) {
    if (pthread_mutex_init(&f->lock, NULL))
        return false;
    bool news = !pthread_cond_init(&f->news, NULL);
    if (news && gs_beside_start(&f->thread, follow, f))
        return true;
    if (news)
        pthread_cond_destroy(&f->news);
    pthread_mutex_destroy(&f->lock);
    return false;
}

void gs_hash_begin(gs_hash *hash) {
    hash->follower = NULL;
    sha256_init(&hash->context);
}

void gs_hash_follow(gs_hash *hash, const void *memory, size_t bytes) {
    gs_follower *f = bytes >= MANY ? gs_alloc(1, sizeof *f) : NULL;
    if (!f)
        return;
    f->context = &hash->context;
    f->next = memory;
    if (start(f))
        hash->follower = f;
    else
        gs_free(f);
}

void gs_hash_add(gs_hash *hash, const void *bytes, size_t count) {
    if (hash->follower)
        tell(hash->follower, count, false);
    else
        sha256_update(&hash->context, count, bytes);
}

static void end_follower(gs_follower *f) {
    if (!f)
        return;
    tell(f, 0, true);
    gs_beside_wait(&f->thread);
    pthread_cond_destroy(&f->news);
    pthread_mutex_destroy(&f->lock);
    gs_free(f);
}

void gs_hash_end(gs_hash *hash, char text[65]) {
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA256_DIGEST_SIZE];
    end_follower(hash->follower);
    sha256_digest(&hash->context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[64] = '\0';
}
