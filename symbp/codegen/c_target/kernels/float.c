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

/* x - k log(2), the last in two parts, of which k times the first is exact. */
static inline float less_logsf(float x, float k)
{
    return (x - k * 0.693359375f) - k * -2.12194440e-4f;
}

/* e^r - 1 for |r| <= log(2) / 2, by Taylor's series up to r^7. */
static inline float small_expm1f(float r)
{
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    return r + r * r * p;
}

/* e^x = 2^k e^r with x = k log(2) + r and |r| <= log(2) / 2, within 2 units in the last place. */
static inline float fast_expf(float x)
{
    x = x > 150.0f ? 150.0f : x;
    x = x < -150.0f ? -150.0f : x;
    const float k = nearestf(x * 1.44269504f);
    const float half = nearestf(k * 0.5f); /* 2^k itself may be no number of this type */
    const float r = less_logsf(x, k);
    return (1.0f + small_expm1f(r)) * power_of_twof(half) * power_of_twof(k - half);
}

/* e^x - 1 for -40 <= x <= 0. */
static inline float negative_expm1f(float x)
{
    const float k = nearestf(x * 1.44269504f);
    const float power = power_of_twof(k);
    return power * small_expm1f(less_logsf(x, k)) + (power - 1.0f);
}

/* tanh |x| = -t / (t + 2) with t = e^(-2 |x|) - 1, within 3 units in the last place. */
static inline float fast_tanhf(float x)
{
    const float y = -2.0f * fabsf(x);
    const float t = negative_expm1f(y < -40.0f ? -40.0f : y);
    return copysignf(t / (t + 2.0f), x);
}

/* log(1 + x) = 2 artanh(s) with s = x / (2 + x), for 0 <= x <= 1, by the series up to s^15. */
static inline float small_log1pf(float x)
{
    const float s = x / (2.0f + x), z = s * s;
    float p = 1.0f / 15.0f;
    p = p * z + 1.0f / 13.0f;
    p = p * z + 1.0f / 11.0f;
    p = p * z + 1.0f / 9.0f;
    p = p * z + 1.0f / 7.0f;
    p = p * z + 1.0f / 5.0f;
    p = p * z + 1.0f / 3.0f;
    return 2.0f * (s + s * z * p);
}
