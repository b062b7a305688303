#include "measure/pairs.h"

size_t gs_pair_blocks(size_t n) {
    return n / GS_PAIR_LANES + (n % GS_PAIR_LANES > 0);
}

gs_pair_block *gs_pair_blocks_create(const float *rows, size_t n, size_t d) {
    size_t count = gs_pair_blocks(n), block_floats, floats, bytes;
    if (!gs_mul_size(d, GS_PAIR_LANES, &block_floats) || !gs_mul_size(count, block_floats, &floats) ||
        !gs_mul_size(floats, sizeof(float), &bytes) || !gs_add_size(bytes, count * sizeof(gs_pair_block), &bytes))
        return NULL;
    gs_pair_block *blocks = gs_alloc(bytes, 1);
    if (!blocks)
        return NULL;
    float *columns = (float *)(blocks + count);
    for (size_t i = 0; i < count; i++, columns += block_floats) {
        size_t first = i * GS_PAIR_LANES, left = n - first;
        blocks[i] = (gs_pair_block){
            .columns = columns, .first = first, .d = d, .count = left < GS_PAIR_LANES ? (int)left : GS_PAIR_LANES};
        for (int lane = 0; lane < blocks[i].count; lane++)
            for (size_t k = 0; k < d; k++)
                columns[k * GS_PAIR_LANES + (size_t)lane] = rows[(first + (size_t)lane) * d + k];
    }
    return blocks;
}

void gs_pair_distances(const gs_pair_block *block, const float *row, float distances[GS_PAIR_LANES]) {
    float sum[GS_PAIR_LANES] = {0};
    for (size_t k = 0; k < block->d; k++) {
        const float *column = block->columns + k * GS_PAIR_LANES;
        for (int lane = 0; lane < GS_PAIR_LANES; lane++) {
            float difference = row[k] - column[lane];
            sum[lane] += difference * difference;
        }
    }
    for (int lane = 0; lane < GS_PAIR_LANES; lane++)
        distances[lane] = sum[lane];
}

void gs_pair_kernels(const gs_pair_block *block, const float *row, double kernels[GS_PAIR_LANES]) {
    float sum[GS_PAIR_LANES] = {0};
    for (size_t k = 0; k < block->d; k++) {
        const float *column = block->columns + k * GS_PAIR_LANES;
        for (int lane = 0; lane < GS_PAIR_LANES; lane++)
            sum[lane] += row[k] * column[lane];
    }
    for (int lane = 0; lane < GS_PAIR_LANES; lane++) {
        double root = (double)sum[lane] / (double)block->d + 1;
        kernels[lane] = root * root * root;
    }
}
