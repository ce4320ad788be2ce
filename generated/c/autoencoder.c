/*
 * autoencoder: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,64]
 *     param a_W[64,64]
 *     param a_b[64]
 *     param code_W[64,8]
 *     param code_b[8]
 *     param b_W[8,64]
 *     param b_b[64]
 *     param p_W[64,64]
 *     param p_b[64]
 *     a_z[n,j] = sum[i](x[n,i] * a_W[i,j])
 *     a_z[n,j] += a_b[j]
 *     a[n,j] = relu(a_z[n,j])
 *     code[n,j] = sum[i](a[n,i] * code_W[i,j])
 *     code[n,j] += code_b[j]
 *     b_z[n,j] = sum[i](code[n,i] * b_W[i,j])
 *     b_z[n,j] += b_b[j]
 *     b[n,j] = relu(b_z[n,j])
 *     p[n,j] = sum[i](b[n,i] * p_W[i,j])
 *     p[n,j] += p_b[j]
 *     loss_sum = sum[n,j]((p[n,j] - x[n,j])**2)
 *     loss = 0.015625 * loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from autoencoder.bp (network 0a3423ec979d4e29):
 *     symbp build autoencoder.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "autoencoder.h"

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

/* a[n,j] = relu(a_z[n,j]) */
SHARED void compute_a_1(double *restrict a, ptrdiff_t count)
{
    const double *a_z = a;
    for (ptrdiff_t each = 0; each < count; each++) {
        a[each] = relu(a_z[each]);
    }
}

/* dp[n,j] = 0.03125 * v1[n,j] / N  (of loss_sum) */
SHARED void compute_dp_1(ptrdiff_t count, double *restrict dp, ptrdiff_t N, const double *v1)
{
    for (ptrdiff_t each = 0; each < count; each++) {
        dp[each] = 0.03125 / (double)N * v1[each];
    }
}

/* db_z[n,j] = where(b[n,j] > 0, db[n,j], 0)  (of b) */
SHARED void compute_db_z_1(double *restrict db_z, ptrdiff_t count, const double *b)
{
    const double *db = db_z;
    for (ptrdiff_t each = 0; each < count; each++) {
        db_z[each] = (b[each] > 0.0 ? db[each] : 0.0);
    }
}

/* dcode_b[j] = sum[n](dcode[n,j])  (of code) */
SHARED void compute_dcode_b_1(double *restrict dcode_b, ptrdiff_t N, const double *dcode)
{
    fill(dcode_b, 8, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 8; j++) {
            dcode_b[j] += dcode[n * 8 + j];
        }
    }
}

/* p_b_m_next[j] = p_b_m[j] * beta1 + dp_b[j] * v1_2 */
/* p_b_v_next[j] = dp_b[j]**2 * v2 + p_b_v[j] * beta2 */
/* p_b_next[j] = p_b[j] - p_b_m_next[j] * learning_rate * v3 / (sqrt(p_b_v_next[j] * v4) + epsilon)
   */
SHARED void compute_p_b_m_next_1(ptrdiff_t count, double *restrict p_b_m, double beta1, double v1_2,
        const double *dp_b, double *restrict p_b_v, double v2, double beta2, double *restrict p_b,
        double learning_rate, double v3, double v4, double epsilon)
{
    for (ptrdiff_t j = 0; j < count; j++) {
        p_b_m[j] = beta1 * p_b_m[j] + v1_2 * dp_b[j];
        p_b_v[j] = v2 * square(dp_b[j]) + beta2 * p_b_v[j];
        p_b[j] -= learning_rate * v3 * p_b_m[j] / (sqrt(v4 * p_b_v[j]) + epsilon);
    }
}

/* dp_W[i,j] = sum[n](b[n,i] * dp[n,j])  (of p) */
/* p_W_m_next[i,j] = p_W_m[i,j] * beta1 + dp_W[i,j] * v1_2 */
/* p_W_v_next[i,j] = dp_W[i,j]**2 * v2 + p_W_v[i,j] * beta2 */
/* p_W_next[i,j] = p_W[i,j] - p_W_m_next[i,j] * learning_rate * v3 / (sqrt(p_W_v_next[i,j] * v4) +
   epsilon) */
SHARED void compute_dp_W_1(ptrdiff_t N, const double *b, const double *dp, double *restrict dp_W,
        double *restrict work, double *restrict p_W_m, double beta1, double v1_2,
        double *restrict p_W_v, double v2, double beta2, double *restrict p_W, double learning_rate,
        double v3, double v4, double epsilon)
{
    const ptrdiff_t block = N < 64 ? (N + 7) / 8 * 8 : 64;
    for (ptrdiff_t begin = 0; begin < 64; begin += block) {
        const ptrdiff_t part = 64 - begin < block ? 64 - begin : block;
        multiply(part, 64, N, 1.0, (matrix){b + begin, 1, 64}, (matrix){dp, 64, 1}, NOTHING, dp_W,
                64, 1, work);

        for (ptrdiff_t each = 0; each < 64 * part; each++) {
            p_W_m[each + 64 * begin] = beta1 * p_W_m[each + 64 * begin] + v1_2 * dp_W[each];
            p_W_v[each + 64 * begin] = v2 * square(dp_W[each]) + beta2 * p_W_v[each + 64 * begin];
            p_W[each + 64 * begin] -= learning_rate * v3 * p_W_m[each + 64 * begin] / (sqrt(v4 *
                    p_W_v[each + 64 * begin]) + epsilon);
        }
    }
}

static void predict(ptrdiff_t N, const autoencoder_params *params, const autoencoder_data *data,
        const autoencoder_outputs *outputs, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const double *a_W = params->a_W; /* (64, 64) */
    const double *a_b = params->a_b; /* (64,) */
    const double *code_W = params->code_W; /* (64, 8) */
    const double *code_b = params->code_b; /* (8,) */
    const double *b_W = params->b_W; /* (8, 64) */
    const double *b_b = params->b_b; /* (64,) */
    const double *p_W = params->p_W; /* (64, 64) */
    const double *p_b = params->p_b; /* (64,) */

    /* a_z[n,j] = a_b[j] + sum[i](x[n,i] * a_W[i,j]) */
    double *a_z = work + 2048; /* (N, 64) */
    multiply(N, 64, 64, 1.0, (matrix){x, 64, 1}, (matrix){a_W, 64, 1}, (matrix){a_b, 0, 1}, a_z, 64,
            1, work);

    /* a[n,j] = relu(a_z[n,j]) */
    double *a = a_z; /* (N, 64) */
    compute_a_1(a, 64 * N);

    /* code[n,j] = code_b[j] + sum[i](a[n,i] * code_W[i,j]) */
    double *code = outputs->code; /* (N, 8) */
    multiply(N, 8, 64, 1.0, (matrix){a, 64, 1}, (matrix){code_W, 8, 1}, (matrix){code_b, 0, 1},
            code, 8, 1, work);

    /* b_z[n,j] = b_b[j] + sum[i](code[n,i] * b_W[i,j]) */
    double *b_z = work + 2048; /* (N, 64) */
    multiply(N, 64, 8, 1.0, (matrix){code, 8, 1}, (matrix){b_W, 64, 1}, (matrix){b_b, 0, 1}, b_z,
            64, 1, work);

    /* b[n,j] = relu(b_z[n,j]) */
    double *b = b_z; /* (N, 64) */
    compute_a_1(b, 64 * N);

    /* p[n,j] = p_b[j] + sum[i](b[n,i] * p_W[i,j]) */
    double *p = outputs->p; /* (N, 64) */
    multiply(N, 64, 64, 1.0, (matrix){b, 64, 1}, (matrix){p_W, 64, 1}, (matrix){p_b, 0, 1}, p, 64,
            1, work);
}

static double forward(ptrdiff_t N, const autoencoder_params *params, const autoencoder_data *data,
        const autoencoder_tape *tape, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const double *a_W = params->a_W; /* (64, 64) */
    const double *a_b = params->a_b; /* (64,) */
    const double *code_W = params->code_W; /* (64, 8) */
    const double *code_b = params->code_b; /* (8,) */
    const double *b_W = params->b_W; /* (8, 64) */
    const double *b_b = params->b_b; /* (64,) */
    const double *p_W = params->p_W; /* (64, 64) */
    const double *p_b = params->p_b; /* (64,) */

    /* a_z[n,j] = a_b[j] + sum[i](x[n,i] * a_W[i,j]) */
    double *a_z = tape->a; /* (N, 64) */
    multiply(N, 64, 64, 1.0, (matrix){x, 64, 1}, (matrix){a_W, 64, 1}, (matrix){a_b, 0, 1}, a_z, 64,
            1, work);

    /* a[n,j] = relu(a_z[n,j]) */
    double *a = a_z; /* (N, 64) */
    compute_a_1(a, 64 * N);

    /* code[n,j] = code_b[j] + sum[i](a[n,i] * code_W[i,j]) */
    double *code = tape->code; /* (N, 8) */
    multiply(N, 8, 64, 1.0, (matrix){a, 64, 1}, (matrix){code_W, 8, 1}, (matrix){code_b, 0, 1},
            code, 8, 1, work);

    /* b_z[n,j] = b_b[j] + sum[i](code[n,i] * b_W[i,j]) */
    double *b_z = tape->b; /* (N, 64) */
    multiply(N, 64, 8, 1.0, (matrix){code, 8, 1}, (matrix){b_W, 64, 1}, (matrix){b_b, 0, 1}, b_z,
            64, 1, work);

    /* b[n,j] = relu(b_z[n,j]) */
    double *b = b_z; /* (N, 64) */
    compute_a_1(b, 64 * N);

    /* p[n,j] = p_b[j] + sum[i](b[n,i] * p_W[i,j]) */
    double *p = tape->v1; /* (N, 64) */
    multiply(N, 64, 64, 1.0, (matrix){b, 64, 1}, (matrix){p_W, 64, 1}, (matrix){p_b, 0, 1}, p, 64,
            1, work);

    /* v1[n,j] = p[n,j] - x[n,j] */
    double *v1 = p; /* (N, 64) */
    for (ptrdiff_t each = 0; each < 64 * N; each++) {
        v1[each] = p[each] - x[each];
    }

    /* loss_sum = sum[n,j](v1[n,j]**2) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 64; j++) {
            loss_sum += square(v1[n * 64 + j]);
        }
    }

    /* loss = 0.015625 * loss_sum / N */
    const double loss = 0.015625 * loss_sum / (double)N;
    return loss;
}

static void backward(ptrdiff_t N, const autoencoder_params *params, const autoencoder_data *data,
        const autoencoder_tape *tape, const autoencoder_params *grads, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const double *code_W = params->code_W; /* (64, 8) */
    const double *b_W = params->b_W; /* (8, 64) */
    const double *p_W = params->p_W; /* (64, 64) */
    const double *a = tape->a; /* (N, 64) */
    const double *code = tape->code; /* (N, 8) */
    const double *b = tape->b; /* (N, 64) */
    const double *v1 = tape->v1; /* (N, 64) */

    /* dp[n,j] = 0.03125 * v1[n,j] / N  (of loss_sum) */
    double *dp = work + 200 * N + 8192; /* (N, 64) */
    compute_dp_1(64 * N, dp, N, v1);

    /* dp_b[j] = sum[n](dp[n,j])  (of p) */
    double *dp_b = grads->p_b; /* (64,) */
    multiply(1, 64, N, 1.0, ONES, (matrix){dp, 64, 1}, NOTHING, dp_b, 1, 1, work);

    /* db[n,i] = sum[j](dp[n,j] * p_W[i,j])  (of p) */
    double *db = work + 264 * N + 8192; /* (N, 64) */
    multiply(N, 64, 64, 1.0, (matrix){dp, 64, 1}, (matrix){p_W, 1, 64}, NOTHING, db, 64, 1, work);

    /* dp_W[i,j] = sum[n](b[n,i] * dp[n,j])  (of p) */
    double *dp_W = grads->p_W; /* (64, 64) */
    multiply(64, 64, N, 1.0, (matrix){b, 1, 64}, (matrix){dp, 64, 1}, NOTHING, dp_W, 64, 1, work);

    /* db_z[n,j] = where(b[n,j] > 0, db[n,j], 0)  (of b) */
    double *db_z = db; /* (N, 64) */
    compute_db_z_1(db_z, 64 * N, b);

    /* db_b[j] = sum[n](db_z[n,j])  (of b_z) */
    double *db_b = grads->b_b; /* (64,) */
    multiply(1, 64, N, 1.0, ONES, (matrix){db_z, 64, 1}, NOTHING, db_b, 1, 1, work);

    /* db_W[i,j] = sum[n](code[n,i] * db_z[n,j])  (of b_z) */
    double *db_W = grads->b_W; /* (8, 64) */
    multiply(8, 64, N, 1.0, (matrix){code, 1, 8}, (matrix){db_z, 64, 1}, NOTHING, db_W, 64, 1,
            work);

    /* dcode[n,i] = sum[j](db_z[n,j] * b_W[i,j])  (of b_z) */
    double *dcode = work + 328 * N + 8192; /* (N, 8) */
    multiply(N, 8, 64, 1.0, (matrix){db_z, 64, 1}, (matrix){b_W, 1, 64}, NOTHING, dcode, 8, 1,
            work);

    /* dcode_b[j] = sum[n](dcode[n,j])  (of code) */
    double *dcode_b = grads->code_b; /* (8,) */
    compute_dcode_b_1(dcode_b, N, dcode);

    /* da[n,i] = sum[j](dcode[n,j] * code_W[i,j])  (of code) */
    double *da = work + 264 * N + 8192; /* (N, 64) */
    multiply(N, 64, 8, 1.0, (matrix){dcode, 8, 1}, (matrix){code_W, 1, 8}, NOTHING, da, 64, 1,
            work);

    /* dcode_W[i,j] = sum[n](a[n,i] * dcode[n,j])  (of code) */
    double *dcode_W = grads->code_W; /* (64, 8) */
    multiply(64, 8, N, 1.0, (matrix){a, 1, 64}, (matrix){dcode, 8, 1}, NOTHING, dcode_W, 8, 1,
            work);

    /* da_z[n,j] = where(a[n,j] > 0, da[n,j], 0)  (of a) */
    double *da_z = da; /* (N, 64) */
    compute_db_z_1(da_z, 64 * N, a);

    /* da_b[j] = sum[n](da_z[n,j])  (of a_z) */
    double *da_b = grads->a_b; /* (64,) */
    multiply(1, 64, N, 1.0, ONES, (matrix){da_z, 64, 1}, NOTHING, da_b, 1, 1, work);

    /* da_W[i,j] = sum[n](x[n,i] * da_z[n,j])  (of a_z) */
    double *da_W = grads->a_W; /* (64, 64) */
    multiply(64, 64, N, 1.0, (matrix){x, 1, 64}, (matrix){da_z, 64, 1}, NOTHING, da_W, 64, 1, work);
}

static void descend(ptrdiff_t N, const autoencoder_params *params, const autoencoder_state *state,
        const autoencoder_data *data, const autoencoder_hyper *hyper, const autoencoder_tape *tape,
        double *work)
{
    const double *x = data->x; /* (N, 64) */
    double *a_W = params->a_W; /* (64, 64) */
    double *a_b = params->a_b; /* (64,) */
    double *code_W = params->code_W; /* (64, 8) */
    double *code_b = params->code_b; /* (8,) */
    double *b_W = params->b_W; /* (8, 64) */
    double *b_b = params->b_b; /* (64,) */
    double *p_W = params->p_W; /* (64, 64) */
    double *p_b = params->p_b; /* (64,) */
    const double *a = tape->a; /* (N, 64) */
    const double *code = tape->code; /* (N, 8) */
    const double *b = tape->b; /* (N, 64) */
    const double *v1 = tape->v1; /* (N, 64) */
    const double t = *state->t;
    double *a_W_m = state->a_W_m; /* (64, 64) */
    double *a_W_v = state->a_W_v; /* (64, 64) */
    double *a_b_m = state->a_b_m; /* (64,) */
    double *a_b_v = state->a_b_v; /* (64,) */
    double *code_W_m = state->code_W_m; /* (64, 8) */
    double *code_W_v = state->code_W_v; /* (64, 8) */
    double *code_b_m = state->code_b_m; /* (8,) */
    double *code_b_v = state->code_b_v; /* (8,) */
    double *b_W_m = state->b_W_m; /* (8, 64) */
    double *b_W_v = state->b_W_v; /* (8, 64) */
    double *b_b_m = state->b_b_m; /* (64,) */
    double *b_b_v = state->b_b_v; /* (64,) */
    double *p_W_m = state->p_W_m; /* (64, 64) */
    double *p_W_v = state->p_W_v; /* (64, 64) */
    double *p_b_m = state->p_b_m; /* (64,) */
    double *p_b_v = state->p_b_v; /* (64,) */
    const double learning_rate = hyper->learning_rate;
    const double beta1 = hyper->beta1;
    const double beta2 = hyper->beta2;
    const double epsilon = hyper->epsilon;

    /* t_next = t + 1 */
    const double t_next = t + 1.0;

    /* v1_2 = 1 - beta1 */
    const double v1_2 = 1.0 - beta1;

    /* v2 = 1 - beta2 */
    const double v2 = 1.0 - beta2;

    /* v3 = 1 / (1 - beta1**t_next) */
    const double v3 = 1.0 / (1.0 - pow(beta1, t_next));

    /* v4 = 1 / (1 - beta2**t_next) */
    const double v4 = 1.0 / (1.0 - pow(beta2, t_next));

    /* dp[n,j] = 0.03125 * v1[n,j] / N  (of loss_sum) */
    double *dp = work + 200 * N + 8192; /* (N, 64) */
    compute_dp_1(64 * N, dp, N, v1);

    /* dp_b[j] = sum[n](dp[n,j])  (of p) */
    double *dp_b = work + 336 * N + 8192; /* (64,) */
    multiply(1, 64, N, 1.0, ONES, (matrix){dp, 64, 1}, NOTHING, dp_b, 1, 1, work);

    /* p_b_m_next[j] = p_b_m[j] * beta1 + dp_b[j] * v1_2 */
    /* p_b_v_next[j] = dp_b[j]**2 * v2 + p_b_v[j] * beta2 */
    /* p_b_next[j] = p_b[j] - p_b_m_next[j] * learning_rate * v3 / (sqrt(p_b_v_next[j] * v4) +
       epsilon) */
    compute_p_b_m_next_1(64, p_b_m, beta1, v1_2, dp_b, p_b_v, v2, beta2, p_b, learning_rate, v3, v4,
            epsilon);

    /* db[n,i] = sum[j](dp[n,j] * p_W[i,j])  (of p) */
    double *db = work + 264 * N + 8192; /* (N, 64) */
    multiply(N, 64, 64, 1.0, (matrix){dp, 64, 1}, (matrix){p_W, 1, 64}, NOTHING, db, 64, 1, work);

    /* db_z[n,j] = where(b[n,j] > 0, db[n,j], 0)  (of b) */
    double *db_z = db; /* (N, 64) */
    compute_db_z_1(db_z, 64 * N, b);

    /* dp_W[i,j] = sum[n](b[n,i] * dp[n,j])  (of p) */
    /* p_W_m_next[i,j] = p_W_m[i,j] * beta1 + dp_W[i,j] * v1_2 */
    /* p_W_v_next[i,j] = dp_W[i,j]**2 * v2 + p_W_v[i,j] * beta2 */
    /* p_W_next[i,j] = p_W[i,j] - p_W_m_next[i,j] * learning_rate * v3 / (sqrt(p_W_v_next[i,j] * v4)
       + epsilon) */
    double *dp_W = work + 336 * N + 8256; /* (64, 64) */
    compute_dp_W_1(N, b, dp, dp_W, work, p_W_m, beta1, v1_2, p_W_v, v2, beta2, p_W, learning_rate,
            v3, v4, epsilon);

    /* db_b[j] = sum[n](db_z[n,j])  (of b_z) */
    double *db_b = work + 336 * N + 8192; /* (64,) */
    multiply(1, 64, N, 1.0, ONES, (matrix){db_z, 64, 1}, NOTHING, db_b, 1, 1, work);

    /* b_b_m_next[j] = b_b_m[j] * beta1 + db_b[j] * v1_2 */
    /* b_b_v_next[j] = db_b[j]**2 * v2 + b_b_v[j] * beta2 */
    /* b_b_next[j] = b_b[j] - b_b_m_next[j] * learning_rate * v3 / (sqrt(b_b_v_next[j] * v4) +
       epsilon) */
    compute_p_b_m_next_1(64, b_b_m, beta1, v1_2, db_b, b_b_v, v2, beta2, b_b, learning_rate, v3, v4,
            epsilon);

    /* db_W[i,j] = sum[n](code[n,i] * db_z[n,j])  (of b_z) */
    double *db_W = work + 336 * N + 12352; /* (8, 64) */
    multiply(8, 64, N, 1.0, (matrix){code, 1, 8}, (matrix){db_z, 64, 1}, NOTHING, db_W, 64, 1,
            work);

    /* b_W_m_next[i,j] = b_W_m[i,j] * beta1 + db_W[i,j] * v1_2 */
    /* b_W_v_next[i,j] = db_W[i,j]**2 * v2 + b_W_v[i,j] * beta2 */
    for (ptrdiff_t each = 0; each < 512; each++) {
        b_W_m[each] = beta1 * b_W_m[each] + v1_2 * db_W[each];
        b_W_v[each] = v2 * square(db_W[each]) + beta2 * b_W_v[each];
    }

    /* dcode[n,i] = sum[j](db_z[n,j] * b_W[i,j])  (of b_z) */
    double *dcode = work + 328 * N + 8192; /* (N, 8) */
    multiply(N, 8, 64, 1.0, (matrix){db_z, 64, 1}, (matrix){b_W, 1, 64}, NOTHING, dcode, 8, 1,
            work);

    /* b_W_next[i,j] = b_W[i,j] - b_W_m_next[i,j] * learning_rate * v3 / (sqrt(b_W_v_next[i,j] * v4)
       + epsilon) */
    for (ptrdiff_t each = 0; each < 512; each++) {
        b_W[each] -= learning_rate * v3 * b_W_m[each] / (sqrt(v4 * b_W_v[each]) + epsilon);
    }

    /* dcode_b[j] = sum[n](dcode[n,j])  (of code) */
    double *dcode_b = work + 336 * N + 12864; /* (8,) */
    compute_dcode_b_1(dcode_b, N, dcode);

    /* code_b_m_next[j] = code_b_m[j] * beta1 + dcode_b[j] * v1_2 */
    /* code_b_v_next[j] = dcode_b[j]**2 * v2 + code_b_v[j] * beta2 */
    /* code_b_next[j] = code_b[j] - code_b_m_next[j] * learning_rate * v3 / (sqrt(code_b_v_next[j] *
       v4) + epsilon) */
    compute_p_b_m_next_1(8, code_b_m, beta1, v1_2, dcode_b, code_b_v, v2, beta2, code_b,
            learning_rate, v3, v4, epsilon);

    /* da[n,i] = sum[j](dcode[n,j] * code_W[i,j])  (of code) */
    double *da = work + 264 * N + 8192; /* (N, 64) */
    multiply(N, 64, 8, 1.0, (matrix){dcode, 8, 1}, (matrix){code_W, 1, 8}, NOTHING, da, 64, 1,
            work);

    /* da_z[n,j] = where(a[n,j] > 0, da[n,j], 0)  (of a) */
    double *da_z = da; /* (N, 64) */
    compute_db_z_1(da_z, 64 * N, a);

    /* dcode_W[i,j] = sum[n](a[n,i] * dcode[n,j])  (of code) */
    double *dcode_W = work + 336 * N + 12352; /* (64, 8) */
    multiply(64, 8, N, 1.0, (matrix){a, 1, 64}, (matrix){dcode, 8, 1}, NOTHING, dcode_W, 8, 1,
            work);

    /* code_W_m_next[i,j] = code_W_m[i,j] * beta1 + dcode_W[i,j] * v1_2 */
    /* code_W_v_next[i,j] = dcode_W[i,j]**2 * v2 + code_W_v[i,j] * beta2 */
    /* code_W_next[i,j] = code_W[i,j] - code_W_m_next[i,j] * learning_rate * v3 /
       (sqrt(code_W_v_next[i,j] * v4) + epsilon) */
    compute_p_b_m_next_1(512, code_W_m, beta1, v1_2, dcode_W, code_W_v, v2, beta2, code_W,
            learning_rate, v3, v4, epsilon);

    /* da_b[j] = sum[n](da_z[n,j])  (of a_z) */
    double *da_b = work + 336 * N + 8192; /* (64,) */
    multiply(1, 64, N, 1.0, ONES, (matrix){da_z, 64, 1}, NOTHING, da_b, 1, 1, work);

    /* a_b_m_next[j] = a_b_m[j] * beta1 + da_b[j] * v1_2 */
    /* a_b_v_next[j] = da_b[j]**2 * v2 + a_b_v[j] * beta2 */
    /* a_b_next[j] = a_b[j] - a_b_m_next[j] * learning_rate * v3 / (sqrt(a_b_v_next[j] * v4) +
       epsilon) */
    compute_p_b_m_next_1(64, a_b_m, beta1, v1_2, da_b, a_b_v, v2, beta2, a_b, learning_rate, v3, v4,
            epsilon);

    /* da_W[i,j] = sum[n](x[n,i] * da_z[n,j])  (of a_z) */
    /* a_W_m_next[i,j] = a_W_m[i,j] * beta1 + da_W[i,j] * v1_2 */
    /* a_W_v_next[i,j] = da_W[i,j]**2 * v2 + a_W_v[i,j] * beta2 */
    /* a_W_next[i,j] = a_W[i,j] - a_W_m_next[i,j] * learning_rate * v3 / (sqrt(a_W_v_next[i,j] * v4)
       + epsilon) */
    double *da_W = work + 336 * N + 8256; /* (64, 64) */
    compute_dp_W_1(N, x, da_z, da_W, work, a_W_m, beta1, v1_2, a_W_v, v2, beta2, a_W, learning_rate,
            v3, v4, epsilon);

    *state->t = t_next;
}

int autoencoder_predict(ptrdiff_t N, const autoencoder_params *params, const autoencoder_data *data,
        const autoencoder_outputs *outputs, double *work)
{
    if (N < 1) {
        return -1;
    }
    predict(N, params, data, outputs, work);
    return 0;
}

int autoencoder_forward(ptrdiff_t N, const autoencoder_params *params, const autoencoder_data *data,
        const autoencoder_tape *tape, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    *loss = forward(N, params, data, tape, work);
    return 0;
}

int autoencoder_backward(ptrdiff_t N, const autoencoder_params *params,
        const autoencoder_data *data, const autoencoder_tape *tape, const autoencoder_params *grads,
        double *work)
{
    if (N < 1) {
        return -1;
    }
    backward(N, params, data, tape, grads, work);
    return 0;
}

int autoencoder_value_and_grad(ptrdiff_t N, const autoencoder_params *params,
        const autoencoder_data *data, const autoencoder_params *grads, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    const autoencoder_tape tape = {work + 8192, work + 64 * N + 8192, work + 72 * N + 8192, work +
            136 * N + 8192};
    *loss = forward(N, params, data, &tape, work);
    backward(N, params, data, &tape, grads, work);
    return 0;
}

int autoencoder_train_step(ptrdiff_t N, const autoencoder_params *params,
        const autoencoder_state *state, const autoencoder_data *data,
        const autoencoder_hyper *hyper, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    const autoencoder_tape tape = {work + 8192, work + 64 * N + 8192, work + 72 * N + 8192, work +
            136 * N + 8192};
    *loss = forward(N, params, data, &tape, work);
    descend(N, params, state, data, hyper, &tape, work);
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

int autoencoder_fit(ptrdiff_t N, const autoencoder_params *params, const autoencoder_state *state,
        const autoencoder_data *data, const autoencoder_hyper *hyper,
        const autoencoder_training *training, double *work, double *losses)
{
    if (training->batch_size < 1 || N < 1) {
        return -1;
    }
    const ptrdiff_t most = training->batch_size < N ? training->batch_size : N;
    const struct {
        double *x;
    } batch = {work};
    work = work + most * 64;
    const int shuffle = training->shuffle && most < N;
    row_order order = {0};
    const ptrdiff_t often = 10000000 / (48336 * most + 169506) + 1;
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
                memcpy(batch.x + each * 64, data->x + row * 64, 64 * sizeof *batch.x);
            }
            autoencoder_data part = *data;
            part.x = shuffle ? batch.x : data->x + begin * 64;
            if (autoencoder_train_step(rows, params, state, &part, hyper, work, &value) != 0) {
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

size_t autoencoder_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(AUTOENCODER_WORKSPACE(N)) * sizeof(double);
}

size_t autoencoder_predict_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(AUTOENCODER_PREDICT_WORKSPACE(N)) * sizeof(double);
}

const char *autoencoder_build(void)
{
    return "2973920e483b3a5d";
}

autoencoder_hyper autoencoder_default_hyper(void)
{
    const autoencoder_hyper hyper = {.learning_rate = 0.003, .beta1 = 0.9, .beta2 = 0.999,
            .epsilon = 1e-08};
    return hyper;
}
