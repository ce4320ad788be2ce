/*
 * A training step of LeNet in float32, the samples innermost: every number of an image is two
 * vectors, one lane for each sample, and a convolution is direct loops over full vectors.
 *
 *     forward       sums of 8 channels x 2 vectors stay in registers
 *     by the input  the same, over those places of the kernel that meet the image: no padding
 *     by a kernel   sums of 4 channels x a row of the kernel, lane by lane; added up at the end
 *
 * The pools keep which corner has won, if one is above 0, and no convolution is stored. Channels
 * lie a little apart, so that they do not share cache sets.
 *
 * Macros: N = 32, C0 = 1, C1, C2, SIDE, KERNEL, CLASSES, RATE.
 */
#include "extension.h"

#include <math.h>

#include "vectors.h"

#if N != 32 || C0 != 1 || C1 != 8 || C2 % 8 || KERNEL != 5 || CLASSES > 16
#error "the tiles don't fit these sizes"
#endif

enum {
    AREA = KERNEL * KERNEL,
    SIDE1 = SIDE - KERNEL + 1,
    POOL1 = SIDE1 / 2,
    SIDE2 = POOL1 - KERNEL + 1,
    POOL2 = SIDE2 / 2,
    FEATURES = C2 * POOL2 * POOL2,
    APART = 2 * LANES,
    NEXT1 = POOL1 * POOL1 * N + APART, /* from a channel of p1 to the next */
    NEXT2 = SIDE2 * SIDE2 * N + APART,
};

typedef int8_t corners __attribute__((vector_size(LANES), may_alias));

static real x[N * SIDE * SIDE];
static int64_t y[N];
static ALIGNED real h1_K[C1 * AREA], h1_b[C1], h2_K[C2 * C1 * AREA], h2_b[C2];
static ALIGNED real h3_W[FEATURES * CLASSES], h3_b[CLASSES];

static ALIGNED real xt[SIDE * SIDE * N];
static ALIGNED real K1[AREA * C1], K2[C1 * AREA * C2], K2_back[AREA * C2 * C1];
static ALIGNED real p1[C1 * NEXT1], dp1[C1 * NEXT1];
static ALIGNED real p2[FEATURES * N], dz2[C2 * NEXT2];
static ALIGNED int8_t won1[C1 * POOL1 * POOL1 * N], won2[FEATURES * N];
static ALIGNED real z[CLASSES * N], dz[CLASSES * N];
static ALIGNED real row[C1 * SIDE1 * N], sums1[C1 * AREA * LANES];

/* xt[i, n] = x[n, i]; kernels with the channels that are summed together innermost */
static void arrange(void)
{
    for (int i = 0; i < SIDE * SIDE; i += LANES) {
        for (int n = 0; n < N; n += LANES) {
            vector square[LANES];
#pragma GCC unroll 16
            for (int r = 0; r < LANES; r++) {
                memcpy(&square[r], x + (n + r) * SIDE * SIDE + i, sizeof(vector));
            }
            transpose(square);
#pragma GCC unroll 16
            for (int r = 0; r < LANES; r++) {
                store(xt + (i + r) * N + n, square[r]);
            }
        }
    }
    for (int o = 0; o < C1; o++) {
        for (int k = 0; k < AREA; k++) {
            K1[k * C1 + o] = h1_K[o * AREA + k];
        }
    }
    for (int o = 0; o < C2; o++) {
        for (int c = 0; c < C1; c++) {
            for (int k = 0; k < AREA; k++) {
                const real value = h2_K[(o * C1 + c) * AREA + k];
                K2[(c * AREA + k) * C2 + o] = value;
                K2_back[(k * C2 + o) * C1 + c] = value;
            }
        }
    }
}

/* Add to 8 channels at one place: `in` channels, `wide` numbers in a row of the image. */
INLINE void convolve(vector sum[8][2], int in, const real *from, int next, int wide,
        const real *K, int out)
{
    for (int c = 0; c < in; c++) {
        for (int u = 0; u < KERNEL; u++) {
            const real *line = from + c * next + u * wide * N;
            const real *k = K + (c * KERNEL + u) * KERNEL * out;
#pragma GCC unroll 5
            for (int v = 0; v < KERNEL; v++) {
                const vector a0 = load(line + v * N), a1 = load(line + v * N + LANES);
#pragma GCC unroll 8
                for (int o = 0; o < 8; o++) {
                    const vector b = splat(k[v * out + o]);
                    sum[o][0] += a0 * b;
                    sum[o][1] += a1 * b;
                }
            }
        }
    }
}

/* p[o, r, s] = max(0, the convolution over a square of four), and which of them it was, or -1 */
INLINE void convolve_and_pool(int in, const real *from, int next, int wide, const real *K,
        const real *b, int out, int side, real *p, int next_p, int8_t *won)
{
    for (int r = 0; r < side; r++) {
        for (int s = 0; s < side; s++) {
            for (int o = 0; o < out; o += 8) {
                vector most[8][2];
                bits best[8][2];
#pragma GCC unroll 8
                for (int k = 0; k < 8; k++) {
                    most[k][0] = most[k][1] = splat(0.0f);
                    best[k][0] = best[k][1] = (bits){0} - 1;
                }
                for (int corner = 0; corner < 4; corner++) {
                    vector sum[8][2];
#pragma GCC unroll 8
                    for (int k = 0; k < 8; k++) {
                        sum[k][0] = sum[k][1] = splat(b[o + k]);
                    }
                    const int at = (2 * r + corner / 2) * wide + 2 * s + corner % 2;
                    convolve(sum, in, from + at * N, next, wide, K + o, out);
#pragma GCC unroll 8
                    for (int k = 0; k < 8; k++) {
#pragma GCC unroll 2
                        for (int h = 0; h < 2; h++) {
                            const vector a = sum[k][h];
                            const bits more = a > most[k][h];
                            most[k][h] = choose(more, a, most[k][h]);
                            best[k][h] = (more & corner) | (~more & best[k][h]);
                        }
                    }
                }
#pragma GCC unroll 8
                for (int k = 0; k < 8; k++) {
                    const int at = (o + k) * next_p + (r * side + s) * N;
                    const int mark = (((o + k) * side + r) * side + s) * N;
#pragma GCC unroll 2
                    for (int h = 0; h < 2; h++) {
                        store(p + at + h * LANES, most[k][h]);
                        *(corners *)(won + mark + h * LANES) =
                                __builtin_convertvector(best[k][h], corners);
                    }
                }
            }
        }
    }
}

static void forward1(void)
{
    convolve_and_pool(C0, xt, 0, SIDE, K1, h1_b, C1, POOL1, p1, NEXT1, won1);
}

static void forward2(void)
{
    convolve_and_pool(C1, p1, NEXT1, POOL1, K2, h2_b, C2, POOL2, p2, POOL2 * POOL2 * N, won2);
}

/* z[k, n] = sum[f](W[f, k] p2[f, n]) + b[k] */
static void forward3(void)
{
    for (int h = 0; h < N; h += LANES) {
        vector sum[CLASSES];
#pragma GCC unroll 16
        for (int k = 0; k < CLASSES; k++) {
            sum[k] = splat(h3_b[k]);
        }
        for (int f = 0; f < FEATURES; f++) {
            const vector a = load(p2 + f * N + h);
#pragma GCC unroll 16
            for (int k = 0; k < CLASSES; k++) {
                sum[k] += a * h3_W[f * CLASSES + k];
            }
        }
#pragma GCC unroll 16
        for (int k = 0; k < CLASSES; k++) {
            store(z + k * N + h, sum[k]);
        }
    }
}

/* The mean of log sum exp z - z[y], and its slope by z. */
static double lose(void)
{
    double loss = 0;
    for (int n = 0; n < N; n += LANES) {
        vector top = load(z + n), sum = splat(0.0f);
        for (int k = 1; k < CLASSES; k++) {
            const vector a = load(z + k * N + n);
            top = choose(a > top, a, top);
        }
        for (int k = 0; k < CLASSES; k++) {
            const vector e = vector_exp(load(z + k * N + n) - top);
            store(dz + k * N + n, e);
            sum += e;
        }
        for (int k = 0; k < CLASSES; k++) {
            store(dz + k * N + n, load(dz + k * N + n) / (sum * (real)N));
        }
        for (int c = 0; c < LANES; c++) {
            const int at = (int)y[n + c] * N + n + c;
            dz[at] -= (real)1 / N;
            loss += logf(sum[c]) - (z[at] - top[c]);
        }
    }
    return loss / N;
}

/* dz[o, p, q] at one corner of a square: d where it has won */
INLINE void unpool(vector d, const int8_t *won, int corner, real *to)
{
    const bits winner = __builtin_convertvector(*(const corners *)won, bits);
    store(to, (vector)((winner == corner) & (bits)d));
}

/* dp2[f, n] = sum[k](W[f, k] dz[k, n]), spread over dz2; b2 is trained */
static void backward3(void)
{
    for (int o = 0; o < C2; o++) {
        vector db = splat(0.0f);
        for (int r = 0; r < POOL2; r++) {
            for (int s = 0; s < POOL2; s++) {
                const int f = (o * POOL2 + r) * POOL2 + s;
                for (int h = 0; h < N; h += LANES) {
                    vector sum[2] = {splat(0.0f), splat(0.0f)};
#pragma GCC unroll 16
                    for (int k = 0; k < CLASSES; k++) {
                        sum[k % 2] += load(dz + k * N + h) * h3_W[f * CLASSES + k];
                    }
                    const vector d = choose(load(p2 + f * N + h) > 0.0f, sum[0] + sum[1],
                            splat(0.0f));
                    db += d;
#pragma GCC unroll 4
                    for (int corner = 0; corner < 4; corner++) {
                        const int p = 2 * r + corner / 2, q = 2 * s + corner % 2;
                        unpool(d, won2 + f * N + h, corner,
                                dz2 + o * NEXT2 + (p * SIDE2 + q) * N + h);
                    }
                }
            }
        }
        real total = 0;
        for (int c = 0; c < LANES; c++) {
            total += db[c];
        }
        h2_b[o] -= (real)RATE * total;
    }
}

/* W[f, k] -= rate sum[n](p2[f, n] dz[k, n]) */
static void descend3(void)
{
    real by_sample[N][LANES] ALIGNED = {{0}};
    for (int k = 0; k < CLASSES; k++) {
        real total = 0;
        for (int n = 0; n < N; n++) {
            by_sample[n][k] = dz[k * N + n];
            total += dz[k * N + n];
        }
        h3_b[k] -= (real)RATE * total;
    }
    for (int f = 0; f < FEATURES; f += 8) {
        vector sum[8];
#pragma GCC unroll 8
        for (int r = 0; r < 8; r++) {
            sum[r] = splat(0.0f);
        }
        for (int n = 0; n < N; n++) {
            const vector d = load(by_sample[n]);
#pragma GCC unroll 8
            for (int r = 0; r < 8; r++) {
                sum[r] += d * p2[(f + r) * N + n];
            }
        }
#pragma GCC unroll 8
        for (int r = 0; r < 8; r++) {
            for (int k = 0; k < CLASSES; k++) {
                h3_W[(f + r) * CLASSES + k] -= (real)RATE * sum[r][k];
            }
        }
    }
}

/* dp1[c, i, j] = sum[o, u, v](K2[o, c, u, v] dz2[o, i - u, j - v]) */
static void backward2(void)
{
    for (int i = 0; i < POOL1; i++) {
        const int u0 = i < SIDE2 ? 0 : i - SIDE2 + 1, u1 = i < KERNEL ? i : KERNEL - 1;
        for (int j = 0; j < POOL1; j++) {
            const int v0 = j < SIDE2 ? 0 : j - SIDE2 + 1, v1 = j < KERNEL ? j : KERNEL - 1;
            vector sum[C1][2];
#pragma GCC unroll 8
            for (int c = 0; c < C1; c++) {
                sum[c][0] = sum[c][1] = splat(0.0f);
            }
            for (int u = u0; u <= u1; u++) {
                for (int v = v0; v <= v1; v++) {
                    const real *d = dz2 + ((i - u) * SIDE2 + j - v) * N;
                    const real *k = K2_back + (u * KERNEL + v) * C2 * C1;
#pragma GCC unroll 4
                    for (int o = 0; o < C2; o++) {
                        const vector a0 = load(d + o * NEXT2), a1 = load(d + o * NEXT2 + LANES);
#pragma GCC unroll 8
                        for (int c = 0; c < C1; c++) {
                            const vector b = splat(k[o * C1 + c]);
                            sum[c][0] += a0 * b;
                            sum[c][1] += a1 * b;
                        }
                    }
                }
            }
#pragma GCC unroll 8
            for (int c = 0; c < C1; c++) {
                store(dp1 + c * NEXT1 + (i * POOL1 + j) * N, sum[c][0]);
                store(dp1 + c * NEXT1 + (i * POOL1 + j) * N + LANES, sum[c][1]);
            }
        }
    }
}

/* Add to the sums of 4 channels and a row of the kernel, over a row of the image. */
INLINE void correlate(vector sum[4][KERNEL], const real *d, int next, const real *a, int count)
{
    for (int q = 0; q < count; q++) {
#pragma GCC unroll 2
        for (int h = 0; h < N; h += LANES) {
            vector along[4];
#pragma GCC unroll 4
            for (int o = 0; o < 4; o++) {
                along[o] = load(d + o * next + q * N + h);
            }
#pragma GCC unroll 5
            for (int v = 0; v < KERNEL; v++) {
                const vector b = load(a + (q + v) * N + h);
#pragma GCC unroll 4
                for (int o = 0; o < 4; o++) {
                    sum[o][v] += along[o] * b;
                }
            }
        }
    }
}

/* K2[o, c, u, v] -= rate sum[n, p, q](dz2[o, p, q] p1[c, p + u, q + v]) */
static void descend2(void)
{
    for (int o = 0; o < C2; o += 4) {
        for (int c = 0; c < C1; c++) {
            real slope[4][32] ALIGNED;
            vector kept[4][2 * LANES];
            for (int u = 0; u < KERNEL; u++) {
                vector sum[4][KERNEL];
#pragma GCC unroll 4
                for (int k = 0; k < 4; k++) {
#pragma GCC unroll 5
                    for (int v = 0; v < KERNEL; v++) {
                        sum[k][v] = splat(0.0f);
                    }
                }
                for (int p = 0; p < SIDE2; p++) {
                    correlate(sum, dz2 + o * NEXT2 + p * SIDE2 * N, NEXT2,
                            p1 + c * NEXT1 + (p + u) * POOL1 * N, SIDE2);
                }
#pragma GCC unroll 4
                for (int k = 0; k < 4; k++) {
#pragma GCC unroll 5
                    for (int v = 0; v < KERNEL; v++) {
                        kept[k][u * KERNEL + v] = sum[k][v];
                    }
                }
            }
            for (int k = 0; k < 4; k++) {
                for (int v = AREA; v < 2 * LANES; v++) {
                    kept[k][v] = splat(0.0f);
                }
                store(slope[k], sums(kept[k]));
                store(slope[k] + LANES, sums(kept[k] + LANES));
                for (int v = 0; v < AREA; v++) {
                    h2_K[((o + k) * C1 + c) * AREA + v] -= (real)RATE * slope[k][v];
                }
            }
        }
    }
}

/* row[o, q] = dz1[o, p, q], spread from dp1 */
INLINE void spread_row(int p)
{
    for (int o = 0; o < C1; o++) {
        for (int s = 0; s < POOL1; s++) {
            for (int h = 0; h < N; h += LANES) {
                const int at = (p / 2 * POOL1 + s) * N + h;
                const vector d = load(dp1 + o * NEXT1 + at);
                const int8_t *won = won1 + o * POOL1 * POOL1 * N + at;
                unpool(d, won, p % 2 * 2, row + (o * SIDE1 + 2 * s) * N + h);
                unpool(d, won, p % 2 * 2 + 1, row + (o * SIDE1 + 2 * s + 1) * N + h);
            }
        }
    }
}

/* K1[o, u, v] -= rate sum[n, p, q](dz1[o, p, q] x[p + u, q + v]), and b1 */
static void descend1(void)
{
    vector db[C1] = {{0}};
    memset(sums1, 0, sizeof sums1);
    for (int p = 0; p < SIDE1; p++) {
        spread_row(p);
        for (int o = 0; o < C1; o++) {
            vector part[2] = {splat(0.0f), splat(0.0f)};
            for (int q = 0; q < SIDE1 * N; q += 2 * LANES) {
                part[0] += load(row + o * SIDE1 * N + q);
                part[1] += load(row + o * SIDE1 * N + q + LANES);
            }
            db[o] += part[0] + part[1];
        }
        for (int o = 0; o < C1; o += 4) {
            for (int u = 0; u < KERNEL; u++) {
                vector sum[4][KERNEL];
                real *kept = sums1 + (o * AREA + u * KERNEL) * LANES;
#pragma GCC unroll 4
                for (int k = 0; k < 4; k++) {
#pragma GCC unroll 5
                    for (int v = 0; v < KERNEL; v++) {
                        sum[k][v] = load(kept + (k * AREA + v) * LANES);
                    }
                }
                correlate(sum, row + o * SIDE1 * N, SIDE1 * N, xt + (p + u) * SIDE * N, SIDE1);
#pragma GCC unroll 4
                for (int k = 0; k < 4; k++) {
#pragma GCC unroll 5
                    for (int v = 0; v < KERNEL; v++) {
                        store(kept + (k * AREA + v) * LANES, sum[k][v]);
                    }
                }
            }
        }
    }
    for (int o = 0; o < C1; o++) {
        real total = 0;
        for (int c = 0; c < LANES; c++) {
            total += db[o][c];
        }
        h1_b[o] -= (real)RATE * total;
    }
    for (int k = 0; k < C1 * AREA; k++) {
        real total = 0;
        for (int c = 0; c < LANES; c++) {
            total += sums1[k * LANES + c];
        }
        h1_K[k] -= (real)RATE * total;
    }
}

static double train(void)
{
    arrange();
    forward1();
    forward2();
    forward3();
    const double loss = lose();
    backward3();
    descend3();
    backward2();
    descend2();
    descend1();
    return loss;
}

static const array *listed(void)
{
    static const array all[] = {
        ARRAY(x), ARRAY(y), ARRAY(h1_K), ARRAY(h1_b), ARRAY(h2_K), ARRAY(h2_b), ARRAY(h3_W),
        ARRAY(h3_b), {NULL, NULL, 0},
    };
    return all;
}
