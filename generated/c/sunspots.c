/*
 * sunspots: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,24]
 *     target y[N,1]
 *     param h_W[1,4,16]
 *     param h_U[16,4,16]
 *     param h_b[4,16]
 *     param p_W[16,1]
 *     param p_b[1]
 *     years[n,i0,0] = x[n,i0]
 *     value h_c[25,N,16]
 *     h_c[0,n,j] = 0
 *     value h_h[25,N,16]
 *     h_h[0,n,j] = 0
 *     scan t in 24
 *         h_z[t,n,g,j] = sum[i](years[n,t,i] * h_W[i,g,j])
 *         h_z[t,n,g,j] += h_b[g,j]
 *         h_z[t,n,g,j] += sum[k](h_h[t,n,k] * h_U[k,g,j])
 *         h_s[t,n,g,j] = sigmoid(h_z[t,n,g,j]) for t in 24, n in N, g in 3, j in 16
 *         h_a[t,n,j] = tanh(h_z[t,n,3,j])
 *         h_c[t + 1,n,j] += h_a[t,n,j] * h_s[t,n,0,j] + h_c[t,n,j] * h_s[t,n,1,j]
 *         h_tanh_c[t,n,j] = tanh(h_c[t + 1,n,j])
 *         h_h[t + 1,n,j] += h_tanh_c[t,n,j] * h_s[t,n,2,j]
 *     end
 *     h[n,j] = h_h[24,n,j]
 *     p[n,j] = sum[i](h[n,i] * p_W[i,j])
 *     p[n,j] += p_b[j]
 *     loss_sum = sum[n,j]((p[n,j] - y[n,j])**2)
 *     loss = loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from sunspots.bp (network 1bc95c58cda59bc0):
 *     symbp build sunspots.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "sunspots.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* 2^k, for whole k from -1022 to 1023: the bits of k in the place of an exponent. */
static inline double power_of_two(double k)
{
    /* The last bits of k + 1.5 * 2^52 hold k. */
    const double shifted = k + 6755399441055744.0;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* The whole number next to x, for |x| < 2^51. */
static inline double nearest(double x)
{
    return (x + 6755399441055744.0) - 6755399441055744.0;
}

/* x - k log(2), the last in two parts, of which k times the first is exact (Cody and Waite). */
static inline double less_logs(double x, double k)
{
    return (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10;
}

/* e^r - 1 for |r| <= log(2) / 2 + 5e-5: a minimax polynomial, right to 2^-55. */
static inline double small_expm1(double r)
{
    double p = 2.5114398508110455e-08;
    p = p * r + 2.7626288757798066e-07;
    p = p * r + 2.7557228191058868e-06;
    p = p * r + 2.4801504557741337e-05;
    p = p * r + 0.00019841269902766745;
    p = p * r + 0.0013888888932265266;
    p = p * r + 0.00833333333331471;
    p = p * r + 0.04166666666657408;
    p = p * r + 0.16666666666666685;
    p = p * r + 0.5000000000000006;
    return r + r * r * p;
}

/* The same for x <= 0. */
static inline double negative_exp(double x)
{
    x = x < -750.0 ? -750.0 : x;
    const double k = nearest(x * 1.4426950408889634);
    const double p = 1.0 + small_expm1(less_logs(x, k));
    return p * power_of_two(k + 128.0) * 2.938735877055719e-39;
}

/* tanh |x| = -t / (t + 2) with t = e^(-2 |x|) - 1, within 3 units in the last place. */
static inline double fast_tanh(double x)
{
    double y = -2.0 * fabs(x);
    y = y < -40.0 ? -40.0 : y;
    const double k = nearest(y * 1.4426950408889634);
    const double power = power_of_two(k);
    const double t = power * small_expm1(less_logs(y, k)) + (power - 1.0);
    return copysign(t / (t + 2.0), x);
}

static inline double square(double x)
{
    return x * x;
}

/* Of e^-|x|, which never overflows; within 4 units in the last place. */
static inline double sigmoid(double x)
{
    const double e = negative_exp(-fabs(x));
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
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

/* years[n,i0,0] = x[n,i0] */
SHARED void compute_years_1(ptrdiff_t count, double *restrict years, const double *x)
{
    for (ptrdiff_t i0 = 0; i0 < count; i0++) {
        years[i0] = x[i0];
    }
}

/* h_z[t,n,g,j] = h_b[g,j] + sum[i](years[n,t,i] * h_W[i,g,j]) */
SHARED void compute_h_z_1(ptrdiff_t count, double *restrict h_z, const double *h_b)
{
    for (ptrdiff_t n = 0; n < count; n++) {
        for (ptrdiff_t j = 0; j < 64; j++) {
            h_z[n * 64 + j] = h_b[j];
        }
    }
}

SHARED void compute_h_z_2(ptrdiff_t count, ptrdiff_t N, double *restrict h_z, const double *years,
        const double *h_W)
{
    for (ptrdiff_t t_ = 0; t_ < count; t_++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t g = 0; g < 4; g++) {
                for (ptrdiff_t j = 0; j < 16; j++) {
                    h_z[t_ * (64 * N) + n * 64 + g * 16 + j] += years[n * 24 + t_] *
                            h_W[g * 16 + j];
                }
            }
        }
    }
}

/* p[n,j] = p_b[j] + sum[i](h_h[24,n,i] * p_W[i,j]) */
SHARED void compute_p_1(ptrdiff_t N, double *restrict p, const double *p_b)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        p[n] = p_b[0];
    }
}

SHARED void compute_p_2(ptrdiff_t N, const double *h_h, const double *p_W, double *restrict p)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        double sum = 0.0;
        for (ptrdiff_t i = 0; i < 16; i++) {
            sum += h_h[24 * (16 * N) + n * 16 + i] * p_W[i];
        }
        p[n] += sum;
    }
}

/* dp[n,j] = 2 * v1[n,j] / N  (of loss_sum) */
SHARED void compute_dp_1(ptrdiff_t N, double *restrict dp, const double *v1)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        dp[n] = 2.0 / (double)N * v1[n];
    }
}

/* dp_b[j] = sum[n](dp[n,j])  (of p) */
SHARED void compute_dp_b_1(const double *dp, ptrdiff_t N, double *restrict dp_b)
{
    double sum = 0.0;
    sum += total(dp, N);
    dp_b[0] = sum;
}

/* dh[n,i] = sum[j](dp[n,j] * p_W[i,j])  (of p) */
SHARED void compute_dh_1(ptrdiff_t N, double *restrict dh, const double *dp, const double *p_W)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t i = 0; i < 16; i++) {
            dh[n * 16 + i] = dp[n] * p_W[i];
        }
    }
}

/* dp_W[i,j] = sum[n](h_h[24,n,i] * dp[n,j])  (of p) */
SHARED void compute_dp_W_1(double *restrict dp_W, ptrdiff_t N, const double *h_h, const double *dp)
{
    fill(dp_W, 16, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t i = 0; i < 16; i++) {
            dp_W[i] += h_h[24 * (16 * N) + n * 16 + i] * dp[n];
        }
    }
}

/* dh_h[24,n,j] = dh[n,j]  (of h) */
SHARED void compute_dh_h_1(ptrdiff_t count, double *restrict dh_h, ptrdiff_t N, const double *dh)
{
    for (ptrdiff_t j = 0; j < count; j++) {
        dh_h[24 * (16 * N) + j] = dh[j];
    }
}

/* dh_c_step[t,n,j] = (1 - h_tanh_c[t,n,j]**2) * h_s[t,n,2,j]  (of h_tanh_c) */
SHARED void compute_dh_c_step_1(ptrdiff_t count, ptrdiff_t N, double *restrict dh_c_step,
        const double *h_tanh_c, const double *h_s)
{
    for (ptrdiff_t t_ = 0; t_ < count; t_++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 16; j++) {
                dh_c_step[t_ * (16 * N) + n * 16 + j] = (1.0 -
                        square(h_tanh_c[t_ * (16 * N) + n * 16 + j])) *
                        h_s[t_ * (48 * N) + n * 48 + 2 * 16 + j];
            }
        }
    }
}

/* dh_z_step[t,n,j] = (1 - h_a[t,n,j]**2) * h_s[t,n,0,j]  (of h_a) */
SHARED void compute_dh_z_step_1(ptrdiff_t count, ptrdiff_t N, double *restrict dh_z_step,
        const double *h_a, const double *h_s)
{
    for (ptrdiff_t t_ = 0; t_ < count; t_++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 16; j++) {
                dh_z_step[t_ * (16 * N) + n * 16 + j] = (1.0 -
                        square(h_a[t_ * (16 * N) + n * 16 + j])) * h_s[t_ * (48 * N) + n * 48 + j];
            }
        }
    }
}

/* dh_z_step_2[t,n,g,j] = (1 - h_s[t,n,g,j]) * h_s[t,n,g,j]  (of h_s) */
SHARED void compute_dh_z_step_2_1(ptrdiff_t count, double *restrict dh_z_step_2, const double *h_s)
{
    for (ptrdiff_t each = 0; each < count; each++) {
        dh_z_step_2[each] = (1.0 - h_s[each]) * h_s[each];
    }
}

SHARED void compute_dh_s_1(double *restrict dh_c, ptrdiff_t N, double *restrict dh_s,
        double *restrict dh_h, const double *h_tanh_c, const double *dh_c_step, const double *h_a,
        const double *h_s, const double *h_c, double *restrict dh_z, const double *dh_z_step,
        const double *dh_z_step_2, const double *h_U, double *restrict work)
{
    fill(dh_c, 400 * N, 0.0);
    for (ptrdiff_t t_ = 24 - 1; t_ >= 0; t_--) {
        /* dh_s[t,n,2,j] = dh_h[t + 1,n,j] * h_tanh_c[t,n,j]  (of h_h) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 16; j++) {
                dh_s[t_ * (48 * N) + n * 48 + 2 * 16 + j] = dh_h[(t_ + 1) * (16 * N) + n * 16 + j] *
                        h_tanh_c[t_ * (16 * N) + n * 16 + j];
            }
        }

        /* dh_c[t + 1,n,j] += dh_c_step[t,n,j] * dh_h[t + 1,n,j]  (of h_tanh_c) */
        for (ptrdiff_t each = 0; each < 16 * N; each++) {
            dh_c[each + 16 * N + 16 * t_ * N] += dh_c_step[each + 16 * t_ * N] *
                    dh_h[each + 16 * N + 16 * t_ * N];
        }

        /* dh_s[t,n,0,j] = dh_c[t + 1,n,j] * h_a[t,n,j]  (of h_c) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 16; j++) {
                dh_s[t_ * (48 * N) + n * 48 + j] = dh_c[(t_ + 1) * (16 * N) + n * 16 + j] *
                        h_a[t_ * (16 * N) + n * 16 + j];
            }
        }

        /* dh_c[t,n,j] = dh_c[t + 1,n,j] * h_s[t,n,1,j]  (of h_c) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 16; j++) {
                dh_c[t_ * (16 * N) + n * 16 + j] = dh_c[(t_ + 1) * (16 * N) + n * 16 + j] *
                        h_s[t_ * (48 * N) + n * 48 + 1 * 16 + j];
            }
        }

        /* dh_s[t,n,1,j] = dh_c[t + 1,n,j] * h_c[t,n,j]  (of h_c) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 16; j++) {
                dh_s[t_ * (48 * N) + n * 48 + 1 * 16 + j] = dh_c[(t_ + 1) * (16 * N) + n * 16 + j] *
                        h_c[t_ * (16 * N) + n * 16 + j];
            }
        }

        /* dh_z[t,n,3,j] = dh_c[t + 1,n,j] * dh_z_step[t,n,j]  (of h_a) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 16; j++) {
                dh_z[t_ * (64 * N) + n * 64 + 3 * 16 + j] = dh_c[(t_ + 1) * (16 * N) + n * 16 + j] *
                        dh_z_step[t_ * (16 * N) + n * 16 + j];
            }
        }

        /* dh_z[t,n,g,j] = dh_s[t,n,g,j] * dh_z_step_2[t,n,g,j]  (of h_s) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t g = 0; g < 3; g++) {
                for (ptrdiff_t j = 0; j < 16; j++) {
                    dh_z[t_ * (64 * N) + n * 64 + g * 16 + j] =
                            dh_s[t_ * (48 * N) + n * 48 + g * 16 + j] *
                            dh_z_step_2[t_ * (48 * N) + n * 48 + g * 16 + j];
                }
            }
        }

        /* dh_h[t,n,k] = sum[g,j](dh_z[t,n,g,j] * h_U[k,g,j])  (of h_z) */
        multiply(N, 16, 64, 1.0, (matrix){dh_z + 64 * t_ * N, 64, 1}, (matrix){h_U, 1, 64}, NOTHING,
                dh_h + 16 * t_ * N, 16, 1, work);
    }
}

/* dh_W[i,g,j] = sum[t,n](years[n,t,i] * dh_z[t,n,g,j])  (of h_z) */
SHARED void compute_dh_W_1(double *restrict dh_W, ptrdiff_t N, const double *years,
        const double *dh_z, double *restrict work)
{
    fill(dh_W, 64, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        multiply(1, 64, 24, 1.0, (matrix){years + 24 * n, 1, 1}, (matrix){dh_z + 64 * n, 64 * N, 1},
                (matrix){dh_W, 1, 1}, dh_W, 1, 1, work);
    }
}

/* p_W_m_next[i,j] = p_W_m[i,j] * beta1 + dp_W[i,j] * v1_2 */
/* p_W_v_next[i,j] = dp_W[i,j]**2 * v2 + p_W_v[i,j] * beta2 */
/* p_W_next[i,j] = p_W[i,j] - p_W_m_next[i,j] * learning_rate * v3 / (sqrt(p_W_v_next[i,j] * v4) +
   epsilon) */
SHARED void compute_p_W_m_next_1(ptrdiff_t count, double *restrict p_W_m, double beta1, double v1_2,
        const double *dp_W, double *restrict p_W_v, double v2, double beta2, double *restrict p_W,
        double learning_rate, double v3, double v4, double epsilon)
{
    for (ptrdiff_t i = 0; i < count; i++) {
        p_W_m[i] = beta1 * p_W_m[i] + v1_2 * dp_W[i];
        p_W_v[i] = v2 * square(dp_W[i]) + beta2 * p_W_v[i];
        p_W[i] -= learning_rate * v3 * p_W_m[i] / (sqrt(v4 * p_W_v[i]) + epsilon);
    }
}

static void predict(ptrdiff_t N, const sunspots_params *params, const sunspots_data *data,
        const sunspots_outputs *outputs, double *work)
{
    const double *x = data->x; /* (N, 24) */
    const double *h_W = params->h_W; /* (1, 4, 16) */
    const double *h_U = params->h_U; /* (16, 4, 16) */
    const double *h_b = params->h_b; /* (4, 16) */
    const double *p_W = params->p_W; /* (16, 1) */
    const double *p_b = params->p_b; /* (1,) */

    /* years[n,i0,0] = x[n,i0] */
    double *years = work + 512; /* (N, 24, 1) */
    compute_years_1(24 * N, years, x);

    /* h_z[t,n,g,j] = h_b[g,j] + sum[i](years[n,t,i] * h_W[i,g,j]) */
    double *h_z = work + 24 * N + 512; /* (24, N, 4, 16) */
    compute_h_z_1(24 * N, h_z, h_b);
    compute_h_z_2(24, N, h_z, years, h_W);

    double *h_s = work + 1560 * N + 512; /* (24, N, 3, 16) */
    double *h_c = work + 2712 * N + 512; /* (25, N, 16) */
    double *h_h = work + 3112 * N + 512; /* (25, N, 16) */
    fill(h_c, 400 * N, 0.0);
    fill(h_h, 400 * N, 0.0);
    for (ptrdiff_t t_ = 0; t_ < 24; t_++) {
        /* h_z[t,n,g,j] += sum[k](h_h[t,n,k] * h_U[k,g,j]) */
        multiply(N, 64, 16, 1.0, (matrix){h_h + 16 * t_ * N, 16, 1}, (matrix){h_U, 64, 1},
                (matrix){h_z + 64 * t_ * N, 64, 1}, h_z + 64 * t_ * N, 64, 1, work);

        /* h_s[t,n,g,j] = sigmoid(h_z[t,n,g,j]) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t g = 0; g < 3; g++) {
                for (ptrdiff_t j = 0; j < 16; j++) {
                    h_s[t_ * (48 * N) + n * 48 + g * 16 + j] =
                            sigmoid(h_z[t_ * (64 * N) + n * 64 + g * 16 + j]);
                }
            }
        }

        /* h_c[t + 1,n,j] = h_c[t,n,j] * h_s[t,n,1,j] + h_s[t,n,0,j] * tanh(h_z[t,n,3,j]) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 16; j++) {
                h_c[(t_ + 1) * (16 * N) + n * 16 + j] = h_c[t_ * (16 * N) + n * 16 + j] *
                        h_s[t_ * (48 * N) + n * 48 + 1 * 16 + j] + h_s[t_ * (48 * N) + n * 48 + j] *
                        fast_tanh(h_z[t_ * (64 * N) + n * 64 + 3 * 16 + j]);
            }
        }

        /* h_h[t + 1,n,j] = h_s[t,n,2,j] * tanh(h_c[t + 1,n,j]) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 16; j++) {
                h_h[(t_ + 1) * (16 * N) + n * 16 + j] = h_s[t_ * (48 * N) + n * 48 + 2 * 16 + j] *
                        fast_tanh(h_c[(t_ + 1) * (16 * N) + n * 16 + j]);
            }
        }
    }

    /* p[n,j] = p_b[j] + sum[i](h_h[24,n,i] * p_W[i,j]) */
    double *p = outputs->p; /* (N, 1) */
    compute_p_1(N, p, p_b);
    compute_p_2(N, h_h, p_W, p);
}

static double forward(ptrdiff_t N, const sunspots_params *params, const sunspots_data *data,
        const sunspots_tape *tape, double *work)
{
    const double *x = data->x; /* (N, 24) */
    const double *y = data->y; /* (N, 1) */
    const double *h_W = params->h_W; /* (1, 4, 16) */
    const double *h_U = params->h_U; /* (16, 4, 16) */
    const double *h_b = params->h_b; /* (4, 16) */
    const double *p_W = params->p_W; /* (16, 1) */
    const double *p_b = params->p_b; /* (1,) */

    /* years[n,i0,0] = x[n,i0] */
    double *years = tape->years; /* (N, 24, 1) */
    compute_years_1(24 * N, years, x);

    /* h_z[t,n,g,j] = h_b[g,j] + sum[i](years[n,t,i] * h_W[i,g,j]) */
    double *h_z = work + 2745 * N + 8192; /* (24, N, 4, 16) */
    compute_h_z_1(24 * N, h_z, h_b);
    compute_h_z_2(24, N, h_z, years, h_W);

    double *h_s = tape->h_s; /* (24, N, 3, 16) */
    double *h_a = tape->h_a; /* (24, N, 16) */
    double *h_c = tape->h_c; /* (25, N, 16) */
    double *h_tanh_c = tape->h_tanh_c; /* (24, N, 16) */
    double *h_h = tape->h_h; /* (25, N, 16) */
    fill(h_c, 400 * N, 0.0);
    fill(h_h, 400 * N, 0.0);
    for (ptrdiff_t t_ = 0; t_ < 24; t_++) {
        /* h_z[t,n,g,j] += sum[k](h_h[t,n,k] * h_U[k,g,j]) */
        multiply(N, 64, 16, 1.0, (matrix){h_h + 16 * t_ * N, 16, 1}, (matrix){h_U, 64, 1},
                (matrix){h_z + 64 * t_ * N, 64, 1}, h_z + 64 * t_ * N, 64, 1, work);

        /* h_s[t,n,g,j] = sigmoid(h_z[t,n,g,j]) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t g = 0; g < 3; g++) {
                for (ptrdiff_t j = 0; j < 16; j++) {
                    h_s[t_ * (48 * N) + n * 48 + g * 16 + j] =
                            sigmoid(h_z[t_ * (64 * N) + n * 64 + g * 16 + j]);
                }
            }
        }

        /* h_a[t,n,j] = tanh(h_z[t,n,3,j]) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 16; j++) {
                h_a[t_ * (16 * N) + n * 16 + j] =
                        fast_tanh(h_z[t_ * (64 * N) + n * 64 + 3 * 16 + j]);
            }
        }

        /* h_c[t + 1,n,j] = h_a[t,n,j] * h_s[t,n,0,j] + h_c[t,n,j] * h_s[t,n,1,j] */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 16; j++) {
                h_c[(t_ + 1) * (16 * N) + n * 16 + j] = h_a[t_ * (16 * N) + n * 16 + j] *
                        h_s[t_ * (48 * N) + n * 48 + j] + h_c[t_ * (16 * N) + n * 16 + j] *
                        h_s[t_ * (48 * N) + n * 48 + 1 * 16 + j];
            }
        }

        /* h_tanh_c[t,n,j] = tanh(h_c[t + 1,n,j]) */
        for (ptrdiff_t each = 0; each < 16 * N; each++) {
            h_tanh_c[each + 16 * t_ * N] = fast_tanh(h_c[each + 16 * N + 16 * t_ * N]);
        }

        /* h_h[t + 1,n,j] = h_tanh_c[t,n,j] * h_s[t,n,2,j] */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 16; j++) {
                h_h[(t_ + 1) * (16 * N) + n * 16 + j] = h_tanh_c[t_ * (16 * N) + n * 16 + j] *
                        h_s[t_ * (48 * N) + n * 48 + 2 * 16 + j];
            }
        }
    }

    /* p[n,j] = p_b[j] + sum[i](h_h[24,n,i] * p_W[i,j]) */
    double *p = tape->v1; /* (N, 1) */
    compute_p_1(N, p, p_b);
    compute_p_2(N, h_h, p_W, p);

    /* v1[n,j] = p[n,j] - y[n,j] */
    double *v1 = p; /* (N, 1) */
    for (ptrdiff_t n = 0; n < N; n++) {
        v1[n] = p[n] - y[n];
    }

    /* loss_sum = sum[n,j](v1[n,j]**2) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        loss_sum += square(v1[n]);
    }

    /* loss = loss_sum / N */
    const double loss = loss_sum / (double)N;
    return loss;
}

static void backward(ptrdiff_t N, const sunspots_params *params, const sunspots_tape *tape,
        const sunspots_params *grads, double *work)
{
    const double *h_U = params->h_U; /* (16, 4, 16) */
    const double *p_W = params->p_W; /* (16, 1) */
    const double *years = tape->years; /* (N, 24, 1) */
    const double *h_c = tape->h_c; /* (25, N, 16) */
    const double *h_h = tape->h_h; /* (25, N, 16) */
    const double *h_s = tape->h_s; /* (24, N, 3, 16) */
    const double *h_a = tape->h_a; /* (24, N, 16) */
    const double *h_tanh_c = tape->h_tanh_c; /* (24, N, 16) */
    const double *v1 = tape->v1; /* (N, 1) */

    /* dp[n,j] = 2 * v1[n,j] / N  (of loss_sum) */
    double *dp = work + 4281 * N + 8192; /* (N, 1) */
    compute_dp_1(N, dp, v1);

    /* dp_b[j] = sum[n](dp[n,j])  (of p) */
    double *dp_b = grads->p_b; /* (1,) */
    compute_dp_b_1(dp, N, dp_b);

    /* dh[n,i] = sum[j](dp[n,j] * p_W[i,j])  (of p) */
    double *dh = work + 4282 * N + 8192; /* (N, 16) */
    compute_dh_1(N, dh, dp, p_W);

    /* dp_W[i,j] = sum[n](h_h[24,n,i] * dp[n,j])  (of p) */
    double *dp_W = grads->p_W; /* (16, 1) */
    compute_dp_W_1(dp_W, N, h_h, dp);

    /* dh_h[24,n,j] = dh[n,j]  (of h) */
    double *dh_h = work + 4298 * N + 8192; /* (25, N, 16) */
    compute_dh_h_1(16 * N, dh_h, N, dh);

    /* dh_c_step[t,n,j] = (1 - h_tanh_c[t,n,j]**2) * h_s[t,n,2,j]  (of h_tanh_c) */
    double *dh_c_step = work + 4698 * N + 8192; /* (24, N, 16) */
    compute_dh_c_step_1(24, N, dh_c_step, h_tanh_c, h_s);

    /* dh_z_step[t,n,j] = (1 - h_a[t,n,j]**2) * h_s[t,n,0,j]  (of h_a) */
    double *dh_z_step = work + 5082 * N + 8192; /* (24, N, 16) */
    compute_dh_z_step_1(24, N, dh_z_step, h_a, h_s);

    /* dh_z_step_2[t,n,g,j] = (1 - h_s[t,n,g,j]) * h_s[t,n,g,j]  (of h_s) */
    double *dh_z_step_2 = work + 5466 * N + 8192; /* (24, N, 3, 16) */
    compute_dh_z_step_2_1(1152 * N, dh_z_step_2, h_s);

    double *dh_s = work + 6618 * N + 8192; /* (24, N, 3, 16) */
    double *dh_c = work + 7770 * N + 8192; /* (25, N, 16) */
    double *dh_z = work + 2745 * N + 8192; /* (24, N, 4, 16) */
    /* dh_s[t,n,2,j] = dh_h[t + 1,n,j] * h_tanh_c[t,n,j]  (of h_h) */
    /* dh_c[t + 1,n,j] += dh_c_step[t,n,j] * dh_h[t + 1,n,j]  (of h_tanh_c) */
    /* dh_s[t,n,0,j] = dh_c[t + 1,n,j] * h_a[t,n,j]  (of h_c) */
    /* dh_c[t,n,j] = dh_c[t + 1,n,j] * h_s[t,n,1,j]  (of h_c) */
    /* dh_s[t,n,1,j] = dh_c[t + 1,n,j] * h_c[t,n,j]  (of h_c) */
    /* dh_z[t,n,3,j] = dh_c[t + 1,n,j] * dh_z_step[t,n,j]  (of h_a) */
    /* dh_z[t,n,g,j] = dh_s[t,n,g,j] * dh_z_step_2[t,n,g,j]  (of h_s) */
    /* dh_h[t,n,k] = sum[g,j](dh_z[t,n,g,j] * h_U[k,g,j])  (of h_z) */
    compute_dh_s_1(dh_c, N, dh_s, dh_h, h_tanh_c, dh_c_step, h_a, h_s, h_c, dh_z, dh_z_step,
            dh_z_step_2, h_U, work);

    /* dh_U[k,g,j] = sum[t,n](h_h[t,n,k] * dh_z[t,n,g,j])  (of h_z) */
    double *dh_U = grads->h_U; /* (16, 4, 16) */
    multiply(16, 64, 24 * N, 1.0, (matrix){h_h, 1, 16}, (matrix){dh_z, 64, 1}, NOTHING, dh_U, 64, 1,
            work);

    /* dh_b[g,j] = sum[t,n](dh_z[t,n,g,j])  (of h_z) */
    double *dh_b = grads->h_b; /* (4, 16) */
    multiply(1, 64, 24 * N, 1.0, ONES, (matrix){dh_z, 64, 1}, NOTHING, dh_b, 1, 1, work);

    /* dh_W[i,g,j] = sum[t,n](years[n,t,i] * dh_z[t,n,g,j])  (of h_z) */
    double *dh_W = grads->h_W; /* (1, 4, 16) */
    compute_dh_W_1(dh_W, N, years, dh_z, work);
}

static void descend(ptrdiff_t N, const sunspots_params *params, const sunspots_state *state,
        const sunspots_hyper *hyper, const sunspots_tape *tape, double *work)
{
    double *h_W = params->h_W; /* (1, 4, 16) */
    double *h_U = params->h_U; /* (16, 4, 16) */
    double *h_b = params->h_b; /* (4, 16) */
    double *p_W = params->p_W; /* (16, 1) */
    double *p_b = params->p_b; /* (1,) */
    const double *years = tape->years; /* (N, 24, 1) */
    const double *h_c = tape->h_c; /* (25, N, 16) */
    const double *h_h = tape->h_h; /* (25, N, 16) */
    const double *h_s = tape->h_s; /* (24, N, 3, 16) */
    const double *h_a = tape->h_a; /* (24, N, 16) */
    const double *h_tanh_c = tape->h_tanh_c; /* (24, N, 16) */
    const double *v1 = tape->v1; /* (N, 1) */
    const double t = *state->t;
    double *h_W_m = state->h_W_m; /* (1, 4, 16) */
    double *h_W_v = state->h_W_v; /* (1, 4, 16) */
    double *h_U_m = state->h_U_m; /* (16, 4, 16) */
    double *h_U_v = state->h_U_v; /* (16, 4, 16) */
    double *h_b_m = state->h_b_m; /* (4, 16) */
    double *h_b_v = state->h_b_v; /* (4, 16) */
    double *p_W_m = state->p_W_m; /* (16, 1) */
    double *p_W_v = state->p_W_v; /* (16, 1) */
    double *p_b_m = state->p_b_m; /* (1,) */
    double *p_b_v = state->p_b_v; /* (1,) */
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

    /* dp[n,j] = 2 * v1[n,j] / N  (of loss_sum) */
    double *dp = work + 4281 * N + 8192; /* (N, 1) */
    compute_dp_1(N, dp, v1);

    /* dp_b[j] = sum[n](dp[n,j])  (of p) */
    double *dp_b = work + 8170 * N + 8192; /* (1,) */
    compute_dp_b_1(dp, N, dp_b);

    /* p_b_m_next[j] = p_b_m[j] * beta1 + dp_b[j] * v1_2 */
    /* p_b_v_next[j] = dp_b[j]**2 * v2 + p_b_v[j] * beta2 */
    /* p_b_next[j] = p_b[j] - p_b_m_next[j] * learning_rate * v3 / (sqrt(p_b_v_next[j] * v4) +
       epsilon) */
    p_b_m[0] = beta1 * p_b_m[0] + v1_2 * dp_b[0];
    p_b_v[0] = square(dp_b[0]) * v2 + beta2 * p_b_v[0];
    p_b[0] -= learning_rate * v3 * p_b_m[0] / (sqrt(v4 * p_b_v[0]) + epsilon);

    /* dh[n,i] = sum[j](dp[n,j] * p_W[i,j])  (of p) */
    double *dh = work + 4282 * N + 8192; /* (N, 16) */
    compute_dh_1(N, dh, dp, p_W);

    /* dp_W[i,j] = sum[n](h_h[24,n,i] * dp[n,j])  (of p) */
    double *dp_W = work + 8170 * N + 8193; /* (16, 1) */
    compute_dp_W_1(dp_W, N, h_h, dp);

    /* p_W_m_next[i,j] = p_W_m[i,j] * beta1 + dp_W[i,j] * v1_2 */
    /* p_W_v_next[i,j] = dp_W[i,j]**2 * v2 + p_W_v[i,j] * beta2 */
    /* p_W_next[i,j] = p_W[i,j] - p_W_m_next[i,j] * learning_rate * v3 / (sqrt(p_W_v_next[i,j] * v4)
       + epsilon) */
    compute_p_W_m_next_1(16, p_W_m, beta1, v1_2, dp_W, p_W_v, v2, beta2, p_W, learning_rate, v3, v4,
            epsilon);

    /* dh_h[24,n,j] = dh[n,j]  (of h) */
    double *dh_h = work + 4298 * N + 8192; /* (25, N, 16) */
    compute_dh_h_1(16 * N, dh_h, N, dh);

    /* dh_c_step[t,n,j] = (1 - h_tanh_c[t,n,j]**2) * h_s[t,n,2,j]  (of h_tanh_c) */
    double *dh_c_step = work + 4698 * N + 8192; /* (24, N, 16) */
    compute_dh_c_step_1(24, N, dh_c_step, h_tanh_c, h_s);

    /* dh_z_step[t,n,j] = (1 - h_a[t,n,j]**2) * h_s[t,n,0,j]  (of h_a) */
    double *dh_z_step = work + 5082 * N + 8192; /* (24, N, 16) */
    compute_dh_z_step_1(24, N, dh_z_step, h_a, h_s);

    /* dh_z_step_2[t,n,g,j] = (1 - h_s[t,n,g,j]) * h_s[t,n,g,j]  (of h_s) */
    double *dh_z_step_2 = work + 5466 * N + 8192; /* (24, N, 3, 16) */
    compute_dh_z_step_2_1(1152 * N, dh_z_step_2, h_s);

    double *dh_s = work + 6618 * N + 8192; /* (24, N, 3, 16) */
    double *dh_c = work + 7770 * N + 8192; /* (25, N, 16) */
    double *dh_z = work + 2745 * N + 8192; /* (24, N, 4, 16) */
    /* dh_s[t,n,2,j] = dh_h[t + 1,n,j] * h_tanh_c[t,n,j]  (of h_h) */
    /* dh_c[t + 1,n,j] += dh_c_step[t,n,j] * dh_h[t + 1,n,j]  (of h_tanh_c) */
    /* dh_s[t,n,0,j] = dh_c[t + 1,n,j] * h_a[t,n,j]  (of h_c) */
    /* dh_c[t,n,j] = dh_c[t + 1,n,j] * h_s[t,n,1,j]  (of h_c) */
    /* dh_s[t,n,1,j] = dh_c[t + 1,n,j] * h_c[t,n,j]  (of h_c) */
    /* dh_z[t,n,3,j] = dh_c[t + 1,n,j] * dh_z_step[t,n,j]  (of h_a) */
    /* dh_z[t,n,g,j] = dh_s[t,n,g,j] * dh_z_step_2[t,n,g,j]  (of h_s) */
    /* dh_h[t,n,k] = sum[g,j](dh_z[t,n,g,j] * h_U[k,g,j])  (of h_z) */
    compute_dh_s_1(dh_c, N, dh_s, dh_h, h_tanh_c, dh_c_step, h_a, h_s, h_c, dh_z, dh_z_step,
            dh_z_step_2, h_U, work);

    /* dh_U[k,g,j] = sum[t,n](h_h[t,n,k] * dh_z[t,n,g,j])  (of h_z) */
    double *dh_U = work + 8170 * N + 8209; /* (16, 4, 16) */
    multiply(16, 64, 24 * N, 1.0, (matrix){h_h, 1, 16}, (matrix){dh_z, 64, 1}, NOTHING, dh_U, 64, 1,
            work);

    /* h_U_m_next[i,j,k0] = h_U_m[i,j,k0] * beta1 + dh_U[i,j,k0] * v1_2 */
    /* h_U_v_next[i,j,k0] = dh_U[i,j,k0]**2 * v2 + h_U_v[i,j,k0] * beta2 */
    /* h_U_next[i,j,k0] = h_U[i,j,k0] - h_U_m_next[i,j,k0] * learning_rate * v3 /
       (sqrt(h_U_v_next[i,j,k0] * v4) + epsilon) */
    compute_p_W_m_next_1(1024, h_U_m, beta1, v1_2, dh_U, h_U_v, v2, beta2, h_U, learning_rate, v3,
            v4, epsilon);

    /* dh_b[g,j] = sum[t,n](dh_z[t,n,g,j])  (of h_z) */
    double *dh_b = work + 8170 * N + 9233; /* (4, 16) */
    multiply(1, 64, 24 * N, 1.0, ONES, (matrix){dh_z, 64, 1}, NOTHING, dh_b, 1, 1, work);

    /* h_b_m_next[i,j] = h_b_m[i,j] * beta1 + dh_b[i,j] * v1_2 */
    /* h_b_v_next[i,j] = dh_b[i,j]**2 * v2 + h_b_v[i,j] * beta2 */
    /* h_b_next[i,j] = h_b[i,j] - h_b_m_next[i,j] * learning_rate * v3 / (sqrt(h_b_v_next[i,j] * v4)
       + epsilon) */
    compute_p_W_m_next_1(64, h_b_m, beta1, v1_2, dh_b, h_b_v, v2, beta2, h_b, learning_rate, v3, v4,
            epsilon);

    /* dh_W[i,g,j] = sum[t,n](years[n,t,i] * dh_z[t,n,g,j])  (of h_z) */
    double *dh_W = work + 8170 * N + 9233; /* (1, 4, 16) */
    compute_dh_W_1(dh_W, N, years, dh_z, work);

    /* h_W_m_next[i,j,k0] = h_W_m[i,j,k0] * beta1 + dh_W[i,j,k0] * v1_2 */
    /* h_W_v_next[i,j,k0] = dh_W[i,j,k0]**2 * v2 + h_W_v[i,j,k0] * beta2 */
    /* h_W_next[i,j,k0] = h_W[i,j,k0] - h_W_m_next[i,j,k0] * learning_rate * v3 /
       (sqrt(h_W_v_next[i,j,k0] * v4) + epsilon) */
    compute_p_W_m_next_1(64, h_W_m, beta1, v1_2, dh_W, h_W_v, v2, beta2, h_W, learning_rate, v3, v4,
            epsilon);

    *state->t = t_next;
}

int sunspots_predict(ptrdiff_t N, const sunspots_params *params, const sunspots_data *data,
        const sunspots_outputs *outputs, double *work)
{
    if (N < 1) {
        return -1;
    }
    predict(N, params, data, outputs, work);
    return 0;
}

int sunspots_forward(ptrdiff_t N, const sunspots_params *params, const sunspots_data *data,
        const sunspots_tape *tape, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    *loss = forward(N, params, data, tape, work);
    return 0;
}

int sunspots_backward(ptrdiff_t N, const sunspots_params *params, const sunspots_tape *tape,
        const sunspots_params *grads, double *work)
{
    if (N < 1) {
        return -1;
    }
    backward(N, params, tape, grads, work);
    return 0;
}

int sunspots_value_and_grad(ptrdiff_t N, const sunspots_params *params, const sunspots_data *data,
        const sunspots_params *grads, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    const sunspots_tape tape = {work + 8192, work + 24 * N + 8192, work + 424 * N + 8192, work + 824
            * N + 8192, work + 1976 * N + 8192, work + 2360 * N + 8192, work + 2744 * N + 8192};
    *loss = forward(N, params, data, &tape, work);
    backward(N, params, &tape, grads, work);
    return 0;
}

int sunspots_train_step(ptrdiff_t N, const sunspots_params *params, const sunspots_state *state,
        const sunspots_data *data, const sunspots_hyper *hyper, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    const sunspots_tape tape = {work + 8192, work + 24 * N + 8192, work + 424 * N + 8192, work + 824
            * N + 8192, work + 1976 * N + 8192, work + 2360 * N + 8192, work + 2744 * N + 8192};
    *loss = forward(N, params, data, &tape, work);
    descend(N, params, state, hyper, &tape, work);
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

int sunspots_fit(ptrdiff_t N, const sunspots_params *params, const sunspots_state *state,
        const sunspots_data *data, const sunspots_hyper *hyper, const sunspots_training *training,
        double *work, double *losses)
{
    if (training->batch_size < 1 || N < 1) {
        return -1;
    }
    const ptrdiff_t most = training->batch_size < N ? training->batch_size : N;
    const struct {
        double *x;
        double *y;
    } batch = {work, work + most * 24};
    work = work + most * 24 + most;
    const int shuffle = training->shuffle && most < N;
    row_order order = {0};
    const ptrdiff_t often = 10000000 / (179089 * most + 21059) + 1;
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
                memcpy(batch.x + each * 24, data->x + row * 24, 24 * sizeof *batch.x);
                memcpy(batch.y + each, data->y + row, sizeof *batch.y);
            }
            sunspots_data part = *data;
            part.x = shuffle ? batch.x : data->x + begin * 24;
            part.y = shuffle ? batch.y : data->y + begin;
            if (sunspots_train_step(rows, params, state, &part, hyper, work, &value) != 0) {
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

size_t sunspots_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(SUNSPOTS_WORKSPACE(N)) * sizeof(double);
}

size_t sunspots_predict_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(SUNSPOTS_PREDICT_WORKSPACE(N)) * sizeof(double);
}

const char *sunspots_build(void)
{
    return "258445aae1d72e13";
}

sunspots_hyper sunspots_default_hyper(void)
{
    const sunspots_hyper hyper = {.learning_rate = 0.005, .beta1 = 0.9, .beta2 = 0.999,
            .epsilon = 1e-08};
    return hyper;
}
