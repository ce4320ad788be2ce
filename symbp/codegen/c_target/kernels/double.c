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

/* x - k log(2), the last in two parts, of which k times the first is exact. */
static inline double less_logs(double x, double k)
{
    return (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10;
}

/* e^r - 1 for |r| <= log(2) / 2, by Taylor's series up to r^13. */
static inline double small_expm1(double r)
{
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    return r + r * r * p;
}

/* e^x = 2^k e^r with x = k log(2) + r and |r| <= log(2) / 2, within 2 units in the last place. */
static inline double fast_exp(double x)
{
    x = x > 1000.0 ? 1000.0 : x;
    x = x < -1000.0 ? -1000.0 : x;
    const double k = nearest(x * 1.4426950408889634);
    const double half = nearest(k * 0.5); /* 2^k itself may be no number of this type */
    const double r = less_logs(x, k);
    return (1.0 + small_expm1(r)) * power_of_two(half) * power_of_two(k - half);
}

/* e^x - 1 for -80 <= x <= 0. */
static inline double negative_expm1(double x)
{
    const double k = nearest(x * 1.4426950408889634);
    const double power = power_of_two(k);
    return power * small_expm1(less_logs(x, k)) + (power - 1.0);
}

/* tanh |x| = -t / (t + 2) with t = e^(-2 |x|) - 1, within 3 units in the last place. */
static inline double fast_tanh(double x)
{
    const double y = -2.0 * fabs(x);
    const double t = negative_expm1(y < -80.0 ? -80.0 : y);
    return copysign(t / (t + 2.0), x);
}

/* log(1 + x) = 2 artanh(s) with s = x / (2 + x), for 0 <= x <= 1, by the series up to s^31. */
static inline double small_log1p(double x)
{
    const double s = x / (2.0 + x), z = s * s;
    double p = 1.0 / 31.0;
    p = p * z + 1.0 / 29.0;
    p = p * z + 1.0 / 27.0;
    p = p * z + 1.0 / 25.0;
    p = p * z + 1.0 / 23.0;
    p = p * z + 1.0 / 21.0;
    p = p * z + 1.0 / 19.0;
    p = p * z + 1.0 / 17.0;
    p = p * z + 1.0 / 15.0;
    p = p * z + 1.0 / 13.0;
    p = p * z + 1.0 / 11.0;
    p = p * z + 1.0 / 9.0;
    p = p * z + 1.0 / 7.0;
    p = p * z + 1.0 / 5.0;
    p = p * z + 1.0 / 3.0;
    return 2.0 * (s + s * z * p);
}
