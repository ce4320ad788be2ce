/*
 * A training step of an LSTM in float32, the units innermost, as the weights have them.
 *
 *     forward    4 samples x 16 units of all four gates stay in registers, over x and h before;
 *                the cell is computed on them before anything is stored
 *     backward   8 samples x all units: dh = dz U^T, with U transposed once a step
 *     descent    one product for all steps at the end: 4 rows of W or U x 4 vectors
 *
 * At the first step h is 0 and its product is left out, forward and backward.
 *
 * Macros: N, D, H = 32, T, RATE.
 */
#include "extension.h"

#include "vectors.h"

#if N % LANES || D % 4 || H != 32
#error "the tiles don't fit these sizes"
#endif

enum { GATES = 4 * H, I = 0, F = H, O = 2 * H, A = 3 * H };

static real x[N * T * D], y[N];
static ALIGNED real h_W[D * GATES], h_U[H * GATES], h_b[GATES], p_W[H], p_b[1];
static ALIGNED real gates[T * N * GATES], h[(T + 1) * N * H], c[(T + 1) * N * H], tanh_c[T * N * H];
static ALIGNED real dz[T * N * GATES], V[GATES * H], dh[N * H], dc[N * H], db[GATES];

INLINE vector sigmoid(vector a)
{
    return 1.0f / (1.0f + vector_exp(-a));
}

/* z[r, g] += sum[i](a[r, i] M[i, g]) for 4 rows and the gates of 16 units */
INLINE void gather(vector z[4][4], const real *a, int by_row, int depth, const real *M)
{
    for (int i = 0; i < depth; i++) {
        vector m[4];
#pragma GCC unroll 4
        for (int g = 0; g < 4; g++) {
            m[g] = load(M + i * GATES + g * H);
        }
#pragma GCC unroll 4
        for (int r = 0; r < 4; r++) {
            const vector b = splat(a[r * by_row + i]);
#pragma GCC unroll 4
            for (int g = 0; g < 4; g++) {
                z[r][g] += b * m[g];
            }
        }
    }
}

static void forward(void)
{
    for (int t = 0; t < T; t++) {
        for (int j = 0; j < H; j += LANES) {
            for (int n = 0; n < N; n += 4) {
                vector z[4][4];
#pragma GCC unroll 4
                for (int r = 0; r < 4; r++) {
#pragma GCC unroll 4
                    for (int g = 0; g < 4; g++) {
                        z[r][g] = load(h_b + g * H + j);
                    }
                }
                gather(z, x + (n * T + t) * D, T * D, D, h_W + j);
                if (t) {
                    gather(z, h + (t * N + n) * H, H, H, h_U + j);
                }
#pragma GCC unroll 4
                for (int r = 0; r < 4; r++) {
                    const int at = t * N + n + r;
                    const vector i = sigmoid(z[r][0]), f = sigmoid(z[r][1]);
                    const vector o = sigmoid(z[r][2]), a = vector_tanh(z[r][3]);
                    const vector now = f * load(c + at * H + j) + i * a;
                    const vector tanh_now = vector_tanh(now);
                    store(gates + at * GATES + I + j, i);
                    store(gates + at * GATES + F + j, f);
                    store(gates + at * GATES + O + j, o);
                    store(gates + at * GATES + A + j, a);
                    store(tanh_c + at * H + j, tanh_now);
                    store(c + (at + N) * H + j, now);
                    store(h + (at + N) * H + j, o * tanh_now);
                }
            }
        }
    }
}

/* The mean of (h W + b - y)^2 with the last h, its slope by h, and the descent of W and b. */
static double lose(void)
{
    const real *last = h + T * N * H;
    vector dW[2] = {splat(0.0f), splat(0.0f)};
    const vector w[2] = {load(p_W), load(p_W + LANES)};
    real loss = 0, total = 0;
    for (int n = 0; n < N; n += LANES) {
        vector products[LANES];
#pragma GCC unroll 16
        for (int r = 0; r < LANES; r++) {
            const real *row = last + (n + r) * H;
            products[r] = load(row) * w[0] + load(row + LANES) * w[1];
        }
        const vector p = sums(products) + p_b[0];
        for (int r = 0; r < LANES; r++) {
            const real error = p[r] - y[n + r], d = error * ((real)2 / N);
            loss += error * error;
            total += d;
            for (int v = 0; v < 2; v++) {
                dW[v] += d * load(last + (n + r) * H + v * LANES);
                store(dh + (n + r) * H + v * LANES, d * w[v]);
            }
        }
    }
    store(p_W, w[0] - (real)RATE * dW[0]);
    store(p_W + LANES, w[1] - (real)RATE * dW[1]);
    p_b[0] -= (real)RATE * total;
    return loss / N;
}

/* V = U^T */
static void turn(void)
{
    for (int k = 0; k < H; k += LANES) {
        for (int g = 0; g < GATES; g += LANES) {
            vector square[LANES];
#pragma GCC unroll 16
            for (int r = 0; r < LANES; r++) {
                square[r] = load(h_U + (k + r) * GATES + g);
            }
            transpose(square);
#pragma GCC unroll 16
            for (int r = 0; r < LANES; r++) {
                store(V + (g + r) * H + k, square[r]);
            }
        }
    }
}

/* dz of step t from dh and dc, which becomes that of the step before; db adds up. */
INLINE void through_cells(int t)
{
    for (int j = 0; j < H; j += LANES) {
        vector total[4];
        for (int g = 0; g < 4; g++) {
            total[g] = load(db + g * H + j);
        }
        for (int n = 0; n < N; n++) {
            const int at = t * N + n;
            const vector i = load(gates + at * GATES + I + j), f = load(gates + at * GATES + F + j);
            const vector o = load(gates + at * GATES + O + j), a = load(gates + at * GATES + A + j);
            const vector s = load(tanh_c + at * H + j), dhn = load(dh + n * H + j);
            const vector d = load(dc + n * H + j) + dhn * o * (1.0f - s * s);
            const vector dzn[4] = {
                d * a * (i - i * i),
                d * load(c + at * H + j) * (f - f * f),
                dhn * s * (o - o * o),
                d * i * (1.0f - a * a),
            };
            store(dc + n * H + j, d * f);
#pragma GCC unroll 4
            for (int g = 0; g < 4; g++) {
                store(dz + at * GATES + g * H + j, dzn[g]);
                total[g] += dzn[g];
            }
        }
        for (int g = 0; g < 4; g++) {
            store(db + g * H + j, total[g]);
        }
    }
}

/* dh[n, k] = sum[g](dz[n, g] V[g, k]) */
INLINE void to_h_before(const real *d)
{
    for (int n = 0; n < N; n += 8) {
        vector sum[8][2];
#pragma GCC unroll 8
        for (int r = 0; r < 8; r++) {
            sum[r][0] = sum[r][1] = splat(0.0f);
        }
        for (int g = 0; g < GATES; g++) {
            const vector v0 = load(V + g * H), v1 = load(V + g * H + LANES);
#pragma GCC unroll 8
            for (int r = 0; r < 8; r++) {
                const vector b = splat(d[(n + r) * GATES + g]);
                sum[r][0] += b * v0;
                sum[r][1] += b * v1;
            }
        }
#pragma GCC unroll 8
        for (int r = 0; r < 8; r++) {
            store(dh + (n + r) * H, sum[r][0]);
            store(dh + (n + r) * H + LANES, sum[r][1]);
        }
    }
}

static void backward(void)
{
    turn();
    memset(dc, 0, sizeof dc);
    memset(db, 0, sizeof db);
    for (int t = T - 1; t >= 0; t--) {
        through_cells(t);
        if (t) {
            to_h_before(dz + t * N * GATES);
        }
    }
}

/* M[i, g] -= rate sum[t, n](a[t, n, i] dz[t, n, g]), from step `from` on */
INLINE void descend(real *M, int depth, const real *a, int by_step, int by_sample, int from)
{
    for (int g = 0; g < GATES; g += 4 * LANES) {
        for (int i = 0; i < depth; i += 4) {
            vector sum[4][4];
#pragma GCC unroll 4
            for (int r = 0; r < 4; r++) {
#pragma GCC unroll 4
                for (int v = 0; v < 4; v++) {
                    sum[r][v] = splat(0.0f);
                }
            }
            for (int t = from; t < T; t++) {
                for (int n = 0; n < N; n++) {
                    const real *d = dz + (t * N + n) * GATES + g;
                    const real *left = a + t * by_step + n * by_sample + i;
                    vector along[4];
#pragma GCC unroll 4
                    for (int v = 0; v < 4; v++) {
                        along[v] = load(d + v * LANES);
                    }
#pragma GCC unroll 4
                    for (int r = 0; r < 4; r++) {
                        const vector b = splat(left[r]);
#pragma GCC unroll 4
                        for (int v = 0; v < 4; v++) {
                            sum[r][v] += b * along[v];
                        }
                    }
                }
            }
#pragma GCC unroll 4
            for (int r = 0; r < 4; r++) {
#pragma GCC unroll 4
                for (int v = 0; v < 4; v++) {
                    real *place = M + (i + r) * GATES + g + v * LANES;
                    store(place, load(place) - (real)RATE * sum[r][v]);
                }
            }
        }
    }
}

static void descend_all(void)
{
    descend(h_W, D, x, D, T * D, 0);
    descend(h_U, H, h, N * H, H, 1);
    for (int g = 0; g < GATES; g += LANES) {
        store(h_b + g, load(h_b + g) - (real)RATE * load(db + g));
    }
}

static double train(void)
{
    forward();
    const double loss = lose();
    backward();
    descend_all();
    return loss;
}

static const array *listed(void)
{
    static const array all[] = {
        ARRAY(x), ARRAY(y), ARRAY(h_W), ARRAY(h_U), ARRAY(h_b), ARRAY(p_W), ARRAY(p_b),
        {NULL, NULL, 0},
    };
    return all;
}
