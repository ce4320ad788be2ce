/* Fills an array with uniform numbers in [0, 1): a stream of splitmix64 (Steele, Lea and Flood
 * 2014) that seed, step and the number of the array tell, cut to as many bits as fit. */
static void uniform($real *to, ptrdiff_t count, uint64_t seed, uint64_t step, uint64_t which)
{
    const uint64_t key = mixed(mixed(mixed(seed) + step) + which);
    for (ptrdiff_t k = 0; k < count; k++) {
        const uint64_t z = mixed(key + (uint64_t)(k + 1) * 0x9e3779b97f4a7c15);
        to[k] = ($real)(int64_t)(z >> (64 - $bits)) * 0x1p-$bits$suffix;
    }
}
