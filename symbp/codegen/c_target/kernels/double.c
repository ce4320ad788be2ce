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

/* The same for x <= 0. */
static inline double negative_exp(double x)
{
    x = x < -750.0 ? -750.0 : x;
    const double k = nearest(x * 1.4426950408889634);
    const double p = 1.0 + small_expm1(less_logs(x, k));
    return p * power_of_two(k + 128.0) * 2.938735877055719e-39;
}

/* e^x - 1 = 2^k (e^r - 1) + 2^k - 1, in halves that do not overflow; within 3 units. */
static inline double fast_expm1(double x)
{
    double y = x > 710.0 ? 710.0 : x;
    y = x < -40.0 ? -40.0 : y;
    const double k = nearest(y * 1.4426950408889634);
    const double power = power_of_two(k - 1.0);
    return copysign(2.0 * (power * small_expm1(less_logs(y, k)) + (power - 0.5)), x);
}

/* tanh |x| = -t / (t + 2) with t = e^(-2 |x|) - 1, within 3 units in the last place. */
static inline double fast_tanh(double x)
{
    double y = -2.0 * fabs(x);
    y = y < -40.0 ? -40.0 : y;
    const double k = nearest(y * 1.4426950408889634);
    const double power = power_of_two(k);
    const double t = power * small_expm1(less_logs(y, k)) + (power - 1.0);
    return copysign(t / (t + 2.0), x);
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

/* log(1 + x), within 3 units in the last place: 2^-k (1 + x) - 1 is rounded but once. */
static inline double fast_log1p(double x)
{
    double y = x > 1.7976931348623157e308 ? 1.7976931348623157e308 : x;
    y *= x > 1e300 ? 5.551115123125783e-17 : 1.0; /* 2^-54, lest 2^-k be no normal number */
    const double above = x > 1e300 ? 54.0 : 0.0;
    const double k = exponent(1.0 + y);
    const double power = power_of_two(-k);
    return copysign(logarithm(k + above, power * y + (power - 1.0)) + end_of_log(1.0 + x), x);
}

/* The same for 0 <= x <= 1. */
static inline double small_log1p(double x)
{
    const double power = x > 0.41421356237309503 ? 0.5 : 1.0;
    const double k = x > 0.41421356237309503 ? 1.0 : 0.0;
    return logarithm(k, power * x + (power - 1.0));
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

/* The error function, within 2 units: a minimax polynomial, or from 1 on by the normal tail. */
static inline double fast_erf(double x)
{
    const double a = fabs(x), z = a * a;
    double p = -7.779467907778251e-10;
    p = p * z + 1.3710980061289079e-08;
    p = p * z - 1.6206313675049324e-07;
    p = p * z + 1.644713155962942e-06;
    p = p * z - 1.4924712300989882e-05;
    p = p * z + 0.00012055293576841227;
    p = p * z - 0.0008548325929312093;
    p = p * z + 0.005223977606118405;
    p = p * z - 0.026866170643111455;
    p = p * z + 0.11283791670944185;
    p = p * z - 0.3761263890318352;
    p = p * z + 1.1283791670955126;
    const double inner = a * p, outer = 1.0 - 2.0 * normal_tail(a * 1.4142135623730951);
    return copysign(a < 1.0 ? inner : outer, x);
}
