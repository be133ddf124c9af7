// What a program sees when it starts: arguments, environment, auxiliary vector, alignment, registers as far as C can tell.
#include <elf.h>
#include <fenv.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
extern char **environ;
int main(int argc, char **argv) {
  printf("argc %d\n", argc);
  for (int i = 0; i < argc; i++) printf("argv[%d] %s\n", i, argv[i]);
  printf("after argv: %p\n", (void *)argv[argc]);
  for (char **e = environ; *e; e++) printf("env %s\n", *e);
  printf("argv below environ: %d, contiguous: %d\n", argv < environ, environ == argv + argc + 1);
  printf("strings contiguous: %d\n", argc < 1 || !environ[0] || argv[argc - 1] + strlen(argv[argc - 1]) + 1 == environ[0]);
  char **end = environ;
  while (*end) end++;
  Elf64_auxv_t *aux = (Elf64_auxv_t *)(end + 1);
  for (; aux->a_type != AT_NULL; aux++) {
    switch (aux->a_type) {
      case AT_PAGESZ: case AT_CLKTCK: case AT_PHENT: case AT_PHNUM: case AT_FLAGS: case AT_SECURE:
      case AT_UID: case AT_EUID: case AT_GID: case AT_EGID:
        printf("aux %ld = %lu\n", (long)aux->a_type, (unsigned long)aux->a_un.a_val);
        break;
      case AT_SYSINFO_EHDR: break; // no vdso here
      case AT_EXECFN: case AT_PLATFORM:
        printf("aux %ld = %s\n", (long)aux->a_type, (char *)aux->a_un.a_val);
        break;
      case AT_RANDOM: {
        const unsigned char *r = (void *)aux->a_un.a_val;
        int or = 0;
        for (int i = 0; i < 16; i++) or |= r[i];
        printf("aux random: %d\n", or != 0);
        break;
      }
      default: printf("aux %ld\n", (long)aux->a_type);
    }
  }
  printf("stack aligned: %lu\n", (unsigned long)((uintptr_t)argv + 8) % 16);
  printf("rounding %d, exceptions %d\n", fegetround(), fetestexcept(FE_ALL_EXCEPT));
  unsigned short cw;
  unsigned mxcsr;
  __asm__("fnstcw %0" : "=m"(cw));
  __asm__("stmxcsr %0" : "=m"(mxcsr));
  printf("fcw %#x mxcsr %#x\n", cw, mxcsr);
  const Elf64_Phdr *ph = (void *)getauxval(AT_PHDR);
  printf("first phdr type ok: %d\n", ph->p_type == PT_PHDR || ph->p_type == PT_LOAD);
  printf("page size %ld\n", sysconf(_SC_PAGESIZE));
  return 3;
}
