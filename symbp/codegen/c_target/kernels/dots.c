#if defined(__GNUC__)

enum {
    DOT_ROWS = TILE_ROWS / 2,
    DOT_COLUMNS = 4,
    DOT_NEAR = 16384 / (int)sizeof($real) /* so many numbers of b stay near */
};

/* A tile of dot products, of which some columns are wanted; each lane of a register sums a part of
 * the terms. `rows` is a constant in every call. */
static inline __attribute__((always_inline)) void dots_tile(int rows, ptrdiff_t columns,
        ptrdiff_t steps, ptrdiff_t length, const $real *a, const ptrdiff_t *a_rows,
        const ptrdiff_t *a_steps, const $real *b, const ptrdiff_t *b_columns,
        const ptrdiff_t *b_steps, $real *c, const ptrdiff_t *c_rows, const ptrdiff_t *c_columns)
{
    vector sums[DOT_ROWS][DOT_COLUMNS] = {{{0}}};
    const ptrdiff_t whole = length - length % LANES;
    for (ptrdiff_t s = 0; s < steps; s++) {
        const $real *left = a + a_steps[s], *right = b + b_steps[s];
        for (ptrdiff_t k = 0; k < whole; k += LANES) {
            vector near[DOT_COLUMNS];
#pragma GCC unroll 4
            for (int j = 0; j < DOT_COLUMNS; j++) {
                near[j] = *(const vector *)(right + b_columns[j] + k);
            }
#pragma GCC unroll 4
            for (int r = 0; r < rows; r++) {
                const vector one = *(const vector *)(left + a_rows[r] + k);
#pragma GCC unroll 4
                for (int j = 0; j < DOT_COLUMNS; j++) {
                    sums[r][j] += one * near[j];
                }
            }
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int j = 0; j < DOT_COLUMNS && j < columns; j++) {
            $real sum = added_up(sums[r][j]);
            for (ptrdiff_t s = 0; s < steps; s++) {
                for (ptrdiff_t k = whole; k < length; k++) {
                    sum += a[a_rows[r] + a_steps[s] + k] * b[b_columns[j] + b_steps[s] + k];
                }
            }
            c[c_rows[r] + c_columns[j]] += sum;
        }
    }
}

/*
 * c[i,j] += sum of a[i,s,k] b[j,s,k], k along memory in both: a[i,s,k] lies at
 * a[a_rows[i] + a_steps[s] + k], b[j,s,k] at b[b_columns[j] + b_steps[s] + k], c[i,j] at
 * c[c_rows[i] + c_columns[j]].
 */
SHARED void multiply_dots(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t steps, ptrdiff_t length,
        const $real *a, const ptrdiff_t *a_rows, const ptrdiff_t *a_steps,
        const $real *b, const ptrdiff_t *b_columns, const ptrdiff_t *b_steps,
        $real *c, const ptrdiff_t *c_rows, const ptrdiff_t *c_columns)
{
    const ptrdiff_t near = 1 + DOT_NEAR / (DOT_COLUMNS * length);
    for (ptrdiff_t s = 0; s < steps; s += near) {
        const ptrdiff_t most = steps - s < near ? steps - s : near;
        for (ptrdiff_t j = 0; j < columns; j += DOT_COLUMNS) {
            ptrdiff_t right[DOT_COLUMNS]; /* in place of columns that are not there, one that is */
            for (int k = 0; k < DOT_COLUMNS; k++) {
                right[k] = b_columns[j + k < columns ? j + k : j];
            }
#define ROWS(count) \
    for (; rows - i >= count; i += count) { \
        dots_tile(count, columns - j, most, length, a, a_rows + i, a_steps + s, b, right, \
                b_steps + s, c, c_rows + i, c_columns + j); \
    }
            ptrdiff_t i = 0;
            ROWS(DOT_ROWS)
            ROWS(1)
#undef ROWS
        }
    }
}

#else

/*
 * c[i,j] += sum of a[i,s,k] b[j,s,k], k along memory in both: a[i,s,k] lies at
 * a[a_rows[i] + a_steps[s] + k], b[j,s,k] at b[b_columns[j] + b_steps[s] + k], c[i,j] at
 * c[c_rows[i] + c_columns[j]].
 */
static void multiply_dots(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t steps, ptrdiff_t length,
        const $real *a, const ptrdiff_t *a_rows, const ptrdiff_t *a_steps,
        const $real *b, const ptrdiff_t *b_columns, const ptrdiff_t *b_steps,
        $real *c, const ptrdiff_t *c_rows, const ptrdiff_t *c_columns)
{
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            $real sum = 0;
            for (ptrdiff_t s = 0; s < steps; s++) {
                for (ptrdiff_t k = 0; k < length; k++) {
                    sum += a[a_rows[i] + a_steps[s] + k] * b[b_columns[j] + b_steps[s] + k];
                }
            }
            c[c_rows[i] + c_columns[j]] += sum;
        }
    }
}

#endif
