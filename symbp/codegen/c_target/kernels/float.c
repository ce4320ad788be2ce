/* 2^k, for whole k from -126 to 127: the bits of k in the place of an exponent. */
static inline float power_of_twof(float k)
{
    /* The last bits of k + 1.5 * 2^23 hold k. */
    const float shifted = k + 12582912.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* The whole number next to x, for |x| < 2^22. */
static inline float nearestf(float x)
{
    return (x + 12582912.0f) - 12582912.0f;
}

/* x - k log(2), the last in two parts, of which k times the first is exact (Cody and Waite). */
static inline float less_logsf(float x, float k)
{
    return (x - k * 0.693359375f) - k * -2.12194440e-4f;
}

/* e^r for |r| <= log(2) / 2 + 5e-5: a minimax polynomial, right to 2^-23. */
static inline float small_expf(float r)
{
    float p = 0.008312483f;
    p = p * r + 0.041890163f;
    p = p * r + 0.16667116f;
    p = p * r + 0.4999923f;
    return 1.0f + (r + r * r * p);
}

/* e^x = 2^k e^r with x = k log(2) + r and |r| <= log(2) / 2, within 3 units in the last place. */
static inline float fast_expf(float x)
{
    float y = x > 89.0f ? 89.0f : x;
    y = x < -105.0f ? -105.0f : y;
    const float k = nearestf(y * 1.44269504f);
    /* 2^k itself may be no number of this type: it is another one, times 2 or 2^-64. */
    const float most = k + (x < 0.0f ? 64.0f : -1.0f);
    const float rest = x < 0.0f ? 5.42101086e-20f : 2.0f;
    return small_expf(less_logsf(y, k)) * power_of_twof(most) * rest;
}

/* The same for x <= 0. */
static inline float negative_expf(float x)
{
    x = x < -105.0f ? -105.0f : x;
    const float k = nearestf(x * 1.44269504f);
    return small_expf(less_logsf(x, k)) * power_of_twof(k + 64.0f) * 5.42101086e-20f;
}

/* e^r - 1 for |r| <= log(2) / 2: a minimax polynomial, right to 2^-26. */
static inline float small_expm1f(float r)
{
    float p = 0.001394643f;
    p = p * r + 0.008366574f;
    p = p * r + 0.041666284f;
    p = p * r + 0.16666543f;
    p = p * r + 0.5f;
    return r + r * r * p;
}

/* e^x - 1 = 2^k (e^r - 1) + 2^k - 1, in halves that do not overflow; within 3 units. */
static inline float fast_expm1f(float x)
{
    float y = x > 89.0f ? 89.0f : x;
    y = x < -20.0f ? -20.0f : y;
    const float k = nearestf(y * 1.44269504f);
    const float power = power_of_twof(k - 1.0f);
    return copysignf(2.0f * (power * small_expm1f(less_logsf(y, k)) + (power - 0.5f)), x);
}

/* tanh |x| = -t / (t + 2) with t = e^(-2 |x|) - 1, within 3 units in the last place. */
static inline float fast_tanhf(float x)
{
    float y = -2.0f * fabsf(x);
    y = y < -20.0f ? -20.0f : y;
    const float k = nearestf(y * 1.44269504f);
    const float power = power_of_twof(k);
    const float t = power * small_expm1f(less_logsf(y, k)) + (power - 1.0f);
    return copysignf(t / (t + 2.0f), x);
}

/* The k for which y = 2^k m with sqrt(1/2) <= m < sqrt(2), for normal y > 0. */
static inline float exponentf(float y)
{
    uint32_t bits;
    memcpy(&bits, &y, sizeof bits);
    /* The bits of 1 less those of sqrt(1/2) are added; the exponent is put into 2^23 + k. */
    bits = ((bits + 0x004afb0du) >> 23) | 0x4b000000u;
    float k;
    memcpy(&k, &bits, sizeof k);
    return k - 8388735.0f;
}

/*
 * log(2^k (1 + f)) for sqrt(1/2) <= 1 + f < sqrt(2), by log(1 + f) = 2 artanh(s) = f - s (f - R)
 * with s = f / (2 + f), as in Sun's fdlibm, e_log.c (1993); R is a minimax polynomial in s^2.
 */
static inline float logarithmf(float k, float f)
{
    const float s = f / (2.0f + f), z = s * s;
    float p = 0.2986979f;
    p = p * z + 0.39977634f;
    p = p * z + 0.66666776f;
    return k * 0.693359375f - ((s * (f - z * p) - k * -2.12194440e-4f) - f);
}

/* What is added to a logarithm for its value at the ends: infinity at 0 and infinity, or NaN. */
static inline float end_of_logf(float x)
{
    float end = x >= 0.0f ? 0.0f : NAN;
    end = x == 0.0f ? -INFINITY : end;
    return x > 3.40282347e38f ? INFINITY : end;
}

/* The natural logarithm, within 2 units in the last place. */
static inline float fast_logf(float x)
{
    /* What is below the normal numbers is multiplied by 2^25. */
    const float y = x * (x < 1.17549435e-38f ? 33554432.0f : 1.0f);
    const float k = exponentf(y);
    const float below = x < 1.17549435e-38f ? 25.0f : 0.0f;
    uint32_t bits;
    memcpy(&bits, &y, sizeof bits);
    bits = ((bits + 0x004afb0du) & 0x007fffffu) + 0x3f3504f3u;
    float m;
    memcpy(&m, &bits, sizeof m);
    return logarithmf(k - below, m - 1.0f) + end_of_logf(x);
}

/* log(1 + x), within 3 units in the last place: 2^-k (1 + x) - 1 is rounded but once. */
static inline float fast_log1pf(float x)
{
    float y = x > 3.40282347e38f ? 3.40282347e38f : x;
    y *= x > 1e30f ? 2.98023224e-8f : 1.0f; /* 2^-25, lest 2^-k be no normal number */
    const float above = x > 1e30f ? 25.0f : 0.0f;
    const float k = exponentf(1.0f + y);
    const float power = power_of_twof(-k);
    return copysignf(logarithmf(k + above, power * y + (power - 1.0f)) + end_of_logf(1.0f + x), x);
}

/* The same for 0 <= x <= 1. */
static inline float small_log1pf(float x)
{
    const float power = x > 0.414213562f ? 0.5f : 1.0f;
    const float k = x > 0.414213562f ? 1.0f : 0.0f;
    return logarithmf(k, power * x + (power - 1.0f));
}

/*
 * The normal distribution's tail at a >= 0, the integral of e^(-t^2/2) / sqrt(2 pi) from a on, as
 * e^(-a^2/2) / (sqrt(2 pi) a + p / q), p / q a minimax rational function right to 2^-30. All terms
 * are positive, and p / q, which carries most roundings, counts less the larger a is. (After W. J.
 * Cody, Rational Chebyshev approximations for the error function, 1969.)
 */
static inline float normal_tailf(float a)
{
    a = a > 14.5f ? 14.5f : a;
    /* a^2 has an exact part, that of a's first 12 bits, and a small one. */
    const float head = (a + 49152.0f) - 49152.0f;
    const float x = -0.5f * head * head;
    const float k = nearestf(x * 1.44269504f);
    const float r = less_logsf(x, k) - 0.5f * (a - head) * (a + head);
    float p = 0.006268879f;
    p = p * a + 0.07491294f;
    p = p * a + 0.41682574f;
    p = p * a + 1.2613288f;
    p = p * a + 2.0f;
    float q = 0.0025006768f;
    q = q * a + 0.029898223f;
    q = q * a + 0.17102179f;
    q = q * a + 0.5664317f;
    q = q * a + 1.086094f;
    q = q * a + 1.0f;
    q = q / (2.5066283f * a * q + p);
    return (1.0f + small_expm1f(r)) * q * power_of_twof(k + 64.0f) * 5.42101086e-20f;
}

/* The normal distribution function, within 4 units in the last place, in its left tail too. */
static inline float normal_cdff(float x)
{
    const float tail = normal_tailf(fabsf(x));
    return (x < 0.0f ? 0.0f : 1.0f) + (x < 0.0f ? tail : -tail);
}

/* The error function, within 2 units: a minimax polynomial, or from 1 on by the normal tail. */
static inline float fast_erff(float x)
{
    const float a = fabsf(x), z = a * a;
    float p = 7.8538615e-05f;
    p = p * z - 0.00080101937f;
    p = p * z + 0.0051883277f;
    p = p * z - 0.026853811f;
    p = p * z + 0.112835854f;
    p = p * z - 0.37612626f;
    p = p * z + 1.1283791f;
    const float inner = a * p, outer = 1.0f - 2.0f * normal_tailf(a * 1.41421356f);
    return copysignf(a < 1.0f ? inner : outer, x);
}
