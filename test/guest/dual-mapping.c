// Code that is written through one mapping and run through another, as .NET and Erlang have it; where that is not to be had (lxjit,
// or a file system without exec) in one mapping, as they do it then. And code in nameless shared memory.
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE 65536
#define ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
typedef long (*Code)(long);

static void run(const char *name, unsigned char *write, Code code) {
  // lea 5(%rdi), %rax; ret
  memcpy(write, "\x48\x8d\x47\x05\xc3", 5);
  long sum = code(10);
  for (long i = 0; i < 80000; i++) {
    if (i % 20000 == 0) write[3]++;
    sum += code(i);
  }
  printf("%s %ld\n", name, sum);
}

int main(void) {
  int fd = memfd_create("code", 0);
  if (fd < 0 || ftruncate(fd, SIZE) != 0) return 1;
  void *write = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  void *code = mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
  if (code == MAP_FAILED)
    write = code = mmap(NULL, SIZE, ALL, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  run("two mappings", write, (Code)code);
  void *both = mmap(NULL, SIZE, ALL, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  run("shared memory", both, (Code)both);
}
