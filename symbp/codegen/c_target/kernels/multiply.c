#if defined(__GNUC__)

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

/* A register's numbers, wherever they lie in memory. */
typedef $real vector
        __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof($real)), may_alias));

enum {
    LANES = VECTOR_BYTES / (int)sizeof($real),
    TILE_ROWS = VECTOR_BYTES == 64 ? 8 : 4, /* as many as there are registers for */
    TILE_COLUMNS = 2 * LANES,
    PANEL_ROWS = $panel / TILE_COLUMNS
};

/*
 * Adds a product to a tile of c, at most TILE_ROWS rows and 2 vectors wide; its sums stay in
 * registers. `rows` and `vectors` are constants in every call, so that no loop over them is left.
 */
static inline __attribute__((always_inline)) void multiply_tile(int rows, int vectors,
        ptrdiff_t columns, ptrdiff_t depth, const $real *a, ptrdiff_t a_row, ptrdiff_t a_column,
        const $real *b, ptrdiff_t b_row, $real *c, ptrdiff_t c_row)
{
    vector sums[TILE_ROWS][2] = {{{0}}};
    for (ptrdiff_t k = 0; k < depth; k++) {
        for (int r = 0; r < rows; r++) {
            for (int v = 0; v < vectors; v++) {
                sums[r][v] += a[r * a_row + k * a_column]
                        * *(const vector *)(b + k * b_row + v * LANES);
            }
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) {
            $real *to = c + r * c_row + v * LANES;
            const ptrdiff_t left = columns - v * LANES;
            if (left >= LANES) {
                *(vector *)to += sums[r][v];
            } else {
                for (ptrdiff_t j = 0; j < left; j++) {
                    to[j] += sums[r][v][j];
                }
            }
        }
    }
}

/* Adds a product to all rows of c, one or two vectors wide: tiles, then lower ones at the edge. */
static inline __attribute__((always_inline)) void multiply_columns(ptrdiff_t rows, int vectors,
        ptrdiff_t columns, ptrdiff_t depth, const $real *a, ptrdiff_t a_row, ptrdiff_t a_column,
        const $real *b, ptrdiff_t b_row, $real *c, ptrdiff_t c_row)
{
    ptrdiff_t i = 0;
#define ROWS(count) \
    for (; i + count <= rows; i += count) { \
        multiply_tile(count, vectors, columns, depth, a + i * a_row, a_row, a_column, b, b_row, \
                c + i * c_row, c_row); \
    }
    ROWS(TILE_ROWS)
    ROWS(4)
    ROWS(2)
    ROWS(1)
#undef ROWS
}

/* Copies columns of b side by side, with zeros up to a whole number of vectors. */
static void pack($real *panel, ptrdiff_t width, ptrdiff_t columns, ptrdiff_t depth,
        const $real *b, ptrdiff_t b_row, ptrdiff_t b_column)
{
    for (ptrdiff_t k = 0; k < depth; k++) {
        for (ptrdiff_t j = 0; j < width; j++) {
            panel[k * width + j] = j < columns ? b[k * b_row + j * b_column] : 0;
        }
    }
}

/*
 * c += a b. An element a[i,k] lies at a[i * a_row + k * a_column], one of b likewise; the rows of
 * c are c_row apart. The terms of each element are added in the order of k, in blocks that depend
 * on the vectors' length alone. The panel has room for $panel numbers: parts of b are copied there
 * where they do not lie as a tile reads them, or where many rows read them again.
 */
static void multiply(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth,
        const $real *a, ptrdiff_t a_row, ptrdiff_t a_column,
        const $real *b, ptrdiff_t b_row, ptrdiff_t b_column,
        $real *c, ptrdiff_t c_row, $real *panel)
{
    for (ptrdiff_t k = 0; k < depth; k += PANEL_ROWS) {
        const ptrdiff_t deep = depth - k < PANEL_ROWS ? depth - k : PANEL_ROWS;
        for (ptrdiff_t j = 0; j < columns; j += TILE_COLUMNS) {
            const ptrdiff_t wide = columns - j < TILE_COLUMNS ? columns - j : TILE_COLUMNS;
            const ptrdiff_t width = wide <= LANES ? LANES : TILE_COLUMNS;
            const $real *left = a + k * a_column, *right = b + k * b_row + j * b_column;
            ptrdiff_t step = b_row;
            if (b_column != 1 || wide < width || rows > 4 * TILE_ROWS) {
                pack(panel, width, wide, deep, right, b_row, b_column);
                right = panel;
                step = width;
            }
            if (wide <= LANES) {
                multiply_columns(rows, 1, wide, deep, left, a_row, a_column, right, step,
                        c + j, c_row);
            } else {
                multiply_columns(rows, 2, wide, deep, left, a_row, a_column, right, step,
                        c + j, c_row);
            }
        }
    }
}

#else

/* c += a b, as above. */
static void multiply(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth,
        const $real *a, ptrdiff_t a_row, ptrdiff_t a_column,
        const $real *b, ptrdiff_t b_row, ptrdiff_t b_column,
        $real *c, ptrdiff_t c_row, $real *panel)
{
    (void)panel;
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t k = 0; k < depth; k++) {
            for (ptrdiff_t j = 0; j < columns; j++) {
                c[i * c_row + j] += a[i * a_row + k * a_column] * b[k * b_row + j * b_column];
            }
        }
    }
}

#endif
