/*
 * A training step of a perceptron with three dense layers in float32, register-tiled.
 *
 * Every product is done in tiles of ROWS x (2 vectors), whose sums stay in registers; what follows a
 * product (bias and activation, the activation's slope, the descent) is done on the tile before it
 * is stored. Columns of the right operand that lie far apart are copied into a panel first. The last
 * layer is narrow: its weights, outputs and slopes are held transposed, with the samples innermost.
 *
 * Macros as in plain.c. N, S0, S1, S2 are multiples of what a tile needs, see below.
 */
#include "extension.h"

#include <math.h>

#include "vectors.h"

#define WIDTH (2 * LANES)
#define ROWS 8
#define DEPTH_BLOCK 128
#define FAR 256 /* from so many numbers between two rows on, lines of a panel share cache sets */

#if N % LANES || S0 % ROWS || S1 % WIDTH || S2 % WIDTH
#error "the tiles don't fit these sizes"
#endif

static ALIGNED real x[N * S0];
static ALIGNED real h1_W[S0 * S1], h1_b[S1], h1[N * S1], d1[N * S1];
static ALIGNED real h2_W[S1 * S2], h2_b[S2], h2[N * S2], d2[N * S2];
static ALIGNED real h3_W[S2 * S3], h3_b[S3], V[S3 * S2], z[S3 * N], d3[S3 * N];
static ALIGNED real panel[DEPTH_BLOCK * WIDTH];
#if CROSS_ENTROPY
static int64_t y[N];
#else
static real y[N * S3];
#endif

enum { SIGMOID, TANH, RELU, LINEAR };

enum edge { ACTIVATE, SLOPE, DESCEND };

INLINE vector activated(vector a)
{
    if (ACTIVATION == TANH) {
        return vector_tanh(a);
    }
    return choose(a > 0.0f, a, splat(0.0f));
}

/* The slope by z, from the slope by h = act(z). */
INLINE vector sloped(vector d, vector h)
{
    if (ACTIVATION == TANH) {
        return d - d * h * h;
    }
    return choose(h > 0.0f, d, splat(0.0f));
}

/* panel[k, c] = B[k, c], or B[c, k] */
INLINE void pack(int depth, const real *B, int stride, int transposed)
{
    if (!transposed) {
        for (int k = 0; k < depth; k++) {
            store(panel + k * WIDTH, load(B + k * stride));
            store(panel + k * WIDTH + LANES, load(B + k * stride + LANES));
        }
        return;
    }
    for (int k = 0; k < depth; k += LANES) {
        for (int c = 0; c < WIDTH; c += LANES) {
            vector square[LANES];
#pragma GCC unroll 16
            for (int r = 0; r < LANES; r++) {
                square[r] = load(B + (c + r) * stride + k);
            }
            transpose(square);
#pragma GCC unroll 16
            for (int r = 0; r < LANES; r++) {
                store(panel + (k + r) * WIDTH + c, square[r]);
            }
        }
    }
}

/* What is done with a sum before it is stored in C; `other` is h for SLOPE. */
INLINE vector finished(enum edge edge, vector sum, vector stored, vector other)
{
    switch (edge) {
    case ACTIVATE:
        return activated(sum);
    case SLOPE:
        return sloped(sum, other);
    default:
        return stored - (real)RATE * sum;
    }
}

/* C (rows, columns) from A (rows, depth) B (depth, columns), A by its strides, B transposed or not.
 * `other` is the bias for ACTIVATE, and what the activation gave for SLOPE. */
INLINE void product(enum edge edge, int rows, int columns, int depth, const real *A, int by_row,
        int by_depth, const real *B, int stride, int transposed, real *C, const real *other)
{
    for (int j = 0; j < columns; j += WIDTH) {
        for (int from = 0; from < depth; from += DEPTH_BLOCK) {
            const int count = depth - from < DEPTH_BLOCK ? depth - from : DEPTH_BLOCK;
            const real *right = transposed ? B + j * stride + from : B + from * stride + j;
            int next = stride;
            if (transposed || stride >= FAR) {
                pack(count, right, stride, transposed);
                right = panel;
                next = WIDTH;
            }
            for (int i = 0; i < rows; i += ROWS) {
                vector sum[ROWS][2];
#pragma GCC unroll 8
                for (int r = 0; r < ROWS; r++) {
#pragma GCC unroll 2
                    for (int v = 0; v < 2; v++) {
                        real *place = C + (i + r) * columns + j + v * LANES;
                        sum[r][v] = from ? load(place)
                                : edge == ACTIVATE ? load(other + j + v * LANES) : splat(0.0f);
                    }
                }
                const real *left = A + i * by_row + from * by_depth;
                for (int k = 0; k < count; k++) {
                    const vector b0 = load(right + k * next), b1 = load(right + k * next + LANES);
#pragma GCC unroll 8
                    for (int r = 0; r < ROWS; r++) {
                        const vector a = splat(left[r * by_row + k * by_depth]);
                        sum[r][0] += a * b0;
                        sum[r][1] += a * b1;
                    }
                }
                const int last = from + count == depth;
#pragma GCC unroll 8
                for (int r = 0; r < ROWS; r++) {
#pragma GCC unroll 2
                    for (int v = 0; v < 2; v++) {
                        const int at = (i + r) * columns + j + v * LANES;
                        const vector h = edge == SLOPE ? load(other + at) : splat(0.0f);
                        store(C + at, last ? finished(edge, sum[r][v], load(C + at), h) : sum[r][v]);
                    }
                }
            }
        }
    }
}

/* W -= rate a^T d, b -= rate sum d */
INLINE void descend(int in, int out, const real *a, const real *d, real *W, real *b)
{
    product(DESCEND, in, out, N, a, 1, in, d, out, 0, W, NULL);
    for (int j = 0; j < out; j += LANES) {
        vector sum = splat(0.0f);
        for (int n = 0; n < N; n++) {
            sum += load(d + n * out + j);
        }
        store(b + j, load(b + j) - (real)RATE * sum);
    }
}

/* z[k, n] = sum[i](V[k, i] h2[n, i]) + b[k]: sixteen sums at a time, added up crosswise */
static void narrow(void)
{
    for (int k = 0; k < S3; k++) {
        for (int i = 0; i < S2; i++) {
            V[k * S2 + i] = h3_W[i * S3 + k];
        }
        for (int n = 0; n < N; n += LANES) {
            vector sum[LANES];
#pragma GCC unroll 16
            for (int r = 0; r < LANES; r++) {
                sum[r] = splat(0.0f);
            }
            for (int i = 0; i < S2; i += LANES) {
                const vector w = load(V + k * S2 + i);
#pragma GCC unroll 16
                for (int r = 0; r < LANES; r++) {
                    sum[r] += w * load(h2 + (n + r) * S2 + i);
                }
            }
            transpose(sum);
            vector total = splat(h3_b[k]);
#pragma GCC unroll 16
            for (int r = 0; r < LANES; r++) {
                total += sum[r];
            }
            store(z + k * N + n, total);
        }
    }
}

/* W3[i, k] -= rate sum[n](h2[n, i] d3[k, n]), b3[k] -= rate sum[n](d3[k, n]) */
static void descend_narrow(void)
{
    for (int k = 0; k < S3; k++) {
        for (int i = 0; i < S2; i += WIDTH) {
            vector sum[2] = {splat(0.0f), splat(0.0f)};
            for (int n = 0; n < N; n++) {
                sum[0] += d3[k * N + n] * load(h2 + n * S2 + i);
                sum[1] += d3[k * N + n] * load(h2 + n * S2 + i + LANES);
            }
            for (int c = 0; c < WIDTH; c++) {
                h3_W[(i + c) * S3 + k] -= (real)RATE * sum[c / LANES][c % LANES];
            }
        }
        real sum = 0;
        for (int n = 0; n < N; n++) {
            sum += d3[k * N + n];
        }
        h3_b[k] -= (real)RATE * sum;
    }
}

#if CROSS_ENTROPY

/* The mean of log sum exp z - z[y], and its slope by z. */
static double lose(void)
{
    double loss = 0;
    for (int n = 0; n < N; n += LANES) {
        vector top = load(z + n), sum = splat(0.0f);
        for (int k = 1; k < S3; k++) {
            const vector a = load(z + k * N + n);
            top = choose(a > top, a, top);
        }
        for (int k = 0; k < S3; k++) {
            const vector e = vector_exp(load(z + k * N + n) - top);
            store(d3 + k * N + n, e);
            sum += e;
        }
        for (int k = 0; k < S3; k++) {
            store(d3 + k * N + n, load(d3 + k * N + n) / (sum * (real)N));
        }
        for (int c = 0; c < LANES; c++) {
            const int at = (int)y[n + c] * N + n + c;
            d3[at] -= (real)1 / N;
            loss += logf(sum[c]) - (z[at] - top[c]);
        }
    }
    return loss / N;
}

#else

/* The mean of (z - y)^2, and its slope by z. */
static double lose(void)
{
    real loss = 0;
    for (int k = 0; k < S3; k++) {
        for (int n = 0; n < N; n++) {
            const real error = z[k * N + n] - y[n * S3 + k];
            loss += error * error;
            d3[k * N + n] = error * (2 / (real)(N * S3));
        }
    }
    return loss / (N * S3);
}

#endif

static double train(void)
{
    product(ACTIVATE, N, S1, S0, x, S0, 1, h1_W, S1, 0, h1, h1_b);
    product(ACTIVATE, N, S2, S1, h1, S1, 1, h2_W, S2, 0, h2, h2_b);
    narrow();
    const double loss = lose();
    product(SLOPE, N, S2, S3, d3, 1, N, V, S2, 0, d2, h2);
    product(SLOPE, N, S1, S2, d2, S2, 1, h2_W, S2, 1, d1, h1);
    descend_narrow();
    descend(S1, S2, h1, d2, h2_W, h2_b);
    descend(S0, S1, x, d1, h1_W, h1_b);
    return loss;
}

static const array *listed(void)
{
    static const array all[] = {
        ARRAY(x), ARRAY(y), ARRAY(h1_W), ARRAY(h1_b), ARRAY(h2_W), ARRAY(h2_b), ARRAY(h3_W),
        ARRAY(h3_b), {NULL, NULL, 0},
    };
    return all;
}
