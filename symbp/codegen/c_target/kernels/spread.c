/*
 * For each k, u and v the four numbers that a winner (i,j) brings there, a[k,u - i,v - j] or 0:
 * table[k,u,v,2 i + j], where u is below `rows` + 1 and v below `columns` + 1.
 */
SHARED void in_four_ways(ptrdiff_t depth, ptrdiff_t rows, ptrdiff_t columns, const $real *a,
        ptrdiff_t a_step, ptrdiff_t a_row, ptrdiff_t a_column, $real *table)
{
    const ptrdiff_t row = 4 * (columns + 1), step = row * (rows + 1);
    fill(table, depth * step, 0);
    for (ptrdiff_t k = 0; k < depth; k++) {
        for (ptrdiff_t side = 0; side < 4; side++) {
            $real *const to = table + k * step + side / 2 * row + side % 2 * 4 + side;
            for (ptrdiff_t u = 0; u < rows; u++) {
                for (ptrdiff_t v = 0; v < columns; v++) {
                    to[u * row + 4 * v] = a[k * a_step + u * a_row + v * a_column];
                }
            }
        }
    }
}

/* As spread_winners, for the samples from `begin` on. */
SHARED void spread_rest(ptrdiff_t begin, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth,
        const $real *table, ptrdiff_t t_step, ptrdiff_t t_row, windows of, ptrdiff_t of_step,
        $real *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    for (ptrdiff_t p = 0; p < of.high; p++) {
        for (ptrdiff_t q = 0; q < of.wide; q++) {
            for (ptrdiff_t k = 0; k < depth; k++) {
                const ptrdiff_t place = p * of.row + q * of.column + k * of_step;
                $real *const to = c + 2 * p * c_row + 2 * q * c_column;
                for (ptrdiff_t n = begin; n < of.samples; n++) {
                    const $real *from = table + k * t_step + (int)of.winner[place + n];
                    for (ptrdiff_t u = 0; u < rows; u++) {
                        for (ptrdiff_t v = 0; v < columns; v++) {
                            to[u * c_row + v * c_column + n] += of.value[place + n]
                                    * from[u * t_row + 4 * v];
                        }
                    }
                }
            }
        }
    }
}

#if defined(__GNUC__)

/* Looks up one of four numbers for each winner. */
static inline __attribute__((always_inline)) vector looked_up(const $real *four, vector winner,
        vector side)
{
#if defined(__AVX2__) && !defined(__clang__)
    (void)side;
    return __builtin_shuffle(*(const vector *)four, __builtin_convertvector(winner, places));
#else
    const vector no = {0};
    return either(winner, 1, either(side, 0, no + four[3], no + four[2]),
            either(side, 0, no + four[1], no + four[0]));
#endif
}

/* What the winners of one window add to some rows, at most 2, for samples that fill a register. */
static inline __attribute__((always_inline)) void spread_tile(int rows, int columns,
        ptrdiff_t depth, const $real *table, ptrdiff_t t_step, ptrdiff_t t_row, const $real *value,
        const $real *winner, ptrdiff_t of_step, $real *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    vector sums[2][WIDE + 1] = {{{0}}};
    for (ptrdiff_t k = 0; k < depth; k++) {
        const vector one = *(const vector *)(value + k * of_step);
        const vector won = *(const vector *)(winner + k * of_step);
        const vector side = sideways(won);
        const $real *four = table + k * t_step;
#pragma GCC unroll 2
        for (int r = 0; r < rows; r++) {
#pragma GCC unroll 8
            for (int j = 0; j < columns; j++) {
                sums[r][j] += one * looked_up(four + r * t_row + 4 * j, won, side);
            }
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int j = 0; j < columns; j++) {
            *(vector *)(c + r * c_row + j * c_column) += sums[r][j];
        }
    }
}

/*
 * c[2 p + u,2 q + v,n] += sum of value[k,p,q,n] table[k,u,v,winner[k,p,q,n]]. `columns`, those of
 * v, is a constant in every call, and at most WIDE + 1. A table has room for a register behind it.
 */
static inline __attribute__((always_inline)) void spread_winners(ptrdiff_t rows, int columns,
        ptrdiff_t depth, const $real *table, ptrdiff_t t_step, ptrdiff_t t_row, windows of,
        ptrdiff_t of_step, $real *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    for (ptrdiff_t n = 0; n + LANES <= of.samples; n += LANES) {
        for (ptrdiff_t p = 0; p < of.high; p++) {
            for (ptrdiff_t q = 0; q < of.wide; q++) {
                const ptrdiff_t place = p * of.row + q * of.column + n;
                $real *const to = c + 2 * p * c_row + 2 * q * c_column + n;
                ptrdiff_t u = 0;
#define ROWS(count) \
                for (; u + count <= rows; u += count) { \
                    spread_tile(count, columns, depth, table + u * t_row, t_step, t_row, \
                            of.value + place, of.winner + place, of_step, to + u * c_row, c_row, \
                            c_column); \
                }
                if (VECTOR_BYTES > 16) { /* else there are no registers for their sums */
                    ROWS(2)
                }
                ROWS(1)
#undef ROWS
            }
        }
    }
    spread_rest(of.samples - of.samples % LANES, rows, columns, depth, table, t_step, t_row, of,
            of_step, c, c_row, c_column);
}

#else

/* c[2 p + u,2 q + v,n] += sum of value[k,p,q,n] table[k,u,v,winner[k,p,q,n]]. */
static inline void spread_winners(ptrdiff_t rows, int columns, ptrdiff_t depth,
        const $real *table, ptrdiff_t t_step, ptrdiff_t t_row, windows of, ptrdiff_t of_step,
        $real *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    spread_rest(0, rows, columns, depth, table, t_step, t_row, of, of_step, c, c_row, c_column);
}

#endif
