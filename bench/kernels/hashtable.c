// Scattered loads: an open-addressing hash table of strings and counts that grows, and a second of integers.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry { char *key; uint64_t hash, count; };
static struct entry *table;
static size_t capacity, used;

static uint64_t hash_of(const char *s) {
  uint64_t h = 0xcbf29ce484222325;
  for (; *s; s++) h = (h ^ (unsigned char)*s) * 0x100000001b3;
  return h;
}

static struct entry *find(struct entry *in, size_t size, const char *key, uint64_t hash) {
  for (size_t i = hash & (size - 1);; i = (i + 1) & (size - 1))
    if (!in[i].key || (in[i].hash == hash && !strcmp(in[i].key, key))) return &in[i];
}

static void grow(void) {
  size_t size = capacity ? capacity * 2 : 64;
  struct entry *larger = calloc(size, sizeof *larger);
  for (size_t i = 0; i < capacity; i++)
    if (table[i].key) *find(larger, size, table[i].key, table[i].hash) = table[i];
  free(table);
  table = larger, capacity = size;
}

static void count(const char *key) {
  if (used * 4 >= capacity * 3) grow();
  uint64_t hash = hash_of(key);
  struct entry *e = find(table, capacity, key, hash);
  if (!e->key) e->key = strdup(key), e->hash = hash, used++;
  e->count++;
}

enum { SLOTS = 1 << 16 };
static uint32_t keys[SLOTS], values[SLOTS];

static uint32_t bump(uint32_t key) {
  uint32_t i = key * 2654435761u >> 16;
  for (int probes = 0; keys[i] && keys[i] != key && probes < 32; probes++) i = (i + 1) & (SLOTS - 1);
  keys[i] = key;
  return ++values[i];
}

int main(int argc, char **argv) {
  long n = argc > 1 ? atol(argv[1]) : 10000;
  uint32_t seed = 1;
  uint64_t sum = 0;
  for (long i = 0; i < n; i++) {
    seed = seed * 1664525 + 1013904223;
    char key[16], *p = key;
    for (uint32_t v = (seed >> 12) * (seed >> 30); v || p == key; v /= 23) *p++ = 'a' + v % 23;
    *p = 0;
    count(key);
    sum += bump(seed >> 14 | 1);
  }
  for (size_t i = 0; i < capacity; i++)
    if (table[i].key) sum = sum * 31 + table[i].count * table[i].hash;
  printf("%zu %lx\n", used, sum);
}
