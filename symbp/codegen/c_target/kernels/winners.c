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

/* Some rows of sums, at most 2, for the samples that fill registers; they stay in registers. */
static inline __attribute__((always_inline)) void winners_tile(int rows, int columns, windows of,
        const $real *x, ptrdiff_t x_row, ptrdiff_t x_column, $real *c, ptrdiff_t c_row,
        ptrdiff_t c_column)
{
    vector sums[2][WIDE] = {{{0}}};
    for (ptrdiff_t n = 0; n + LANES <= of.samples; n += LANES) {
        for (ptrdiff_t p = 0; p < of.high; p++) {
            for (ptrdiff_t q = 0; q < of.wide; q++) {
                const ptrdiff_t place = p * of.row + q * of.column + n;
                const $real *from = x + 2 * p * x_row + 2 * q * x_column + n;
                const vector value = *(const vector *)(of.value + place);
                const vector below = *(const vector *)(of.winner + place);
                const vector right = sideways(below);
                vector upper[WIDE + 1];
#pragma GCC unroll 8
                for (int j = 0; j <= columns; j++) {
                    upper[j] = *(const vector *)(from + j * x_column);
                }
#pragma GCC unroll 2
                for (int r = 0; r < rows; r++) {
                    vector found[WIDE + 1];
                    from += x_row;
#pragma GCC unroll 8
                    for (int j = 0; j <= columns; j++) {
                        const vector lower = *(const vector *)(from + j * x_column);
                        found[j] = either(below, 1, lower, upper[j]);
                        upper[j] = lower;
                    }
#pragma GCC unroll 8
                    for (int j = 0; j < columns; j++) {
                        sums[r][j] += value * either(right, 0, found[j + 1], found[j]);
                    }
                }
            }
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int j = 0; j < columns; j++) {
            c[r * c_row + j * c_column] += added_up(sums[r][j]);
        }
    }
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
    ROWS(2)
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
