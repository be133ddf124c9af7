// Times kernel(which, n) on the host CPU: prints the result and nanoseconds.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
long kernel(long which, long n);
int main(int argc, char **argv) {
  struct timespec a, b;
  clock_gettime(CLOCK_MONOTONIC, &a);
  long r = kernel(atol(argv[1]), atol(argv[2]));
  clock_gettime(CLOCK_MONOTONIC, &b);
  printf("%ld %ld\n", r, (b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec);
  return 0;
}
