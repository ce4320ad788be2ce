#if defined(__GNUC__)

/* Copies a matrix, transposed: target[i,j] = source[j,i]. Its rows and the other's are apart. */
SHARED void turn(ptrdiff_t rows, ptrdiff_t columns, const $real *source, ptrdiff_t step,
        $real *target, ptrdiff_t target_step)
{
    const ptrdiff_t deep = rows - rows % LANES, wide = columns - columns % LANES;
    for (ptrdiff_t i = 0; i < deep; i += LANES) {
        for (ptrdiff_t j = 0; j < wide; j += LANES) {
            transpose(source + j * step + i, step, target + i * target_step + j, target_step);
        }
    }
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = i < deep ? wide : 0; j < columns; j++) {
            target[i * target_step + j] = source[j * step + i];
        }
    }
}

#else

/* Copies a matrix, transposed: target[i,j] = source[j,i]. Its rows and the other's are apart. */
static void turn(ptrdiff_t rows, ptrdiff_t columns, const $real *source, ptrdiff_t step,
        $real *target, ptrdiff_t target_step)
{
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            target[i * target_step + j] = source[j * step + i];
        }
    }
}

#endif
