// Data-dependent branches and pointers: quicksort of integers, and a binary tree whose nodes malloc gives and free takes.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { COUNT = 1 << 16 };
static uint32_t state = 1;
static uint32_t next(void) { return state = state * 1664525 + 1013904223; }

static void quicksort(uint32_t *a, long n) {
  while (n > 12) {
    uint32_t pivot = a[n / 2];
    long i = 0, j = n - 1;
    for (;; i++, j--) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i >= j) break;
      uint32_t t = a[i];
      a[i] = a[j], a[j] = t;
    }
    quicksort(a, i);
    a += i, n -= i;
  }
  for (long i = 1; i < n; i++) {
    uint32_t v = a[i];
    long j = i;
    for (; j > 0 && a[j - 1] > v; j--) a[j] = a[j - 1];
    a[j] = v;
  }
}

struct node { struct node *left, *right; uint32_t key; };

static struct node *insert(struct node *root, uint32_t key) {
  struct node **at = &root;
  while (*at) at = key < (*at)->key ? &(*at)->left : &(*at)->right;
  *at = malloc(sizeof **at);
  **at = (struct node){0, 0, key};
  return root;
}

static unsigned long walk(const struct node *n, int depth) {
  return n ? walk(n->left, depth + 1) * 3 + n->key % 1000 + depth + walk(n->right, depth + 1) : 1;
}

static void drop(struct node *n) {
  if (!n) return;
  drop(n->left);
  drop(n->right);
  free(n);
}

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 1;
  unsigned long sum = 0;
  static uint32_t values[COUNT];
  for (long r = 0; r < rounds; r++) {
    for (int i = 0; i < COUNT; i++) values[i] = next();
    quicksort(values, COUNT);
    for (int i = 0; i < COUNT; i += 97) sum = sum * 31 + values[i];
    struct node *root = 0;
    for (int i = 0; i < COUNT / 8; i++) root = insert(root, next());
    sum += walk(root, 0);
    drop(root);
  }
  printf("%lx\n", sum);
}
