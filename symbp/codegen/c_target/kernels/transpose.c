#if defined(__GNUC__)

/* Exchanges, in each square of 2s rows and columns, the half above the diagonal with that below. */
static inline __attribute__((always_inline)) void exchange(vector *rows, int s)
{
    places low, high;
#pragma GCC unroll 16
    for (int e = 0; e < LANES; e++) {
        low[e] = e & s ? LANES + e - s : e;
        high[e] = e & s ? LANES + e : e + s;
    }
#pragma GCC unroll 16
    for (int r = 0; r < LANES; r++) {
        if (!(r & s)) {
            const vector a = rows[r], b = rows[r + s];
            rows[r] = shuffled(a, b, low);
            rows[r + s] = shuffled(a, b, high);
        }
    }
}

/* Copies a square of LANES rows, transposed. */
SHARED void transpose(const $real *source, ptrdiff_t step, $real *target, ptrdiff_t target_step)
{
    vector rows[LANES];
    for (int r = 0; r < LANES; r++) {
        rows[r] = *(const vector *)(source + r * step);
    }
    exchange(rows, 1);
    if (LANES > 2) {
        exchange(rows, 2);
    }
    if (LANES > 4) {
        exchange(rows, 4);
    }
    if (LANES > 8) {
        exchange(rows, 8);
    }
    for (int r = 0; r < LANES; r++) {
        *(vector *)(target + r * target_step) = rows[r];
    }
}

#endif
