#include "density/rows.h"

static const gs_density_row *const rows[] = {
#define GS_DENSITY(id, record) &gs_density_##record,
#include "density/densities.def"
};

const gs_density_row *gs_density_row_get(int i) {
    return i >= 0 && (size_t)i < GS_COUNT(rows) ? rows[i] : NULL;
}

const gs_density_info *gs_density_get(int i) {
    const gs_density_row *row = gs_density_row_get(i);
    return row ? &row->info : NULL;
}
