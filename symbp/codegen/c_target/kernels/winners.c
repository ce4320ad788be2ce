/*
 * c[u,v] += sum of value[p,q,n] x[2 p + i + u,2 q + j + v,n], where i and j are the place of the
 * winner in its window and n counts the samples from `begin` on.
 */
SHARED void winners_rest(ptrdiff_t begin, ptrdiff_t rows, ptrdiff_t columns, windows of,
        const $real *x, ptrdiff_t x_row, ptrdiff_t x_column, $real *c, ptrdiff_t c_row,
        ptrdiff_t c_column)
{
    for (ptrdiff_t p = 0; p < of.high; p++) {
        for (ptrdiff_t q = 0; q < of.wide; q++) {
            for (ptrdiff_t n = begin; n < of.samples; n++) {
                const ptrdiff_t place = p * of.row + q * of.column + n;
                const int winner = (int)of.winner[place];
                const $real *from = x + (2 * p + winner / 2) * x_row
                        + (2 * q + winner % 2) * x_column + n;
                for (ptrdiff_t u = 0; u < rows; u++) {
                    for (ptrdiff_t v = 0; v < columns; v++) {
                        c[u * c_row + v * c_column] += of.value[place]
                                * from[u * x_row + v * x_column];
                    }
                }
            }
        }
    }
}

#if defined(__GNUC__)

/* Adds up the lanes of a tile's sums. */
SHARED void winners_sums(int rows, int columns, vector (*sums)[WIDE], $real *c, ptrdiff_t c_row,
        ptrdiff_t c_column)
{
    for (int r = 0; r < rows; r++) {
        for (int j = 0; j < columns; j++) {
            c[r * c_row + j * c_column] += added_up(sums[r][j]);
        }
    }
}

/* Some rows of sums, at most 2, for the samples that fill registers; they stay in registers. */
static inline __attribute__((always_inline)) void winners_tile(int rows, int columns, windows of,
        const $real *x, ptrdiff_t x_row, ptrdiff_t x_column, $real *c, ptrdiff_t c_row,
        ptrdiff_t c_column)
{
    vector sums[2][WIDE] = {{{0}}};
    /* The next window has most columns of the last one: they stay in registers, if there are 32. */
    const int kept = VECTOR_BYTES == 64 ? columns - 1 : 0;
    for (ptrdiff_t n = 0; n + LANES <= of.samples; n += LANES) {
        for (ptrdiff_t p = 0; p < of.high; p++) {
            const $real *from = x + 2 * p * x_row + n;
            vector near[3][WIDE + 1];
#pragma GCC unroll 3
            for (int r = 0; r <= rows; r++) {
#pragma GCC unroll 8
                for (int j = 0; j < kept; j++) {
                    near[r][j] = *(const vector *)(from + r * x_row + j * x_column);
                }
            }
#pragma GCC unroll 1
            for (ptrdiff_t q = 0; q < of.wide; q++, from += 2 * x_column) {
                const ptrdiff_t place = p * of.row + q * of.column + n;
                const vector value = *(const vector *)(of.value + place);
                const vector below = *(const vector *)(of.winner + place);
                const vector right = sideways(below);
#pragma GCC unroll 3
                for (int r = 0; r <= rows; r++) {
#pragma GCC unroll 8
                    for (int j = kept; j <= columns; j++) {
                        near[r][j] = *(const vector *)(from + r * x_row + j * x_column);
                    }
                }
#pragma GCC unroll 2
                for (int r = 0; r < rows; r++) {
                    vector last = either(below, 1, near[r + 1][0], near[r][0]);
#pragma GCC unroll 8
                    for (int j = 0; j < columns; j++) {
                        const vector next = either(below, 1, near[r + 1][j + 1], near[r][j + 1]);
                        sums[r][j] += value * either(right, 0, next, last);
                        last = next;
                    }
                }
#pragma GCC unroll 3
                for (int r = 0; r <= rows; r++) {
#pragma GCC unroll 8
                    for (int j = 0; j < kept; j++) {
                        near[r][j] = near[r][j + 2];
                    }
                }
            }
        }
    }
    winners_sums(rows, columns, sums, c, c_row, c_column);
}

/*
 * c[u,v] += sum of value[p,q,n] x[2 p + i + u,2 q + j + v,n], where i and j are the place of the
 * winner in its window. `columns` is a constant in every call, and at most WIDE.
 */
static inline __attribute__((always_inline)) void add_winners(ptrdiff_t rows, int columns,
        windows of, const $real *x, ptrdiff_t x_row, ptrdiff_t x_column, $real *c, ptrdiff_t c_row,
        ptrdiff_t c_column)
{
    ptrdiff_t u = 0;
#define ROWS(count) \
    for (; u + count <= rows; u += count) { \
        winners_tile(count, columns, of, x + u * x_row, x_row, x_column, c + u * c_row, c_row, \
                c_column); \
    }
    if (VECTOR_BYTES > 16) { /* else there are no registers for their sums */
        ROWS(2)
    }
    ROWS(1)
#undef ROWS
    winners_rest(of.samples - of.samples % LANES, rows, columns, of, x, x_row, x_column, c, c_row,
            c_column);
}

#else

/*
 * c[u,v] += sum of value[p,q,n] x[2 p + i + u,2 q + j + v,n], where i and j are the place of the
 * winner in its window. `columns` is a constant in every call, and at most WIDE.
 */
static inline void add_winners(ptrdiff_t rows, int columns,
        windows of, const $real *x, ptrdiff_t x_row, ptrdiff_t x_column, $real *c, ptrdiff_t c_row,
        ptrdiff_t c_column)
{
    winners_rest(0, rows, columns, of, x, x_row, x_column, c, c_row, c_column);
}

#endif
