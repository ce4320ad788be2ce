/* A matrix in memory: element (i, j) lies at at[i * row + j * column]. */
typedef struct {
    const $real *at;
    ptrdiff_t row, column;
} matrix;

#define NOTHING ((matrix){NULL, 0, 0})
#define ONES ((matrix){(const $real[]){1}, 0, 0})

/* The part that begins at element (i, j). */
static inline matrix from(matrix m, ptrdiff_t i, ptrdiff_t j)
{
    const matrix part = {m.at + i * m.row + j * m.column, m.row, m.column};
    return part;
}

#if defined(__GNUC__)

/* Writes the sums of a tile, and what they begin with, where not all of its columns are wanted. */
SHARED void multiply_edge(ptrdiff_t rows, ptrdiff_t columns, $real factor, const $real *edge,
        matrix initial, $real *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    for (ptrdiff_t r = 0; r < rows; r++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            c[r * c_row + j * c_column] = factor * edge[r * TILE_COLUMNS + j]
                    + initial.at[r * initial.row + j * initial.column];
        }
    }
}

/*
 * A tile of a product, at most `most` rows and 2 vectors wide; its sums stay in registers. `most`
 * and `vectors` are constants in every call, so that no loop over them is left. Of rows that are
 * not there the last one takes the place.
 */
static inline __attribute__((always_inline)) void multiply_tile(int most, int vectors,
        ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, $real factor, matrix a, matrix b,
        matrix initial, $real *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    vector sums[TILE_ROWS][2] = {{{0}}};
    const int parts = 2 / vectors; /* one vector: every second term is added up apart */
    const $real *left[TILE_ROWS] = {a.at}, *right = b.at;
    for (int r = 1; r < most; r++) {
        left[r] = left[r - 1] + (r < rows ? a.row : 0);
    }
    for (ptrdiff_t k = depth / parts; k > 0; k--) {
        for (int r = 0; r < most; r++) {
            for (int v = 0; v < 2; v++) {
                sums[r][v] += left[r][v / vectors * a.column]
                        * *(const vector *)(right + v / vectors * b.row + v % vectors * LANES);
            }
            left[r] += parts * a.column;
        }
        right += parts * b.row;
    }
    for (int r = 0; parts > 1 && r < most; r++) {
        sums[r][0] += sums[r][1];
        if (depth % 2 > 0) {
            sums[r][0] += *left[r] * *(const vector *)right;
        }
    }
    if (columns == vectors * LANES && c_column == 1 && initial.column == 1) {
        for (int r = 0; r < most && r < rows; r++) {
            for (int v = 0; v < vectors; v++) {
                *(vector *)(c + r * c_row + v * LANES) = factor * sums[r][v]
                        + *(const vector *)(initial.at + r * initial.row + v * LANES);
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
    multiply_edge(rows < most ? rows : most, columns, factor, edge, initial, c, c_row, c_column);
}

/* A product one or two vectors wide: tiles, the last of which is as low as need be. */
static inline __attribute__((always_inline)) void multiply_columns(ptrdiff_t rows, int vectors,
        ptrdiff_t columns, ptrdiff_t depth, $real factor, matrix a, matrix b, matrix initial,
        $real *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
#define ROWS(most) \
    multiply_tile(most, vectors, rows - i, columns, depth, factor, from(a, i, 0), b, \
            from(initial, i, 0), c + i * c_row, c_row, c_column)
    for (ptrdiff_t i = 0; i < rows; i += TILE_ROWS) {
        if (rows - i == 1) {
            ROWS(1);
        } else if (TILE_ROWS > 4 && rows - i <= 4) {
            ROWS(4);
        } else {
            ROWS(TILE_ROWS);
        }
    }
#undef ROWS
}

static inline matrix transposed(matrix m)
{
    const matrix turned = {m.at, m.column, m.row};
    return turned;
}

/* Copies columns of b side by side, with zeros up to a whole number of vectors. */
SHARED void pack($real *restrict panel, ptrdiff_t width, ptrdiff_t columns, ptrdiff_t depth,
        matrix b)
{
    const ptrdiff_t squares = b.row == 1 && columns == width ? depth - depth % LANES : 0;
    for (ptrdiff_t k = 0; k < squares; k += LANES) {
        for (ptrdiff_t j = 0; j < width; j += LANES) {
            transpose(b.at + k + j * b.column, b.column, panel + k * width + j, width);
        }
    }
    for (ptrdiff_t k = squares; k < depth; k++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            panel[k * width + j] = b.at[k * b.row + j * b.column];
        }
        for (ptrdiff_t j = columns; j < width; j++) {
            panel[k * width + j] = 0;
        }
    }
}

/*
 * c = initial + factor a b, where c may be the initial value itself, which is 0 if absent. The
 * terms of each element are added in the order of k, in blocks that depend on the vectors' length
 * alone, and every second one apart where a product is no wider than a vector: half the rounding.
 * The panel has room for $panel numbers: parts of b are copied there where they do not lie as a
 * tile reads them, or where many rows read again what a first cache does not hold.
 */
SHARED void multiply(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, $real factor, matrix a,
        matrix b, matrix initial, $real *c, ptrdiff_t c_row, ptrdiff_t c_column, $real *panel)
{
    static const $real zeros[TILE_COLUMNS];
    if (2 * columns <= LANES && rows >= LANES) { /* full vectors by the transposed product */
        for (ptrdiff_t i = 0; i < rows; i += LANES) {
            multiply(columns, rows - i < LANES ? rows - i : LANES, depth, factor,
                    transposed(b), transposed(from(a, i, 0)),
                    initial.at ? transposed(from(initial, i, 0)) : initial,
                    c + i * c_row, c_column, c_row, panel);
        }
        return;
    }
    const ptrdiff_t block = columns <= LANES ? $panel / LANES : $panel / TILE_COLUMNS;
    for (ptrdiff_t k = 0; k < depth; k += block) {
        const ptrdiff_t deep = depth - k < block ? depth - k : block;
        for (ptrdiff_t j = 0; j < columns; j += TILE_COLUMNS) {
            const ptrdiff_t wide = columns - j < TILE_COLUMNS ? columns - j : TILE_COLUMNS;
            const ptrdiff_t width = wide <= LANES ? LANES : TILE_COLUMNS;
            const matrix left = from(a, 0, k);
            matrix right = from(b, k, j);
            $real *const to = c + j * c_column;
            const matrix zero = {zeros, 0, 1}, sum = {to, c_row, c_column};
            const matrix start = k > 0 ? sum : initial.at ? from(initial, 0, j) : zero;
            const int again = rows > 4 * TILE_ROWS && deep * b.row > $panel;
            if (b.column != 1 || wide < width || again) {
                pack(panel, width, wide, deep, right);
                right = (matrix){panel, width, 1};
            }
            if (wide <= LANES) {
                multiply_columns(rows, 1, wide, deep, factor, left, right, start, to, c_row,
                        c_column);
            } else {
                multiply_columns(rows, 2, wide, deep, factor, left, right, start, to, c_row,
                        c_column);
            }
        }
    }
}

#else

/* c = initial + factor a b, where c may be the initial value itself, which is 0 if absent. */
static void multiply(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, $real factor, matrix a,
        matrix b, matrix initial, $real *c, ptrdiff_t c_row, ptrdiff_t c_column, $real *panel)
{
    (void)panel;
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            $real sum = 0;
            for (ptrdiff_t k = 0; k < depth; k++) {
                sum += a.at[i * a.row + k * a.column] * b.at[k * b.row + j * b.column];
            }
            c[i * c_row + j * c_column] = factor * sum
                    + (initial.at ? initial.at[i * initial.row + j * initial.column] : 0);
        }
    }
}

#endif
