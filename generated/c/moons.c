/*
 * moons: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,2]
 *     target y[N,1]
 *     param h1_W[2,16]
 *     param h1_b[16]
 *     param h2_W[16,16]
 *     param h2_b[16]
 *     param p_W[16,1]
 *     param p_b[1]
 *     h1_z[n,j] = sum[i](x[n,i] * h1_W[i,j])
 *     h1_z[n,j] += h1_b[j]
 *     h1[n,j] = relu(h1_z[n,j])
 *     h2_z[n,j] = sum[i](h1[n,i] * h2_W[i,j])
 *     h2_z[n,j] += h2_b[j]
 *     h2[n,j] = relu(h2_z[n,j])
 *     p[n,j] = sum[i](h2[n,i] * p_W[i,j])
 *     p[n,j] += p_b[j]
 *     l2 = sum[n,j](h1_W[n,j]**2)
 *     l2 += sum[n,j](h2_W[n,j]**2)
 *     l2 += sum[n,j](p_W[n,j]**2)
 *     loss_sum = sum[n,j](relu(1 - p[n,j] * y[n,j]))
 *     loss = 0.0001 * l2 + loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from moons.bp (network dbd387fe6e13bd31):
 *     symbp build moons.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "moons.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline double square(double x)
{
    return x * x;
}

static inline double relu(double x)
{
    return x <= 0.0 ? 0.0 : x;
}

/* What several functions call is compiled once, and not into each of them. */
#if defined(__clang__)
#define SHARED static __attribute__((noinline))
#elif defined(__GNUC__)
#define SHARED static __attribute__((noinline, noclone))
#else
#define SHARED static
#endif

static inline void fill(double *a, ptrdiff_t count, double value)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        a[k] = value;
    }
}

/* The sum of `count` numbers, of every sixteenth first. */
SHARED double total(const double *a, ptrdiff_t count)
{
    double parts[16] = {0};
    const ptrdiff_t whole = count - count % 16;
    for (ptrdiff_t k = 0; k < whole; k += 16) {
        for (int j = 0; j < 16; j++) {
            parts[j] += a[k + j];
        }
    }
    double sum = 0.0;
    for (int j = 0; j < 16; j++) {
        sum += (double)parts[j];
    }
    for (ptrdiff_t k = whole; k < count; k++) {
        sum += (double)a[k];
    }
    return sum;
}

#if defined(__GNUC__)

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

/* A register's numbers, wherever they lie in memory; and as many whole numbers. */
typedef double vector
        __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(double)), may_alias));
typedef int64_t places __attribute__((vector_size(VECTOR_BYTES)));

enum {
    LANES = VECTOR_BYTES / (int)sizeof(double),
    TILE_ROWS = VECTOR_BYTES == 64 ? 8 : 4, /* as many as there are registers for */
    TILE_COLUMNS = 2 * LANES
};

/* The numbers of two registers, one after the other, that stand at some places. */
static inline __attribute__((always_inline)) vector shuffled(vector a, vector b, places at)
{
#if defined(__clang__)
    vector found = a;
#pragma unroll
    for (int e = 0; e < LANES; e++) {
        found[e] = at[e] < LANES ? a[at[e]] : b[at[e] - LANES];
    }
    return found;
#else
    return __builtin_shuffle(a, b, at);
#endif
}

/* Adds to each number the one `half` places further. */
static inline __attribute__((always_inline)) vector folded(vector lanes, int half)
{
    places at;
    for (int e = 0; e < LANES; e++) {
        at[e] = (e + half) % LANES;
    }
    return lanes + shuffled(lanes, lanes, at);
}

/* The sum of a register's numbers. */
static inline __attribute__((always_inline)) double added_up(vector lanes)
{
    lanes = folded(lanes, 1);
    if (LANES > 2) {
        lanes = folded(lanes, 2);
    }
    if (LANES > 4) {
        lanes = folded(lanes, 4);
    }
    if (LANES > 8) {
        lanes = folded(lanes, 8);
    }
    return lanes[0];
}

#endif

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
SHARED void transpose(const double *source, ptrdiff_t step, double *target, ptrdiff_t target_step)
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

/* A matrix in memory: element (i, j) lies at at[i * row + j * column]. */
typedef struct {
    const double *at;
    ptrdiff_t row, column;
} matrix;

#define NOTHING ((matrix){NULL, 0, 0})
#define ONES ((matrix){(const double[]){1}, 0, 0})

/* The part that begins at element (i, j). */
static inline matrix from(matrix m, ptrdiff_t i, ptrdiff_t j)
{
    const matrix part = {m.at + i * m.row + j * m.column, m.row, m.column};
    return part;
}

#if defined(__GNUC__)

/* Writes the sums of a tile, and what they begin with, where not all of its columns are wanted. */
SHARED void multiply_edge(ptrdiff_t rows, ptrdiff_t columns, double factor, const double *edge,
        matrix initial, double *c, ptrdiff_t c_row, ptrdiff_t c_column)
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
        ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, double factor, matrix a, matrix b,
        matrix initial, double *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    vector sums[TILE_ROWS][2] = {{{0}}};
    const int parts = 2 / vectors; /* one vector: every second term is added up apart */
    const double *left[TILE_ROWS] = {a.at}, *right = b.at;
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
    double edge[TILE_ROWS * TILE_COLUMNS];
    for (int r = 0; r < most; r++) {
        for (int v = 0; v < vectors; v++) {
            *(vector *)(edge + r * TILE_COLUMNS + v * LANES) = sums[r][v];
        }
    }
    multiply_edge(rows < most ? rows : most, columns, factor, edge, initial, c, c_row, c_column);
}

/* A product one or two vectors wide: tiles, the last of which is as low as need be. */
static inline __attribute__((always_inline)) void multiply_columns(ptrdiff_t rows, int vectors,
        ptrdiff_t columns, ptrdiff_t depth, double factor, matrix a, matrix b, matrix initial,
        double *c, ptrdiff_t c_row, ptrdiff_t c_column)
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
SHARED void pack(double *restrict panel, ptrdiff_t width, ptrdiff_t columns, ptrdiff_t depth,
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
 * The panel has room for 8192 numbers: parts of b are copied there where they do not lie as a
 * tile reads them, or where many rows read again what a first cache does not hold.
 */
SHARED void multiply(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, double factor, matrix a,
        matrix b, matrix initial, double *c, ptrdiff_t c_row, ptrdiff_t c_column, double *panel)
{
    static const double zeros[TILE_COLUMNS];
    if (2 * columns <= LANES && rows >= LANES) { /* full vectors by the transposed product */
        for (ptrdiff_t i = 0; i < rows; i += LANES) {
            multiply(columns, rows - i < LANES ? rows - i : LANES, depth, factor,
                    transposed(b), transposed(from(a, i, 0)),
                    initial.at ? transposed(from(initial, i, 0)) : initial,
                    c + i * c_row, c_column, c_row, panel);
        }
        return;
    }
    const ptrdiff_t block = columns <= LANES ? 8192 / LANES : 8192 / TILE_COLUMNS;
    for (ptrdiff_t k = 0; k < depth; k += block) {
        const ptrdiff_t deep = depth - k < block ? depth - k : block;
        for (ptrdiff_t j = 0; j < columns; j += TILE_COLUMNS) {
            const ptrdiff_t wide = columns - j < TILE_COLUMNS ? columns - j : TILE_COLUMNS;
            const ptrdiff_t width = wide <= LANES ? LANES : TILE_COLUMNS;
            const matrix left = from(a, 0, k);
            matrix right = from(b, k, j);
            double *const to = c + j * c_column;
            const matrix zero = {zeros, 0, 1}, sum = {to, c_row, c_column};
            const matrix start = k > 0 ? sum : initial.at ? from(initial, 0, j) : zero;
            const int again = rows > 4 * TILE_ROWS && deep * b.row > 8192;
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
static void multiply(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, double factor, matrix a,
        matrix b, matrix initial, double *c, ptrdiff_t c_row, ptrdiff_t c_column, double *panel)
{
    (void)panel;
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            double sum = 0;
            for (ptrdiff_t k = 0; k < depth; k++) {
                sum += a.at[i * a.row + k * a.column] * b.at[k * b.row + j * b.column];
            }
            c[i * c_row + j * c_column] = factor * sum
                    + (initial.at ? initial.at[i * initial.row + j * initial.column] : 0);
        }
    }
}

#endif

/* h1[n,j] = relu(h1_z[n,j]) */
SHARED void compute_h1_1(double *restrict h1, ptrdiff_t count)
{
    const double *h1_z = h1;
    for (ptrdiff_t each = 0; each < count; each++) {
        h1[each] = relu(h1_z[each]);
    }
}

/* p[n,j] = p_b[j] + sum[i](h2[n,i] * p_W[i,j]) */
SHARED void compute_p_1(ptrdiff_t N, double *restrict p, const double *p_b)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        p[n] = p_b[0];
    }
}

SHARED void compute_p_2(ptrdiff_t N, const double *h2, const double *p_W, double *restrict p)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        double sum = 0.0;
        for (ptrdiff_t i = 0; i < 16; i++) {
            sum += h2[n * 16 + i] * p_W[i];
        }
        p[n] += sum;
    }
}

/* dp[n,j] = where(1 - p[n,j] * y[n,j] > 0, -y[n,j] / N, 0)  (of loss_sum) */
SHARED void compute_dp_1(ptrdiff_t N, double *restrict dp, const double *p, const double *y)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        dp[n] = (1.0 - p[n] * y[n] > 0.0 ? -1.0 / (double)N * y[n] : 0.0);
    }
}

/* dp_b[j] = sum[n](dp[n,j])  (of p) */
SHARED void compute_dp_b_1(const double *dp, ptrdiff_t N, double *restrict dp_b)
{
    double sum = 0.0;
    sum += total(dp, N);
    dp_b[0] = sum;
}

/* dh2[n,i] = sum[j](dp[n,j] * p_W[i,j])  (of p) */
SHARED void compute_dh2_1(ptrdiff_t N, double *restrict dh2, const double *dp, const double *p_W)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t i = 0; i < 16; i++) {
            dh2[n * 16 + i] = dp[n] * p_W[i];
        }
    }
}

/* dp_W[n,j] = 0.0002 * p_W[n,j]  (of l2) */
/* dp_W[i,j] += sum[n](h2[n,i] * dp[n,j]) */
SHARED void compute_dp_W_1(ptrdiff_t count, double *restrict dp_W, const double *p_W)
{
    for (ptrdiff_t n = 0; n < count; n++) {
        dp_W[n] = 0.0002 * p_W[n];
    }
}

SHARED void compute_dp_W_2(ptrdiff_t N, double *restrict dp_W, const double *h2, const double *dp)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t i = 0; i < 16; i++) {
            dp_W[i] += h2[n * 16 + i] * dp[n];
        }
    }
}

/* dh2_z[n,j] = where(h2[n,j] > 0, dh2[n,j], 0)  (of h2) */
SHARED void compute_dh2_z_1(double *restrict dh2_z, ptrdiff_t count, const double *h2)
{
    const double *dh2 = dh2_z;
    for (ptrdiff_t each = 0; each < count; each++) {
        dh2_z[each] = (h2[each] > 0.0 ? dh2[each] : 0.0);
    }
}

/* dh2_b[j] = sum[n](dh2_z[n,j])  (of h2_z) */
SHARED void compute_dh2_b_1(double *restrict dh2_b, ptrdiff_t N, const double *dh2_z)
{
    fill(dh2_b, 16, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            dh2_b[j] += dh2_z[n * 16 + j];
        }
    }
}

/* p_W_next[i,j] = p_W[i,j] - dp_W[i,j] * learning_rate */
SHARED void compute_p_W_next_1(ptrdiff_t count, double *restrict p_W, double learning_rate,
        const double *dp_W)
{
    for (ptrdiff_t i = 0; i < count; i++) {
        p_W[i] -= learning_rate * dp_W[i];
    }
}

static void predict(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_outputs *outputs, double *work)
{
    const double *x = data->x; /* (N, 2) */
    const double *h1_W = params->h1_W; /* (2, 16) */
    const double *h1_b = params->h1_b; /* (16,) */
    const double *h2_W = params->h2_W; /* (16, 16) */
    const double *h2_b = params->h2_b; /* (16,) */
    const double *p_W = params->p_W; /* (16, 1) */
    const double *p_b = params->p_b; /* (1,) */

    /* h1_z[n,j] = h1_b[j] + sum[i](x[n,i] * h1_W[i,j]) */
    double *h1_z = work + 512; /* (N, 16) */
    multiply(N, 16, 2, 1.0, (matrix){x, 2, 1}, (matrix){h1_W, 16, 1}, (matrix){h1_b, 0, 1}, h1_z,
            16, 1, work);

    /* h1[n,j] = relu(h1_z[n,j]) */
    double *h1 = h1_z; /* (N, 16) */
    compute_h1_1(h1, 16 * N);

    /* h2_z[n,j] = h2_b[j] + sum[i](h1[n,i] * h2_W[i,j]) */
    double *h2_z = work + 16 * N + 512; /* (N, 16) */
    multiply(N, 16, 16, 1.0, (matrix){h1, 16, 1}, (matrix){h2_W, 16, 1}, (matrix){h2_b, 0, 1}, h2_z,
            16, 1, work);

    /* h2[n,j] = relu(h2_z[n,j]) */
    double *h2 = h2_z; /* (N, 16) */
    compute_h1_1(h2, 16 * N);

    /* p[n,j] = p_b[j] + sum[i](h2[n,i] * p_W[i,j]) */
    double *p = outputs->p; /* (N, 1) */
    compute_p_1(N, p, p_b);
    compute_p_2(N, h2, p_W, p);
}

static double forward(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_tape *tape, double *work)
{
    const double *x = data->x; /* (N, 2) */
    const double *y = data->y; /* (N, 1) */
    const double *h1_W = params->h1_W; /* (2, 16) */
    const double *h1_b = params->h1_b; /* (16,) */
    const double *h2_W = params->h2_W; /* (16, 16) */
    const double *h2_b = params->h2_b; /* (16,) */
    const double *p_W = params->p_W; /* (16, 1) */
    const double *p_b = params->p_b; /* (1,) */

    /* h1_z[n,j] = h1_b[j] + sum[i](x[n,i] * h1_W[i,j]) */
    double *h1_z = tape->h1; /* (N, 16) */
    multiply(N, 16, 2, 1.0, (matrix){x, 2, 1}, (matrix){h1_W, 16, 1}, (matrix){h1_b, 0, 1}, h1_z,
            16, 1, work);

    /* h1[n,j] = relu(h1_z[n,j]) */
    double *h1 = h1_z; /* (N, 16) */
    compute_h1_1(h1, 16 * N);

    /* h2_z[n,j] = h2_b[j] + sum[i](h1[n,i] * h2_W[i,j]) */
    double *h2_z = tape->h2; /* (N, 16) */
    multiply(N, 16, 16, 1.0, (matrix){h1, 16, 1}, (matrix){h2_W, 16, 1}, (matrix){h2_b, 0, 1}, h2_z,
            16, 1, work);

    /* h2[n,j] = relu(h2_z[n,j]) */
    double *h2 = h2_z; /* (N, 16) */
    compute_h1_1(h2, 16 * N);

    /* p[n,j] = p_b[j] + sum[i](h2[n,i] * p_W[i,j]) */
    double *p = tape->p; /* (N, 1) */
    compute_p_1(N, p, p_b);
    compute_p_2(N, h2, p_W, p);

    /* l2 = sum[n,j](h1_W[n,j]**2) + sum[n,j](h2_W[n,j]**2) + sum[n,j](p_W[n,j]**2) */
    double l2 = 0.0;
    for (ptrdiff_t n = 0; n < 2; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            l2 += square(h1_W[n * 16 + j]);
        }
    }
    for (ptrdiff_t n = 0; n < 16; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            l2 += square(h2_W[n * 16 + j]);
        }
    }
    for (ptrdiff_t n = 0; n < 16; n++) {
        l2 += square(p_W[n]);
    }

    /* loss_sum = sum[n,j](relu(1 - p[n,j] * y[n,j])) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        loss_sum += relu(1.0 - p[n] * y[n]);
    }

    /* loss = 0.0001 * l2 + loss_sum / N */
    const double loss = 0.0001 * l2 + loss_sum / (double)N;
    return loss;
}

static void backward(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_tape *tape, const moons_params *grads, double *work)
{
    const double *x = data->x; /* (N, 2) */
    const double *y = data->y; /* (N, 1) */
    const double *h1_W = params->h1_W; /* (2, 16) */
    const double *h2_W = params->h2_W; /* (16, 16) */
    const double *p_W = params->p_W; /* (16, 1) */
    const double *h1 = tape->h1; /* (N, 16) */
    const double *h2 = tape->h2; /* (N, 16) */
    const double *p = tape->p; /* (N, 1) */

    /* dp[n,j] = where(1 - p[n,j] * y[n,j] > 0, -y[n,j] / N, 0)  (of loss_sum) */
    double *dp = work + 33 * N + 8192; /* (N, 1) */
    compute_dp_1(N, dp, p, y);

    /* dp_b[j] = sum[n](dp[n,j])  (of p) */
    double *dp_b = grads->p_b; /* (1,) */
    compute_dp_b_1(dp, N, dp_b);

    /* dh2[n,i] = sum[j](dp[n,j] * p_W[i,j])  (of p) */
    double *dh2 = work + 34 * N + 8192; /* (N, 16) */
    compute_dh2_1(N, dh2, dp, p_W);

    /* dp_W[n,j] = 0.0002 * p_W[n,j]  (of l2) */
    /* dp_W[i,j] += sum[n](h2[n,i] * dp[n,j]) */
    double *dp_W = grads->p_W; /* (16, 1) */
    compute_dp_W_1(16, dp_W, p_W);
    compute_dp_W_2(N, dp_W, h2, dp);

    /* dh2_z[n,j] = where(h2[n,j] > 0, dh2[n,j], 0)  (of h2) */
    double *dh2_z = dh2; /* (N, 16) */
    compute_dh2_z_1(dh2_z, 16 * N, h2);

    /* dh2_b[j] = sum[n](dh2_z[n,j])  (of h2_z) */
    double *dh2_b = grads->h2_b; /* (16,) */
    compute_dh2_b_1(dh2_b, N, dh2_z);

    /* dh1[n,i] = sum[j](dh2_z[n,j] * h2_W[i,j])  (of h2_z) */
    double *dh1 = work + 50 * N + 8192; /* (N, 16) */
    multiply(N, 16, 16, 1.0, (matrix){dh2_z, 16, 1}, (matrix){h2_W, 1, 16}, NOTHING, dh1, 16, 1,
            work);

    /* dh2_W[n,j] = 0.0002 * h2_W[n,j]  (of l2) */
    /* dh2_W[i,j] += sum[n](h1[n,i] * dh2_z[n,j]) */
    double *dh2_W = grads->h2_W; /* (16, 16) */
    compute_dp_W_1(256, dh2_W, h2_W);
    multiply(16, 16, N, 1.0, (matrix){h1, 1, 16}, (matrix){dh2_z, 16, 1}, (matrix){dh2_W, 16, 1},
            dh2_W, 16, 1, work);

    /* dh1_z[n,j] = where(h1[n,j] > 0, dh1[n,j], 0)  (of h1) */
    double *dh1_z = dh1; /* (N, 16) */
    compute_dh2_z_1(dh1_z, 16 * N, h1);

    /* dh1_b[j] = sum[n](dh1_z[n,j])  (of h1_z) */
    double *dh1_b = grads->h1_b; /* (16,) */
    compute_dh2_b_1(dh1_b, N, dh1_z);

    /* dh1_W[n,j] = 0.0002 * h1_W[n,j]  (of l2) */
    /* dh1_W[i,j] += sum[n](x[n,i] * dh1_z[n,j]) */
    double *dh1_W = grads->h1_W; /* (2, 16) */
    compute_dp_W_1(32, dh1_W, h1_W);
    multiply(2, 16, N, 1.0, (matrix){x, 1, 2}, (matrix){dh1_z, 16, 1}, (matrix){dh1_W, 16, 1},
            dh1_W, 16, 1, work);
}

static void descend(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_hyper *hyper, const moons_tape *tape, double *work)
{
    const double *x = data->x; /* (N, 2) */
    const double *y = data->y; /* (N, 1) */
    double *h1_W = params->h1_W; /* (2, 16) */
    double *h1_b = params->h1_b; /* (16,) */
    double *h2_W = params->h2_W; /* (16, 16) */
    double *h2_b = params->h2_b; /* (16,) */
    double *p_W = params->p_W; /* (16, 1) */
    double *p_b = params->p_b; /* (1,) */
    const double *h1 = tape->h1; /* (N, 16) */
    const double *h2 = tape->h2; /* (N, 16) */
    const double *p = tape->p; /* (N, 1) */
    const double learning_rate = hyper->learning_rate;

    /* dp[n,j] = where(1 - p[n,j] * y[n,j] > 0, -y[n,j] / N, 0)  (of loss_sum) */
    double *dp = work + 33 * N + 8192; /* (N, 1) */
    compute_dp_1(N, dp, p, y);

    /* dp_b[j] = sum[n](dp[n,j])  (of p) */
    double *dp_b = work + 66 * N + 8192; /* (1,) */
    compute_dp_b_1(dp, N, dp_b);

    /* p_b_next[j] = p_b[j] - dp_b[j] * learning_rate */
    p_b[0] -= learning_rate * dp_b[0];

    /* dh2[n,i] = sum[j](dp[n,j] * p_W[i,j])  (of p) */
    double *dh2 = work + 34 * N + 8192; /* (N, 16) */
    compute_dh2_1(N, dh2, dp, p_W);

    /* dh2_z[n,j] = where(h2[n,j] > 0, dh2[n,j], 0)  (of h2) */
    double *dh2_z = dh2; /* (N, 16) */
    compute_dh2_z_1(dh2_z, 16 * N, h2);

    /* dp_W[n,j] = 0.0002 * p_W[n,j]  (of l2) */
    /* dp_W[i,j] += sum[n](h2[n,i] * dp[n,j]) */
    double *dp_W = work + 66 * N + 8193; /* (16, 1) */
    compute_dp_W_1(16, dp_W, p_W);
    compute_dp_W_2(N, dp_W, h2, dp);

    /* p_W_next[i,j] = p_W[i,j] - dp_W[i,j] * learning_rate */
    compute_p_W_next_1(16, p_W, learning_rate, dp_W);

    /* dh2_b[j] = sum[n](dh2_z[n,j])  (of h2_z) */
    double *dh2_b = work + 66 * N + 8193; /* (16,) */
    compute_dh2_b_1(dh2_b, N, dh2_z);

    /* h2_b_next[j] = h2_b[j] - dh2_b[j] * learning_rate */
    compute_p_W_next_1(16, h2_b, learning_rate, dh2_b);

    /* dh1[n,i] = sum[j](dh2_z[n,j] * h2_W[i,j])  (of h2_z) */
    double *dh1 = work + 50 * N + 8192; /* (N, 16) */
    multiply(N, 16, 16, 1.0, (matrix){dh2_z, 16, 1}, (matrix){h2_W, 1, 16}, NOTHING, dh1, 16, 1,
            work);

    /* dh1_z[n,j] = where(h1[n,j] > 0, dh1[n,j], 0)  (of h1) */
    double *dh1_z = dh1; /* (N, 16) */
    compute_dh2_z_1(dh1_z, 16 * N, h1);

    /* dh2_W[n,j] = 0.0002 * h2_W[n,j]  (of l2) */
    /* dh2_W[i,j] += sum[n](h1[n,i] * dh2_z[n,j]) */
    double *dh2_W = work + 66 * N + 8209; /* (16, 16) */
    compute_dp_W_1(256, dh2_W, h2_W);
    multiply(16, 16, N, 1.0, (matrix){h1, 1, 16}, (matrix){dh2_z, 16, 1}, (matrix){dh2_W, 16, 1},
            dh2_W, 16, 1, work);

    /* h2_W_next[i,j] = h2_W[i,j] - dh2_W[i,j] * learning_rate */
    compute_p_W_next_1(256, h2_W, learning_rate, dh2_W);

    /* dh1_b[j] = sum[n](dh1_z[n,j])  (of h1_z) */
    double *dh1_b = work + 66 * N + 8193; /* (16,) */
    compute_dh2_b_1(dh1_b, N, dh1_z);

    /* h1_b_next[j] = h1_b[j] - dh1_b[j] * learning_rate */
    compute_p_W_next_1(16, h1_b, learning_rate, dh1_b);

    /* dh1_W[n,j] = 0.0002 * h1_W[n,j]  (of l2) */
    /* dh1_W[i,j] += sum[n](x[n,i] * dh1_z[n,j]) */
    double *dh1_W = work + 66 * N + 8465; /* (2, 16) */
    compute_dp_W_1(32, dh1_W, h1_W);
    multiply(2, 16, N, 1.0, (matrix){x, 1, 2}, (matrix){dh1_z, 16, 1}, (matrix){dh1_W, 16, 1},
            dh1_W, 16, 1, work);

    /* h1_W_next[i,j] = h1_W[i,j] - dh1_W[i,j] * learning_rate */
    compute_p_W_next_1(32, h1_W, learning_rate, dh1_W);
}

int moons_predict(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_outputs *outputs, double *work)
{
    if (N < 1) {
        return -1;
    }
    predict(N, params, data, outputs, work);
    return 0;
}

int moons_forward(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_tape *tape, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    *loss = forward(N, params, data, tape, work);
    return 0;
}

int moons_backward(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_tape *tape, const moons_params *grads, double *work)
{
    if (N < 1) {
        return -1;
    }
    backward(N, params, data, tape, grads, work);
    return 0;
}

int moons_value_and_grad(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_params *grads, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    const moons_tape tape = {work + 8192, work + 16 * N + 8192, work + 32 * N + 8192};
    *loss = forward(N, params, data, &tape, work);
    backward(N, params, data, &tape, grads, work);
    return 0;
}

int moons_train_step(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_hyper *hyper, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    const moons_tape tape = {work + 8192, work + 16 * N + 8192, work + 32 * N + 8192};
    *loss = forward(N, params, data, &tape, work);
    descend(N, params, data, hyper, &tape, work);
    return 0;
}

/* An order of the rows, told row by row. */
typedef struct row_order {
    uint64_t rows;
    uint64_t mask;
    uint64_t next;
    int half;
    uint64_t keys[6];
} row_order;

/* Mixes 64 bits: the generator splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t mixed(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Begins the order of an epoch. */
static void shuffle_rows(row_order *order, ptrdiff_t rows, uint64_t seed, uint64_t epoch)
{
    int bits = 0;
    order->rows = (uint64_t)rows;
    order->next = 0;
    order->mask = 0;
    while (order->mask < order->rows - 1) {
        order->mask = 2 * order->mask + 1;
        bits++;
    }
    order->half = (bits + 1) / 2;
    uint64_t state = mixed(mixed(seed) + epoch);
    for (int round = 0; round < 6; round++) {
        state += 0x9e3779b97f4a7c15;
        order->keys[round] = mixed(state);
    }
}

/* A permutation of 0 .. 2^k - 1, of which what is no row is passed over. Its rounds can be undone,
 * so no row comes twice: an odd factor, something added, the upper bits mixed into the lower
 * (Kensler, Correlated multi-jittered sampling, 2013). */
static ptrdiff_t next_row(row_order *order)
{
    uint64_t row;
    do {
        row = order->next++;
        for (int round = 0; round < 6; round++) {
            const uint64_t key = order->keys[round];
            row = (row * (key | 1) + (key >> 32)) & order->mask;
            row ^= row >> order->half;
        }
    } while (row >= order->rows);
    return (ptrdiff_t)row;
}

int moons_fit(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_hyper *hyper, const moons_training *training, double *work, double *losses)
{
    if (training->batch_size < 1 || N < 1) {
        return -1;
    }
    const ptrdiff_t most = training->batch_size < N ? training->batch_size : N;
    const struct {
        double *x;
        double *y;
    } batch = {work, work + most * 2};
    work = work + most * 2 + most;
    const int shuffle = training->shuffle && most < N;
    row_order order = {0};
    const ptrdiff_t often = 10000000 / (1931 * most + 2232) + 1;
    ptrdiff_t steps = 0;
    for (ptrdiff_t epoch = 0; epoch < training->epochs; epoch++) {
        double total = 0.0;
        if (shuffle) {
            shuffle_rows(&order, N, training->seed, (uint64_t)(training->start + epoch));
        }
        for (ptrdiff_t begin = 0; begin < N;) {
            double value = 0.0;
            const ptrdiff_t left = N - begin;
            const ptrdiff_t rows = left < most ? left : most;
            for (ptrdiff_t each = 0; shuffle && each < rows; each++) {
                const ptrdiff_t row = next_row(&order);
                memcpy(batch.x + each * 2, data->x + row * 2, 2 * sizeof *batch.x);
                memcpy(batch.y + each, data->y + row, sizeof *batch.y);
            }
            moons_data part = *data;
            part.x = shuffle ? batch.x : data->x + begin * 2;
            part.y = shuffle ? batch.y : data->y + begin;
            if (moons_train_step(rows, params, &part, hyper, work, &value) != 0) {
                return -1;
            }
            total += value * (double)rows;
            begin += rows;
            if (++steps == often) {
                steps = 0;
                if (training->pause != NULL && training->pause(training->context) != 0) {
                    return 1;
                }
            }
        }
        losses[epoch] = total / (double)N;
        if (training->watch != NULL && training->watch(training->context, training->start + epoch,
                losses[epoch]) != 0) {
            return 1;
        }
    }
    return 0;
}

size_t moons_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(MOONS_WORKSPACE(N)) * sizeof(double);
}

size_t moons_predict_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(MOONS_PREDICT_WORKSPACE(N)) * sizeof(double);
}

const char *moons_build(void)
{
    return "fe8a702d60e55199";
}

moons_hyper moons_default_hyper(void)
{
    const moons_hyper hyper = {.learning_rate = 0.2};
    return hyper;
}
