#if defined(__GNUC__)

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

/* A register's numbers, wherever they lie in memory. */
typedef $real vector
        __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof($real)), may_alias));

enum {
    LANES = VECTOR_BYTES / (int)sizeof($real),
    TILE_ROWS = VECTOR_BYTES == 64 ? 8 : 4, /* as many as there are registers for */
    TILE_COLUMNS = 2 * LANES
};

#endif
