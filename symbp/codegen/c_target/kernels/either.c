/*
 * The elements that won, of 2 x 2 each, for some samples: their values and their numbers 0 .. 3 lie
 * alike. A sum has at most WIDE columns, a constant in every call.
 */
typedef struct {
    const $real *value, *winner;
    ptrdiff_t high, wide, samples, row, column;
} windows;

#if defined(__GNUC__)

enum { WIDE = $wide };

/* Takes each number from `a` where `side` is larger than a bound, else from `b`. */
static inline __attribute__((always_inline)) vector either(vector side, $real bound, vector a,
        vector b)
{
#if defined(__clang__) || VECTOR_BYTES == 16
    const places larger = side > bound + (vector){0};
    return (vector)((larger & (places)a) | (~larger & (places)b));
#else
    vector found = a;
    for (int e = 0; e < LANES; e++) {
        found[e] = side[e] > bound ? a[e] : b[e];
    }
    return found;
#endif
}

/* Tells the column of the winners, 0 or 1; their rows are 1 where their numbers are above 1. */
static inline __attribute__((always_inline)) vector sideways(vector winner)
{
    return either(winner, 1, winner - 2, winner);
}

#endif
