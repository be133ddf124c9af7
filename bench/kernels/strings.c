// glibc's string functions, short and long: strlen, memcpy, memset, strcmp, memchr, strstr, strchr, memmove, qsort of strings.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 4096, BIG = 1 << 16 };
static char text[WORDS][24], *sorted[WORDS], big[BIG], copy[BIG];

static int compare(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 1;
  unsigned long sum = 0, seed = 1;
  for (int i = 0; i < WORDS; i++) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    int length = 3 + seed % 19;
    for (int k = 0; k < length; k++) text[i][k] = 'a' + (seed >> (k * 2 + 8)) % 26 * (k % 3 + 1) % 26;
  }
  for (int i = 0; i < BIG - 1; i++) big[i] = 'a' + i * 7 % 23;
  for (long r = 0; r < rounds; r++) {
    char line[256] = "";
    for (int i = 0; i < WORDS; i++) {
      size_t length = strlen(text[i]);
      if (i % 8 == 0) line[0] = 0;
      strcat(line, text[i]);
      sum += length + (strchr(line, 'q') != 0) + (strcmp(text[i], text[(i * 7 + r) % WORDS]) > 0);
      if (memcmp(text[i], text[i ^ 1], 8) < 0) sum++;
      sorted[i] = text[(i * 17 + r) % WORDS];
    }
    qsort(sorted, WORDS / 8, sizeof *sorted, compare);
    sum = sum * 31 + sorted[5][0];
    for (int i = 0; i < 64; i++) {
      memcpy(copy, big + i, BIG - 64);
      memset(copy + i * 100, 'z', 500);
      memmove(copy + 3, copy, 20000);
      char *z = memchr(copy, 'z', BIG);
      sum += z ? z - copy : 0;
      copy[BIG - 1] = 0;
      sum += strlen(copy + i);
      char *found = strstr(copy + 40000, "zzzzzzy");
      sum += found ? found - copy : 1;
    }
  }
  printf("%lx\n", sum);
}
