#include <stdio.h>

int main(void) {
    printf("Hello from x86-64 Linux, inside JavaScript.\n");
    return 0;
}
