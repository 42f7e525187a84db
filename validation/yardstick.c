// Workload W1 by the plainest means: f64, the classical Runge-Kutta method, one particle after another.
// It shares no line with drogue. Its speed is the unit that other speeds are told in, and where its
// particles end is what drogue's are held against.
//
//     gcc -O3 -march=native -fopenmp yardstick.c -o yardstick -lm
//     ./yardstick FIELDS STARTS ENDS REPEATS
//
// FIELDS holds f32: for each snapshot u and then v, row by row from the south. STARTS and ENDS hold f64:
// longitude and latitude of each particle in degrees. Prints the median of the seconds that the particles
// took, on as many threads as OMP_NUM_THREADS says.

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 512, ROWS = 512, NODES = COLUMNS * ROWS, WINDOWS = 20, STEPS = 36 };

static const double WEST = -60, SOUTH = 20, NODES_PER_DEGREE = 20, SECONDS = 600;
static const double METRES_PER_DEGREE = 6371000 * M_PI / 180;

typedef struct { double x, y; } pair;

static inline double bilinear(const float *plane, double a, double b) {
    double south = plane[0] + a * (plane[1] - plane[0]);
    double north = plane[COLUMNS] + a * (plane[COLUMNS + 1] - plane[COLUMNS]);
    return south + b * (north - south);
}

// Degrees a second at a place, a fraction of the way from one snapshot to the next.
static inline pair rate(const float *earlier, pair at, double fraction) {
    double column = (at.x - WEST) * NODES_PER_DEGREE, row = (at.y - SOUTH) * NODES_PER_DEGREE;
    int i = (int)column, j = (int)row;
    double a = column - i, b = row - j;
    const float *u = earlier + j * COLUMNS + i, *v = u + NODES;
    double east = bilinear(u, a, b), north = bilinear(v, a, b);
    east += fraction * (bilinear(u + 2 * NODES, a, b) - east);
    north += fraction * (bilinear(v + 2 * NODES, a, b) - north);
    double cosine = cos(at.y * (M_PI / 180));
    return (pair){east / (METRES_PER_DEGREE * cosine), north / METRES_PER_DEGREE};
}

static inline pair moved(pair at, pair rate, double seconds) {
    return (pair){at.x + seconds * rate.x, at.y + seconds * rate.y};
}

static pair step(const float *earlier, pair at, int number) {
    double from = number / (double)STEPS, middle = (number + 0.5) / STEPS, to = (number + 1.0) / STEPS;
    pair k1 = rate(earlier, at, from);
    pair k2 = rate(earlier, moved(at, k1, SECONDS / 2), middle);
    pair k3 = rate(earlier, moved(at, k2, SECONDS / 2), middle);
    pair k4 = rate(earlier, moved(at, k3, SECONDS), to);
    pair sum = {k1.x + 2 * (k2.x + k3.x) + k4.x, k1.y + 2 * (k2.y + k3.y) + k4.y};
    return moved(at, sum, SECONDS / 6);
}

static void *contents(const char *path, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    if (!file) { perror(path); exit(1); }
    fseek(file, 0, SEEK_END);
    *bytes = (size_t)ftell(file);
    rewind(file);
    void *all = malloc(*bytes);
    if (fread(all, 1, *bytes, file) != *bytes) { perror(path); exit(1); }
    fclose(file);
    return all;
}

static int ascending(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

int main(int count, char **arguments) {
    if (count != 5) { fprintf(stderr, "usage: yardstick FIELDS STARTS ENDS REPEATS\n"); return 2; }
    size_t bytes;
    float *fields = contents(arguments[1], &bytes);
    if (bytes < (WINDOWS + 1) * 2 * NODES * sizeof(float)) { fprintf(stderr, "too few snapshots\n"); return 1; }
    pair *starts = contents(arguments[2], &bytes), *particles = malloc(bytes);
    long particle_count = (long)(bytes / sizeof(pair));
    int repeats = atoi(arguments[4]);
    double seconds[repeats];
    for (int repeat = 0; repeat < repeats; repeat++) {
        memcpy(particles, starts, bytes);
        double began = omp_get_wtime();
        for (int window = 0; window < WINDOWS; window++) {
            const float *earlier = fields + (size_t)window * 2 * NODES;
            #pragma omp parallel for schedule(static)
            for (long p = 0; p < particle_count; p++) {
                pair at = particles[p];
                for (int number = 0; number < STEPS; number++) at = step(earlier, at, number);
                particles[p] = at;
            }
        }
        seconds[repeat] = omp_get_wtime() - began;
    }
    qsort(seconds, repeats, sizeof *seconds, ascending);
    FILE *ends = fopen(arguments[3], "wb");
    if (!ends || fwrite(particles, 1, bytes, ends) != bytes || fclose(ends)) { perror(arguments[3]); return 1; }
    printf("%.6f\n", seconds[repeats / 2]);
    return 0;
}
