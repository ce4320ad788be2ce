#if defined(__GNUC__)

/* Stores the sums of a tile where not all of its columns are wanted. */
SHARED void multiply_windows_edge(ptrdiff_t rows, ptrdiff_t columns, const $real *initial,
        const $real *edge, $real *c, const ptrdiff_t *c_rows, ptrdiff_t c_column)
{
    for (ptrdiff_t j = 0; j < columns; j++) {
        for (ptrdiff_t r = 0; r < rows; r++) {
            $real *place = c + c_rows[r] + j * c_column;
            *place = (initial ? initial[r] : *place) + edge[r * TILE_COLUMNS + j];
        }
    }
}

/* A tile of a product; as multiply_tile, but each row and each step has a place of its own. */
static inline __attribute__((always_inline)) void multiply_windows_tile(int most, int vectors,
        ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const $real *a,
        const ptrdiff_t *a_rows, const ptrdiff_t *a_steps, const $real *b,
        const ptrdiff_t *b_steps, ptrdiff_t b_step, const $real *initial, $real *c,
        const ptrdiff_t *c_rows, ptrdiff_t c_column)
{
    vector sums[TILE_ROWS][2] = {{{0}}};
    const $real *left[TILE_ROWS];
    for (int r = 0; r < most; r++) {
        left[r] = a + a_rows[r];
    }
    for (ptrdiff_t k = 0; k < depth; k++) {
        const $real *right = b + (b_steps ? b_steps[k] : k * b_step);
        for (int r = 0; r < most; r++) {
            for (int v = 0; v < vectors; v++) {
                sums[r][v] += left[r][a_steps[k]] * *(const vector *)(right + v * LANES);
            }
        }
    }
    if (columns == vectors * LANES && c_column == 1) {
        for (int r = 0; r < most && r < rows; r++) { /* one after another: rows may overlap */
            for (int v = 0; v < vectors; v++) {
                vector *place = (vector *)(c + c_rows[r] + v * LANES);
                *place = initial ? initial[r] + sums[r][v] : *place + sums[r][v];
            }
        }
        return;
    }
    $real edge[TILE_ROWS * TILE_COLUMNS];
    for (int r = 0; r < most; r++) {
        for (int v = 0; v < vectors; v++) {
            *(vector *)(edge + r * TILE_COLUMNS + v * LANES) = sums[r][v];
        }
    }
    multiply_windows_edge(rows < most ? rows : most, columns, initial, edge, c, c_rows, c_column);
}

/* A product one or two vectors wide: tiles, the last of which is as low as need be. */
static inline __attribute__((always_inline)) void multiply_windows_columns(ptrdiff_t rows,
        int vectors, ptrdiff_t columns, ptrdiff_t depth, const $real *a, const ptrdiff_t *a_rows,
        const ptrdiff_t *a_steps, const $real *b, const ptrdiff_t *b_steps, ptrdiff_t b_step,
        const $real *initial, $real *c, const ptrdiff_t *c_rows, ptrdiff_t c_column)
{
    ptrdiff_t last[TILE_ROWS];
    for (ptrdiff_t i = 0; i < rows; i += TILE_ROWS) {
        const ptrdiff_t *left = a_rows + i;
        if (rows - i < TILE_ROWS) { /* in place of rows that are not there, one that is */
            for (int r = 0; r < TILE_ROWS; r++) {
                last[r] = left[r < rows - i ? r : 0];
            }
            left = last;
        }
#define ROWS(most) \
    multiply_windows_tile(most, vectors, rows - i, columns, depth, a, left, a_steps, b, b_steps, \
            b_step, initial ? initial + i : NULL, c, c_rows + i, c_column)
        if (TILE_ROWS > 4 && rows - i <= 4) {
            ROWS(4);
        } else {
            ROWS(TILE_ROWS);
        }
#undef ROWS
    }
}

/* Copies columns of b side by side, with zeros up to a whole number of vectors. */
SHARED void pack_windows($real *restrict panel, ptrdiff_t width, ptrdiff_t columns,
        ptrdiff_t depth, const $real *b, const ptrdiff_t *b_steps, ptrdiff_t b_column)
{
    for (ptrdiff_t k = 0; k < depth; k++) {
        const $real *from = b + b_steps[k];
        for (ptrdiff_t j = 0; j < width; j++) {
            panel[j] = j < columns ? *from : 0;
            from += j < columns ? b_column : 0;
        }
        panel += width;
    }
}

/*
 * c = initial + a b, a number of `initial` for each row; c += a b where it is NULL. An element
 * a[i,k] lies at a[a_rows[i] + a_steps[k]], b[k,j] at b[b_steps[k] + j * b_column], c[i,j] at
 * c[c_rows[i] + j * c_column].
 */
SHARED void multiply_windows(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth,
        const $real *a, const ptrdiff_t *a_rows, const ptrdiff_t *a_steps,
        const $real *b, const ptrdiff_t *b_steps, ptrdiff_t b_column, const $real *initial,
        $real *c, const ptrdiff_t *c_rows, ptrdiff_t c_column, $real *panel)
{
    for (ptrdiff_t j = 0; j < columns;) {
        const ptrdiff_t most = columns - j;
        const ptrdiff_t wide = most >= TILE_COLUMNS ? TILE_COLUMNS : most > LANES ? LANES : most;
        const $real *right = b + j * b_column;
        const ptrdiff_t *steps = b_steps;
        ptrdiff_t step = 0;
        if (b_column != 1 || (wide != LANES && wide != TILE_COLUMNS)) {
            step = wide > LANES ? TILE_COLUMNS : LANES;
            pack_windows(panel, step, wide, depth, right, b_steps, b_column);
            right = panel;
            steps = NULL;
        }
        $real *const to = c + j * c_column;
        if (wide <= LANES) {
            multiply_windows_columns(rows, 1, wide, depth, a, a_rows, a_steps, right, steps, step,
                    initial, to, c_rows, c_column);
        } else {
            multiply_windows_columns(rows, 2, wide, depth, a, a_rows, a_steps, right, steps, step,
                    initial, to, c_rows, c_column);
        }
        j += wide;
    }
}

#else

/*
 * c = initial + a b, a number of `initial` for each row; c += a b where it is NULL. An element
 * a[i,k] lies at a[a_rows[i] + a_steps[k]], b[k,j] at b[b_steps[k] + j * b_column], c[i,j] at
 * c[c_rows[i] + j * c_column].
 */
static void multiply_windows(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth,
        const $real *a, const ptrdiff_t *a_rows, const ptrdiff_t *a_steps,
        const $real *b, const ptrdiff_t *b_steps, ptrdiff_t b_column, const $real *initial,
        $real *c, const ptrdiff_t *c_rows, ptrdiff_t c_column, $real *panel)
{
    (void)panel;
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; initial && j < columns; j++) {
            c[c_rows[i] + j * c_column] = initial[i];
        }
        for (ptrdiff_t k = 0; k < depth; k++) {
            for (ptrdiff_t j = 0; j < columns; j++) {
                c[c_rows[i] + j * c_column] += a[a_rows[i] + a_steps[k]]
                        * b[b_steps[k] + j * b_column];
            }
        }
    }
}

#endif
