/*
 * The rate of multiplications and additions of one core: independent chains of fused
 * multiply-adds over the widest vectors that the compiler may use, all of them in registers.
 * A step is OPERATIONS multiplications and additions.
 */
#include "extension.h"

#if defined __AVX512F__
#define BYTES 64
#elif defined __AVX__
#define BYTES 32
#else
#define BYTES 16
#endif

typedef real vector __attribute__((vector_size(BYTES)));

enum { CHAINS = 12, LANES = BYTES / sizeof(real), ROUNDS = OPERATIONS / (2 * CHAINS * LANES) };

static volatile real half = (real)0.5, unit = (real)1.0; /* not known to the compiler */

static double train(void)
{
    vector a[CHAINS];
    const vector factor = (vector){0} + half, one = (vector){0} + unit;
    for (int c = 0; c < CHAINS; c++) {
        a[c] = one * (real)c;
    }
    for (int r = 0; r < ROUNDS; r++) {
#pragma GCC unroll 12
        for (int c = 0; c < CHAINS; c++) {
            a[c] = a[c] * factor + one;
        }
    }
    vector sum = {0};
    for (int c = 0; c < CHAINS; c++) {
        sum += a[c];
    }
    return (double)sum[0];
}

static const array *listed(void)
{
    static const array all[] = {{NULL, NULL, 0}};
    return all;
}
