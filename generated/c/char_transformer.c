/*
 * char_transformer: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,T] in 76
 *     label t[N,T] in 76
 *     param e_E[76,32]
 *     param n1_g[32]
 *     param a_Wq[32,32]
 *     param a_Wk[32,32]
 *     param a_Wv[32,32]
 *     param a_Wo[32,32]
 *     param n2_g[32]
 *     param f_W[32,64]
 *     param f_b[64]
 *     param m_W[64,32]
 *     param m_b[32]
 *     param n3_g[32]
 *     param logits_W[32,76]
 *     param logits_b[76]
 *     e[n,k,d] = e_E[x[n,k],d]
 *     h_waves[t_2,d] = where(d % 2 == 0, sin(t_2 * exp(-0.0625 * floor(0.5 * d) * log(10000))),
 *         cos(t_2 * exp(-0.0625 * floor(0.5 * d) * log(10000)))) for t_2 in T, d in 32
 *     h[n,t_2,d] = h_waves[t_2,d] + e[n,t_2,d]
 *     n1_mean_square_sum[n,k] = sum[j](h[n,k,j]**2)
 *     n1_mean_square[n,k] = 0.03125 * n1_mean_square_sum[n,k]
 *     n1[n,k,j] = h[n,k,j] * n1_g[j] / sqrt(n1_mean_square[n,k] + 1e-05)
 *     a_q[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wq[i,j])
 *     a_k[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wk[i,j])
 *     a_v[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wv[i,j])
 *     a_s_sum[n,h_2,t_2,u_2] = sum[d](a_k[n,u_2,d + 16 * h_2] * a_q[n,t_2,d + 16 * h_2]) for n in N,
 *         h_2 in 2, t_2 in T, u_2 in T, d in 16
 *     a_s[n,h_2,t_2,u_2] = 0.25 * a_s_sum[n,h_2,t_2,u_2]
 *     a_seen[n,h_2,t_2,u_2] = where(u_2 <= t_2, a_s[n,h_2,t_2,u_2], -1000000000)
 *     a_Z[n,k,l] = sum[j](exp(a_seen[n,k,l,j]))
 *     a_p[n,h_2,t_2,u_2] = exp(a_seen[n,h_2,t_2,u_2]) / a_Z[n,h_2,t_2]
 *     a_heads[n,t_2,e_2 + 16 * h_2] = sum[u_2](a_v[n,u_2,e_2 + 16 * h_2] * a_p[n,h_2,t_2,u_2])
 *     a[n,t_2,j] = sum[i](a_heads[n,t_2,i] * a_Wo[i,j])
 *     r[n,k,j] = a[n,k,j] + h[n,k,j]
 *     n2_mean_square_sum[n,k] = sum[j](r[n,k,j]**2)
 *     n2_mean_square[n,k] = 0.03125 * n2_mean_square_sum[n,k]
 *     n2[n,k,j] = r[n,k,j] * n2_g[j] / sqrt(n2_mean_square[n,k] + 1e-05)
 *     f_z[n,k,j] = sum[i](n2[n,k,i] * f_W[i,j])
 *     f_z[n,k,j] += f_b[j]
 *     f[n,k,j] = f_z[n,k,j] * normal_cdf(f_z[n,k,j])
 *     m[n,k,j] = sum[i](f[n,k,i] * m_W[i,j])
 *     m[n,k,j] += m_b[j]
 *     u[n,k,j] = m[n,k,j] + r[n,k,j]
 *     n3_mean_square_sum[n,k] = sum[j](u[n,k,j]**2)
 *     n3_mean_square[n,k] = 0.03125 * n3_mean_square_sum[n,k]
 *     n3[n,k,j] = u[n,k,j] * n3_g[j] / sqrt(n3_mean_square[n,k] + 1e-05)
 *     logits[n,k,j] = sum[i](n3[n,k,i] * logits_W[i,j])
 *     logits[n,k,j] += logits_b[j]
 *     loss_Z[n,k] = sum[j](exp(logits[n,k,j]))
 *     loss_sum = sum[n,k](log(loss_Z[n,k]) - logits[n,k,t[n,k]])
 *     loss = loss_sum / (N * T)
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from char_transformer.bp (network b331bfed12fe83c9):
 *     symbp build char_transformer.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "char_transformer.h"

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

/* e^x = 2^k e^r with x = k log(2) + r and |r| <= log(2) / 2, within 2 units in the last place. */
static inline double fast_exp(double x)
{
    double y = x > 710.0 ? 710.0 : x;
    y = x < -750.0 ? -750.0 : y;
    const double k = nearest(y * 1.4426950408889634);
    /* 2^k itself may be no number of this type: it is another one, times 2 or 2^-128. */
    const double most = k + (x < 0.0 ? 128.0 : -1.0);
    const double rest = x < 0.0 ? 2.938735877055719e-39 : 2.0;
    return (1.0 + small_expm1(less_logs(y, k))) * power_of_two(most) * rest;
}

/* The k for which y = 2^k m with sqrt(1/2) <= m < sqrt(2), for normal y > 0. */
static inline double exponent(double y)
{
    uint64_t bits;
    memcpy(&bits, &y, sizeof bits);
    /* The bits of 1 less those of sqrt(1/2) are added; the exponent is put into 2^52 + k. */
    bits = ((bits + 0x00095f619980c433u) >> 52) | 0x4330000000000000u;
    double k;
    memcpy(&k, &bits, sizeof k);
    return k - 4503599627371519.0;
}

/*
 * log(2^k (1 + f)) for sqrt(1/2) <= 1 + f < sqrt(2), by log(1 + f) = 2 artanh(s) = f - s (f - R)
 * with s = f / (2 + f), as in Sun's fdlibm, e_log.c (1993); R is a minimax polynomial in s^2.
 */
static inline double logarithm(double k, double f)
{
    const double s = f / (2.0 + f), z = s * s;
    double p = 0.1479262594021258;
    p = p * z + 0.15314414925043782;
    p = p * z + 0.1818354852798473;
    p = p * z + 0.22222198915723246;
    p = p * z + 0.28571428738537896;
    p = p * z + 0.3999999999943539;
    p = p * z + 0.6666666666666731;
    return k * 0.693147180369123816490 - ((s * (f - z * p) - k * 1.90821492927058770002e-10) - f);
}

/* What is added to a logarithm for its value at the ends: infinity at 0 and infinity, or NaN. */
static inline double end_of_log(double x)
{
    double end = x >= 0.0 ? 0.0 : (double)NAN;
    end = x == 0.0 ? -(double)INFINITY : end;
    return x > 1.7976931348623157e308 ? (double)INFINITY : end;
}

/* The natural logarithm, within 2 units in the last place. */
static inline double fast_log(double x)
{
    /* What is below the normal numbers is multiplied by 2^54. */
    const double y = x * (x < 2.2250738585072014e-308 ? 18014398509481984.0 : 1.0);
    const double k = exponent(y);
    const double below = x < 2.2250738585072014e-308 ? 54.0 : 0.0;
    uint64_t bits;
    memcpy(&bits, &y, sizeof bits);
    bits = ((bits + 0x00095f619980c433u) & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu;
    double m;
    memcpy(&m, &bits, sizeof m);
    return logarithm(k - below, m - 1.0) + end_of_log(x);
}

/*
 * The normal distribution's tail at a >= 0, the integral of e^(-t^2/2) / sqrt(2 pi) from a on, as
 * e^(-a^2/2) / (sqrt(2 pi) a + p / q), p / q a minimax rational function right to 2^-57. All terms
 * are positive, and p / q, which carries most roundings, counts less the larger a is. (After W. J.
 * Cody, Rational Chebyshev approximations for the error function, 1969.)
 */
static inline double normal_tail(double a)
{
    a = a > 39.0 ? 39.0 : a;
    /* a^2 has an exact part, that of a's first 26 bits, and a small one. */
    const double head = (a + 6442450944.0) - 6442450944.0;
    const double x = -0.5 * head * head;
    const double k = nearest(x * 1.4426950408889634);
    const double r = less_logs(x, k) - 0.5 * (a - head) * (a + head);
    double p = 1.4432655485572596e-06;
    p = p * a + 4.3271776145421356e-05;
    p = p * a + 0.0006377647189796889;
    p = p * a + 0.0059930928956346986;
    p = p * a + 0.039354430282953295;
    p = p * a + 0.18704789079085837;
    p = p * a + 0.6452038338078293;
    p = p * a + 1.5691384640903858;
    p = p * a + 2.477341689507422;
    p = p * a + 2.0;
    double q = 5.75779649212954e-07;
    q = q * a + 1.7262941043675014e-05;
    q = q * a + 0.00025558287140054766;
    q = q * a + 0.002425423989613155;
    q = q * a + 0.016205555478204816;
    q = q * a + 0.07929949545196598;
    q = q * a + 0.28729766770353027;
    q = q * a + 0.761607305034744;
    q = q * a + 1.4194928971048502;
    q = q * a + 1.694100421266345;
    q = q * a + 1.0;
    q = q / (2.5066282746310007 * a * q + p);
    return (1.0 + small_expm1(r)) * q * power_of_two(k + 128.0) * 2.938735877055719e-39;
}

/* The normal distribution function, within 4 units in the last place, in its left tail too. */
static inline double normal_cdf(double x)
{
    const double tail = normal_tail(fabs(x));
    return (x < 0.0 ? 0.0 : 1.0) + (x < 0.0 ? tail : -tail);
}

static inline double square(double x)
{
    return x * x;
}

/* The first of two equal ones; NaN where one is NaN. */
static inline double maximum(double a, double b)
{
    return b > a || b != b ? b : a;
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

/* Tells whether all labels lie in 0 .. classes-1. */
static inline int within(const ptrdiff_t *labels, ptrdiff_t count, ptrdiff_t classes)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        if (labels[k] < 0 || labels[k] >= classes) {
            return 0;
        }
    }
    return 1;
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

/* h[n,t_2,d] = e_E[x[n,t_2],d] + where(d % 2 == 0, sin(t_2 * exp(-0.0625 * floor(0.5 * d) *
   log(10000))), cos(t_2 * exp(-0.0625 * floor(0.5 * d) * log(10000)))) */
SHARED void compute_h_1(ptrdiff_t N, ptrdiff_t T, double *restrict h, const double *e_E,
        const ptrdiff_t *x)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
            for (ptrdiff_t d = 0; d < 32; d++) {
                h[n * (32 * T) + t_2 * 32 + d] = e_E[x[n * T + t_2] * 32 + d] + (d % 2 == 0 ?
                        sin((double)t_2 * fast_exp(-0.0625 * fast_log(10000.0) * (double)(d / 2))) :
                        cos((double)t_2 * fast_exp(-0.0625 * fast_log(10000.0) * (double)(d / 2))));
            }
        }
    }
}

/* n1_mean_square_sum[n,k] = sum[j](h[n,k,j]**2) */
SHARED void compute_n1_mean_square_sum_1(ptrdiff_t N, ptrdiff_t T, const double *h,
        double *restrict n1_mean_square_sum)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            double sum = 0.0;
            for (ptrdiff_t j = 0; j < 32; j++) {
                sum += square(h[n * (32 * T) + k * 32 + j]);
            }
            n1_mean_square_sum[n * T + k] = sum;
        }
    }
}

/* n1_mean_square[n,k] = 0.03125 * n1_mean_square_sum[n,k] */
SHARED void compute_n1_mean_square_1(double *restrict n1_mean_square, ptrdiff_t count)
{
    const double *n1_mean_square_sum = n1_mean_square;
    for (ptrdiff_t each = 0; each < count; each++) {
        n1_mean_square[each] = 0.03125 * n1_mean_square_sum[each];
    }
}

/* n1[n,k,j] = h[n,k,j] * n1_g[j] / sqrt(n1_mean_square[n,k] + 1e-05) */
SHARED void compute_n1_1(ptrdiff_t N, ptrdiff_t T, double *restrict n1, const double *h,
        const double *n1_g, const double *n1_mean_square)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            for (ptrdiff_t j = 0; j < 32; j++) {
                n1[n * (32 * T) + k * 32 + j] = h[n * (32 * T) + k * 32 + j] * n1_g[j] /
                        sqrt(n1_mean_square[n * T + k] + 1e-05);
            }
        }
    }
}

/* a_s_sum[n,h_2,t_2,u_2] = sum[d](a_k[n,u_2,d + 16 * h_2] * a_q[n,t_2,d + 16 * h_2]) */
SHARED void compute_a_s_sum_1(ptrdiff_t N, ptrdiff_t T, const double *a_q, const double *a_k,
        double *restrict a_s_sum, double *restrict work)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t h_2 = 0; h_2 < 2; h_2++) {
            multiply(T, T, 16, 1.0, (matrix){a_q + 16 * h_2 + 32 * n * T, 32, 1}, (matrix){a_k + 16
                    * h_2 + 32 * n * T, 1, 32}, NOTHING, a_s_sum + h_2 * (T * T) + 2 * n * (T * T),
                    T, 1, work);
        }
    }
}

/* a_seen[n,h_2,t_2,u_2] = where(u_2 <= t_2, 0.25 * a_s_sum[n,h_2,t_2,u_2], -1000000000) */
SHARED void compute_a_seen_1(double *restrict a_seen, ptrdiff_t N, ptrdiff_t T)
{
    const double *a_s_sum = a_seen;
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t h_2 = 0; h_2 < 2; h_2++) {
            for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
                for (ptrdiff_t u_2 = 0; u_2 < T; u_2++) {
                    a_seen[n * (2 * (T * T)) + h_2 * (T * T) + t_2 * T + u_2] = (u_2 <= t_2 ? 0.25 *
                            a_s_sum[n * (2 * (T * T)) + h_2 * (T * T) + t_2 * T + u_2] :
                            -1000000000.0);
                }
            }
        }
    }
}

/* a_Z_max[n,k,l] = max[j](a_seen[n,k,l,j]) */
SHARED void compute_a_Z_max_1(ptrdiff_t count, ptrdiff_t T, const double *a_seen,
        double *restrict a_Z_max)
{
    for (ptrdiff_t l = 0; l < count; l++) {
        double best = -INFINITY;
        for (ptrdiff_t j = 0; j < T; j++) {
            best = maximum(best, a_seen[l * T + j]);
        }
        a_Z_max[l] = best;
    }
}

/* a_seen_shifted[n,k,l,j] = a_seen[n,k,l,j] - a_Z_max[n,k,l] */
/* v1[n,k,l,j] = exp(a_seen_shifted[n,k,l,j]) */
SHARED void compute_a_seen_shifted_1(double *restrict v1, ptrdiff_t N, ptrdiff_t T,
        const double *a_Z_max)
{
    double *a_seen_shifted = v1;
    const double *a_seen = a_seen_shifted;
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < 2; k++) {
            for (ptrdiff_t l = 0; l < T; l++) {
                for (ptrdiff_t j = 0; j < T; j++) {
                    a_seen_shifted[n * (2 * (T * T)) + k * (T * T) + l * T + j] =
                            a_seen[n * (2 * (T * T)) + k * (T * T) + l * T + j] -
                            a_Z_max[n * (2 * T) + k * T + l];
                    v1[n * (2 * (T * T)) + k * (T * T) + l * T + j] =
                            fast_exp(a_seen_shifted[n * (2 * (T * T)) + k * (T * T) + l * T + j]);
                }
            }
        }
    }
}

/* a_Z_shifted[n,k,l] = sum[j](v1[n,k,l,j]) */
SHARED void compute_a_Z_shifted_1(ptrdiff_t count, const double *v1, ptrdiff_t T,
        double *restrict a_Z_shifted)
{
    for (ptrdiff_t l = 0; l < count; l++) {
        double sum = 0.0;
        sum += total(v1 + l * T, T);
        a_Z_shifted[l] = sum;
    }
}

/* a_p[n,h_2,t_2,u_2] = v1[n,h_2,t_2,u_2] / a_Z_shifted[n,h_2,t_2] */
SHARED void compute_a_p_1(double *restrict a_p, ptrdiff_t N, ptrdiff_t T, const double *a_Z_shifted)
{
    const double *v1 = a_p;
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t h_2 = 0; h_2 < 2; h_2++) {
            for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
                for (ptrdiff_t u_2 = 0; u_2 < T; u_2++) {
                    a_p[n * (2 * (T * T)) + h_2 * (T * T) + t_2 * T + u_2] =
                            v1[n * (2 * (T * T)) + h_2 * (T * T) + t_2 * T + u_2] /
                            a_Z_shifted[n * (2 * T) + h_2 * T + t_2];
                }
            }
        }
    }
}

/* a_heads[n,t_2,e_2 + 16 * h_2] = sum[u_2](a_v[n,u_2,e_2 + 16 * h_2] * a_p[n,h_2,t_2,u_2]) */
SHARED void compute_a_heads_1(double *restrict a_heads, ptrdiff_t N, ptrdiff_t T, const double *a_p,
        const double *a_v, double *restrict work)
{
    fill(a_heads, 32 * N * T, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t h_2 = 0; h_2 < 2; h_2++) {
            multiply(T, 16, T, 1.0, (matrix){a_p + h_2 * (T * T) + 2 * n * (T * T), T, 1},
                    (matrix){a_v + 16 * h_2 + 32 * n * T, 32, 1}, (matrix){a_heads + 16 * h_2 + 32 *
                    n * T, 32, 1}, a_heads + 16 * h_2 + 32 * n * T, 32, 1, work);
        }
    }
}

/* r[n,k,j] = a[n,k,j] + h[n,k,j] */
SHARED void compute_r_1(double *restrict r, ptrdiff_t count, const double *h)
{
    const double *a = r;
    for (ptrdiff_t each = 0; each < count; each++) {
        r[each] = a[each] + h[each];
    }
}

/* n1_mean_square[n,k] = 0.03125 * n1_mean_square_sum[n,k] */
/* v13[n,k] = n1_mean_square[n,k] + 1e-05 */
/* v7[n,k] = 1 / sqrt(v13[n,k]) */
SHARED void compute_n1_mean_square_2(double *restrict v13, ptrdiff_t count, double *restrict v7)
{
    double *n1_mean_square = v13;
    const double *n1_mean_square_sum = n1_mean_square;
    for (ptrdiff_t each = 0; each < count; each++) {
        n1_mean_square[each] = 0.03125 * n1_mean_square_sum[each];
        v13[each] = n1_mean_square[each] + 1e-05;
        v7[each] = 1.0 / sqrt(v13[each]);
    }
}

/* n1[n,k,j] = v7[n,k] * h[n,k,j] * n1_g[j] */
SHARED void compute_n1_2(ptrdiff_t N, ptrdiff_t T, double *restrict n1, const double *v7,
        const double *h, const double *n1_g)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            for (ptrdiff_t j = 0; j < 32; j++) {
                n1[n * (32 * T) + k * 32 + j] = v7[n * T + k] * h[n * (32 * T) + k * 32 + j] *
                        n1_g[j];
            }
        }
    }
}

/* dlogits_terms[n,k,j] = v12[n,k,j] / loss_Z_shifted[n,k]  (of loss_Z) */
/* dlogits_terms[n,k,t[n,k]] += -1 */
SHARED void compute_dlogits_terms_1(ptrdiff_t N, ptrdiff_t T, double *restrict dlogits_terms,
        const double *v12, const double *loss_Z_shifted)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            for (ptrdiff_t j = 0; j < 76; j++) {
                dlogits_terms[n * (76 * T) + k * 76 + j] = v12[n * (76 * T) + k * 76 + j] /
                        loss_Z_shifted[n * T + k];
            }
        }
    }
}

SHARED void compute_dlogits_terms_2(ptrdiff_t N, ptrdiff_t T, double *restrict dlogits_terms,
        const ptrdiff_t *t)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            dlogits_terms[n * (76 * T) + k * 76 + t[n * T + k]] -= 1.0;
        }
    }
}

/* dlogits[n,k,j] = dlogits_terms[n,k,j] / (N * T)  (of loss_Z) */
SHARED void compute_dlogits_1(double *restrict dlogits, ptrdiff_t count, ptrdiff_t N, ptrdiff_t T)
{
    const double *dlogits_terms = dlogits;
    for (ptrdiff_t each = 0; each < count; each++) {
        dlogits[each] = 1.0 / ((double)N * (double)T) * dlogits_terms[each];
    }
}

/* dn3_mean_square_sum_2[n,k] = sum[j](dn3[n,k,j] * n3[n,k,j])  (of n3) */
SHARED void compute_dn3_mean_square_sum_2_1(ptrdiff_t N, ptrdiff_t T, const double *dn3,
        const double *n3, double *restrict dn3_mean_square_sum_2)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            double sum = 0.0;
            for (ptrdiff_t j = 0; j < 32; j++) {
                sum += dn3[n * (32 * T) + k * 32 + j] * n3[n * (32 * T) + k * 32 + j];
            }
            dn3_mean_square_sum_2[n * T + k] = sum;
        }
    }
}

/* v1[n,k] = v11[n,k]  (of n3) */
SHARED void compute_v1_1(ptrdiff_t count, double *restrict v1, const double *v11)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        v1[k] = v11[k];
    }
}

/* v2[n,k,j] = dn3[n,k,j] * u[n,k,j]  (of n3) */
SHARED void compute_v2_1(ptrdiff_t count, double *restrict v2, const double *dn3, const double *u)
{
    for (ptrdiff_t each = 0; each < count; each++) {
        v2[each] = dn3[each] * u[each];
    }
}

/* dn3_mean_square_sum[n,k] = -0.015625 * dn3_mean_square_sum_2[n,k] / v15[n,k]  (of n3_mean_square)
   */
SHARED void compute_dn3_mean_square_sum_1(double *restrict dn3_mean_square_sum, ptrdiff_t count,
        const double *v15)
{
    const double *dn3_mean_square_sum_2 = dn3_mean_square_sum;
    for (ptrdiff_t each = 0; each < count; each++) {
        dn3_mean_square_sum[each] = -0.015625 * dn3_mean_square_sum_2[each] / v15[each];
    }
}

/* du[n,k,j] = 2 * dn3_mean_square_sum[n,k] * u[n,k,j] + v11[n,k] * dn3[n,k,j] * n3_g[j]  (of n3) */
SHARED void compute_du_1(double *restrict du, ptrdiff_t N, ptrdiff_t T,
        const double *dn3_mean_square_sum, const double *u, const double *v11, const double *n3_g)
{
    const double *dn3 = du;
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            for (ptrdiff_t j = 0; j < 32; j++) {
                du[n * (32 * T) + k * 32 + j] = 2.0 * dn3_mean_square_sum[n * T + k] *
                        u[n * (32 * T) + k * 32 + j] + v11[n * T + k] *
                        dn3[n * (32 * T) + k * 32 + j] * n3_g[j];
            }
        }
    }
}

/* df_z[n,k,j] = (0.5 * sqrt(2) * f_z[n,k,j] * exp(-0.5 * f_z[n,k,j]**2) / sqrt(pi) + v10[n,k,j]) *
   df[n,k,j]  (of f) */
SHARED void compute_df_z_1(double *restrict df_z, ptrdiff_t count, const double *f_z,
        const double *v10)
{
    const double *df = df_z;
    for (ptrdiff_t each = 0; each < count; each++) {
        df_z[each] = (0.5 * sqrt(2.0) / sqrt(3.141592653589793) * f_z[each] * fast_exp(-0.5 *
                square(f_z[each])) + v10[each]) * df[each];
    }
}

/* dr[n,k,j] = 2 * dn2_mean_square_sum[n,k] * r[n,k,j] + v9[n,k] * dn2[n,k,j] * n2_g[j] + du[n,k,j]
   (of u) */
SHARED void compute_dr_1(double *restrict dr, ptrdiff_t N, ptrdiff_t T,
        const double *dn2_mean_square_sum, const double *r, const double *v9, const double *n2_g,
        const double *du)
{
    const double *dn2 = dr;
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            for (ptrdiff_t j = 0; j < 32; j++) {
                dr[n * (32 * T) + k * 32 + j] = 2.0 * dn2_mean_square_sum[n * T + k] *
                        r[n * (32 * T) + k * 32 + j] + v9[n * T + k] *
                        dn2[n * (32 * T) + k * 32 + j] * n2_g[j] + du[n * (32 * T) + k * 32 + j];
            }
        }
    }
}

/* da_v[n,u_2,e_2 + 16 * h_2] = sum[t_2](da_heads[n,t_2,e_2 + 16 * h_2] * a_p[n,h_2,t_2,u_2])  (of
   a_heads) */
SHARED void compute_da_v_1(double *restrict da_v, ptrdiff_t N, ptrdiff_t T, const double *a_p,
        const double *da_heads, double *restrict work)
{
    fill(da_v, 32 * N * T, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t h_2 = 0; h_2 < 2; h_2++) {
            multiply(T, 16, T, 1.0, (matrix){a_p + h_2 * (T * T) + 2 * n * (T * T), 1, T},
                    (matrix){da_heads + 16 * h_2 + 32 * n * T, 32, 1}, (matrix){da_v + 16 * h_2 + 32
                    * n * T, 32, 1}, da_v + 16 * h_2 + 32 * n * T, 32, 1, work);
        }
    }
}

/* da_Z_sum[n,h_2,t_2] = sum[u_2](a_p[n,h_2,t_2,u_2] * da_p[n,h_2,t_2,u_2])  (of a_p) */
SHARED void compute_da_Z_sum_1(ptrdiff_t N, ptrdiff_t T, const double *a_p, const double *da_p,
        double *restrict da_Z_sum)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t h_2 = 0; h_2 < 2; h_2++) {
            for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
                double sum = 0.0;
                for (ptrdiff_t u_2 = 0; u_2 < T; u_2++) {
                    sum += a_p[n * (2 * (T * T)) + h_2 * (T * T) + t_2 * T + u_2] *
                            da_p[n * (2 * (T * T)) + h_2 * (T * T) + t_2 * T + u_2];
                }
                da_Z_sum[n * (2 * T) + h_2 * T + t_2] = sum;
            }
        }
    }
}

/* da_s_sum[n,h_2,t_2,u_2] = where(u_2 <= t_2, 0.25 * (da_p[n,h_2,t_2,u_2] - da_Z_sum[n,h_2,t_2]) *
   a_p[n,h_2,t_2,u_2], 0)  (of a_s) */
SHARED void compute_da_s_sum_1(double *restrict da_s_sum, ptrdiff_t N, ptrdiff_t T,
        const double *da_Z_sum, const double *a_p)
{
    const double *da_p = da_s_sum;
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t h_2 = 0; h_2 < 2; h_2++) {
            for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
                for (ptrdiff_t u_2 = 0; u_2 < T; u_2++) {
                    da_s_sum[n * (2 * (T * T)) + h_2 * (T * T) + t_2 * T + u_2] = (u_2 <= t_2 ? 0.25
                            * (da_p[n * (2 * (T * T)) + h_2 * (T * T) + t_2 * T + u_2] -
                            da_Z_sum[n * (2 * T) + h_2 * T + t_2]) *
                            a_p[n * (2 * (T * T)) + h_2 * (T * T) + t_2 * T + u_2] : 0.0);
                }
            }
        }
    }
}

/* de_E[x[n,k],d] = 2 * dn1_mean_square_sum[n,k] * h[n,k,d] + v7[n,k] * dn1[n,k,d] * n1_g[d] +
   dr[n,k,d]  (of e) */
SHARED void compute_de_E_1(double *restrict de_E, ptrdiff_t T, ptrdiff_t N, const ptrdiff_t *x,
        const double *dn1_mean_square_sum, const double *h, const double *v7, const double *dn1,
        const double *n1_g, const double *dr)
{
    fill(de_E, 2432, 0.0);
    for (ptrdiff_t k = 0; k < T; k++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t d = 0; d < 32; d++) {
                de_E[x[n * T + k] * 32 + d] += 2.0 * dn1_mean_square_sum[n * T + k] *
                        h[n * (32 * T) + k * 32 + d] + v7[n * T + k] *
                        dn1[n * (32 * T) + k * 32 + d] * n1_g[d] + dr[n * (32 * T) + k * 32 + d];
            }
        }
    }
}

/* logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1_2 */
/* logits_b_v_next[j] = dlogits_b[j]**2 * v2_2 + logits_b_v[j] * beta2 */
/* logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3_2 /
   (sqrt(logits_b_v_next[j] * v4_2) + epsilon) */
SHARED void compute_logits_b_m_next_1(ptrdiff_t count, double *restrict logits_b_m, double beta1,
        double v1_2, const double *dlogits_b, double *restrict logits_b_v, double v2_2,
        double beta2, double *restrict logits_b, double learning_rate, double v3_2, double v4_2,
        double epsilon)
{
    for (ptrdiff_t j = 0; j < count; j++) {
        logits_b_m[j] = beta1 * logits_b_m[j] + v1_2 * dlogits_b[j];
        logits_b_v[j] = v2_2 * square(dlogits_b[j]) + beta2 * logits_b_v[j];
        logits_b[j] -= learning_rate * v3_2 * logits_b_m[j] / (sqrt(v4_2 * logits_b_v[j]) +
                epsilon);
    }
}

/* dlogits_W[i,j] = sum[n,k](n3[n,k,i] * dlogits[n,k,j])  (of logits) */
/* logits_W_m_next[i,j] = logits_W_m[i,j] * beta1 + dlogits_W[i,j] * v1_2 */
/* logits_W_v_next[i,j] = dlogits_W[i,j]**2 * v2_2 + logits_W_v[i,j] * beta2 */
SHARED void compute_dlogits_W_1(ptrdiff_t N, ptrdiff_t T, const double *n3, const double *dlogits,
        double *restrict dlogits_W, double *restrict work, double *restrict logits_W_m,
        double beta1, double v1_2, double *restrict logits_W_v, double v2_2, double beta2,
        ptrdiff_t size_1, ptrdiff_t size_2)
{
    const ptrdiff_t block = (N * T) < size_1 ? ((N * T) + 7) / 8 * 8 : size_1;
    for (ptrdiff_t begin = 0; begin < size_1; begin += block) {
        const ptrdiff_t part = size_1 - begin < block ? size_1 - begin : block;
        multiply(part, size_2, N * T, 1.0, (matrix){n3 + begin, 1, size_1}, (matrix){dlogits,
                size_2, 1}, NOTHING, dlogits_W, size_2, 1, work);

        for (ptrdiff_t each = 0; each < size_2 * part; each++) {
            logits_W_m[each + size_2 * begin] = beta1 * logits_W_m[each + size_2 * begin] + v1_2 *
                    dlogits_W[each];
            logits_W_v[each + size_2 * begin] = v2_2 * square(dlogits_W[each]) + beta2 *
                    logits_W_v[each + size_2 * begin];
        }
    }
}

/* logits_W_next[i,j] = logits_W[i,j] - logits_W_m_next[i,j] * learning_rate * v3_2 /
   (sqrt(logits_W_v_next[i,j] * v4_2) + epsilon) */
SHARED void compute_logits_W_next_1(ptrdiff_t count, double *restrict logits_W,
        double learning_rate, double v3_2, const double *logits_W_m, double v4_2,
        const double *logits_W_v, double epsilon)
{
    for (ptrdiff_t each = 0; each < count; each++) {
        logits_W[each] -= learning_rate * v3_2 * logits_W_m[each] / (sqrt(v4_2 * logits_W_v[each]) +
                epsilon);
    }
}

/* n3_g_m_next[j] = n3_g_m[j] * beta1 + dn3_g[j] * v1_2 */
/* n3_g_v_next[j] = dn3_g[j]**2 * v2_2 + n3_g_v[j] * beta2 */
SHARED void compute_n3_g_m_next_1(ptrdiff_t count, double *restrict n3_g_m, double beta1,
        double v1_2, const double *dn3_g, double *restrict n3_g_v, double v2_2, double beta2)
{
    for (ptrdiff_t j = 0; j < count; j++) {
        n3_g_m[j] = beta1 * n3_g_m[j] + v1_2 * dn3_g[j];
        n3_g_v[j] = v2_2 * square(dn3_g[j]) + beta2 * n3_g_v[j];
    }
}

static void predict(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_data *data, const char_transformer_outputs *outputs, double *work)
{
    const ptrdiff_t *x = data->x; /* (N, T) */
    const double *e_E = params->e_E; /* (76, 32) */
    const double *n1_g = params->n1_g; /* (32,) */
    const double *a_Wq = params->a_Wq; /* (32, 32) */
    const double *a_Wk = params->a_Wk; /* (32, 32) */
    const double *a_Wv = params->a_Wv; /* (32, 32) */
    const double *a_Wo = params->a_Wo; /* (32, 32) */
    const double *n2_g = params->n2_g; /* (32,) */
    const double *f_W = params->f_W; /* (32, 64) */
    const double *f_b = params->f_b; /* (64,) */
    const double *m_W = params->m_W; /* (64, 32) */
    const double *m_b = params->m_b; /* (32,) */
    const double *n3_g = params->n3_g; /* (32,) */
    const double *logits_W = params->logits_W; /* (32, 76) */
    const double *logits_b = params->logits_b; /* (76,) */

    /* h[n,t_2,d] = e_E[x[n,t_2],d] + where(d % 2 == 0, sin(t_2 * exp(-0.0625 * floor(0.5 * d) *
       log(10000))), cos(t_2 * exp(-0.0625 * floor(0.5 * d) * log(10000)))) */
    double *h = work + 8192; /* (N, T, 32) */
    compute_h_1(N, T, h, e_E, x);

    /* n1_mean_square_sum[n,k] = sum[j](h[n,k,j]**2) */
    double *n1_mean_square_sum = work + 32 * N * T + 8192; /* (N, T) */
    compute_n1_mean_square_sum_1(N, T, h, n1_mean_square_sum);

    /* n1_mean_square[n,k] = 0.03125 * n1_mean_square_sum[n,k] */
    double *n1_mean_square = n1_mean_square_sum; /* (N, T) */
    compute_n1_mean_square_1(n1_mean_square, N * T);

    /* n1[n,k,j] = h[n,k,j] * n1_g[j] / sqrt(n1_mean_square[n,k] + 1e-05) */
    double *n1 = work + 33 * N * T + 8192; /* (N, T, 32) */
    compute_n1_1(N, T, n1, h, n1_g, n1_mean_square);

    /* a_q[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wq[i,j]) */
    double *a_q = work + 65 * N * T + 8192; /* (N, T, 32) */
    multiply(N * T, 32, 32, 1.0, (matrix){n1, 32, 1}, (matrix){a_Wq, 32, 1}, NOTHING, a_q, 32, 1,
            work);

    /* a_k[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wk[i,j]) */
    double *a_k = work + 97 * N * T + 8192; /* (N, T, 32) */
    multiply(N * T, 32, 32, 1.0, (matrix){n1, 32, 1}, (matrix){a_Wk, 32, 1}, NOTHING, a_k, 32, 1,
            work);

    /* a_v[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wv[i,j]) */
    double *a_v = work + 129 * N * T + 8192; /* (N, T, 32) */
    multiply(N * T, 32, 32, 1.0, (matrix){n1, 32, 1}, (matrix){a_Wv, 32, 1}, NOTHING, a_v, 32, 1,
            work);

    /* a_s_sum[n,h_2,t_2,u_2] = sum[d](a_k[n,u_2,d + 16 * h_2] * a_q[n,t_2,d + 16 * h_2]) */
    double *a_s_sum = work + 161 * N * T + 8192; /* (N, 2, T, T) */
    compute_a_s_sum_1(N, T, a_q, a_k, a_s_sum, work);

    /* a_seen[n,h_2,t_2,u_2] = where(u_2 <= t_2, 0.25 * a_s_sum[n,h_2,t_2,u_2], -1000000000) */
    double *a_seen = a_s_sum; /* (N, 2, T, T) */
    compute_a_seen_1(a_seen, N, T);

    /* a_Z_max[n,k,l] = max[j](a_seen[n,k,l,j]) */
    double *a_Z_max = work + 2 * N * (T * T) + 161 * N * T + 8192; /* (N, 2, T) */
    compute_a_Z_max_1(2 * N * T, T, a_seen, a_Z_max);

    /* a_seen_shifted[n,k,l,j] = a_seen[n,k,l,j] - a_Z_max[n,k,l] */
    double *a_seen_shifted = a_seen; /* (N, 2, T, T) */
    /* v1[n,k,l,j] = exp(a_seen_shifted[n,k,l,j]) */
    double *v1 = a_seen_shifted; /* (N, 2, T, T) */
    compute_a_seen_shifted_1(v1, N, T, a_Z_max);

    /* a_Z_shifted[n,k,l] = sum[j](v1[n,k,l,j]) */
    double *a_Z_shifted = work + 2 * N * (T * T) + 161 * N * T + 8192; /* (N, 2, T) */
    compute_a_Z_shifted_1(2 * N * T, v1, T, a_Z_shifted);

    /* a_p[n,h_2,t_2,u_2] = v1[n,h_2,t_2,u_2] / a_Z_shifted[n,h_2,t_2] */
    double *a_p = v1; /* (N, 2, T, T) */
    compute_a_p_1(a_p, N, T, a_Z_shifted);

    /* a_heads[n,t_2,e_2 + 16 * h_2] = sum[u_2](a_v[n,u_2,e_2 + 16 * h_2] * a_p[n,h_2,t_2,u_2]) */
    double *a_heads = work + 97 * N * T + 8192; /* (N, T, 32) */
    compute_a_heads_1(a_heads, N, T, a_p, a_v, work);

    /* a[n,t_2,j] = sum[i](a_heads[n,t_2,i] * a_Wo[i,j]) */
    double *a = work + 129 * N * T + 8192; /* (N, T, 32) */
    multiply(N * T, 32, 32, 1.0, (matrix){a_heads, 32, 1}, (matrix){a_Wo, 32, 1}, NOTHING, a, 32, 1,
            work);

    /* r[n,k,j] = a[n,k,j] + h[n,k,j] */
    double *r = a; /* (N, T, 32) */
    compute_r_1(r, 32 * N * T, h);

    /* n2_mean_square_sum[n,k] = sum[j](r[n,k,j]**2) */
    double *n2_mean_square_sum = work + 32 * N * T + 8192; /* (N, T) */
    compute_n1_mean_square_sum_1(N, T, r, n2_mean_square_sum);

    /* n2_mean_square[n,k] = 0.03125 * n2_mean_square_sum[n,k] */
    double *n2_mean_square = n2_mean_square_sum; /* (N, T) */
    compute_n1_mean_square_1(n2_mean_square, N * T);

    /* n2[n,k,j] = r[n,k,j] * n2_g[j] / sqrt(n2_mean_square[n,k] + 1e-05) */
    double *n2 = work + 8192; /* (N, T, 32) */
    compute_n1_1(N, T, n2, r, n2_g, n2_mean_square);

    /* f_z[n,k,j] = f_b[j] + sum[i](n2[n,k,i] * f_W[i,j]) */
    double *f_z = work + 2 * N * (T * T) + 163 * N * T + 8192; /* (N, T, 64) */
    multiply(N * T, 64, 32, 1.0, (matrix){n2, 32, 1}, (matrix){f_W, 64, 1}, (matrix){f_b, 0, 1},
            f_z, 64, 1, work);

    /* f[n,k,j] = f_z[n,k,j] * normal_cdf(f_z[n,k,j]) */
    double *f = f_z; /* (N, T, 64) */
    for (ptrdiff_t each = 0; each < 64 * N * T; each++) {
        f[each] = f_z[each] * normal_cdf(f_z[each]);
    }

    /* m[n,k,j] = m_b[j] + sum[i](f[n,k,i] * m_W[i,j]) */
    double *m = work + 8192; /* (N, T, 32) */
    multiply(N * T, 32, 64, 1.0, (matrix){f, 64, 1}, (matrix){m_W, 32, 1}, (matrix){m_b, 0, 1}, m,
            32, 1, work);

    /* u[n,k,j] = m[n,k,j] + r[n,k,j] */
    double *u = m; /* (N, T, 32) */
    compute_r_1(u, 32 * N * T, r);

    /* n3_mean_square_sum[n,k] = sum[j](u[n,k,j]**2) */
    double *n3_mean_square_sum = work + 32 * N * T + 8192; /* (N, T) */
    compute_n1_mean_square_sum_1(N, T, u, n3_mean_square_sum);

    /* n3_mean_square[n,k] = 0.03125 * n3_mean_square_sum[n,k] */
    double *n3_mean_square = n3_mean_square_sum; /* (N, T) */
    compute_n1_mean_square_1(n3_mean_square, N * T);

    /* n3[n,k,j] = u[n,k,j] * n3_g[j] / sqrt(n3_mean_square[n,k] + 1e-05) */
    double *n3 = u; /* (N, T, 32) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            for (ptrdiff_t j = 0; j < 32; j++) {
                n3[n * (32 * T) + k * 32 + j] = u[n * (32 * T) + k * 32 + j] * n3_g[j] /
                        sqrt(n3_mean_square[n * T + k] + 1e-05);
            }
        }
    }

    /* logits[n,k,j] = logits_b[j] + sum[i](n3[n,k,i] * logits_W[i,j]) */
    double *logits = outputs->logits; /* (N, T, 76) */
    multiply(N * T, 76, 32, 1.0, (matrix){n3, 32, 1}, (matrix){logits_W, 76, 1}, (matrix){logits_b,
            0, 1}, logits, 76, 1, work);
}

static double forward(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_data *data, const char_transformer_tape *tape, double *work)
{
    const ptrdiff_t *x = data->x; /* (N, T) */
    const ptrdiff_t *t = data->t; /* (N, T) */
    const double *e_E = params->e_E; /* (76, 32) */
    const double *n1_g = params->n1_g; /* (32,) */
    const double *a_Wq = params->a_Wq; /* (32, 32) */
    const double *a_Wk = params->a_Wk; /* (32, 32) */
    const double *a_Wv = params->a_Wv; /* (32, 32) */
    const double *a_Wo = params->a_Wo; /* (32, 32) */
    const double *n2_g = params->n2_g; /* (32,) */
    const double *f_W = params->f_W; /* (32, 64) */
    const double *f_b = params->f_b; /* (64,) */
    const double *m_W = params->m_W; /* (64, 32) */
    const double *m_b = params->m_b; /* (32,) */
    const double *n3_g = params->n3_g; /* (32,) */
    const double *logits_W = params->logits_W; /* (32, 76) */
    const double *logits_b = params->logits_b; /* (76,) */

    /* h[n,t_2,d] = e_E[x[n,t_2],d] + where(d % 2 == 0, sin(t_2 * exp(-0.0625 * floor(0.5 * d) *
       log(10000))), cos(t_2 * exp(-0.0625 * floor(0.5 * d) * log(10000)))) */
    double *h = tape->h; /* (N, T, 32) */
    compute_h_1(N, T, h, e_E, x);

    /* n1_mean_square_sum[n,k] = sum[j](h[n,k,j]**2) */
    double *n1_mean_square_sum = tape->v13; /* (N, T) */
    compute_n1_mean_square_sum_1(N, T, h, n1_mean_square_sum);

    /* n1_mean_square[n,k] = 0.03125 * n1_mean_square_sum[n,k] */
    double *n1_mean_square = n1_mean_square_sum; /* (N, T) */
    /* v13[n,k] = n1_mean_square[n,k] + 1e-05 */
    double *v13 = n1_mean_square; /* (N, T) */
    /* v7[n,k] = 1 / sqrt(v13[n,k]) */
    double *v7 = tape->v7; /* (N, T) */
    compute_n1_mean_square_2(v13, N * T, v7);

    /* n1[n,k,j] = v7[n,k] * h[n,k,j] * n1_g[j] */
    double *n1 = tape->n1; /* (N, T, 32) */
    compute_n1_2(N, T, n1, v7, h, n1_g);

    /* a_q[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wq[i,j]) */
    double *a_q = tape->a_q; /* (N, T, 32) */
    multiply(N * T, 32, 32, 1.0, (matrix){n1, 32, 1}, (matrix){a_Wq, 32, 1}, NOTHING, a_q, 32, 1,
            work);

    /* a_k[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wk[i,j]) */
    double *a_k = tape->a_k; /* (N, T, 32) */
    multiply(N * T, 32, 32, 1.0, (matrix){n1, 32, 1}, (matrix){a_Wk, 32, 1}, NOTHING, a_k, 32, 1,
            work);

    /* a_v[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wv[i,j]) */
    double *a_v = tape->a_v; /* (N, T, 32) */
    multiply(N * T, 32, 32, 1.0, (matrix){n1, 32, 1}, (matrix){a_Wv, 32, 1}, NOTHING, a_v, 32, 1,
            work);

    /* a_s_sum[n,h_2,t_2,u_2] = sum[d](a_k[n,u_2,d + 16 * h_2] * a_q[n,t_2,d + 16 * h_2]) */
    double *a_s_sum = tape->a_p; /* (N, 2, T, T) */
    compute_a_s_sum_1(N, T, a_q, a_k, a_s_sum, work);

    /* a_seen[n,h_2,t_2,u_2] = where(u_2 <= t_2, 0.25 * a_s_sum[n,h_2,t_2,u_2], -1000000000) */
    double *a_seen = a_s_sum; /* (N, 2, T, T) */
    compute_a_seen_1(a_seen, N, T);

    /* a_Z_max[n,k,l] = max[j](a_seen[n,k,l,j]) */
    double *a_Z_max = work + 2 * N * (T * T) + 595 * N * T + 8192; /* (N, 2, T) */
    compute_a_Z_max_1(2 * N * T, T, a_seen, a_Z_max);

    /* a_seen_shifted[n,k,l,j] = a_seen[n,k,l,j] - a_Z_max[n,k,l] */
    double *a_seen_shifted = a_seen; /* (N, 2, T, T) */
    /* v8[n,k,l,j] = exp(a_seen_shifted[n,k,l,j]) */
    double *v8 = a_seen_shifted; /* (N, 2, T, T) */
    compute_a_seen_shifted_1(v8, N, T, a_Z_max);

    /* a_Z_shifted[n,k,l] = sum[j](v8[n,k,l,j]) */
    double *a_Z_shifted = work + 2 * N * (T * T) + 595 * N * T + 8192; /* (N, 2, T) */
    compute_a_Z_shifted_1(2 * N * T, v8, T, a_Z_shifted);

    /* a_p[n,h_2,t_2,u_2] = v8[n,h_2,t_2,u_2] / a_Z_shifted[n,h_2,t_2] */
    double *a_p = v8; /* (N, 2, T, T) */
    compute_a_p_1(a_p, N, T, a_Z_shifted);

    /* a_heads[n,t_2,e_2 + 16 * h_2] = sum[u_2](a_v[n,u_2,e_2 + 16 * h_2] * a_p[n,h_2,t_2,u_2]) */
    double *a_heads = tape->a_heads; /* (N, T, 32) */
    compute_a_heads_1(a_heads, N, T, a_p, a_v, work);

    /* a[n,t_2,j] = sum[i](a_heads[n,t_2,i] * a_Wo[i,j]) */
    double *a = tape->r; /* (N, T, 32) */
    multiply(N * T, 32, 32, 1.0, (matrix){a_heads, 32, 1}, (matrix){a_Wo, 32, 1}, NOTHING, a, 32, 1,
            work);

    /* r[n,k,j] = a[n,k,j] + h[n,k,j] */
    double *r = a; /* (N, T, 32) */
    compute_r_1(r, 32 * N * T, h);

    /* n2_mean_square_sum[n,k] = sum[j](r[n,k,j]**2) */
    double *n2_mean_square_sum = tape->v14; /* (N, T) */
    compute_n1_mean_square_sum_1(N, T, r, n2_mean_square_sum);

    /* n2_mean_square[n,k] = 0.03125 * n2_mean_square_sum[n,k] */
    double *n2_mean_square = n2_mean_square_sum; /* (N, T) */
    /* v14[n,k] = n2_mean_square[n,k] + 1e-05 */
    double *v14 = n2_mean_square; /* (N, T) */
    /* v9[n,k] = 1 / sqrt(v14[n,k]) */
    double *v9 = tape->v9; /* (N, T) */
    compute_n1_mean_square_2(v14, N * T, v9);

    /* n2[n,k,j] = v9[n,k] * r[n,k,j] * n2_g[j] */
    double *n2 = tape->n2; /* (N, T, 32) */
    compute_n1_2(N, T, n2, v9, r, n2_g);

    /* f_z[n,k,j] = f_b[j] + sum[i](n2[n,k,i] * f_W[i,j]) */
    double *f_z = tape->f_z; /* (N, T, 64) */
    multiply(N * T, 64, 32, 1.0, (matrix){n2, 32, 1}, (matrix){f_W, 64, 1}, (matrix){f_b, 0, 1},
            f_z, 64, 1, work);

    /* v10[n,k,j] = normal_cdf(f_z[n,k,j]) */
    double *v10 = tape->v10; /* (N, T, 64) */
    /* f[n,k,j] = f_z[n,k,j] * v10[n,k,j] */
    double *f = tape->f; /* (N, T, 64) */
    for (ptrdiff_t each = 0; each < 64 * N * T; each++) {
        v10[each] = normal_cdf(f_z[each]);
        f[each] = f_z[each] * v10[each];
    }

    /* m[n,k,j] = m_b[j] + sum[i](f[n,k,i] * m_W[i,j]) */
    double *m = tape->u; /* (N, T, 32) */
    multiply(N * T, 32, 64, 1.0, (matrix){f, 64, 1}, (matrix){m_W, 32, 1}, (matrix){m_b, 0, 1}, m,
            32, 1, work);

    /* u[n,k,j] = m[n,k,j] + r[n,k,j] */
    double *u = m; /* (N, T, 32) */
    compute_r_1(u, 32 * N * T, r);

    /* n3_mean_square_sum[n,k] = sum[j](u[n,k,j]**2) */
    double *n3_mean_square_sum = tape->v15; /* (N, T) */
    compute_n1_mean_square_sum_1(N, T, u, n3_mean_square_sum);

    /* n3_mean_square[n,k] = 0.03125 * n3_mean_square_sum[n,k] */
    double *n3_mean_square = n3_mean_square_sum; /* (N, T) */
    /* v15[n,k] = n3_mean_square[n,k] + 1e-05 */
    double *v15 = n3_mean_square; /* (N, T) */
    /* v11[n,k] = 1 / sqrt(v15[n,k]) */
    double *v11 = tape->v11; /* (N, T) */
    compute_n1_mean_square_2(v15, N * T, v11);

    /* n3[n,k,j] = v11[n,k] * u[n,k,j] * n3_g[j] */
    double *n3 = tape->n3; /* (N, T, 32) */
    compute_n1_2(N, T, n3, v11, u, n3_g);

    /* logits[n,k,j] = logits_b[j] + sum[i](n3[n,k,i] * logits_W[i,j]) */
    double *logits = work + 2 * N * (T * T) + 597 * N * T + 8192; /* (N, T, 76) */
    multiply(N * T, 76, 32, 1.0, (matrix){n3, 32, 1}, (matrix){logits_W, 76, 1}, (matrix){logits_b,
            0, 1}, logits, 76, 1, work);

    /* loss_Z_max[n,k] = max[j](logits[n,k,j]) */
    double *loss_Z_max = work + 2 * N * (T * T) + 673 * N * T + 8192; /* (N, T) */
    for (ptrdiff_t k = 0; k < N * T; k++) {
        double best = -INFINITY;
        for (ptrdiff_t j = 0; j < 76; j++) {
            best = maximum(best, logits[k * 76 + j]);
        }
        loss_Z_max[k] = best;
    }

    /* logits_shifted[n,k,j] = logits[n,k,j] - loss_Z_max[n,k] */
    double *logits_shifted = logits; /* (N, T, 76) */
    /* v12[n,k,j] = exp(logits_shifted[n,k,j]) */
    double *v12 = tape->v12; /* (N, T, 76) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            for (ptrdiff_t j = 0; j < 76; j++) {
                logits_shifted[n * (76 * T) + k * 76 + j] = logits[n * (76 * T) + k * 76 + j] -
                        loss_Z_max[n * T + k];
                v12[n * (76 * T) + k * 76 + j] =
                        fast_exp(logits_shifted[n * (76 * T) + k * 76 + j]);
            }
        }
    }

    /* loss_Z_shifted[n,k] = sum[j](v12[n,k,j]) */
    double *loss_Z_shifted = tape->loss_Z_shifted; /* (N, T) */
    for (ptrdiff_t k = 0; k < N * T; k++) {
        double sum = 0.0;
        sum += total(v12 + 76 * k, 76);
        loss_Z_shifted[k] = sum;
    }

    /* loss_sum = sum[n,k](log(loss_Z_shifted[n,k]) - logits_shifted[n,k,t[n,k]]) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            loss_sum += fast_log(loss_Z_shifted[n * T + k]) -
                    logits_shifted[n * (76 * T) + k * 76 + t[n * T + k]];
        }
    }

    /* loss = loss_sum / (N * T) */
    const double loss = loss_sum / ((double)N * (double)T);
    return loss;
}

static void backward(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_data *data, const char_transformer_tape *tape,
        const char_transformer_params *grads, double *work)
{
    const ptrdiff_t *x = data->x; /* (N, T) */
    const ptrdiff_t *t = data->t; /* (N, T) */
    const double *n1_g = params->n1_g; /* (32,) */
    const double *a_Wq = params->a_Wq; /* (32, 32) */
    const double *a_Wk = params->a_Wk; /* (32, 32) */
    const double *a_Wv = params->a_Wv; /* (32, 32) */
    const double *a_Wo = params->a_Wo; /* (32, 32) */
    const double *n2_g = params->n2_g; /* (32,) */
    const double *f_W = params->f_W; /* (32, 64) */
    const double *m_W = params->m_W; /* (64, 32) */
    const double *n3_g = params->n3_g; /* (32,) */
    const double *logits_W = params->logits_W; /* (32, 76) */
    const double *h = tape->h; /* (N, T, 32) */
    const double *n1 = tape->n1; /* (N, T, 32) */
    const double *a_q = tape->a_q; /* (N, T, 32) */
    const double *a_k = tape->a_k; /* (N, T, 32) */
    const double *a_v = tape->a_v; /* (N, T, 32) */
    const double *a_p = tape->a_p; /* (N, 2, T, T) */
    const double *a_heads = tape->a_heads; /* (N, T, 32) */
    const double *r = tape->r; /* (N, T, 32) */
    const double *n2 = tape->n2; /* (N, T, 32) */
    const double *f_z = tape->f_z; /* (N, T, 64) */
    const double *f = tape->f; /* (N, T, 64) */
    const double *u = tape->u; /* (N, T, 32) */
    const double *n3 = tape->n3; /* (N, T, 32) */
    const double *loss_Z_shifted = tape->loss_Z_shifted; /* (N, T) */
    const double *v7 = tape->v7; /* (N, T) */
    const double *v9 = tape->v9; /* (N, T) */
    const double *v10 = tape->v10; /* (N, T, 64) */
    const double *v11 = tape->v11; /* (N, T) */
    const double *v12 = tape->v12; /* (N, T, 76) */
    const double *v13 = tape->v13; /* (N, T) */
    const double *v14 = tape->v14; /* (N, T) */
    const double *v15 = tape->v15; /* (N, T) */

    /* dlogits_terms[n,k,j] = v12[n,k,j] / loss_Z_shifted[n,k]  (of loss_Z) */
    /* dlogits_terms[n,k,t[n,k]] += -1 */
    double *dlogits_terms = work + 2 * N * (T * T) + 597 * N * T + 8192; /* (N, T, 76) */
    compute_dlogits_terms_1(N, T, dlogits_terms, v12, loss_Z_shifted);
    compute_dlogits_terms_2(N, T, dlogits_terms, t);

    /* dlogits[n,k,j] = dlogits_terms[n,k,j] / (N * T)  (of loss_Z) */
    double *dlogits = dlogits_terms; /* (N, T, 76) */
    compute_dlogits_1(dlogits, 76 * N * T, N, T);

    /* dlogits_b[j] = sum[n,k](dlogits[n,k,j])  (of logits) */
    double *dlogits_b = grads->logits_b; /* (76,) */
    multiply(1, 76, N * T, 1.0, ONES, (matrix){dlogits, 76, 1}, NOTHING, dlogits_b, 1, 1, work);

    /* dlogits_W[i,j] = sum[n,k](n3[n,k,i] * dlogits[n,k,j])  (of logits) */
    double *dlogits_W = grads->logits_W; /* (32, 76) */
    multiply(32, 76, N * T, 1.0, (matrix){n3, 1, 32}, (matrix){dlogits, 76, 1}, NOTHING, dlogits_W,
            76, 1, work);

    /* dn3[n,k,i] = sum[j](dlogits[n,k,j] * logits_W[i,j])  (of logits) */
    double *dn3 = work + 2 * N * (T * T) + 674 * N * T + 8192; /* (N, T, 32) */
    multiply(N * T, 32, 76, 1.0, (matrix){dlogits, 76, 1}, (matrix){logits_W, 1, 76}, NOTHING, dn3,
            32, 1, work);

    /* dn3_mean_square_sum_2[n,k] = sum[j](dn3[n,k,j] * n3[n,k,j])  (of n3) */
    double *dn3_mean_square_sum_2 = work + 2 * N * (T * T) + 673 * N * T + 8192; /* (N, T) */
    compute_dn3_mean_square_sum_2_1(N, T, dn3, n3, dn3_mean_square_sum_2);

    /* v1[n,k] = v11[n,k]  (of n3) */
    double *v1 = work + 2 * N * (T * T) + 706 * N * T + 8192; /* (N, T) */
    compute_v1_1(N * T, v1, v11);

    /* v2[n,k,j] = dn3[n,k,j] * u[n,k,j]  (of n3) */
    double *v2 = work + 2 * N * (T * T) + 707 * N * T + 8192; /* (N, T, 32) */
    compute_v2_1(32 * N * T, v2, dn3, u);

    /* dn3_g[j] = sum[n,k](v2[n,k,j] * v1[n,k])  (of n3) */
    double *dn3_g = grads->n3_g; /* (32,) */
    multiply(1, 32, N * T, 1.0, (matrix){v1, 1, 1}, (matrix){v2, 32, 1}, NOTHING, dn3_g, 1, 1,
            work);

    /* dn3_mean_square_sum[n,k] = -0.015625 * dn3_mean_square_sum_2[n,k] / v15[n,k]  (of
       n3_mean_square) */
    double *dn3_mean_square_sum = dn3_mean_square_sum_2; /* (N, T) */
    compute_dn3_mean_square_sum_1(dn3_mean_square_sum, N * T, v15);

    /* du[n,k,j] = 2 * dn3_mean_square_sum[n,k] * u[n,k,j] + v11[n,k] * dn3[n,k,j] * n3_g[j]  (of
       n3) */
    double *du = dn3; /* (N, T, 32) */
    compute_du_1(du, N, T, dn3_mean_square_sum, u, v11, n3_g);

    /* dm_b[j] = sum[n,k](du[n,k,j])  (of m) */
    double *dm_b = grads->m_b; /* (32,) */
    multiply(1, 32, N * T, 1.0, ONES, (matrix){du, 32, 1}, NOTHING, dm_b, 1, 1, work);

    /* dm_W[i,j] = sum[n,k](f[n,k,i] * du[n,k,j])  (of m) */
    double *dm_W = grads->m_W; /* (64, 32) */
    multiply(64, 32, N * T, 1.0, (matrix){f, 1, 64}, (matrix){du, 32, 1}, NOTHING, dm_W, 32, 1,
            work);

    /* df[n,k,i] = sum[j](du[n,k,j] * m_W[i,j])  (of m) */
    double *df = work + 2 * N * (T * T) + 739 * N * T + 8192; /* (N, T, 64) */
    multiply(N * T, 64, 32, 1.0, (matrix){du, 32, 1}, (matrix){m_W, 1, 32}, NOTHING, df, 64, 1,
            work);

    /* df_z[n,k,j] = (0.5 * sqrt(2) * f_z[n,k,j] * exp(-0.5 * f_z[n,k,j]**2) / sqrt(pi) +
       v10[n,k,j]) * df[n,k,j]  (of f) */
    double *df_z = df; /* (N, T, 64) */
    compute_df_z_1(df_z, 64 * N * T, f_z, v10);

    /* df_b[j] = sum[n,k](df_z[n,k,j])  (of f_z) */
    double *df_b = grads->f_b; /* (64,) */
    multiply(1, 64, N * T, 1.0, ONES, (matrix){df_z, 64, 1}, NOTHING, df_b, 1, 1, work);

    /* df_W[i,j] = sum[n,k](n2[n,k,i] * df_z[n,k,j])  (of f_z) */
    double *df_W = grads->f_W; /* (32, 64) */
    multiply(32, 64, N * T, 1.0, (matrix){n2, 1, 32}, (matrix){df_z, 64, 1}, NOTHING, df_W, 64, 1,
            work);

    /* dn2[n,k,i] = sum[j](df_z[n,k,j] * f_W[i,j])  (of f_z) */
    double *dn2 = work + 2 * N * (T * T) + 707 * N * T + 8192; /* (N, T, 32) */
    multiply(N * T, 32, 64, 1.0, (matrix){df_z, 64, 1}, (matrix){f_W, 1, 64}, NOTHING, dn2, 32, 1,
            work);

    /* dn2_mean_square_sum_2[n,k] = sum[j](dn2[n,k,j] * n2[n,k,j])  (of n2) */
    double *dn2_mean_square_sum_2 = work + 2 * N * (T * T) + 673 * N * T + 8192; /* (N, T) */
    compute_dn3_mean_square_sum_2_1(N, T, dn2, n2, dn2_mean_square_sum_2);

    /* v3[n,k] = v9[n,k]  (of n2) */
    double *v3 = work + 2 * N * (T * T) + 706 * N * T + 8192; /* (N, T) */
    compute_v1_1(N * T, v3, v9);

    /* v4[n,k,j] = dn2[n,k,j] * r[n,k,j]  (of n2) */
    double *v4 = work + 2 * N * (T * T) + 803 * N * T + 8192; /* (N, T, 32) */
    compute_v2_1(32 * N * T, v4, dn2, r);

    /* dn2_g[j] = sum[n,k](v4[n,k,j] * v3[n,k])  (of n2) */
    double *dn2_g = grads->n2_g; /* (32,) */
    multiply(1, 32, N * T, 1.0, (matrix){v3, 1, 1}, (matrix){v4, 32, 1}, NOTHING, dn2_g, 1, 1,
            work);

    /* dn2_mean_square_sum[n,k] = -0.015625 * dn2_mean_square_sum_2[n,k] / v14[n,k]  (of
       n2_mean_square) */
    double *dn2_mean_square_sum = dn2_mean_square_sum_2; /* (N, T) */
    compute_dn3_mean_square_sum_1(dn2_mean_square_sum, N * T, v14);

    /* dr[n,k,j] = 2 * dn2_mean_square_sum[n,k] * r[n,k,j] + v9[n,k] * dn2[n,k,j] * n2_g[j] +
       du[n,k,j]  (of u) */
    double *dr = dn2; /* (N, T, 32) */
    compute_dr_1(dr, N, T, dn2_mean_square_sum, r, v9, n2_g, du);

    /* da_Wo[i,j] = sum[n,t_2](a_heads[n,t_2,i] * dr[n,t_2,j])  (of a) */
    double *da_Wo = grads->a_Wo; /* (32, 32) */
    multiply(32, 32, N * T, 1.0, (matrix){a_heads, 1, 32}, (matrix){dr, 32, 1}, NOTHING, da_Wo, 32,
            1, work);

    /* da_heads[n,t_2,i] = sum[j](dr[n,t_2,j] * a_Wo[i,j])  (of a) */
    double *da_heads = work + 2 * N * (T * T) + 674 * N * T + 8192; /* (N, T, 32) */
    multiply(N * T, 32, 32, 1.0, (matrix){dr, 32, 1}, (matrix){a_Wo, 1, 32}, NOTHING, da_heads, 32,
            1, work);

    /* da_v[n,u_2,e_2 + 16 * h_2] = sum[t_2](da_heads[n,t_2,e_2 + 16 * h_2] * a_p[n,h_2,t_2,u_2])
       (of a_heads) */
    double *da_v = work + 2 * N * (T * T) + 803 * N * T + 8192; /* (N, T, 32) */
    compute_da_v_1(da_v, N, T, a_p, da_heads, work);

    /* da_p[n,h_2,t_2,u_2] = sum[e_2](a_v[n,u_2,e_2 + 16 * h_2] * da_heads[n,t_2,e_2 + 16 * h_2])
       (of a_heads) */
    double *da_p = work + 2 * N * (T * T) + 835 * N * T + 8192; /* (N, 2, T, T) */
    compute_a_s_sum_1(N, T, da_heads, a_v, da_p, work);

    /* da_Z_sum[n,h_2,t_2] = sum[u_2](a_p[n,h_2,t_2,u_2] * da_p[n,h_2,t_2,u_2])  (of a_p) */
    double *da_Z_sum = work + 2 * N * (T * T) + 595 * N * T + 8192; /* (N, 2, T) */
    compute_da_Z_sum_1(N, T, a_p, da_p, da_Z_sum);

    /* da_s_sum[n,h_2,t_2,u_2] = where(u_2 <= t_2, 0.25 * (da_p[n,h_2,t_2,u_2] -
       da_Z_sum[n,h_2,t_2]) * a_p[n,h_2,t_2,u_2], 0)  (of a_s) */
    double *da_s_sum = da_p; /* (N, 2, T, T) */
    compute_da_s_sum_1(da_s_sum, N, T, da_Z_sum, a_p);

    /* da_k[n,u_2,d + 16 * h_2] = sum[t_2](a_q[n,t_2,d + 16 * h_2] * da_s_sum[n,h_2,t_2,u_2])  (of
       a_s_sum) */
    double *da_k = work + 2 * N * (T * T) + 674 * N * T + 8192; /* (N, T, 32) */
    compute_da_v_1(da_k, N, T, da_s_sum, a_q, work);

    /* da_q[n,t_2,d + 16 * h_2] = sum[u_2](a_k[n,u_2,d + 16 * h_2] * da_s_sum[n,h_2,t_2,u_2])  (of
       a_s_sum) */
    double *da_q = work + 4 * N * (T * T) + 835 * N * T + 8192; /* (N, T, 32) */
    compute_a_heads_1(da_q, N, T, da_s_sum, a_k, work);

    /* da_Wv[i,j] = sum[n,t_2](n1[n,t_2,i] * da_v[n,t_2,j])  (of a_v) */
    double *da_Wv = grads->a_Wv; /* (32, 32) */
    multiply(32, 32, N * T, 1.0, (matrix){n1, 1, 32}, (matrix){da_v, 32, 1}, NOTHING, da_Wv, 32, 1,
            work);

    /* da_Wk[i,j] = sum[n,t_2](n1[n,t_2,i] * da_k[n,t_2,j])  (of a_k) */
    double *da_Wk = grads->a_Wk; /* (32, 32) */
    multiply(32, 32, N * T, 1.0, (matrix){n1, 1, 32}, (matrix){da_k, 32, 1}, NOTHING, da_Wk, 32, 1,
            work);

    /* da_Wq[i,j] = sum[n,t_2](n1[n,t_2,i] * da_q[n,t_2,j])  (of a_q) */
    double *da_Wq = grads->a_Wq; /* (32, 32) */
    multiply(32, 32, N * T, 1.0, (matrix){n1, 1, 32}, (matrix){da_q, 32, 1}, NOTHING, da_Wq, 32, 1,
            work);

    /* dn1[n,t_2,i] = sum[j](da_v[n,t_2,j] * a_Wv[i,j]) + sum[j](da_k[n,t_2,j] * a_Wk[i,j]) +
       sum[j](da_q[n,t_2,j] * a_Wq[i,j])  (of a_v) */
    double *dn1 = work + 4 * N * (T * T) + 867 * N * T + 8192; /* (N, T, 32) */
    multiply(N * T, 32, 32, 1.0, (matrix){da_v, 32, 1}, (matrix){a_Wv, 1, 32}, NOTHING, dn1, 32, 1,
            work);
    multiply(N * T, 32, 32, 1.0, (matrix){da_k, 32, 1}, (matrix){a_Wk, 1, 32}, (matrix){dn1, 32, 1},
            dn1, 32, 1, work);
    multiply(N * T, 32, 32, 1.0, (matrix){da_q, 32, 1}, (matrix){a_Wq, 1, 32}, (matrix){dn1, 32, 1},
            dn1, 32, 1, work);

    /* dn1_mean_square_sum_2[n,k] = sum[j](dn1[n,k,j] * n1[n,k,j])  (of n1) */
    double *dn1_mean_square_sum_2 = work + 2 * N * (T * T) + 673 * N * T + 8192; /* (N, T) */
    compute_dn3_mean_square_sum_2_1(N, T, dn1, n1, dn1_mean_square_sum_2);

    /* v5[n,k] = v7[n,k]  (of n1) */
    double *v5 = work + 2 * N * (T * T) + 706 * N * T + 8192; /* (N, T) */
    compute_v1_1(N * T, v5, v7);

    /* v6[n,k,j] = dn1[n,k,j] * h[n,k,j]  (of n1) */
    double *v6 = work + 4 * N * (T * T) + 835 * N * T + 8192; /* (N, T, 32) */
    compute_v2_1(32 * N * T, v6, dn1, h);

    /* dn1_g[j] = sum[n,k](v6[n,k,j] * v5[n,k])  (of n1) */
    double *dn1_g = grads->n1_g; /* (32,) */
    multiply(1, 32, N * T, 1.0, (matrix){v5, 1, 1}, (matrix){v6, 32, 1}, NOTHING, dn1_g, 1, 1,
            work);

    /* dn1_mean_square_sum[n,k] = -0.015625 * dn1_mean_square_sum_2[n,k] / v13[n,k]  (of
       n1_mean_square) */
    double *dn1_mean_square_sum = dn1_mean_square_sum_2; /* (N, T) */
    compute_dn3_mean_square_sum_1(dn1_mean_square_sum, N * T, v13);

    /* de_E[x[n,k],d] = 2 * dn1_mean_square_sum[n,k] * h[n,k,d] + v7[n,k] * dn1[n,k,d] * n1_g[d] +
       dr[n,k,d]  (of e) */
    double *de_E = grads->e_E; /* (76, 32) */
    compute_de_E_1(de_E, T, N, x, dn1_mean_square_sum, h, v7, dn1, n1_g, dr);
}

static void descend(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_state *state, const char_transformer_data *data,
        const char_transformer_hyper *hyper, const char_transformer_tape *tape, double *work)
{
    const ptrdiff_t *x = data->x; /* (N, T) */
    const ptrdiff_t *t = data->t; /* (N, T) */
    double *e_E = params->e_E; /* (76, 32) */
    double *n1_g = params->n1_g; /* (32,) */
    double *a_Wq = params->a_Wq; /* (32, 32) */
    double *a_Wk = params->a_Wk; /* (32, 32) */
    double *a_Wv = params->a_Wv; /* (32, 32) */
    double *a_Wo = params->a_Wo; /* (32, 32) */
    double *n2_g = params->n2_g; /* (32,) */
    double *f_W = params->f_W; /* (32, 64) */
    double *f_b = params->f_b; /* (64,) */
    double *m_W = params->m_W; /* (64, 32) */
    double *m_b = params->m_b; /* (32,) */
    double *n3_g = params->n3_g; /* (32,) */
    double *logits_W = params->logits_W; /* (32, 76) */
    double *logits_b = params->logits_b; /* (76,) */
    const double *h = tape->h; /* (N, T, 32) */
    const double *n1 = tape->n1; /* (N, T, 32) */
    const double *a_q = tape->a_q; /* (N, T, 32) */
    const double *a_k = tape->a_k; /* (N, T, 32) */
    const double *a_v = tape->a_v; /* (N, T, 32) */
    const double *a_p = tape->a_p; /* (N, 2, T, T) */
    const double *a_heads = tape->a_heads; /* (N, T, 32) */
    const double *r = tape->r; /* (N, T, 32) */
    const double *n2 = tape->n2; /* (N, T, 32) */
    const double *f_z = tape->f_z; /* (N, T, 64) */
    const double *f = tape->f; /* (N, T, 64) */
    const double *u = tape->u; /* (N, T, 32) */
    const double *n3 = tape->n3; /* (N, T, 32) */
    const double *loss_Z_shifted = tape->loss_Z_shifted; /* (N, T) */
    const double *v7 = tape->v7; /* (N, T) */
    const double *v9 = tape->v9; /* (N, T) */
    const double *v10 = tape->v10; /* (N, T, 64) */
    const double *v11 = tape->v11; /* (N, T) */
    const double *v12 = tape->v12; /* (N, T, 76) */
    const double *v13 = tape->v13; /* (N, T) */
    const double *v14 = tape->v14; /* (N, T) */
    const double *v15 = tape->v15; /* (N, T) */
    const double step = *state->step;
    double *e_E_m = state->e_E_m; /* (76, 32) */
    double *e_E_v = state->e_E_v; /* (76, 32) */
    double *n1_g_m = state->n1_g_m; /* (32,) */
    double *n1_g_v = state->n1_g_v; /* (32,) */
    double *a_Wq_m = state->a_Wq_m; /* (32, 32) */
    double *a_Wq_v = state->a_Wq_v; /* (32, 32) */
    double *a_Wk_m = state->a_Wk_m; /* (32, 32) */
    double *a_Wk_v = state->a_Wk_v; /* (32, 32) */
    double *a_Wv_m = state->a_Wv_m; /* (32, 32) */
    double *a_Wv_v = state->a_Wv_v; /* (32, 32) */
    double *a_Wo_m = state->a_Wo_m; /* (32, 32) */
    double *a_Wo_v = state->a_Wo_v; /* (32, 32) */
    double *n2_g_m = state->n2_g_m; /* (32,) */
    double *n2_g_v = state->n2_g_v; /* (32,) */
    double *f_W_m = state->f_W_m; /* (32, 64) */
    double *f_W_v = state->f_W_v; /* (32, 64) */
    double *f_b_m = state->f_b_m; /* (64,) */
    double *f_b_v = state->f_b_v; /* (64,) */
    double *m_W_m = state->m_W_m; /* (64, 32) */
    double *m_W_v = state->m_W_v; /* (64, 32) */
    double *m_b_m = state->m_b_m; /* (32,) */
    double *m_b_v = state->m_b_v; /* (32,) */
    double *n3_g_m = state->n3_g_m; /* (32,) */
    double *n3_g_v = state->n3_g_v; /* (32,) */
    double *logits_W_m = state->logits_W_m; /* (32, 76) */
    double *logits_W_v = state->logits_W_v; /* (32, 76) */
    double *logits_b_m = state->logits_b_m; /* (76,) */
    double *logits_b_v = state->logits_b_v; /* (76,) */
    const double learning_rate = hyper->learning_rate;
    const double beta1 = hyper->beta1;
    const double beta2 = hyper->beta2;
    const double epsilon = hyper->epsilon;

    /* step_next = step + 1 */
    const double step_next = step + 1.0;

    /* v1_2 = 1 - beta1 */
    const double v1_2 = 1.0 - beta1;

    /* v2_2 = 1 - beta2 */
    const double v2_2 = 1.0 - beta2;

    /* v3_2 = 1 / (1 - beta1**step_next) */
    const double v3_2 = 1.0 / (1.0 - pow(beta1, step_next));

    /* v4_2 = 1 / (1 - beta2**step_next) */
    const double v4_2 = 1.0 / (1.0 - pow(beta2, step_next));

    /* dlogits_terms[n,k,j] = v12[n,k,j] / loss_Z_shifted[n,k]  (of loss_Z) */
    /* dlogits_terms[n,k,t[n,k]] += -1 */
    double *dlogits_terms = work + 2 * N * (T * T) + 597 * N * T + 8192; /* (N, T, 76) */
    compute_dlogits_terms_1(N, T, dlogits_terms, v12, loss_Z_shifted);
    compute_dlogits_terms_2(N, T, dlogits_terms, t);

    /* dlogits[n,k,j] = dlogits_terms[n,k,j] / (N * T)  (of loss_Z) */
    double *dlogits = dlogits_terms; /* (N, T, 76) */
    compute_dlogits_1(dlogits, 76 * N * T, N, T);

    /* dlogits_b[j] = sum[n,k](dlogits[n,k,j])  (of logits) */
    double *dlogits_b = work + 4 * N * (T * T) + 899 * N * T + 8192; /* (76,) */
    multiply(1, 76, N * T, 1.0, ONES, (matrix){dlogits, 76, 1}, NOTHING, dlogits_b, 1, 1, work);

    /* logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1_2 */
    /* logits_b_v_next[j] = dlogits_b[j]**2 * v2_2 + logits_b_v[j] * beta2 */
    /* logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3_2 /
       (sqrt(logits_b_v_next[j] * v4_2) + epsilon) */
    compute_logits_b_m_next_1(76, logits_b_m, beta1, v1_2, dlogits_b, logits_b_v, v2_2, beta2,
            logits_b, learning_rate, v3_2, v4_2, epsilon);

    /* dlogits_W[i,j] = sum[n,k](n3[n,k,i] * dlogits[n,k,j])  (of logits) */
    /* logits_W_m_next[i,j] = logits_W_m[i,j] * beta1 + dlogits_W[i,j] * v1_2 */
    /* logits_W_v_next[i,j] = dlogits_W[i,j]**2 * v2_2 + logits_W_v[i,j] * beta2 */
    double *dlogits_W = work + 4 * N * (T * T) + 899 * N * T + 8268; /* (32, 76) */
    compute_dlogits_W_1(N, T, n3, dlogits, dlogits_W, work, logits_W_m, beta1, v1_2, logits_W_v,
            v2_2, beta2, 32, 76);

    /* dn3[n,k,i] = sum[j](dlogits[n,k,j] * logits_W[i,j])  (of logits) */
    double *dn3 = work + 2 * N * (T * T) + 674 * N * T + 8192; /* (N, T, 32) */
    multiply(N * T, 32, 76, 1.0, (matrix){dlogits, 76, 1}, (matrix){logits_W, 1, 76}, NOTHING, dn3,
            32, 1, work);

    /* logits_W_next[i,j] = logits_W[i,j] - logits_W_m_next[i,j] * learning_rate * v3_2 /
       (sqrt(logits_W_v_next[i,j] * v4_2) + epsilon) */
    compute_logits_W_next_1(2432, logits_W, learning_rate, v3_2, logits_W_m, v4_2, logits_W_v,
            epsilon);

    /* dn3_mean_square_sum_2[n,k] = sum[j](dn3[n,k,j] * n3[n,k,j])  (of n3) */
    double *dn3_mean_square_sum_2 = work + 2 * N * (T * T) + 673 * N * T + 8192; /* (N, T) */
    compute_dn3_mean_square_sum_2_1(N, T, dn3, n3, dn3_mean_square_sum_2);

    /* v1[n,k] = v11[n,k]  (of n3) */
    double *v1 = work + 2 * N * (T * T) + 706 * N * T + 8192; /* (N, T) */
    compute_v1_1(N * T, v1, v11);

    /* v2[n,k,j] = dn3[n,k,j] * u[n,k,j]  (of n3) */
    double *v2 = work + 2 * N * (T * T) + 707 * N * T + 8192; /* (N, T, 32) */
    compute_v2_1(32 * N * T, v2, dn3, u);

    /* dn3_g[j] = sum[n,k](v2[n,k,j] * v1[n,k])  (of n3) */
    double *dn3_g = work + 4 * N * (T * T) + 899 * N * T + 10700; /* (32,) */
    multiply(1, 32, N * T, 1.0, (matrix){v1, 1, 1}, (matrix){v2, 32, 1}, NOTHING, dn3_g, 1, 1,
            work);

    /* n3_g_m_next[j] = n3_g_m[j] * beta1 + dn3_g[j] * v1_2 */
    /* n3_g_v_next[j] = dn3_g[j]**2 * v2_2 + n3_g_v[j] * beta2 */
    compute_n3_g_m_next_1(32, n3_g_m, beta1, v1_2, dn3_g, n3_g_v, v2_2, beta2);

    /* dn3_mean_square_sum[n,k] = -0.015625 * dn3_mean_square_sum_2[n,k] / v15[n,k]  (of
       n3_mean_square) */
    double *dn3_mean_square_sum = dn3_mean_square_sum_2; /* (N, T) */
    compute_dn3_mean_square_sum_1(dn3_mean_square_sum, N * T, v15);

    /* du[n,k,j] = 2 * dn3_mean_square_sum[n,k] * u[n,k,j] + v11[n,k] * dn3[n,k,j] * n3_g[j]  (of
       n3) */
    double *du = dn3; /* (N, T, 32) */
    compute_du_1(du, N, T, dn3_mean_square_sum, u, v11, n3_g);

    /* n3_g_next[j] = n3_g[j] - n3_g_m_next[j] * learning_rate * v3_2 / (sqrt(n3_g_v_next[j] * v4_2)
       + epsilon) */
    compute_logits_W_next_1(32, n3_g, learning_rate, v3_2, n3_g_m, v4_2, n3_g_v, epsilon);

    /* dm_b[j] = sum[n,k](du[n,k,j])  (of m) */
    double *dm_b = work + 4 * N * (T * T) + 899 * N * T + 10700; /* (32,) */
    multiply(1, 32, N * T, 1.0, ONES, (matrix){du, 32, 1}, NOTHING, dm_b, 1, 1, work);

    /* m_b_m_next[j] = m_b_m[j] * beta1 + dm_b[j] * v1_2 */
    /* m_b_v_next[j] = dm_b[j]**2 * v2_2 + m_b_v[j] * beta2 */
    /* m_b_next[j] = m_b[j] - m_b_m_next[j] * learning_rate * v3_2 / (sqrt(m_b_v_next[j] * v4_2) +
       epsilon) */
    compute_logits_b_m_next_1(32, m_b_m, beta1, v1_2, dm_b, m_b_v, v2_2, beta2, m_b, learning_rate,
            v3_2, v4_2, epsilon);

    /* dm_W[i,j] = sum[n,k](f[n,k,i] * du[n,k,j])  (of m) */
    /* m_W_m_next[i,j] = m_W_m[i,j] * beta1 + dm_W[i,j] * v1_2 */
    /* m_W_v_next[i,j] = dm_W[i,j]**2 * v2_2 + m_W_v[i,j] * beta2 */
    double *dm_W = work + 4 * N * (T * T) + 899 * N * T + 10732; /* (64, 32) */
    compute_dlogits_W_1(N, T, f, du, dm_W, work, m_W_m, beta1, v1_2, m_W_v, v2_2, beta2, 64, 32);

    /* df[n,k,i] = sum[j](du[n,k,j] * m_W[i,j])  (of m) */
    double *df = work + 2 * N * (T * T) + 739 * N * T + 8192; /* (N, T, 64) */
    multiply(N * T, 64, 32, 1.0, (matrix){du, 32, 1}, (matrix){m_W, 1, 32}, NOTHING, df, 64, 1,
            work);

    /* df_z[n,k,j] = (0.5 * sqrt(2) * f_z[n,k,j] * exp(-0.5 * f_z[n,k,j]**2) / sqrt(pi) +
       v10[n,k,j]) * df[n,k,j]  (of f) */
    double *df_z = df; /* (N, T, 64) */
    compute_df_z_1(df_z, 64 * N * T, f_z, v10);

    /* m_W_next[i,j] = m_W[i,j] - m_W_m_next[i,j] * learning_rate * v3_2 / (sqrt(m_W_v_next[i,j] *
       v4_2) + epsilon) */
    compute_logits_W_next_1(2048, m_W, learning_rate, v3_2, m_W_m, v4_2, m_W_v, epsilon);

    /* df_b[j] = sum[n,k](df_z[n,k,j])  (of f_z) */
    double *df_b = work + 4 * N * (T * T) + 899 * N * T + 12780; /* (64,) */
    multiply(1, 64, N * T, 1.0, ONES, (matrix){df_z, 64, 1}, NOTHING, df_b, 1, 1, work);

    /* f_b_m_next[j] = f_b_m[j] * beta1 + df_b[j] * v1_2 */
    /* f_b_v_next[j] = df_b[j]**2 * v2_2 + f_b_v[j] * beta2 */
    /* f_b_next[j] = f_b[j] - f_b_m_next[j] * learning_rate * v3_2 / (sqrt(f_b_v_next[j] * v4_2) +
       epsilon) */
    compute_logits_b_m_next_1(64, f_b_m, beta1, v1_2, df_b, f_b_v, v2_2, beta2, f_b, learning_rate,
            v3_2, v4_2, epsilon);

    /* df_W[i,j] = sum[n,k](n2[n,k,i] * df_z[n,k,j])  (of f_z) */
    /* f_W_m_next[i,j] = f_W_m[i,j] * beta1 + df_W[i,j] * v1_2 */
    /* f_W_v_next[i,j] = df_W[i,j]**2 * v2_2 + f_W_v[i,j] * beta2 */
    double *df_W = work + 4 * N * (T * T) + 899 * N * T + 10732; /* (32, 64) */
    compute_dlogits_W_1(N, T, n2, df_z, df_W, work, f_W_m, beta1, v1_2, f_W_v, v2_2, beta2, 32, 64);

    /* dn2[n,k,i] = sum[j](df_z[n,k,j] * f_W[i,j])  (of f_z) */
    double *dn2 = work + 2 * N * (T * T) + 707 * N * T + 8192; /* (N, T, 32) */
    multiply(N * T, 32, 64, 1.0, (matrix){df_z, 64, 1}, (matrix){f_W, 1, 64}, NOTHING, dn2, 32, 1,
            work);

    /* f_W_next[i,j] = f_W[i,j] - f_W_m_next[i,j] * learning_rate * v3_2 / (sqrt(f_W_v_next[i,j] *
       v4_2) + epsilon) */
    compute_logits_W_next_1(2048, f_W, learning_rate, v3_2, f_W_m, v4_2, f_W_v, epsilon);

    /* dn2_mean_square_sum_2[n,k] = sum[j](dn2[n,k,j] * n2[n,k,j])  (of n2) */
    double *dn2_mean_square_sum_2 = work + 2 * N * (T * T) + 673 * N * T + 8192; /* (N, T) */
    compute_dn3_mean_square_sum_2_1(N, T, dn2, n2, dn2_mean_square_sum_2);

    /* v3[n,k] = v9[n,k]  (of n2) */
    double *v3 = work + 2 * N * (T * T) + 706 * N * T + 8192; /* (N, T) */
    compute_v1_1(N * T, v3, v9);

    /* v4[n,k,j] = dn2[n,k,j] * r[n,k,j]  (of n2) */
    double *v4 = work + 2 * N * (T * T) + 803 * N * T + 8192; /* (N, T, 32) */
    compute_v2_1(32 * N * T, v4, dn2, r);

    /* dn2_g[j] = sum[n,k](v4[n,k,j] * v3[n,k])  (of n2) */
    double *dn2_g = work + 4 * N * (T * T) + 899 * N * T + 10700; /* (32,) */
    multiply(1, 32, N * T, 1.0, (matrix){v3, 1, 1}, (matrix){v4, 32, 1}, NOTHING, dn2_g, 1, 1,
            work);

    /* n2_g_m_next[j] = n2_g_m[j] * beta1 + dn2_g[j] * v1_2 */
    /* n2_g_v_next[j] = dn2_g[j]**2 * v2_2 + n2_g_v[j] * beta2 */
    compute_n3_g_m_next_1(32, n2_g_m, beta1, v1_2, dn2_g, n2_g_v, v2_2, beta2);

    /* dn2_mean_square_sum[n,k] = -0.015625 * dn2_mean_square_sum_2[n,k] / v14[n,k]  (of
       n2_mean_square) */
    double *dn2_mean_square_sum = dn2_mean_square_sum_2; /* (N, T) */
    compute_dn3_mean_square_sum_1(dn2_mean_square_sum, N * T, v14);

    /* dr[n,k,j] = 2 * dn2_mean_square_sum[n,k] * r[n,k,j] + v9[n,k] * dn2[n,k,j] * n2_g[j] +
       du[n,k,j]  (of u) */
    double *dr = dn2; /* (N, T, 32) */
    compute_dr_1(dr, N, T, dn2_mean_square_sum, r, v9, n2_g, du);

    /* n2_g_next[j] = n2_g[j] - n2_g_m_next[j] * learning_rate * v3_2 / (sqrt(n2_g_v_next[j] * v4_2)
       + epsilon) */
    compute_logits_W_next_1(32, n2_g, learning_rate, v3_2, n2_g_m, v4_2, n2_g_v, epsilon);

    /* da_Wo[i,j] = sum[n,t_2](a_heads[n,t_2,i] * dr[n,t_2,j])  (of a) */
    double *da_Wo = work + 4 * N * (T * T) + 899 * N * T + 12844; /* (32, 32) */
    multiply(32, 32, N * T, 1.0, (matrix){a_heads, 1, 32}, (matrix){dr, 32, 1}, NOTHING, da_Wo, 32,
            1, work);

    /* a_Wo_m_next[i,j] = a_Wo_m[i,j] * beta1 + da_Wo[i,j] * v1_2 */
    /* a_Wo_v_next[i,j] = da_Wo[i,j]**2 * v2_2 + a_Wo_v[i,j] * beta2 */
    compute_n3_g_m_next_1(1024, a_Wo_m, beta1, v1_2, da_Wo, a_Wo_v, v2_2, beta2);

    /* da_heads[n,t_2,i] = sum[j](dr[n,t_2,j] * a_Wo[i,j])  (of a) */
    double *da_heads = work + 2 * N * (T * T) + 674 * N * T + 8192; /* (N, T, 32) */
    multiply(N * T, 32, 32, 1.0, (matrix){dr, 32, 1}, (matrix){a_Wo, 1, 32}, NOTHING, da_heads, 32,
            1, work);

    /* a_Wo_next[i,j] = a_Wo[i,j] - a_Wo_m_next[i,j] * learning_rate * v3_2 / (sqrt(a_Wo_v_next[i,j]
       * v4_2) + epsilon) */
    compute_logits_W_next_1(1024, a_Wo, learning_rate, v3_2, a_Wo_m, v4_2, a_Wo_v, epsilon);

    /* da_v[n,u_2,e_2 + 16 * h_2] = sum[t_2](da_heads[n,t_2,e_2 + 16 * h_2] * a_p[n,h_2,t_2,u_2])
       (of a_heads) */
    double *da_v = work + 2 * N * (T * T) + 803 * N * T + 8192; /* (N, T, 32) */
    compute_da_v_1(da_v, N, T, a_p, da_heads, work);

    /* da_p[n,h_2,t_2,u_2] = sum[e_2](a_v[n,u_2,e_2 + 16 * h_2] * da_heads[n,t_2,e_2 + 16 * h_2])
       (of a_heads) */
    double *da_p = work + 2 * N * (T * T) + 835 * N * T + 8192; /* (N, 2, T, T) */
    compute_a_s_sum_1(N, T, da_heads, a_v, da_p, work);

    /* da_Z_sum[n,h_2,t_2] = sum[u_2](a_p[n,h_2,t_2,u_2] * da_p[n,h_2,t_2,u_2])  (of a_p) */
    double *da_Z_sum = work + 2 * N * (T * T) + 595 * N * T + 8192; /* (N, 2, T) */
    compute_da_Z_sum_1(N, T, a_p, da_p, da_Z_sum);

    /* da_s_sum[n,h_2,t_2,u_2] = where(u_2 <= t_2, 0.25 * (da_p[n,h_2,t_2,u_2] -
       da_Z_sum[n,h_2,t_2]) * a_p[n,h_2,t_2,u_2], 0)  (of a_s) */
    double *da_s_sum = da_p; /* (N, 2, T, T) */
    compute_da_s_sum_1(da_s_sum, N, T, da_Z_sum, a_p);

    /* da_k[n,u_2,d + 16 * h_2] = sum[t_2](a_q[n,t_2,d + 16 * h_2] * da_s_sum[n,h_2,t_2,u_2])  (of
       a_s_sum) */
    double *da_k = work + 2 * N * (T * T) + 674 * N * T + 8192; /* (N, T, 32) */
    compute_da_v_1(da_k, N, T, da_s_sum, a_q, work);

    /* da_q[n,t_2,d + 16 * h_2] = sum[u_2](a_k[n,u_2,d + 16 * h_2] * da_s_sum[n,h_2,t_2,u_2])  (of
       a_s_sum) */
    double *da_q = work + 4 * N * (T * T) + 835 * N * T + 8192; /* (N, T, 32) */
    compute_a_heads_1(da_q, N, T, da_s_sum, a_k, work);

    /* da_Wv[i,j] = sum[n,t_2](n1[n,t_2,i] * da_v[n,t_2,j])  (of a_v) */
    double *da_Wv = work + 4 * N * (T * T) + 899 * N * T + 12844; /* (32, 32) */
    multiply(32, 32, N * T, 1.0, (matrix){n1, 1, 32}, (matrix){da_v, 32, 1}, NOTHING, da_Wv, 32, 1,
            work);

    /* a_Wv_m_next[i,j] = a_Wv_m[i,j] * beta1 + da_Wv[i,j] * v1_2 */
    /* a_Wv_v_next[i,j] = da_Wv[i,j]**2 * v2_2 + a_Wv_v[i,j] * beta2 */
    compute_n3_g_m_next_1(1024, a_Wv_m, beta1, v1_2, da_Wv, a_Wv_v, v2_2, beta2);

    /* da_Wk[i,j] = sum[n,t_2](n1[n,t_2,i] * da_k[n,t_2,j])  (of a_k) */
    double *da_Wk = work + 4 * N * (T * T) + 899 * N * T + 12844; /* (32, 32) */
    multiply(32, 32, N * T, 1.0, (matrix){n1, 1, 32}, (matrix){da_k, 32, 1}, NOTHING, da_Wk, 32, 1,
            work);

    /* a_Wk_m_next[i,j] = a_Wk_m[i,j] * beta1 + da_Wk[i,j] * v1_2 */
    /* a_Wk_v_next[i,j] = da_Wk[i,j]**2 * v2_2 + a_Wk_v[i,j] * beta2 */
    compute_n3_g_m_next_1(1024, a_Wk_m, beta1, v1_2, da_Wk, a_Wk_v, v2_2, beta2);

    /* da_Wq[i,j] = sum[n,t_2](n1[n,t_2,i] * da_q[n,t_2,j])  (of a_q) */
    double *da_Wq = work + 4 * N * (T * T) + 899 * N * T + 12844; /* (32, 32) */
    multiply(32, 32, N * T, 1.0, (matrix){n1, 1, 32}, (matrix){da_q, 32, 1}, NOTHING, da_Wq, 32, 1,
            work);

    /* a_Wq_m_next[i,j] = a_Wq_m[i,j] * beta1 + da_Wq[i,j] * v1_2 */
    /* a_Wq_v_next[i,j] = da_Wq[i,j]**2 * v2_2 + a_Wq_v[i,j] * beta2 */
    compute_n3_g_m_next_1(1024, a_Wq_m, beta1, v1_2, da_Wq, a_Wq_v, v2_2, beta2);

    /* dn1[n,t_2,i] = sum[j](da_v[n,t_2,j] * a_Wv[i,j]) + sum[j](da_k[n,t_2,j] * a_Wk[i,j]) +
       sum[j](da_q[n,t_2,j] * a_Wq[i,j])  (of a_v) */
    double *dn1 = work + 4 * N * (T * T) + 867 * N * T + 8192; /* (N, T, 32) */
    multiply(N * T, 32, 32, 1.0, (matrix){da_v, 32, 1}, (matrix){a_Wv, 1, 32}, NOTHING, dn1, 32, 1,
            work);

    /* a_Wv_next[i,j] = a_Wv[i,j] - a_Wv_m_next[i,j] * learning_rate * v3_2 / (sqrt(a_Wv_v_next[i,j]
       * v4_2) + epsilon) */
    compute_logits_W_next_1(1024, a_Wv, learning_rate, v3_2, a_Wv_m, v4_2, a_Wv_v, epsilon);
    multiply(N * T, 32, 32, 1.0, (matrix){da_k, 32, 1}, (matrix){a_Wk, 1, 32}, (matrix){dn1, 32, 1},
            dn1, 32, 1, work);

    /* a_Wk_next[i,j] = a_Wk[i,j] - a_Wk_m_next[i,j] * learning_rate * v3_2 / (sqrt(a_Wk_v_next[i,j]
       * v4_2) + epsilon) */
    compute_logits_W_next_1(1024, a_Wk, learning_rate, v3_2, a_Wk_m, v4_2, a_Wk_v, epsilon);
    multiply(N * T, 32, 32, 1.0, (matrix){da_q, 32, 1}, (matrix){a_Wq, 1, 32}, (matrix){dn1, 32, 1},
            dn1, 32, 1, work);

    /* a_Wq_next[i,j] = a_Wq[i,j] - a_Wq_m_next[i,j] * learning_rate * v3_2 / (sqrt(a_Wq_v_next[i,j]
       * v4_2) + epsilon) */
    compute_logits_W_next_1(1024, a_Wq, learning_rate, v3_2, a_Wq_m, v4_2, a_Wq_v, epsilon);

    /* dn1_mean_square_sum_2[n,k] = sum[j](dn1[n,k,j] * n1[n,k,j])  (of n1) */
    double *dn1_mean_square_sum_2 = work + 2 * N * (T * T) + 673 * N * T + 8192; /* (N, T) */
    compute_dn3_mean_square_sum_2_1(N, T, dn1, n1, dn1_mean_square_sum_2);

    /* v5[n,k] = v7[n,k]  (of n1) */
    double *v5 = work + 2 * N * (T * T) + 706 * N * T + 8192; /* (N, T) */
    compute_v1_1(N * T, v5, v7);

    /* v6[n,k,j] = dn1[n,k,j] * h[n,k,j]  (of n1) */
    double *v6 = work + 4 * N * (T * T) + 835 * N * T + 8192; /* (N, T, 32) */
    compute_v2_1(32 * N * T, v6, dn1, h);

    /* dn1_g[j] = sum[n,k](v6[n,k,j] * v5[n,k])  (of n1) */
    double *dn1_g = work + 4 * N * (T * T) + 899 * N * T + 10700; /* (32,) */
    multiply(1, 32, N * T, 1.0, (matrix){v5, 1, 1}, (matrix){v6, 32, 1}, NOTHING, dn1_g, 1, 1,
            work);

    /* n1_g_m_next[j] = n1_g_m[j] * beta1 + dn1_g[j] * v1_2 */
    /* n1_g_v_next[j] = dn1_g[j]**2 * v2_2 + n1_g_v[j] * beta2 */
    compute_n3_g_m_next_1(32, n1_g_m, beta1, v1_2, dn1_g, n1_g_v, v2_2, beta2);

    /* dn1_mean_square_sum[n,k] = -0.015625 * dn1_mean_square_sum_2[n,k] / v13[n,k]  (of
       n1_mean_square) */
    double *dn1_mean_square_sum = dn1_mean_square_sum_2; /* (N, T) */
    compute_dn3_mean_square_sum_1(dn1_mean_square_sum, N * T, v13);

    /* de_E[x[n,k],d] = 2 * dn1_mean_square_sum[n,k] * h[n,k,d] + v7[n,k] * dn1[n,k,d] * n1_g[d] +
       dr[n,k,d]  (of e) */
    double *de_E = work + 4 * N * (T * T) + 899 * N * T + 8268; /* (76, 32) */
    compute_de_E_1(de_E, T, N, x, dn1_mean_square_sum, h, v7, dn1, n1_g, dr);

    /* e_E_m_next[i,j] = e_E_m[i,j] * beta1 + de_E[i,j] * v1_2 */
    /* e_E_v_next[i,j] = de_E[i,j]**2 * v2_2 + e_E_v[i,j] * beta2 */
    /* e_E_next[i,j] = e_E[i,j] - e_E_m_next[i,j] * learning_rate * v3_2 / (sqrt(e_E_v_next[i,j] *
       v4_2) + epsilon) */
    compute_logits_b_m_next_1(2432, e_E_m, beta1, v1_2, de_E, e_E_v, v2_2, beta2, e_E,
            learning_rate, v3_2, v4_2, epsilon);

    /* n1_g_next[j] = n1_g[j] - n1_g_m_next[j] * learning_rate * v3_2 / (sqrt(n1_g_v_next[j] * v4_2)
       + epsilon) */
    compute_logits_W_next_1(32, n1_g, learning_rate, v3_2, n1_g_m, v4_2, n1_g_v, epsilon);

    *state->step = step_next;
}

int char_transformer_predict(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_data *data, const char_transformer_outputs *outputs, double *work)
{
    if (N < 1 || T < 1 || !within(data->x, N * T, 76)) {
        return -1;
    }
    predict(N, T, params, data, outputs, work);
    return 0;
}

int char_transformer_forward(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_data *data, const char_transformer_tape *tape, double *work,
        double *loss)
{
    if (N < 1 || T < 1 || !within(data->x, N * T, 76) || !within(data->t, N * T, 76)) {
        return -1;
    }
    *loss = forward(N, T, params, data, tape, work);
    return 0;
}

int char_transformer_backward(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_data *data, const char_transformer_tape *tape,
        const char_transformer_params *grads, double *work)
{
    if (N < 1 || T < 1 || !within(data->x, N * T, 76) || !within(data->t, N * T, 76)) {
        return -1;
    }
    backward(N, T, params, data, tape, grads, work);
    return 0;
}

int char_transformer_value_and_grad(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_data *data, const char_transformer_params *grads, double *work,
        double *loss)
{
    if (N < 1 || T < 1 || !within(data->x, N * T, 76) || !within(data->t, N * T, 76)) {
        return -1;
    }
    const char_transformer_tape tape = {work + 8192, work + 32 * N * T + 8192, work + 64 * N * T +
            8192, work + 96 * N * T + 8192, work + 128 * N * T + 8192, work + 160 * N * T + 8192,
            work + 2 * N * (T * T) + 160 * N * T + 8192, work + 2 * N * (T * T) + 192 * N * T +
            8192, work + 2 * N * (T * T) + 224 * N * T + 8192, work + 2 * N * (T * T) + 256 * N * T
            + 8192, work + 2 * N * (T * T) + 320 * N * T + 8192, work + 2 * N * (T * T) + 384 * N *
            T + 8192, work + 2 * N * (T * T) + 416 * N * T + 8192, work + 2 * N * (T * T) + 448 * N
            * T + 8192, work + 2 * N * (T * T) + 449 * N * T + 8192, work + 2 * N * (T * T) + 450 *
            N * T + 8192, work + 2 * N * (T * T) + 451 * N * T + 8192, work + 2 * N * (T * T) + 515
            * N * T + 8192, work + 2 * N * (T * T) + 516 * N * T + 8192, work + 2 * N * (T * T) +
            592 * N * T + 8192, work + 2 * N * (T * T) + 593 * N * T + 8192, work + 2 * N * (T * T)
            + 594 * N * T + 8192};
    *loss = forward(N, T, params, data, &tape, work);
    backward(N, T, params, data, &tape, grads, work);
    return 0;
}

int char_transformer_train_step(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_state *state, const char_transformer_data *data,
        const char_transformer_hyper *hyper, double *work, double *loss)
{
    if (N < 1 || T < 1 || !within(data->x, N * T, 76) || !within(data->t, N * T, 76)) {
        return -1;
    }
    const char_transformer_tape tape = {work + 8192, work + 32 * N * T + 8192, work + 64 * N * T +
            8192, work + 96 * N * T + 8192, work + 128 * N * T + 8192, work + 160 * N * T + 8192,
            work + 2 * N * (T * T) + 160 * N * T + 8192, work + 2 * N * (T * T) + 192 * N * T +
            8192, work + 2 * N * (T * T) + 224 * N * T + 8192, work + 2 * N * (T * T) + 256 * N * T
            + 8192, work + 2 * N * (T * T) + 320 * N * T + 8192, work + 2 * N * (T * T) + 384 * N *
            T + 8192, work + 2 * N * (T * T) + 416 * N * T + 8192, work + 2 * N * (T * T) + 448 * N
            * T + 8192, work + 2 * N * (T * T) + 449 * N * T + 8192, work + 2 * N * (T * T) + 450 *
            N * T + 8192, work + 2 * N * (T * T) + 451 * N * T + 8192, work + 2 * N * (T * T) + 515
            * N * T + 8192, work + 2 * N * (T * T) + 516 * N * T + 8192, work + 2 * N * (T * T) +
            592 * N * T + 8192, work + 2 * N * (T * T) + 593 * N * T + 8192, work + 2 * N * (T * T)
            + 594 * N * T + 8192};
    *loss = forward(N, T, params, data, &tape, work);
    descend(N, T, params, state, data, hyper, &tape, work);
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

int char_transformer_fit(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_state *state, const char_transformer_data *data,
        const char_transformer_hyper *hyper, const char_transformer_training *training,
        double *work, double *losses)
{
    if (training->batch_size < 1 || N < 1 || T < 1 || !within(data->x, N * T, 76) ||
            !within(data->t, N * T, 76)) {
        return -1;
    }
    const ptrdiff_t most = training->batch_size < N ? training->batch_size : N;
    const struct {
        ptrdiff_t *x;
        ptrdiff_t *t;
    } batch = {(void *)(work), (void *)(work + most * T)};
    work = work + most * T + most * T;
    const int shuffle = training->shuffle && most < N;
    row_order order = {0};
    const ptrdiff_t often = 10000000 / (930 * most * (T * T) + 68555 * most * T + 239850) + 1;
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
                memcpy(batch.x + each * T, data->x + row * T, (size_t)T * sizeof *batch.x);
                memcpy(batch.t + each * T, data->t + row * T, (size_t)T * sizeof *batch.t);
            }
            char_transformer_data part = *data;
            part.x = shuffle ? batch.x : data->x + begin * T;
            part.t = shuffle ? batch.t : data->t + begin * T;
            if (char_transformer_train_step(rows, T, params, state, &part, hyper, work, &value) !=
                    0) {
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

size_t char_transformer_workspace_bytes(ptrdiff_t N, ptrdiff_t T)
{
    return (size_t)(CHAR_TRANSFORMER_WORKSPACE(N, T)) * sizeof(double);
}

size_t char_transformer_predict_workspace_bytes(ptrdiff_t N, ptrdiff_t T)
{
    return (size_t)(CHAR_TRANSFORMER_PREDICT_WORKSPACE(N, T)) * sizeof(double);
}

const char *char_transformer_build(void)
{
    return "15b4ecbc00fb2a53";
}

char_transformer_hyper char_transformer_default_hyper(void)
{
    const char_transformer_hyper hyper = {.learning_rate = 0.003, .beta1 = 0.9, .beta2 = 0.999,
            .epsilon = 1e-08};
    return hyper;
}
