#include <stdio.h>
int main(int argc, char **argv) {
  int unused_error;
  unsigned n = argc;
  if (n > -1) fprintf(stderr, "error: never\n");
  if (argc > 1) { fprintf(stderr, "fatal error: %s\n", argv[1]); return 1; }
  return 0;
}
