#if defined(__GNUC__)

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

/* A register's numbers, wherever they lie in memory; and as many whole numbers. */
typedef $real vector
        __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof($real)), may_alias));
typedef $whole places __attribute__((vector_size(VECTOR_BYTES)));

enum {
    LANES = VECTOR_BYTES / (int)sizeof($real),
    TILE_ROWS = VECTOR_BYTES == 64 ? 8 : 4, /* as many as there are registers for */
    TILE_COLUMNS = 2 * LANES
};

/* The numbers of two registers, one after the other, that stand at some places. */
static inline __attribute__((always_inline)) vector shuffled(vector a, vector b, places at)
{
#if defined(__clang__)
    vector found = a;
#pragma unroll
    for (int e = 0; e < LANES; e++) {
        found[e] = at[e] < LANES ? a[at[e]] : b[at[e] - LANES];
    }
    return found;
#else
    return __builtin_shuffle(a, b, at);
#endif
}

/* Adds to each number the one `half` places further. */
static inline __attribute__((always_inline)) vector folded(vector lanes, int half)
{
    places at;
    for (int e = 0; e < LANES; e++) {
        at[e] = (e + half) % LANES;
    }
    return lanes + shuffled(lanes, lanes, at);
}

/* The sum of a register's numbers. */
static inline __attribute__((always_inline)) $real added_up(vector lanes)
{
    lanes = folded(lanes, 1);
    if (LANES > 2) {
        lanes = folded(lanes, 2);
    }
    if (LANES > 4) {
        lanes = folded(lanes, 4);
    }
    if (LANES > 8) {
        lanes = folded(lanes, 8);
    }
    return lanes[0];
}

#endif
