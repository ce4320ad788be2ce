/*
 * A training step of an encoder block in float32, the features innermost, as the weights have them.
 *
 *     dense layers   8 rows x 2 vectors stay in registers; what follows is done on them
 *     attention      a head of a sample is squares of 16 x 16; scores are held transposed, with the
 *                    queries along the lanes, so that softmax is vertical
 *     norms, gelu    forward keeps what backward multiplies by
 *
 * The places are averaged at the end: the slope by the block's value is the same at all places of a
 * sample, and so is what m2 leads back. Both products of m2 are done for samples, not for places.
 *
 * Macros: N, T = 16, D = 32, HEADS = 2, HIDDEN, CLASSES = 4, RATE.
 */
#include "extension.h"

#include <math.h>

#include "vectors.h"

#if N != 8 || T != LANES || D != 2 * LANES || HEADS != 2 || HIDDEN % 32 || CLASSES != 4
#error "the tiles don't fit these sizes"
#endif

enum { ROWS = N * T };

static real x[ROWS * D];
static int64_t y[N];
static ALIGNED real a_Wq[D * D], a_Wk[D * D], a_Wv[D * D], a_Wo[D * D], m1_W[D * HIDDEN];
static ALIGNED real m2_W[HIDDEN * D], z_W[D * CLASSES], z_b[CLASSES];
static ALIGNED real a_bq[D], a_bk[D], a_bv[D], a_bo[D], m1_b[HIDDEN], m2_b[D];
static ALIGNED real n1_g[D], n1_b[D], n2_g[D], n2_b[D];

static ALIGNED real xs[ROWS * D], n1[ROWS * D], unit1[ROWS * D], root1[ROWS];
static ALIGNED real n2[ROWS * D], unit2[ROWS * D], root2[ROWS];
static ALIGNED real q[ROWS * D], k[ROWS * D], v[ROWS * D], mixed[ROWS * D], h[ROWS * D];
static ALIGNED real weights[N * HEADS * T * T];
static ALIGNED real g[ROWS * HIDDEN], slope[ROWS * HIDDEN], last[ROWS * D], pooled[N * D];
static ALIGNED real dlast[N * D], dg[N * HIDDEN], g_sum[N * HIDDEN], dz[ROWS * HIDDEN];
static ALIGNED real dh[ROWS * D], dn[ROWS * D], dread[ROWS * D];
static ALIGNED real dq[ROWS * D], dk[ROWS * D], dv[ROWS * D];
static ALIGNED real turned[D * HIDDEN];

enum edge { PLAIN, ADD, GELU };

/* z (1 + tanh(s (z + c z^3))) / 2, whose slope is kept */
INLINE vector gelu(vector z, real *kept)
{
    const real s = 0.7978845608028654f, c = 0.044715f;
    const vector square = z * z, t = vector_tanh(z * (s + s * c * square));
    const vector half = 0.5f + 0.5f * t;
    store(kept, half + 0.5f * z * (1.0f - t * t) * (s + 3 * s * c * square));
    return z * half;
}

/* C (rows, columns) = A (rows, depth) B (depth, columns) + bias, and what the edge does */
INLINE void product(enum edge edge, int rows, int columns, int depth, const real *A, const real *B,
        const real *bias, real *C, real *other)
{
    for (int j = 0; j < columns; j += 2 * LANES) {
        for (int i = 0; i < rows; i += 8) {
            vector sum[8][2];
#pragma GCC unroll 8
            for (int r = 0; r < 8; r++) {
                sum[r][0] = bias ? load(bias + j) : splat(0.0f);
                sum[r][1] = bias ? load(bias + j + LANES) : splat(0.0f);
            }
            for (int d = 0; d < depth; d++) {
                const vector b0 = load(B + d * columns + j), b1 = load(B + d * columns + j + LANES);
#pragma GCC unroll 8
                for (int r = 0; r < 8; r++) {
                    const vector a = splat(A[(i + r) * depth + d]);
                    sum[r][0] += a * b0;
                    sum[r][1] += a * b1;
                }
            }
#pragma GCC unroll 8
            for (int r = 0; r < 8; r++) {
#pragma GCC unroll 2
                for (int w = 0; w < 2; w++) {
                    const int at = (i + r) * columns + j + w * LANES;
                    vector value = sum[r][w];
                    if (edge == ADD) {
                        value += load(other + at);
                    } else if (edge == GELU) {
                        value = gelu(value, other + at);
                    }
                    store(C + at, value);
                }
            }
        }
    }
}

/* W -= rate A^T B, b -= rate sum B: over rows of A (rows, depth) and B (rows, columns) */
INLINE void descend(int rows, int depth, int columns, const real *A, const real *B, real *W,
        real *b)
{
    for (int j = 0; j < columns; j += 2 * LANES) {
        for (int i = 0; i < depth; i += 8) {
            vector sum[8][2];
#pragma GCC unroll 8
            for (int r = 0; r < 8; r++) {
                sum[r][0] = sum[r][1] = splat(0.0f);
            }
            for (int n = 0; n < rows; n++) {
                const vector b0 = load(B + n * columns + j), b1 = load(B + n * columns + j + LANES);
#pragma GCC unroll 8
                for (int r = 0; r < 8; r++) {
                    const vector a = splat(A[n * depth + i + r]);
                    sum[r][0] += a * b0;
                    sum[r][1] += a * b1;
                }
            }
#pragma GCC unroll 8
            for (int r = 0; r < 8; r++) {
#pragma GCC unroll 2
                for (int w = 0; w < 2; w++) {
                    real *place = W + (i + r) * columns + j + w * LANES;
                    store(place, load(place) - (real)RATE * sum[r][w]);
                }
            }
        }
        for (int w = 0; b && w < 2; w++) {
            vector sum = splat(0.0f);
            for (int n = 0; n < rows; n++) {
                sum += load(B + n * columns + j + w * LANES);
            }
            store(b + j + w * LANES, load(b + j + w * LANES) - (real)RATE * sum);
        }
    }
}

/* turned = W^T, W (rows, columns) */
INLINE const real *turn(int rows, int columns, const real *W)
{
    for (int i = 0; i < rows; i += LANES) {
        for (int j = 0; j < columns; j += LANES) {
            vector square[LANES];
#pragma GCC unroll 16
            for (int r = 0; r < LANES; r++) {
                square[r] = load(W + (i + r) * columns + j);
            }
            transpose(square);
#pragma GCC unroll 16
            for (int r = 0; r < LANES; r++) {
                store(turned + (j + r) * rows + i, square[r]);
            }
        }
    }
    return turned;
}

/* The rows of a, centred and scaled; before and after gain and bias. */
INLINE void norm(const real *a, const real *gain, const real *bias, real *unit, real *root, real *to)
{
    for (int i = 0; i < ROWS; i += LANES) {
        vector part[LANES];
#pragma GCC unroll 16
        for (int r = 0; r < LANES; r++) {
            part[r] = load(a + (i + r) * D) + load(a + (i + r) * D + LANES);
        }
        const vector mean = sums(part) * (1.0f / D);
#pragma GCC unroll 16
        for (int r = 0; r < LANES; r++) {
            const vector m = splat(mean[r]);
            const vector u0 = load(a + (i + r) * D) - m, u1 = load(a + (i + r) * D + LANES) - m;
            store(unit + (i + r) * D, u0);
            store(unit + (i + r) * D + LANES, u1);
            part[r] = u0 * u0 + u1 * u1;
        }
        const vector var = sums(part) * (1.0f / D) + 1e-5f;
        for (int r = 0; r < LANES; r++) {
            root[i + r] = 1.0f / sqrtf(var[r]);
            for (int w = 0; w < D; w += LANES) {
                const int at = (i + r) * D + w;
                const vector u = load(unit + at) * root[i + r];
                store(unit + at, u);
                store(to + at, u * load(gain + w) + load(bias + w));
            }
        }
    }
}

/* to += the slope by what was normalised, unless NULL; gain and bias are trained */
INLINE void norm_back(const real *d, const real *unit, const real *root, real *gain, real *bias,
        real *to)
{
    vector dg0 = splat(0.0f), dg1 = dg0, db0 = dg0, db1 = dg0;
    const vector g0 = load(gain), g1 = load(gain + LANES);
    for (int i = 0; i < ROWS; i += LANES) {
        vector part[LANES], along[LANES];
#pragma GCC unroll 16
        for (int r = 0; r < LANES; r++) {
            const int at = (i + r) * D;
            const vector d0 = load(d + at), d1 = load(d + at + LANES);
            const vector u0 = load(unit + at), u1 = load(unit + at + LANES);
            dg0 += d0 * u0;
            dg1 += d1 * u1;
            db0 += d0;
            db1 += d1;
            part[r] = d0 * g0 + d1 * g1;
            along[r] = d0 * g0 * u0 + d1 * g1 * u1;
        }
        if (!to) {
            continue;
        }
        const vector mean = sums(part) * (1.0f / D), share = sums(along) * (1.0f / D);
        for (int r = 0; r < LANES; r++) {
            for (int w = 0; w < D; w += LANES) {
                const int at = (i + r) * D + w;
                const vector scaled = load(d + at) * (w ? g1 : g0);
                const vector by = (scaled - mean[r] - load(unit + at) * share[r]) * root[i + r];
                store(to + at, load(to + at) + by);
            }
        }
    }
    store(gain, g0 - (real)RATE * dg0);
    store(gain + LANES, g1 - (real)RATE * dg1);
    store(bias, load(bias) - (real)RATE * db0);
    store(bias + LANES, load(bias + LANES) - (real)RATE * db1);
}

INLINE void square_of(vector a[LANES], const real *from, int by_row)
{
#pragma GCC unroll 16
    for (int r = 0; r < LANES; r++) {
        a[r] = load(from + r * by_row);
    }
}

/* to[r] = sum[d](left[r, d] right[d]) for 16 rows */
INLINE void square_product(const real *left, int by_row, int by_depth, const vector right[LANES],
        real *to, int next)
{
    for (int i = 0; i < LANES; i += 8) {
        vector sum[8];
#pragma GCC unroll 8
        for (int r = 0; r < 8; r++) {
            sum[r] = splat(0.0f);
        }
#pragma GCC unroll 16
        for (int d = 0; d < LANES; d++) {
#pragma GCC unroll 8
            for (int r = 0; r < 8; r++) {
                sum[r] += left[(i + r) * by_row + d * by_depth] * right[d];
            }
        }
#pragma GCC unroll 8
        for (int r = 0; r < 8; r++) {
            store(to + (i + r) * next, sum[r]);
        }
    }
}

/* weights[u, t] = softmax over u of k[u] q[t] / 4; mixed[t] = sum[u](weights[u, t] v[u]) */
static void attend(void)
{
    for (int n = 0; n < N; n++) {
        for (int head = 0; head < HEADS; head++) {
            const int at = n * T * D + head * LANES;
            real *p = weights + (n * HEADS + head) * T * T;
            vector right[LANES];
            square_of(right, q + at, D);
            transpose(right);
            square_product(k + at, D, 1, right, p, T);
            vector top = load(p), sum = splat(0.0f);
            for (int u = 1; u < T; u++) {
                const vector s = load(p + u * T);
                top = choose(s > top, s, top);
            }
            for (int u = 0; u < T; u++) {
                const vector e = vector_exp((load(p + u * T) - top) * 0.25f);
                store(p + u * T, e);
                sum += e;
            }
            const vector share = 1.0f / sum;
            for (int u = 0; u < T; u++) {
                store(p + u * T, load(p + u * T) * share);
            }
            square_of(right, v + at, D);
            square_product(p, 1, T, right, mixed + at, D);
        }
    }
}

static void attend_back(void)
{
    for (int n = 0; n < N; n++) {
        for (int head = 0; head < HEADS; head++) {
            const int at = n * T * D + head * LANES;
            const real *p = weights + (n * HEADS + head) * T * T;
            real ds[T * T] ALIGNED;
            vector right[LANES], sum = splat(0.0f);
            square_of(right, dread + at, D);
            square_product(p, T, 1, right, dv + at, D);
            transpose(right);
            square_product(v + at, D, 1, right, ds, T);
            for (int u = 0; u < T; u++) {
                sum += load(p + u * T) * load(ds + u * T);
            }
            for (int u = 0; u < T; u++) {
                store(ds + u * T, load(p + u * T) * (load(ds + u * T) - sum) * 0.25f);
            }
            square_of(right, k + at, D);
            square_product(ds, 1, T, right, dq + at, D);
            square_of(right, q + at, D);
            square_product(ds, T, 1, right, dk + at, D);
        }
    }
}

static void before_heads(void)
{
    memcpy(xs, x, sizeof x);
    norm(xs, n1_g, n1_b, unit1, root1, n1);
    product(PLAIN, ROWS, D, D, n1, a_Wq, a_bq, q, NULL);
    product(PLAIN, ROWS, D, D, n1, a_Wk, a_bk, k, NULL);
    product(PLAIN, ROWS, D, D, n1, a_Wv, a_bv, v, NULL);
}

static void after_heads(void)
{
    product(ADD, ROWS, D, D, mixed, a_Wo, a_bo, h, xs);
    norm(h, n2_g, n2_b, unit2, root2, n2);
}

static void mlp(void)
{
    product(GELU, ROWS, HIDDEN, D, n2, m1_W, m1_b, g, slope);
    product(ADD, ROWS, D, HIDDEN, g, m2_W, m2_b, last, h);
}

/* The mean of the places, logits, loss; dlast (N, D), which is that of each place. */
static double lose(void)
{
    double loss = 0;
    real delta[N][CLASSES];
    for (int n = 0; n < N; n++) {
        vector mean[2] = {splat(0.0f), splat(0.0f)};
        for (int t = 0; t < T; t++) {
            mean[0] += load(last + (n * T + t) * D);
            mean[1] += load(last + (n * T + t) * D + LANES);
        }
        store(pooled + n * D, mean[0] * (1.0f / T));
        store(pooled + n * D + LANES, mean[1] * (1.0f / T));
        real z[CLASSES], total = 0;
        for (int c = 0; c < CLASSES; c++) {
            z[c] = z_b[c];
        }
        for (int j = 0; j < D; j++) {
            for (int c = 0; c < CLASSES; c++) {
                z[c] += pooled[n * D + j] * z_W[j * CLASSES + c];
            }
        }
        real top = z[0];
        for (int c = 1; c < CLASSES; c++) {
            top = z[c] > top ? z[c] : top;
        }
        for (int c = 0; c < CLASSES; c++) {
            delta[n][c] = expf(z[c] - top);
            total += delta[n][c];
        }
        loss += logf(total) - (z[y[n]] - top);
        for (int c = 0; c < CLASSES; c++) {
            delta[n][c] = (delta[n][c] / total - (c == y[n])) / N;
        }
        for (int j = 0; j < D; j++) {
            real sum = 0;
            for (int c = 0; c < CLASSES; c++) {
                sum += delta[n][c] * z_W[j * CLASSES + c];
            }
            dlast[n * D + j] = sum / T;
        }
    }
    for (int n = 0; n < N; n++) {
        for (int c = 0; c < CLASSES; c++) {
            z_b[c] -= (real)RATE * delta[n][c];
            for (int j = 0; j < D; j++) {
                z_W[j * CLASSES + c] -= (real)RATE * pooled[n * D + j] * delta[n][c];
            }
        }
    }
    return loss / N;
}

static void mlp_back(void)
{
    product(PLAIN, N, HIDDEN, D, dlast, turn(HIDDEN, D, m2_W), NULL, dg, NULL);
    for (int n = 0; n < N; n++) {
        for (int j = 0; j < HIDDEN; j += LANES) {
            vector sum = splat(0.0f);
            const vector d = load(dg + n * HIDDEN + j);
            for (int t = 0; t < T; t++) {
                const int at = (n * T + t) * HIDDEN + j;
                sum += load(g + at);
                store(dz + at, d * load(slope + at));
            }
            store(g_sum + n * HIDDEN + j, sum);
        }
        for (int j = 0; j < D; j += LANES) {
            const vector d = load(dlast + n * D + j);
            for (int t = 0; t < T; t++) {
                store(dh + (n * T + t) * D + j, d);
            }
            store(m2_b + j, load(m2_b + j) - (real)(RATE * T) * d);
        }
    }
    descend(N, HIDDEN, D, g_sum, dlast, m2_W, NULL);
    product(PLAIN, ROWS, D, HIDDEN, dz, turn(D, HIDDEN, m1_W), NULL, dn, NULL);
    norm_back(dn, unit2, root2, n2_g, n2_b, dh);
}

static void mlp_descend(void)
{
    descend(ROWS, D, HIDDEN, n2, dz, m1_W, m1_b);
}

static void heads_back(void)
{
    product(PLAIN, ROWS, D, D, dh, turn(D, D, a_Wo), NULL, dread, NULL);
    attend_back();
    product(PLAIN, ROWS, D, D, dq, turn(D, D, a_Wq), NULL, dn, NULL);
    product(ADD, ROWS, D, D, dk, turn(D, D, a_Wk), NULL, dn, dn);
    product(ADD, ROWS, D, D, dv, turn(D, D, a_Wv), NULL, dn, dn);
    norm_back(dn, unit1, root1, n1_g, n1_b, NULL);
}

static void heads_descend(void)
{
    descend(ROWS, D, D, mixed, dh, a_Wo, a_bo);
    descend(ROWS, D, D, n1, dq, a_Wq, a_bq);
    descend(ROWS, D, D, n1, dk, a_Wk, a_bk);
    descend(ROWS, D, D, n1, dv, a_Wv, a_bv);
}

static double train(void)
{
    before_heads();
    attend();
    after_heads();
    mlp();
    const double loss = lose();
    mlp_back();
    mlp_descend();
    heads_back();
    heads_descend();
    return loss;
}

static const array *listed(void)
{
    static const array all[] = {
        ARRAY(x), ARRAY(y), ARRAY(a_Wq), ARRAY(a_Wk), ARRAY(a_Wv), ARRAY(a_Wo), ARRAY(a_bq),
        ARRAY(a_bk), ARRAY(a_bv), ARRAY(a_bo), ARRAY(m1_W), ARRAY(m1_b), ARRAY(m2_W), ARRAY(m2_b),
        ARRAY(n1_g), ARRAY(n1_b), ARRAY(n2_g), ARRAY(n2_b), ARRAY(z_W), ARRAY(z_b),
        {NULL, NULL, 0},
    };
    return all;
}
