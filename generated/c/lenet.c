/*
 * lenet: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,64]
 *     label t[N] in 10
 *     param c1_K[16,1,3,3]
 *     param c1_b[16]
 *     param c2_K[32,16,3,3]
 *     param c2_b[32]
 *     param h_W[128,32]
 *     param h_b[32]
 *     param logits_W[32,10]
 *     param logits_b[10]
 *     image[n,0,i0,i1] = x[n,i1 + 8 * i0] for n in N, i0 in 8, i1 in 8
 *     value c1_padded[N,1,10,10]
 *     c1_padded[n,c,h_2 + 1,w + 1] = image[n,c,h_2,w]
 *     c1_z[n,o,p,q] = sum[c,u,v](c1_padded[n,c,p + u,q + v] * c1_K[o,c,u,v])
 *     c1_z[n,o,p,q] += c1_b[o]
 *     c1[n,o,p,q] = relu(c1_z[n,o,p,q])
 *     s1[n,c,p,q] = max[u,v](c1[n,c,u + 2 * p,v + 2 * q]) for n in N, c in 16, p in 4, q in 4, u in 2,
 *         v in 2
 *     value c2_padded[N,16,6,6]
 *     c2_padded[n,c,h_2 + 1,w + 1] = s1[n,c,h_2,w]
 *     c2_z[n,o,p,q] = sum[c,u,v](c2_padded[n,c,p + u,q + v] * c2_K[o,c,u,v])
 *     c2_z[n,o,p,q] += c2_b[o]
 *     c2[n,o,p,q] = relu(c2_z[n,o,p,q])
 *     s2[n,c,p,q] = max[u,v](c2[n,c,u + 2 * p,v + 2 * q]) for n in N, c in 32, p in 2, q in 2, u in 2,
 *         v in 2
 *     flatten[n,i2 + 2 * i1 + 4 * i0] = s2[n,i0,i1,i2]
 *     h_z[n,j] = sum[i](flatten[n,i] * h_W[i,j])
 *     h_z[n,j] += h_b[j]
 *     h[n,j] = relu(h_z[n,j])
 *     logits[n,j] = sum[i](h[n,i] * logits_W[i,j])
 *     logits[n,j] += logits_b[j]
 *     output_Z[n] = sum[j](exp(logits[n,j]))
 *     output[n,j] = exp(logits[n,j]) / output_Z[n]
 *     loss_Z[n] = sum[j](exp(logits[n,j]))
 *     loss_sum = sum[n](log(loss_Z[n]) - logits[n,t[n]])
 *     loss = loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from lenet.bp (network cc517f205c0db5c2):
 *     symbp build lenet.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "lenet.h"

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

static inline double square(double x)
{
    return x * x;
}

static inline double relu(double x)
{
    return x <= 0.0 ? 0.0 : x;
}

/* The first of two equal ones; NaN where one is NaN. */
static inline double maximum(double a, double b)
{
    return b > a || b != b ? b : a;
}

/* Of whole numbers. */
static inline double lesser(double a, double b)
{
    return b < a ? b : a;
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

/* So many steps of one length. */
typedef struct {
    ptrdiff_t count, step;
} walk;

/* Tells where all places lie to which nested walks lead, the innermost of which is the last. */
SHARED void tabulate(ptrdiff_t *table, int depth, const walk *walks)
{
    ptrdiff_t filled = 1;
    table[0] = 0;
    while (depth-- > 0) {
        const ptrdiff_t most = filled * walks[depth].count;
        for (ptrdiff_t entry = filled; entry < most; entry++) {
            table[entry] = table[entry - filled] + walks[depth].step;
        }
        filled = most;
    }
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

#if defined(__GNUC__)

/* Copies a matrix, transposed: target[i,j] = source[j,i]. Its rows and the other's are apart. */
SHARED void turn(ptrdiff_t rows, ptrdiff_t columns, const double *source, ptrdiff_t step,
        double *target, ptrdiff_t target_step)
{
    const ptrdiff_t deep = rows - rows % LANES, wide = columns - columns % LANES;
    for (ptrdiff_t i = 0; i < deep; i += LANES) {
        for (ptrdiff_t j = 0; j < wide; j += LANES) {
            transpose(source + j * step + i, step, target + i * target_step + j, target_step);
        }
    }
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = i < deep ? wide : 0; j < columns; j++) {
            target[i * target_step + j] = source[j * step + i];
        }
    }
}

#else

/* Copies a matrix, transposed: target[i,j] = source[j,i]. Its rows and the other's are apart. */
static void turn(ptrdiff_t rows, ptrdiff_t columns, const double *source, ptrdiff_t step,
        double *target, ptrdiff_t target_step)
{
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            target[i * target_step + j] = source[j * step + i];
        }
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

#if defined(__GNUC__)

/* Stores the sums of a tile where not all of its columns are wanted. */
SHARED void multiply_windows_edge(ptrdiff_t rows, ptrdiff_t columns, const double *initial,
        const double *edge, double *c, const ptrdiff_t *c_rows, ptrdiff_t c_column)
{
    for (ptrdiff_t j = 0; j < columns; j++) {
        for (ptrdiff_t r = 0; r < rows; r++) {
            double *place = c + c_rows[r] + j * c_column;
            *place = (initial ? initial[r] : *place) + edge[r * TILE_COLUMNS + j];
        }
    }
}

/* A tile of a product; as multiply_tile, but each row and each step has a place of its own. */
static inline __attribute__((always_inline)) void multiply_windows_tile(int most, int vectors,
        ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const double *a,
        const ptrdiff_t *a_rows, const ptrdiff_t *a_steps, const double *b,
        const ptrdiff_t *b_steps, ptrdiff_t b_step, const double *initial, double *c,
        const ptrdiff_t *c_rows, ptrdiff_t c_column)
{
    vector sums[TILE_ROWS][2] = {{{0}}};
    const double *left[TILE_ROWS];
    for (int r = 0; r < most; r++) {
        left[r] = a + a_rows[r];
    }
    for (ptrdiff_t k = 0; k < depth; k++) {
        const double *right = b + (b_steps ? b_steps[k] : k * b_step);
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
    double edge[TILE_ROWS * TILE_COLUMNS];
    for (int r = 0; r < most; r++) {
        for (int v = 0; v < vectors; v++) {
            *(vector *)(edge + r * TILE_COLUMNS + v * LANES) = sums[r][v];
        }
    }
    multiply_windows_edge(rows < most ? rows : most, columns, initial, edge, c, c_rows, c_column);
}

/* A product one or two vectors wide: tiles, the last of which is as low as need be. */
static inline __attribute__((always_inline)) void multiply_windows_columns(ptrdiff_t rows,
        int vectors, ptrdiff_t columns, ptrdiff_t depth, const double *a, const ptrdiff_t *a_rows,
        const ptrdiff_t *a_steps, const double *b, const ptrdiff_t *b_steps, ptrdiff_t b_step,
        const double *initial, double *c, const ptrdiff_t *c_rows, ptrdiff_t c_column)
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
SHARED void pack_windows(double *restrict panel, ptrdiff_t width, ptrdiff_t columns,
        ptrdiff_t depth, const double *b, const ptrdiff_t *b_steps, ptrdiff_t b_column)
{
    for (ptrdiff_t k = 0; k < depth; k++) {
        const double *from = b + b_steps[k];
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
        const double *a, const ptrdiff_t *a_rows, const ptrdiff_t *a_steps,
        const double *b, const ptrdiff_t *b_steps, ptrdiff_t b_column, const double *initial,
        double *c, const ptrdiff_t *c_rows, ptrdiff_t c_column, double *panel)
{
    for (ptrdiff_t j = 0; j < columns;) {
        const ptrdiff_t most = columns - j;
        const ptrdiff_t wide = most >= TILE_COLUMNS ? TILE_COLUMNS : most > LANES ? LANES : most;
        const double *right = b + j * b_column;
        const ptrdiff_t *steps = b_steps;
        ptrdiff_t step = 0;
        if (b_column != 1 || (wide != LANES && wide != TILE_COLUMNS)) {
            step = wide > LANES ? TILE_COLUMNS : LANES;
            pack_windows(panel, step, wide, depth, right, b_steps, b_column);
            right = panel;
            steps = NULL;
        }
        double *const to = c + j * c_column;
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
        const double *a, const ptrdiff_t *a_rows, const ptrdiff_t *a_steps,
        const double *b, const ptrdiff_t *b_steps, ptrdiff_t b_column, const double *initial,
        double *c, const ptrdiff_t *c_rows, ptrdiff_t c_column, double *panel)
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

/*
 * The elements that won, of 2 x 2 each, for some samples: their values and their numbers 0 .. 3 lie
 * alike. A sum has at most WIDE columns, a constant in every call.
 */
typedef struct {
    const double *value, *winner;
    ptrdiff_t high, wide, samples, row, column;
} windows;

#if defined(__GNUC__)

enum { WIDE = 5 };

/* Takes each number from `a` where `side` is larger than a bound, else from `b`. */
static inline __attribute__((always_inline)) vector either(vector side, double bound, vector a,
        vector b)
{
#if defined(__clang__) || VECTOR_BYTES == 16
    const places larger = side > bound + (vector){0};
    return (vector)((larger & (places)a) | (~larger & (places)b));
#else
    vector found = a;
    for (int e = 0; e < LANES; e++) {
        found[e] = side[e] > bound ? a[e] : b[e];
    }
    return found;
#endif
}

/* Tells the column of the winners, 0 or 1; their rows are 1 where their numbers are above 1. */
static inline __attribute__((always_inline)) vector sideways(vector winner)
{
    return either(winner, 1, winner - 2, winner);
}

#endif

/*
 * c[u,v] += sum of value[p,q,n] x[2 p + i + u,2 q + j + v,n], where i and j are the place of the
 * winner in its window and n counts the samples from `begin` on.
 */
SHARED void winners_rest(ptrdiff_t begin, ptrdiff_t rows, ptrdiff_t columns, windows of,
        const double *x, ptrdiff_t x_row, ptrdiff_t x_column, double *c, ptrdiff_t c_row,
        ptrdiff_t c_column)
{
    for (ptrdiff_t p = 0; p < of.high; p++) {
        for (ptrdiff_t q = 0; q < of.wide; q++) {
            for (ptrdiff_t n = begin; n < of.samples; n++) {
                const ptrdiff_t place = p * of.row + q * of.column + n;
                const int winner = (int)of.winner[place];
                const double *from = x + (2 * p + winner / 2) * x_row
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

/* Adds up the lanes of a tile's sums. */
SHARED void winners_sums(int rows, int columns, vector (*sums)[WIDE], double *c, ptrdiff_t c_row,
        ptrdiff_t c_column)
{
    for (int r = 0; r < rows; r++) {
        for (int j = 0; j < columns; j++) {
            c[r * c_row + j * c_column] += added_up(sums[r][j]);
        }
    }
}

/* Some rows of sums, at most 2, for the samples that fill registers; they stay in registers. */
static inline __attribute__((always_inline)) void winners_tile(int rows, int columns, windows of,
        const double *x, ptrdiff_t x_row, ptrdiff_t x_column, double *c, ptrdiff_t c_row,
        ptrdiff_t c_column)
{
    vector sums[2][WIDE] = {{{0}}};
    /* The next window has most columns of the last one: they stay in registers, if there are 32. */
    const int kept = VECTOR_BYTES == 64 ? columns - 1 : 0;
    for (ptrdiff_t n = 0; n + LANES <= of.samples; n += LANES) {
        for (ptrdiff_t p = 0; p < of.high; p++) {
            const double *from = x + 2 * p * x_row + n;
            vector near[3][WIDE + 1];
#pragma GCC unroll 3
            for (int r = 0; r <= rows; r++) {
#pragma GCC unroll 8
                for (int j = 0; j < kept; j++) {
                    near[r][j] = *(const vector *)(from + r * x_row + j * x_column);
                }
            }
#pragma GCC unroll 1
            for (ptrdiff_t q = 0; q < of.wide; q++, from += 2 * x_column) {
                const ptrdiff_t place = p * of.row + q * of.column + n;
                const vector value = *(const vector *)(of.value + place);
                const vector below = *(const vector *)(of.winner + place);
                const vector right = sideways(below);
#pragma GCC unroll 3
                for (int r = 0; r <= rows; r++) {
#pragma GCC unroll 8
                    for (int j = kept; j <= columns; j++) {
                        near[r][j] = *(const vector *)(from + r * x_row + j * x_column);
                    }
                }
#pragma GCC unroll 2
                for (int r = 0; r < rows; r++) {
                    vector last = either(below, 1, near[r + 1][0], near[r][0]);
#pragma GCC unroll 8
                    for (int j = 0; j < columns; j++) {
                        const vector next = either(below, 1, near[r + 1][j + 1], near[r][j + 1]);
                        sums[r][j] += value * either(right, 0, next, last);
                        last = next;
                    }
                }
#pragma GCC unroll 3
                for (int r = 0; r <= rows; r++) {
#pragma GCC unroll 8
                    for (int j = 0; j < kept; j++) {
                        near[r][j] = near[r][j + 2];
                    }
                }
            }
        }
    }
    winners_sums(rows, columns, sums, c, c_row, c_column);
}

/*
 * c[u,v] += sum of value[p,q,n] x[2 p + i + u,2 q + j + v,n], where i and j are the place of the
 * winner in its window. `columns` is a constant in every call, and at most WIDE.
 */
static inline __attribute__((always_inline)) void add_winners(ptrdiff_t rows, int columns,
        windows of, const double *x, ptrdiff_t x_row, ptrdiff_t x_column, double *c, ptrdiff_t c_row,
        ptrdiff_t c_column)
{
    ptrdiff_t u = 0;
#define ROWS(count) \
    for (; u + count <= rows; u += count) { \
        winners_tile(count, columns, of, x + u * x_row, x_row, x_column, c + u * c_row, c_row, \
                c_column); \
    }
    if (VECTOR_BYTES > 16) { /* else there are no registers for their sums */
        ROWS(2)
    }
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
        windows of, const double *x, ptrdiff_t x_row, ptrdiff_t x_column, double *c, ptrdiff_t c_row,
        ptrdiff_t c_column)
{
    winners_rest(0, rows, columns, of, x, x_row, x_column, c, c_row, c_column);
}

#endif

/*
 * For each k, u and v the four numbers that a winner (i,j) brings there, a[k,u - i,v - j] or 0:
 * table[k,u,v,2 i + j], where u is below `rows` + 1 and v below `columns` + 1.
 */
SHARED void in_four_ways(ptrdiff_t depth, ptrdiff_t rows, ptrdiff_t columns, const double *a,
        ptrdiff_t a_step, ptrdiff_t a_row, ptrdiff_t a_column, double *table)
{
    const ptrdiff_t row = 4 * (columns + 1), step = row * (rows + 1);
    fill(table, depth * step, 0);
    for (ptrdiff_t k = 0; k < depth; k++) {
        for (ptrdiff_t side = 0; side < 4; side++) {
            double *const to = table + k * step + side / 2 * row + side % 2 * 4 + side;
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
        const double *table, ptrdiff_t t_step, ptrdiff_t t_row, windows of, ptrdiff_t of_step,
        double *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    for (ptrdiff_t p = 0; p < of.high; p++) {
        for (ptrdiff_t q = 0; q < of.wide; q++) {
            for (ptrdiff_t k = 0; k < depth; k++) {
                const ptrdiff_t place = p * of.row + q * of.column + k * of_step;
                double *const to = c + 2 * p * c_row + 2 * q * c_column;
                for (ptrdiff_t n = begin; n < of.samples; n++) {
                    const double *from = table + k * t_step + (int)of.winner[place + n];
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
static inline __attribute__((always_inline)) vector looked_up(const double *four, vector winner,
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
        ptrdiff_t depth, const double *table, ptrdiff_t t_step, ptrdiff_t t_row, const double *value,
        const double *winner, ptrdiff_t of_step, double *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    vector sums[2][WIDE + 1] = {{{0}}};
    for (ptrdiff_t k = 0; k < depth; k++) {
        const vector one = *(const vector *)(value + k * of_step);
        const vector won = *(const vector *)(winner + k * of_step);
        const vector side = sideways(won);
        const double *four = table + k * t_step;
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
        ptrdiff_t depth, const double *table, ptrdiff_t t_step, ptrdiff_t t_row, windows of,
        ptrdiff_t of_step, double *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    for (ptrdiff_t n = 0; n + LANES <= of.samples; n += LANES) {
        for (ptrdiff_t p = 0; p < of.high; p++) {
            for (ptrdiff_t q = 0; q < of.wide; q++) {
                const ptrdiff_t place = p * of.row + q * of.column + n;
                double *const to = c + 2 * p * c_row + 2 * q * c_column + n;
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
        const double *table, ptrdiff_t t_step, ptrdiff_t t_row, windows of, ptrdiff_t of_step,
        double *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    spread_rest(0, rows, columns, depth, table, t_step, t_row, of, of_step, c, c_row, c_column);
}

#endif

SHARED void add_winners_3(ptrdiff_t rows, windows of, const double *x, ptrdiff_t x_row,
        ptrdiff_t x_column, double *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    add_winners(rows, 3, of, x, x_row, x_column, c, c_row, c_column);
}

SHARED void spread_winners_4(ptrdiff_t rows, ptrdiff_t depth, const double *table,
        ptrdiff_t t_step, ptrdiff_t t_row, windows of, ptrdiff_t of_step, double *c,
        ptrdiff_t c_row, ptrdiff_t c_column)
{
    spread_winners(rows, 4, depth, table, t_step, t_row, of, of_step, c, c_row, c_column);
}

/* image[n,0,i0,i1] = x[n,i1 + 8 * i0] */
SHARED void compute_image_1(ptrdiff_t count, double *restrict image, const double *x)
{
    for (ptrdiff_t i1 = 0; i1 < count; i1++) {
        image[i1] = x[i1];
    }
}

/* h[n,j] = relu(h_z[n,j]) */
SHARED void compute_h_1(double *restrict h, ptrdiff_t count)
{
    const double *h_z = h;
    for (ptrdiff_t each = 0; each < count; each++) {
        h[each] = relu(h_z[each]);
    }
}

/* s1_z[c,p,q,n] = max[u,v](c1_z[c,u + 2 * p,v + 2 * q,n]) */
/* s1_z_winner[c,p,q,n] = min[u,v](where(c1_z[c,u + 2 * p,v + 2 * q,n] == s1_z[c,p,q,n], v + 2 * u,
   3))  (of s1_z) */
/* s1[c,p,q,n] = relu(s1_z[c,p,q,n]) */
SHARED void compute_s1_z_1(double *restrict s1, ptrdiff_t count, ptrdiff_t N, const double *c1_z,
        double *restrict s1_z_winner, ptrdiff_t size_1, ptrdiff_t size_2, ptrdiff_t size_3,
        ptrdiff_t size_4)
{
    double *s1_z = s1;
    for (ptrdiff_t c = 0; c < count; c++) {
        for (ptrdiff_t p = 0; p < size_1; p++) {
            for (ptrdiff_t q = 0; q < size_1; q++) {
                for (ptrdiff_t n = 0; n < N; n++) {
                    {
                        double best = -INFINITY;
                        for (ptrdiff_t u = 0; u < 2; u++) {
                            for (ptrdiff_t v = 0; v < 2; v++) {
                                best = maximum(best,
                                        c1_z[c * (size_2 * N) + (u + 2 * p) * (size_3 * N) + (v + 2 * q) * N + n]);
                            }
                        }
                        s1_z[c * (size_4 * N) + p * (size_1 * N) + q * N + n] = best;
                    }
                    {
                        double best = INFINITY;
                        for (ptrdiff_t u = 0; u < 2; u++) {
                            for (ptrdiff_t v = 0; v < 2; v++) {
                                best = lesser(best,
                                        (c1_z[c * (size_2 * N) + (u + 2 * p) * (size_3 * N) + (v + 2 * q) * N + n]
                                        == s1_z[c * (size_4 * N) + p * (size_1 * N) + q * N + n] ?
                                        (double)(v + 2 * u) : 3.0));
                            }
                        }
                        s1_z_winner[c * (size_4 * N) + p * (size_1 * N) + q * N + n] = best;
                    }
                    s1[c * (size_4 * N) + p * (size_1 * N) + q * N + n] =
                            relu(s1_z[c * (size_4 * N) + p * (size_1 * N) + q * N + n]);
                }
            }
        }
    }
}

/* dlogits_terms[j,n] = v1[j,n] / output_Z_shifted[n]  (of loss_Z) */
/* dlogits_terms[t[n],n] += -1 */
SHARED void compute_dlogits_terms_1(ptrdiff_t count, ptrdiff_t N, double *restrict dlogits_terms,
        const double *v1, const double *output_Z_shifted)
{
    for (ptrdiff_t j = 0; j < count; j++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            dlogits_terms[j * N + n] = v1[j * N + n] / output_Z_shifted[n];
        }
    }
}

/* dlogits[j,n] = dlogits_terms[j,n] / N  (of loss_Z) */
SHARED void compute_dlogits_1(double *restrict dlogits, ptrdiff_t count, ptrdiff_t N)
{
    const double *dlogits_terms = dlogits;
    for (ptrdiff_t each = 0; each < count; each++) {
        dlogits[each] = 1.0 / (double)N * dlogits_terms[each];
    }
}

/* dlogits_b[j] = sum[n](dlogits[j,n])  (of logits) */
SHARED void compute_dlogits_b_1(ptrdiff_t count, const double *dlogits, ptrdiff_t N,
        double *restrict dlogits_b)
{
    for (ptrdiff_t j = 0; j < count; j++) {
        double sum = 0.0;
        sum += total(dlogits + j * N, N);
        dlogits_b[j] = sum;
    }
}

/* dh_z[j,n] = where(h[j,n] > 0, dh[j,n], 0)  (of h) */
SHARED void compute_dh_z_1(double *restrict dh_z, ptrdiff_t count, const double *h)
{
    const double *dh = dh_z;
    for (ptrdiff_t each = 0; each < count; each++) {
        dh_z[each] = (h[each] > 0.0 ? dh[each] : 0.0);
    }
}

/* ds2_z[c,p,q,n] = where(s2[c,p,q,n] > 0, dflatten[q + 2 * p + 4 * c,n], 0)  (of s2) */
SHARED void compute_ds2_z_1(ptrdiff_t count, double *restrict ds2_z, const double *s2,
        const double *dflatten)
{
    for (ptrdiff_t each = 0; each < count; each++) {
        ds2_z[each] = (s2[each] > 0.0 ? dflatten[each] : 0.0);
    }
}

/* dc2_b[o] = sum[n,p,q](ds2_z[o,p,q,n])  (of c2_z) */
SHARED void compute_dc2_b_1(ptrdiff_t count, const double *ds2_z, ptrdiff_t N,
        double *restrict dc2_b, ptrdiff_t size_1)
{
    for (ptrdiff_t o = 0; o < count; o++) {
        double sum = 0.0;
        sum += total(ds2_z + size_1 * o * N, size_1 * N);
        dc2_b[o] = sum;
    }
}

/* dc2_K[o,c,u,v] = sum[n,p,q,u_2,v_2](where(v_2 + 2 * u_2 == s2_z_winner[o,p,q,n], ds2_z[o,p,q,n] *
   c2_padded[c,u + u_2 + 2 * p,v + v_2 + 2 * q,n], 0))  (of c2_z) */
SHARED void compute_dc2_K_1(double *restrict dc2_K, ptrdiff_t count, const double *ds2_z,
        ptrdiff_t N, const double *s2_z_winner, const double *c2_padded)
{
    fill(dc2_K, 4608, 0.0);
    for (ptrdiff_t o = 0; o < count; o++) {
        for (ptrdiff_t c = 0; c < 16; c++) {
            const windows of = {ds2_z + 4 * o * N, s2_z_winner + 4 * o * N, 2, 2, N, 2 * N, N};
            add_winners_3(3, of, c2_padded + 36 * c * N, 6 * N, N, dc2_K + 9 * c + 144 * o, 3, 1);
        }
    }
}

/* dc2_padded[c,u + u_2 + 2 * p,v + v_2 + 2 * q,n] = sum[o](where(v_2 + 2 * u_2 ==
   s2_z_winner[o,p,q,n], c2_K[o,c,u,v] * ds2_z[o,p,q,n], 0))  (of c2_z) */
SHARED void compute_dc2_padded_1(double *restrict dc2_padded, ptrdiff_t N, ptrdiff_t count,
        const double *ds2_z, const double *s2_z_winner, const double *c2_K, double *restrict work)
{
    fill(dc2_padded, 576 * N, 0.0);
    for (ptrdiff_t c = 0; c < count; c++) {
        const windows of = {ds2_z, s2_z_winner, 2, 2, N, 2 * N, N};
        in_four_ways(32, 3, 3, c2_K + 9 * c, 144, 3, 1, work);
        spread_winners_4(4, 32, work, 64, 16, of, 4 * N, dc2_padded + 36 * c * N, 6 * N, N);
    }
}

/* ds1_z[c,p,q,n] = where(s1[c,p,q,n] > 0, dc2_padded[c,p + 1,q + 1,n], 0)  (of s1) */
SHARED void compute_ds1_z_1(ptrdiff_t count, ptrdiff_t N, double *restrict ds1_z, const double *s1,
        const double *dc2_padded)
{
    for (ptrdiff_t c = 0; c < count; c++) {
        for (ptrdiff_t p = 0; p < 4; p++) {
            for (ptrdiff_t q = 0; q < 4; q++) {
                for (ptrdiff_t n = 0; n < N; n++) {
                    ds1_z[c * (16 * N) + p * (4 * N) + q * N + n] =
                            (s1[c * (16 * N) + p * (4 * N) + q * N + n] > 0.0 ?
                            dc2_padded[c * (36 * N) + (p + 1) * (6 * N) + (q + 1) * N + n] : 0.0);
                }
            }
        }
    }
}

/* dc1_K[o,c,u,v] = sum[n,p,q,u_2,v_2](where(v_2 + 2 * u_2 == s1_z_winner[o,p,q,n], ds1_z[o,p,q,n] *
   c1_padded[c,u + u_2 + 2 * p,v + v_2 + 2 * q,n], 0))  (of c1_z) */
SHARED void compute_dc1_K_1(double *restrict dc1_K, ptrdiff_t count, const double *ds1_z,
        ptrdiff_t N, const double *s1_z_winner, const double *c1_padded)
{
    fill(dc1_K, 144, 0.0);
    for (ptrdiff_t o = 0; o < count; o++) {
        const windows of = {ds1_z + 16 * o * N, s1_z_winner + 16 * o * N, 4, 4, N, 4 * N, N};
        add_winners_3(3, of, c1_padded, 10 * N, N, dc1_K + 9 * o, 3, 1);
    }
}

/* logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1_2 */
/* logits_b_v_next[j] = dlogits_b[j]**2 * v2 + logits_b_v[j] * beta2 */
/* logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3 /
   (sqrt(logits_b_v_next[j] * v4) + epsilon) */
SHARED void compute_logits_b_m_next_1(ptrdiff_t count, double *restrict logits_b_m, double beta1,
        double v1_2, const double *dlogits_b, double *restrict logits_b_v, double v2, double beta2,
        double *restrict logits_b, double learning_rate, double v3, double v4, double epsilon)
{
    for (ptrdiff_t j = 0; j < count; j++) {
        logits_b_m[j] = beta1 * logits_b_m[j] + v1_2 * dlogits_b[j];
        logits_b_v[j] = v2 * square(dlogits_b[j]) + beta2 * logits_b_v[j];
        logits_b[j] -= learning_rate * v3 * logits_b_m[j] / (sqrt(v4 * logits_b_v[j]) + epsilon);
    }
}

static void predict(ptrdiff_t N, const lenet_params *params, const lenet_data *data,
        const lenet_outputs *outputs, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const double *c1_K = params->c1_K; /* (16, 1, 3, 3) */
    const double *c1_b = params->c1_b; /* (16,) */
    const double *c2_K = params->c2_K; /* (32, 16, 3, 3) */
    const double *c2_b = params->c2_b; /* (32,) */
    const double *h_W = params->h_W; /* (128, 32) */
    const double *h_b = params->h_b; /* (32,) */
    const double *logits_W = params->logits_W; /* (32, 10) */
    const double *logits_b = params->logits_b; /* (10,) */

    /* image[n,0,i0,i1] = x[n,i1 + 8 * i0] */
    double *image = work + 4608; /* (N, 1, 8, 8) */
    compute_image_1(64 * N, image, x);

    /* c1_padded[n,c,h_2 + 1,w + 1] = image[n,c,h_2,w] */
    double *c1_padded = work + 64 * N + 4608; /* (N, 1, 10, 10) */
    fill(c1_padded, 100 * N, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t h_2 = 0; h_2 < 8; h_2++) {
            for (ptrdiff_t w = 0; w < 8; w++) {
                c1_padded[n * 100 + (h_2 + 1) * 10 + w + 1] = image[n * 64 + h_2 * 8 + w];
            }
        }
    }

    /* c1_z[n,o,p,q] = c1_b[o] + sum[c,u,v](c1_padded[n,c,p + u,q + v] * c1_K[o,c,u,v]) */
    double *c1_z = work + 164 * N + 4608; /* (N, 16, 8, 8) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t o = 0; o < 16; o++) {
            for (ptrdiff_t q = 0; q < 64; q++) {
                c1_z[n * 1024 + o * 64 + q] = c1_b[o];
            }
        }
    }
    {
        ptrdiff_t left_rows[64], rows_of_sums[64];
        ptrdiff_t left_steps[9], right_steps[9];
        tabulate(left_rows, 2, (const walk[]){{8, 1}, {8, 10}});
        tabulate(rows_of_sums, 2, (const walk[]){{8, 1}, {8, 8}});
        tabulate(left_steps, 2, (const walk[]){{3, 10}, {3, 1}});
        tabulate(right_steps, 2, (const walk[]){{3, 3}, {3, 1}});
        for (ptrdiff_t n = 0; n < N; n++) {
            multiply_windows(64, 16, 9, c1_padded + 100 * n, left_rows, left_steps, c1_K,
                    right_steps, 9, NULL, c1_z + 1024 * n, rows_of_sums, 64, work);
        }
    }

    /* s1_z[n,c,p,q] = max[u,v](c1_z[n,c,u + 2 * p,v + 2 * q]) */
    double *s1_z = work + 1188 * N + 4608; /* (N, 16, 4, 4) */
    for (ptrdiff_t p = 0; p < 64 * N; p++) {
        for (ptrdiff_t q = 0; q < 4; q++) {
            double best = -INFINITY;
            for (ptrdiff_t u = 0; u < 2; u++) {
                for (ptrdiff_t v = 0; v < 2; v++) {
                    best = maximum(best, c1_z[(u + 2 * p) * 8 + v + 2 * q]);
                }
            }
            s1_z[p * 4 + q] = best;
        }
    }

    /* c2_padded[n,c,h_2 + 1,w + 1] = relu(s1_z[n,c,h_2,w]) */
    double *c2_padded = work + 1444 * N + 4608; /* (N, 16, 6, 6) */
    fill(c2_padded, 576 * N, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t c = 0; c < 16; c++) {
            for (ptrdiff_t h_2 = 0; h_2 < 4; h_2++) {
                for (ptrdiff_t w = 0; w < 4; w++) {
                    c2_padded[n * 576 + c * 36 + (h_2 + 1) * 6 + w + 1] =
                            relu(s1_z[n * 256 + c * 16 + h_2 * 4 + w]);
                }
            }
        }
    }

    /* c2_z[n,o,p,q] = c2_b[o] + sum[c,u,v](c2_padded[n,c,p + u,q + v] * c2_K[o,c,u,v]) */
    double *c2_z = work + 2020 * N + 4608; /* (N, 32, 4, 4) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t o = 0; o < 32; o++) {
            for (ptrdiff_t q = 0; q < 16; q++) {
                c2_z[n * 512 + o * 16 + q] = c2_b[o];
            }
        }
    }
    {
        ptrdiff_t left_rows[16], rows_of_sums[16];
        ptrdiff_t left_steps[144], right_steps[144];
        tabulate(left_rows, 2, (const walk[]){{4, 1}, {4, 6}});
        tabulate(rows_of_sums, 2, (const walk[]){{4, 1}, {4, 4}});
        tabulate(left_steps, 3, (const walk[]){{16, 36}, {3, 6}, {3, 1}});
        tabulate(right_steps, 3, (const walk[]){{16, 9}, {3, 3}, {3, 1}});
        for (ptrdiff_t n = 0; n < N; n++) {
            multiply_windows(16, 32, 144, c2_padded + 576 * n, left_rows, left_steps, c2_K,
                    right_steps, 144, NULL, c2_z + 512 * n, rows_of_sums, 16, work);
        }
    }

    /* s2_z[n,c,p,q] = max[u,v](c2_z[n,c,u + 2 * p,v + 2 * q]) */
    double *s2_z = work + 2532 * N + 4608; /* (N, 32, 2, 2) */
    for (ptrdiff_t p = 0; p < 64 * N; p++) {
        for (ptrdiff_t q = 0; q < 2; q++) {
            double best = -INFINITY;
            for (ptrdiff_t u = 0; u < 2; u++) {
                for (ptrdiff_t v = 0; v < 2; v++) {
                    best = maximum(best, c2_z[(u + 2 * p) * 4 + v + 2 * q]);
                }
            }
            s2_z[p * 2 + q] = best;
        }
    }

    /* flatten[n,i2 + 2 * i1 + 4 * i0] = relu(s2_z[n,i0,i1,i2]) */
    double *flatten = work + 2660 * N + 4608; /* (N, 128) */
    for (ptrdiff_t each = 0; each < 128 * N; each++) {
        flatten[each] = relu(s2_z[each]);
    }

    /* h_z[n,j] = h_b[j] + sum[i](flatten[n,i] * h_W[i,j]) */
    double *h_z = work + 2788 * N + 4608; /* (N, 32) */
    multiply(N, 32, 128, 1.0, (matrix){flatten, 128, 1}, (matrix){h_W, 32, 1}, (matrix){h_b, 0, 1},
            h_z, 32, 1, work);

    /* h[n,j] = relu(h_z[n,j]) */
    double *h = h_z; /* (N, 32) */
    compute_h_1(h, 32 * N);

    /* logits[n,j] = logits_b[j] + sum[i](h[n,i] * logits_W[i,j]) */
    double *logits = outputs->output; /* (N, 10) */
    multiply(N, 10, 32, 1.0, (matrix){h, 32, 1}, (matrix){logits_W, 10, 1}, (matrix){logits_b, 0,
            1}, logits, 10, 1, work);

    /* output_Z_max[n] = max[j](logits[n,j]) */
    double *output_Z_max = work + 2820 * N + 4608; /* (N,) */
    for (ptrdiff_t n = 0; n < N; n++) {
        double best = -INFINITY;
        for (ptrdiff_t j = 0; j < 10; j++) {
            best = maximum(best, logits[n * 10 + j]);
        }
        output_Z_max[n] = best;
    }

    /* logits_shifted[n,j] = logits[n,j] - output_Z_max[n] */
    double *logits_shifted = logits; /* (N, 10) */
    /* v1[n,j] = exp(logits_shifted[n,j]) */
    double *v1 = logits_shifted; /* (N, 10) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            logits_shifted[n * 10 + j] = logits[n * 10 + j] - output_Z_max[n];
            v1[n * 10 + j] = fast_exp(logits_shifted[n * 10 + j]);
        }
    }

    /* output_Z_shifted[n] = sum[j](v1[n,j]) */
    double *output_Z_shifted = work + 2820 * N + 4608; /* (N,) */
    for (ptrdiff_t n = 0; n < N; n++) {
        double sum = 0.0;
        for (ptrdiff_t j = 0; j < 10; j++) {
            sum += v1[n * 10 + j];
        }
        output_Z_shifted[n] = sum;
    }

    /* output[n,j] = v1[n,j] / output_Z_shifted[n] */
    double *output = v1; /* (N, 10) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            output[n * 10 + j] = v1[n * 10 + j] / output_Z_shifted[n];
        }
    }
}

static double forward(ptrdiff_t N, const lenet_params *params, const lenet_data *data,
        const lenet_tape *tape, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const ptrdiff_t *t = data->t; /* (N,) */
    const double *c1_K = params->c1_K; /* (16, 1, 3, 3) */
    const double *c1_b = params->c1_b; /* (16,) */
    const double *c2_K = params->c2_K; /* (32, 16, 3, 3) */
    const double *c2_b = params->c2_b; /* (32,) */
    const double *h_W = params->h_W; /* (128, 32) */
    const double *h_b = params->h_b; /* (32,) */
    const double *logits_W = params->logits_W; /* (32, 10) */
    const double *logits_b = params->logits_b; /* (10,) */

    /* x_turned[i1,n] = x[n,i1] */
    double *x_turned = work + 1615 * N + 8192; /* (64, N) */
    turn(64, N, x, 64, x_turned, N);

    /* image[0,i0,i1,n] = x_turned[i1 + 8 * i0,n] */
    double *image = work + 1679 * N + 8192; /* (1, 8, 8, N) */
    compute_image_1(64 * N, image, x_turned);

    /* c1_padded[c,h_2 + 1,w + 1,n] = image[c,h_2,w,n] */
    double *c1_padded = tape->c1_padded; /* (1, 10, 10, N) */
    fill(c1_padded, 100 * N, 0.0);
    for (ptrdiff_t h_2 = 0; h_2 < 8; h_2++) {
        for (ptrdiff_t n = 0; n < 8 * N; n++) {
            c1_padded[(h_2 + 1) * (10 * N) + 1 * N + n] = image[h_2 * (8 * N) + n];
        }
    }

    /* c1_z[o,p,q,n] = c1_b[o] + sum[c,u,v](c1_K[o,c,u,v] * c1_padded[c,p + u,q + v,n]) */
    double *c1_z = work + 1743 * N + 8192; /* (16, 8, 8, N) */
    {
        ptrdiff_t left_rows[16], rows_of_sums[16];
        ptrdiff_t left_steps[9], right_steps[9];
        double initial[16] = {0};
        tabulate(left_rows, 1, (const walk[]){{16, 9}});
        tabulate(rows_of_sums, 1, (const walk[]){{16, 64 * N}});
        {
            ptrdiff_t entry = 0;
            for (ptrdiff_t o = 0; o < 16; o++) {
                initial[entry] = c1_b[o];
                entry++;
            }
        }
        tabulate(left_steps, 2, (const walk[]){{3, 3}, {3, 1}});
        tabulate(right_steps, 2, (const walk[]){{3, 10 * N}, {3, N}});
        for (ptrdiff_t p = 0; p < 8; p++) {
            multiply_windows(16, 8 * N, 9, c1_K, left_rows, left_steps, c1_padded + 10 * p * N,
                    right_steps, 1, initial, c1_z + 8 * p * N, rows_of_sums, 1, work);
        }
    }

    /* s1_z[c,p,q,n] = max[u,v](c1_z[c,u + 2 * p,v + 2 * q,n]) */
    double *s1_z = tape->s1; /* (16, 4, 4, N) */
    /* s1_z_winner[c,p,q,n] = min[u,v](where(c1_z[c,u + 2 * p,v + 2 * q,n] == s1_z[c,p,q,n], v + 2 *
       u, 3))  (of s1_z) */
    double *s1_z_winner = tape->s1_z_winner; /* (16, 4, 4, N) */
    /* s1[c,p,q,n] = relu(s1_z[c,p,q,n]) */
    double *s1 = s1_z; /* (16, 4, 4, N) */
    compute_s1_z_1(s1, 16, N, c1_z, s1_z_winner, 4, 64, 8, 16);

    /* c2_padded[c,h_2 + 1,w + 1,n] = s1[c,h_2,w,n] */
    double *c2_padded = tape->c2_padded; /* (16, 6, 6, N) */
    fill(c2_padded, 576 * N, 0.0);
    for (ptrdiff_t c = 0; c < 16; c++) {
        for (ptrdiff_t h_2 = 0; h_2 < 4; h_2++) {
            for (ptrdiff_t n = 0; n < 4 * N; n++) {
                c2_padded[c * (36 * N) + (h_2 + 1) * (6 * N) + 1 * N + n] =
                        s1[c * (16 * N) + h_2 * (4 * N) + n];
            }
        }
    }

    /* c2_z[o,p,q,n] = c2_b[o] + sum[c,u,v](c2_K[o,c,u,v] * c2_padded[c,p + u,q + v,n]) */
    double *c2_z = work + 2767 * N + 8192; /* (32, 4, 4, N) */
    {
        ptrdiff_t left_rows[32], rows_of_sums[32];
        ptrdiff_t left_steps[144], right_steps[144];
        double initial[32] = {0};
        tabulate(left_rows, 1, (const walk[]){{32, 144}});
        tabulate(rows_of_sums, 1, (const walk[]){{32, 16 * N}});
        {
            ptrdiff_t entry = 0;
            for (ptrdiff_t o = 0; o < 32; o++) {
                initial[entry] = c2_b[o];
                entry++;
            }
        }
        tabulate(left_steps, 3, (const walk[]){{16, 9}, {3, 3}, {3, 1}});
        tabulate(right_steps, 3, (const walk[]){{16, 36 * N}, {3, 6 * N}, {3, N}});
        for (ptrdiff_t p = 0; p < 4; p++) {
            multiply_windows(32, 4 * N, 144, c2_K, left_rows, left_steps, c2_padded + 6 * p * N,
                    right_steps, 1, initial, c2_z + 4 * p * N, rows_of_sums, 1, work);
        }
    }

    /* s2_z[c,p,q,n] = max[u,v](c2_z[c,u + 2 * p,v + 2 * q,n]) */
    double *s2_z = tape->s2; /* (32, 2, 2, N) */
    /* s2_z_winner[c,p,q,n] = min[u,v](where(c2_z[c,u + 2 * p,v + 2 * q,n] == s2_z[c,p,q,n], v + 2 *
       u, 3))  (of s2_z) */
    double *s2_z_winner = tape->s2_z_winner; /* (32, 2, 2, N) */
    /* s2[c,p,q,n] = relu(s2_z[c,p,q,n]) */
    double *s2 = s2_z; /* (32, 2, 2, N) */
    compute_s1_z_1(s2, 32, N, c2_z, s2_z_winner, 2, 16, 4, 4);

    /* flatten[i2 + 2 * i1 + 4 * i0,n] = s2[i0,i1,i2,n] */
    double *flatten = tape->flatten; /* (128, N) */
    compute_image_1(128 * N, flatten, s2);

    /* h_z[j,n] = h_b[j] + sum[i](h_W[i,j] * flatten[i,n]) */
    double *h_z = tape->h; /* (32, N) */
    multiply(32, N, 128, 1.0, (matrix){h_W, 1, 32}, (matrix){flatten, N, 1}, (matrix){h_b, 1, 0},
            h_z, N, 1, work);

    /* h[j,n] = relu(h_z[j,n]) */
    double *h = h_z; /* (32, N) */
    compute_h_1(h, 32 * N);

    /* logits[j,n] = logits_b[j] + sum[i](logits_W[i,j] * h[i,n]) */
    double *logits = work + 3279 * N + 8192; /* (10, N) */
    multiply(10, N, 32, 1.0, (matrix){logits_W, 1, 10}, (matrix){h, N, 1}, (matrix){logits_b, 1, 0},
            logits, N, 1, work);

    /* output_Z_max[n] = max[j](logits[j,n]) */
    double *output_Z_max = work + 3289 * N + 8192; /* (N,) */
    fill(output_Z_max, N, -INFINITY);
    for (ptrdiff_t j = 0; j < 10; j++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            output_Z_max[n] = maximum(output_Z_max[n], logits[j * N + n]);
        }
    }

    /* logits_shifted[j,n] = logits[j,n] - output_Z_max[n] */
    double *logits_shifted = logits; /* (10, N) */
    /* v1[j,n] = exp(logits_shifted[j,n]) */
    double *v1 = tape->v1; /* (10, N) */
    for (ptrdiff_t j = 0; j < 10; j++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            logits_shifted[j * N + n] = logits[j * N + n] - output_Z_max[n];
            v1[j * N + n] = fast_exp(logits_shifted[j * N + n]);
        }
    }

    /* output_Z_shifted[n] = sum[j](v1[j,n]) */
    double *output_Z_shifted = tape->output_Z_shifted; /* (N,) */
    fill(output_Z_shifted, N, 0.0);
    for (ptrdiff_t j = 0; j < 10; j++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            output_Z_shifted[n] += v1[j * N + n];
        }
    }

    /* loss_sum = sum[n](log(output_Z_shifted[n]) - logits_shifted[t[n],n]) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        loss_sum += fast_log(output_Z_shifted[n]) - logits_shifted[t[n] * N + n];
    }

    /* loss = loss_sum / N */
    const double loss = loss_sum / (double)N;
    return loss;
}

static void backward(ptrdiff_t N, const lenet_params *params, const lenet_data *data,
        const lenet_tape *tape, const lenet_params *grads, double *work)
{
    const ptrdiff_t *t = data->t; /* (N,) */
    const double *c2_K = params->c2_K; /* (32, 16, 3, 3) */
    const double *h_W = params->h_W; /* (128, 32) */
    const double *logits_W = params->logits_W; /* (32, 10) */
    const double *c1_padded = tape->c1_padded; /* (1, 10, 10, N) */
    const double *s1 = tape->s1; /* (16, 4, 4, N) */
    const double *c2_padded = tape->c2_padded; /* (16, 6, 6, N) */
    const double *s2 = tape->s2; /* (32, 2, 2, N) */
    const double *flatten = tape->flatten; /* (128, N) */
    const double *h = tape->h; /* (32, N) */
    const double *s2_z_winner = tape->s2_z_winner; /* (32, 2, 2, N) */
    const double *s1_z_winner = tape->s1_z_winner; /* (16, 4, 4, N) */
    const double *output_Z_shifted = tape->output_Z_shifted; /* (N,) */
    const double *v1 = tape->v1; /* (10, N) */

    /* dlogits_terms[j,n] = v1[j,n] / output_Z_shifted[n]  (of loss_Z) */
    /* dlogits_terms[t[n],n] += -1 */
    double *dlogits_terms = work + 3279 * N + 8192; /* (10, N) */
    compute_dlogits_terms_1(10, N, dlogits_terms, v1, output_Z_shifted);
    for (ptrdiff_t n = 0; n < N; n++) {
        dlogits_terms[t[n] * N + n] -= 1.0;
    }

    /* dlogits[j,n] = dlogits_terms[j,n] / N  (of loss_Z) */
    double *dlogits = dlogits_terms; /* (10, N) */
    compute_dlogits_1(dlogits, 10 * N, N);

    /* dlogits_b[j] = sum[n](dlogits[j,n])  (of logits) */
    double *dlogits_b = grads->logits_b; /* (10,) */
    compute_dlogits_b_1(10, dlogits, N, dlogits_b);

    /* dh[i,n] = sum[j](logits_W[i,j] * dlogits[j,n])  (of logits) */
    double *dh = work + 3290 * N + 8192; /* (32, N) */
    multiply(32, N, 10, 1.0, (matrix){logits_W, 10, 1}, (matrix){dlogits, N, 1}, NOTHING, dh, N, 1,
            work);

    /* dlogits_W[i,j] = sum[n](h[i,n] * dlogits[j,n])  (of logits) */
    double *dlogits_W = grads->logits_W; /* (32, 10) */
    multiply(32, 10, N, 1.0, (matrix){h, N, 1}, (matrix){dlogits, 1, N}, NOTHING, dlogits_W, 10, 1,
            work);

    /* dh_z[j,n] = where(h[j,n] > 0, dh[j,n], 0)  (of h) */
    double *dh_z = dh; /* (32, N) */
    compute_dh_z_1(dh_z, 32 * N, h);

    /* dh_b[j] = sum[n](dh_z[j,n])  (of h_z) */
    double *dh_b = grads->h_b; /* (32,) */
    compute_dlogits_b_1(32, dh_z, N, dh_b);

    /* dflatten[i,n] = sum[j](h_W[i,j] * dh_z[j,n])  (of h_z) */
    double *dflatten = work + 3322 * N + 8192; /* (128, N) */
    multiply(128, N, 32, 1.0, (matrix){h_W, 32, 1}, (matrix){dh_z, N, 1}, NOTHING, dflatten, N, 1,
            work);

    /* dh_W[i,j] = sum[n](flatten[i,n] * dh_z[j,n])  (of h_z) */
    double *dh_W = grads->h_W; /* (128, 32) */
    multiply(128, 32, N, 1.0, (matrix){flatten, N, 1}, (matrix){dh_z, 1, N}, NOTHING, dh_W, 32, 1,
            work);

    /* ds2_z[c,p,q,n] = where(s2[c,p,q,n] > 0, dflatten[q + 2 * p + 4 * c,n], 0)  (of s2) */
    double *ds2_z = work + 3450 * N + 8192; /* (32, 2, 2, N) */
    compute_ds2_z_1(128 * N, ds2_z, s2, dflatten);

    /* dc2_b[o] = sum[n,p,q](ds2_z[o,p,q,n])  (of c2_z) */
    double *dc2_b = grads->c2_b; /* (32,) */
    compute_dc2_b_1(32, ds2_z, N, dc2_b, 4);

    /* dc2_K[o,c,u,v] = sum[n,p,q,u_2,v_2](where(v_2 + 2 * u_2 == s2_z_winner[o,p,q,n],
       ds2_z[o,p,q,n] * c2_padded[c,u + u_2 + 2 * p,v + v_2 + 2 * q,n], 0))  (of c2_z) */
    double *dc2_K = grads->c2_K; /* (32, 16, 3, 3) */
    compute_dc2_K_1(dc2_K, 32, ds2_z, N, s2_z_winner, c2_padded);

    /* dc2_padded[c,u + u_2 + 2 * p,v + v_2 + 2 * q,n] = sum[o](where(v_2 + 2 * u_2 ==
       s2_z_winner[o,p,q,n], c2_K[o,c,u,v] * ds2_z[o,p,q,n], 0))  (of c2_z) */
    double *dc2_padded = work + 3578 * N + 8192; /* (16, 6, 6, N) */
    compute_dc2_padded_1(dc2_padded, N, 16, ds2_z, s2_z_winner, c2_K, work);

    /* ds1_z[c,p,q,n] = where(s1[c,p,q,n] > 0, dc2_padded[c,p + 1,q + 1,n], 0)  (of s1) */
    double *ds1_z = work + 4154 * N + 8192; /* (16, 4, 4, N) */
    compute_ds1_z_1(16, N, ds1_z, s1, dc2_padded);

    /* dc1_b[o] = sum[n,p,q](ds1_z[o,p,q,n])  (of c1_z) */
    double *dc1_b = grads->c1_b; /* (16,) */
    compute_dc2_b_1(16, ds1_z, N, dc1_b, 16);

    /* dc1_K[o,c,u,v] = sum[n,p,q,u_2,v_2](where(v_2 + 2 * u_2 == s1_z_winner[o,p,q,n],
       ds1_z[o,p,q,n] * c1_padded[c,u + u_2 + 2 * p,v + v_2 + 2 * q,n], 0))  (of c1_z) */
    double *dc1_K = grads->c1_K; /* (16, 1, 3, 3) */
    compute_dc1_K_1(dc1_K, 16, ds1_z, N, s1_z_winner, c1_padded);
}

static void descend(ptrdiff_t N, const lenet_params *params, const lenet_state *state,
        const lenet_data *data, const lenet_hyper *hyper, const lenet_tape *tape, double *work)
{
    const ptrdiff_t *t = data->t; /* (N,) */
    double *c1_K = params->c1_K; /* (16, 1, 3, 3) */
    double *c1_b = params->c1_b; /* (16,) */
    double *c2_K = params->c2_K; /* (32, 16, 3, 3) */
    double *c2_b = params->c2_b; /* (32,) */
    double *h_W = params->h_W; /* (128, 32) */
    double *h_b = params->h_b; /* (32,) */
    double *logits_W = params->logits_W; /* (32, 10) */
    double *logits_b = params->logits_b; /* (10,) */
    const double *c1_padded = tape->c1_padded; /* (1, 10, 10, N) */
    const double *s1 = tape->s1; /* (16, 4, 4, N) */
    const double *c2_padded = tape->c2_padded; /* (16, 6, 6, N) */
    const double *s2 = tape->s2; /* (32, 2, 2, N) */
    const double *flatten = tape->flatten; /* (128, N) */
    const double *h = tape->h; /* (32, N) */
    const double *s2_z_winner = tape->s2_z_winner; /* (32, 2, 2, N) */
    const double *s1_z_winner = tape->s1_z_winner; /* (16, 4, 4, N) */
    const double *output_Z_shifted = tape->output_Z_shifted; /* (N,) */
    const double *v1 = tape->v1; /* (10, N) */
    const double step = *state->step;
    double *c1_K_m = state->c1_K_m; /* (16, 1, 3, 3) */
    double *c1_K_v = state->c1_K_v; /* (16, 1, 3, 3) */
    double *c1_b_m = state->c1_b_m; /* (16,) */
    double *c1_b_v = state->c1_b_v; /* (16,) */
    double *c2_K_m = state->c2_K_m; /* (32, 16, 3, 3) */
    double *c2_K_v = state->c2_K_v; /* (32, 16, 3, 3) */
    double *c2_b_m = state->c2_b_m; /* (32,) */
    double *c2_b_v = state->c2_b_v; /* (32,) */
    double *h_W_m = state->h_W_m; /* (128, 32) */
    double *h_W_v = state->h_W_v; /* (128, 32) */
    double *h_b_m = state->h_b_m; /* (32,) */
    double *h_b_v = state->h_b_v; /* (32,) */
    double *logits_W_m = state->logits_W_m; /* (32, 10) */
    double *logits_W_v = state->logits_W_v; /* (32, 10) */
    double *logits_b_m = state->logits_b_m; /* (10,) */
    double *logits_b_v = state->logits_b_v; /* (10,) */
    const double learning_rate = hyper->learning_rate;
    const double beta1 = hyper->beta1;
    const double beta2 = hyper->beta2;
    const double epsilon = hyper->epsilon;

    /* step_next = step + 1 */
    const double step_next = step + 1.0;

    /* v1_2 = 1 - beta1 */
    const double v1_2 = 1.0 - beta1;

    /* v2 = 1 - beta2 */
    const double v2 = 1.0 - beta2;

    /* v3 = 1 / (1 - beta1**step_next) */
    const double v3 = 1.0 / (1.0 - pow(beta1, step_next));

    /* v4 = 1 / (1 - beta2**step_next) */
    const double v4 = 1.0 / (1.0 - pow(beta2, step_next));

    /* dlogits_terms[j,n] = v1[j,n] / output_Z_shifted[n]  (of loss_Z) */
    /* dlogits_terms[t[n],n] += -1 */
    double *dlogits_terms = work + 3279 * N + 8192; /* (10, N) */
    compute_dlogits_terms_1(10, N, dlogits_terms, v1, output_Z_shifted);
    for (ptrdiff_t n = 0; n < N; n++) {
        dlogits_terms[t[n] * N + n] -= 1.0;
    }

    /* dlogits[j,n] = dlogits_terms[j,n] / N  (of loss_Z) */
    double *dlogits = dlogits_terms; /* (10, N) */
    compute_dlogits_1(dlogits, 10 * N, N);

    /* dlogits_b[j] = sum[n](dlogits[j,n])  (of logits) */
    double *dlogits_b = work + 4410 * N + 8192; /* (10,) */
    compute_dlogits_b_1(10, dlogits, N, dlogits_b);

    /* logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1_2 */
    /* logits_b_v_next[j] = dlogits_b[j]**2 * v2 + logits_b_v[j] * beta2 */
    /* logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3 /
       (sqrt(logits_b_v_next[j] * v4) + epsilon) */
    compute_logits_b_m_next_1(10, logits_b_m, beta1, v1_2, dlogits_b, logits_b_v, v2, beta2,
            logits_b, learning_rate, v3, v4, epsilon);

    /* dh[i,n] = sum[j](logits_W[i,j] * dlogits[j,n])  (of logits) */
    double *dh = work + 3290 * N + 8192; /* (32, N) */
    multiply(32, N, 10, 1.0, (matrix){logits_W, 10, 1}, (matrix){dlogits, N, 1}, NOTHING, dh, N, 1,
            work);

    /* dh_z[j,n] = where(h[j,n] > 0, dh[j,n], 0)  (of h) */
    double *dh_z = dh; /* (32, N) */
    compute_dh_z_1(dh_z, 32 * N, h);

    /* dlogits_W[i,j] = sum[n](h[i,n] * dlogits[j,n])  (of logits) */
    double *dlogits_W = work + 4410 * N + 8202; /* (32, 10) */
    multiply(32, 10, N, 1.0, (matrix){h, N, 1}, (matrix){dlogits, 1, N}, NOTHING, dlogits_W, 10, 1,
            work);

    /* logits_W_m_next[i,j] = logits_W_m[i,j] * beta1 + dlogits_W[i,j] * v1_2 */
    /* logits_W_v_next[i,j] = dlogits_W[i,j]**2 * v2 + logits_W_v[i,j] * beta2 */
    /* logits_W_next[i,j] = logits_W[i,j] - logits_W_m_next[i,j] * learning_rate * v3 /
       (sqrt(logits_W_v_next[i,j] * v4) + epsilon) */
    compute_logits_b_m_next_1(320, logits_W_m, beta1, v1_2, dlogits_W, logits_W_v, v2, beta2,
            logits_W, learning_rate, v3, v4, epsilon);

    /* dh_b[j] = sum[n](dh_z[j,n])  (of h_z) */
    double *dh_b = work + 4410 * N + 8522; /* (32,) */
    compute_dlogits_b_1(32, dh_z, N, dh_b);

    /* h_b_m_next[j] = h_b_m[j] * beta1 + dh_b[j] * v1_2 */
    /* h_b_v_next[j] = dh_b[j]**2 * v2 + h_b_v[j] * beta2 */
    /* h_b_next[j] = h_b[j] - h_b_m_next[j] * learning_rate * v3 / (sqrt(h_b_v_next[j] * v4) +
       epsilon) */
    compute_logits_b_m_next_1(32, h_b_m, beta1, v1_2, dh_b, h_b_v, v2, beta2, h_b, learning_rate,
            v3, v4, epsilon);

    /* dflatten[i,n] = sum[j](h_W[i,j] * dh_z[j,n])  (of h_z) */
    double *dflatten = work + 3322 * N + 8192; /* (128, N) */
    multiply(128, N, 32, 1.0, (matrix){h_W, 32, 1}, (matrix){dh_z, N, 1}, NOTHING, dflatten, N, 1,
            work);

    /* dh_W[i,j] = sum[n](flatten[i,n] * dh_z[j,n])  (of h_z) */
    /* h_W_m_next[i,j] = h_W_m[i,j] * beta1 + dh_W[i,j] * v1_2 */
    /* h_W_v_next[i,j] = dh_W[i,j]**2 * v2 + h_W_v[i,j] * beta2 */
    /* h_W_next[i,j] = h_W[i,j] - h_W_m_next[i,j] * learning_rate * v3 / (sqrt(h_W_v_next[i,j] * v4)
       + epsilon) */
    double *dh_W = work + 4410 * N + 8554; /* (128, 32) */
    {
        const ptrdiff_t block = N < 128 ? (N + 7) / 8 * 8 : 128;
        for (ptrdiff_t begin = 0; begin < 128; begin += block) {
            const ptrdiff_t part = 128 - begin < block ? 128 - begin : block;
            multiply(part, 32, N, 1.0, (matrix){flatten + begin * N, N, 1}, (matrix){dh_z, 1, N},
                    NOTHING, dh_W, 32, 1, work);

            for (ptrdiff_t each = 0; each < 32 * part; each++) {
                h_W_m[each + 32 * begin] = beta1 * h_W_m[each + 32 * begin] + v1_2 * dh_W[each];
                h_W_v[each + 32 * begin] = v2 * square(dh_W[each]) + beta2 *
                        h_W_v[each + 32 * begin];
                h_W[each + 32 * begin] -= learning_rate * v3 * h_W_m[each + 32 * begin] / (sqrt(v4 *
                        h_W_v[each + 32 * begin]) + epsilon);
            }
        }
    }

    /* ds2_z[c,p,q,n] = where(s2[c,p,q,n] > 0, dflatten[q + 2 * p + 4 * c,n], 0)  (of s2) */
    double *ds2_z = work + 3450 * N + 8192; /* (32, 2, 2, N) */
    compute_ds2_z_1(128 * N, ds2_z, s2, dflatten);

    /* dc2_b[o] = sum[n,p,q](ds2_z[o,p,q,n])  (of c2_z) */
    double *dc2_b = work + 4410 * N + 8522; /* (32,) */
    compute_dc2_b_1(32, ds2_z, N, dc2_b, 4);

    /* c2_b_m_next[j] = c2_b_m[j] * beta1 + dc2_b[j] * v1_2 */
    /* c2_b_v_next[j] = dc2_b[j]**2 * v2 + c2_b_v[j] * beta2 */
    /* c2_b_next[j] = c2_b[j] - c2_b_m_next[j] * learning_rate * v3 / (sqrt(c2_b_v_next[j] * v4) +
       epsilon) */
    compute_logits_b_m_next_1(32, c2_b_m, beta1, v1_2, dc2_b, c2_b_v, v2, beta2, c2_b,
            learning_rate, v3, v4, epsilon);

    /* dc2_K[o,c,u,v] = sum[n,p,q,u_2,v_2](where(v_2 + 2 * u_2 == s2_z_winner[o,p,q,n],
       ds2_z[o,p,q,n] * c2_padded[c,u + u_2 + 2 * p,v + v_2 + 2 * q,n], 0))  (of c2_z) */
    double *dc2_K = work + 4410 * N + 12650; /* (32, 16, 3, 3) */
    compute_dc2_K_1(dc2_K, 32, ds2_z, N, s2_z_winner, c2_padded);

    /* c2_K_m_next[i,j,k0,k1] = c2_K_m[i,j,k0,k1] * beta1 + dc2_K[i,j,k0,k1] * v1_2 */
    /* c2_K_v_next[i,j,k0,k1] = dc2_K[i,j,k0,k1]**2 * v2 + c2_K_v[i,j,k0,k1] * beta2 */
    for (ptrdiff_t each = 0; each < 4608; each++) {
        c2_K_m[each] = beta1 * c2_K_m[each] + v1_2 * dc2_K[each];
        c2_K_v[each] = v2 * square(dc2_K[each]) + beta2 * c2_K_v[each];
    }

    /* dc2_padded[c,u + u_2 + 2 * p,v + v_2 + 2 * q,n] = sum[o](where(v_2 + 2 * u_2 ==
       s2_z_winner[o,p,q,n], c2_K[o,c,u,v] * ds2_z[o,p,q,n], 0))  (of c2_z) */
    double *dc2_padded = work + 3578 * N + 8192; /* (16, 6, 6, N) */
    compute_dc2_padded_1(dc2_padded, N, 16, ds2_z, s2_z_winner, c2_K, work);

    /* c2_K_next[i,j,k0,k1] = c2_K[i,j,k0,k1] - c2_K_m_next[i,j,k0,k1] * learning_rate * v3 /
       (sqrt(c2_K_v_next[i,j,k0,k1] * v4) + epsilon) */
    for (ptrdiff_t each = 0; each < 4608; each++) {
        c2_K[each] -= learning_rate * v3 * c2_K_m[each] / (sqrt(v4 * c2_K_v[each]) + epsilon);
    }

    /* ds1_z[c,p,q,n] = where(s1[c,p,q,n] > 0, dc2_padded[c,p + 1,q + 1,n], 0)  (of s1) */
    double *ds1_z = work + 4154 * N + 8192; /* (16, 4, 4, N) */
    compute_ds1_z_1(16, N, ds1_z, s1, dc2_padded);

    /* dc1_b[o] = sum[n,p,q](ds1_z[o,p,q,n])  (of c1_z) */
    double *dc1_b = work + 4410 * N + 17258; /* (16,) */
    compute_dc2_b_1(16, ds1_z, N, dc1_b, 16);

    /* c1_b_m_next[j] = c1_b_m[j] * beta1 + dc1_b[j] * v1_2 */
    /* c1_b_v_next[j] = dc1_b[j]**2 * v2 + c1_b_v[j] * beta2 */
    /* c1_b_next[j] = c1_b[j] - c1_b_m_next[j] * learning_rate * v3 / (sqrt(c1_b_v_next[j] * v4) +
       epsilon) */
    compute_logits_b_m_next_1(16, c1_b_m, beta1, v1_2, dc1_b, c1_b_v, v2, beta2, c1_b,
            learning_rate, v3, v4, epsilon);

    /* dc1_K[o,c,u,v] = sum[n,p,q,u_2,v_2](where(v_2 + 2 * u_2 == s1_z_winner[o,p,q,n],
       ds1_z[o,p,q,n] * c1_padded[c,u + u_2 + 2 * p,v + v_2 + 2 * q,n], 0))  (of c1_z) */
    double *dc1_K = work + 4410 * N + 17274; /* (16, 1, 3, 3) */
    compute_dc1_K_1(dc1_K, 16, ds1_z, N, s1_z_winner, c1_padded);

    /* c1_K_m_next[i,j,k0,k1] = c1_K_m[i,j,k0,k1] * beta1 + dc1_K[i,j,k0,k1] * v1_2 */
    /* c1_K_v_next[i,j,k0,k1] = dc1_K[i,j,k0,k1]**2 * v2 + c1_K_v[i,j,k0,k1] * beta2 */
    /* c1_K_next[i,j,k0,k1] = c1_K[i,j,k0,k1] - c1_K_m_next[i,j,k0,k1] * learning_rate * v3 /
       (sqrt(c1_K_v_next[i,j,k0,k1] * v4) + epsilon) */
    compute_logits_b_m_next_1(144, c1_K_m, beta1, v1_2, dc1_K, c1_K_v, v2, beta2, c1_K,
            learning_rate, v3, v4, epsilon);

    *state->step = step_next;
}

int lenet_predict(ptrdiff_t N, const lenet_params *params, const lenet_data *data,
        const lenet_outputs *outputs, double *work)
{
    if (N < 1) {
        return -1;
    }
    predict(N, params, data, outputs, work);
    return 0;
}

int lenet_forward(ptrdiff_t N, const lenet_params *params, const lenet_data *data,
        const lenet_tape *tape, double *work, double *loss)
{
    if (N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    *loss = forward(N, params, data, tape, work);
    return 0;
}

int lenet_backward(ptrdiff_t N, const lenet_params *params, const lenet_data *data,
        const lenet_tape *tape, const lenet_params *grads, double *work)
{
    if (N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    backward(N, params, data, tape, grads, work);
    return 0;
}

int lenet_value_and_grad(ptrdiff_t N, const lenet_params *params, const lenet_data *data,
        const lenet_params *grads, double *work, double *loss)
{
    if (N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    const lenet_tape tape = {work + 8192, work + 100 * N + 8192, work + 356 * N + 8192, work + 932 *
            N + 8192, work + 1060 * N + 8192, work + 1188 * N + 8192, work + 1220 * N + 8192, work +
            1348 * N + 8192, work + 1604 * N + 8192, work + 1605 * N + 8192};
    *loss = forward(N, params, data, &tape, work);
    backward(N, params, data, &tape, grads, work);
    return 0;
}

int lenet_train_step(ptrdiff_t N, const lenet_params *params, const lenet_state *state,
        const lenet_data *data, const lenet_hyper *hyper, double *work, double *loss)
{
    if (N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    const lenet_tape tape = {work + 8192, work + 100 * N + 8192, work + 356 * N + 8192, work + 932 *
            N + 8192, work + 1060 * N + 8192, work + 1188 * N + 8192, work + 1220 * N + 8192, work +
            1348 * N + 8192, work + 1604 * N + 8192, work + 1605 * N + 8192};
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

int lenet_fit(ptrdiff_t N, const lenet_params *params, const lenet_state *state,
        const lenet_data *data, const lenet_hyper *hyper, const lenet_training *training,
        double *work, double *losses)
{
    if (training->batch_size < 1 || N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    const ptrdiff_t most = training->batch_size < N ? training->batch_size : N;
    const struct {
        ptrdiff_t *t;
        double *x;
    } batch = {(void *)(work), work + most};
    work = work + most + most * 64;
    const int shuffle = training->shuffle && most < N;
    row_order order = {0};
    const ptrdiff_t often = 10000000 / (1506141 * most + 166661) + 1;
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
                memcpy(batch.t + each, data->t + row, sizeof *batch.t);
                memcpy(batch.x + each * 64, data->x + row * 64, 64 * sizeof *batch.x);
            }
            lenet_data part = *data;
            part.t = shuffle ? batch.t : data->t + begin;
            part.x = shuffle ? batch.x : data->x + begin * 64;
            if (lenet_train_step(rows, params, state, &part, hyper, work, &value) != 0) {
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

size_t lenet_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(LENET_WORKSPACE(N)) * sizeof(double);
}

size_t lenet_predict_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(LENET_PREDICT_WORKSPACE(N)) * sizeof(double);
}

const char *lenet_build(void)
{
    return "6797dc69c428515f";
}

lenet_hyper lenet_default_hyper(void)
{
    const lenet_hyper hyper = {.learning_rate = 0.003, .beta1 = 0.9, .beta2 = 0.999,
            .epsilon = 1e-08};
    return hyper;
}
