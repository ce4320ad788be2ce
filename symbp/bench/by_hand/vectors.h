/*
 * Vectors of sixteen floats, and what the files that use them share. Sums along the lanes are done
 * for sixteen vectors at once: they are transposed, and added up crosswise.
 */
#define LANES 16

#define INLINE static inline __attribute__((always_inline))
#define ALIGNED __attribute__((aligned(64)))

typedef float vector __attribute__((vector_size(4 * LANES), may_alias));
typedef int32_t bits __attribute__((vector_size(4 * LANES), may_alias));

INLINE vector splat(real value)
{
    return (vector){0} + value;
}

INLINE vector load(const real *from)
{
    return *(const vector *)from;
}

INLINE void store(real *to, vector value)
{
    *(vector *)to = value;
}

INLINE vector choose(bits condition, vector yes, vector no)
{
    return (vector)((condition & (bits)yes) | (~condition & (bits)no));
}

/* Transpose a square of LANES rows: four times, interleave the upper half with the lower. */
INLINE void transpose(vector a[LANES])
{
#pragma GCC unroll 4
    for (int stage = 0; stage < 4; stage++) {
        vector b[LANES];
#pragma GCC unroll 8
        for (int r = 0; r < LANES / 2; r++) {
            b[2 * r] = __builtin_shufflevector(a[r], a[r + LANES / 2],
                    0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            b[2 * r + 1] = __builtin_shufflevector(a[r], a[r + LANES / 2],
                    8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
#pragma GCC unroll 16
        for (int r = 0; r < LANES; r++) {
            a[r] = b[r];
        }
    }
}

/* The sum of each of sixteen vectors. */
INLINE vector sums(vector a[LANES])
{
    transpose(a);
    vector total = a[0];
#pragma GCC unroll 16
    for (int r = 1; r < LANES; r++) {
        total += a[r];
    }
    return total;
}

/* 2^k e^r with a = k log(2) + r; for |a| < 87, and beyond as there. */
INLINE vector vector_exp(vector a)
{
    const vector limit = splat(87.0f);
    a = choose(a < -limit, -limit, a);
    a = choose(a > limit, limit, a);
    const vector k = a * 1.44269504f + 12582912.0f; /* 1.5 * 2^23: the last bits hold k */
    const vector whole = k - 12582912.0f;
    const vector r = a - whole * 0.693359375f + whole * 2.12194440e-4f;
    vector p = splat(1.0f / 720);
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    return (vector)((bits)p + (((bits)k) << 23));
}

/* x P(x^2) / Q(x^2), the quotient of polynomials that Eigen uses; beyond 7.9 it is 1. */
INLINE vector vector_tanh(vector a)
{
    const vector limit = splat(7.90531110763549805f);
    a = choose(a > limit, limit, a);
    a = choose(a < -limit, -limit, a);
    const vector s = a * a;
    vector p = splat(-2.76076847742355e-16f);
    p = p * s + 2.00018790482477e-13f;
    p = p * s - 8.60467152213735e-11f;
    p = p * s + 5.12229709037114e-08f;
    p = p * s + 1.48572235717979e-05f;
    p = p * s + 6.37261928875436e-04f;
    p = p * s + 4.89352455891786e-03f;
    vector q = splat(1.19825839466702e-06f);
    q = q * s + 1.18534705686654e-04f;
    q = q * s + 2.26843463243900e-03f;
    q = q * s + 4.89352518554385e-03f;
    return a * p / q;
}
