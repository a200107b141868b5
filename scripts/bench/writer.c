/*
 * Writes a file in one of two ways and prints "BYTES WRITES SECONDS".
 *
 * usage: writer rand FILE BLOCK SECONDS    at random multiples of BLOCK in a file that is there
 *        writer append FILE LINES          LINES lines, the file opened, appended to and closed for each
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

int main(int argc, char **argv) {
  uint64_t bytes = 0, writes = 0;
  double start = now();
  if (argc == 5 && strcmp(argv[1], "rand") == 0) {
    size_t block = strtoul(argv[3], NULL, 10);
    double seconds = strtod(argv[4], NULL);
    uint64_t state = 88172645463325252u;
    struct stat st;
    char *buffer;
    int fd = open(argv[2], O_WRONLY);
    if (fd < 0 || fstat(fd, &st) != 0 || posix_memalign((void **)&buffer, 4096, block) != 0) die(argv[2]);
    for (size_t i = 0; i < block; i++) buffer[i] = (char)(i * 7);
    while ((writes & 63) != 0 || now() - start < seconds) {
      state ^= state << 13; /* xorshift64 */
      state ^= state >> 7;
      state ^= state << 17;
      memcpy(buffer, &state, sizeof state);
      if (pwrite(fd, buffer, block, (off_t)(state % ((uint64_t)st.st_size / block) * block)) != (ssize_t)block)
        die("pwrite");
      writes++;
      bytes += block;
    }
    if (close(fd) != 0) die("close");
  } else if (argc == 4 && strcmp(argv[1], "append") == 0) {
    uint64_t lines = strtoul(argv[3], NULL, 10);
    for (; writes < lines; writes++) {
      char line[64];
      int n = snprintf(line, sizeof line, "line %llu of a text that grows\n", (unsigned long long)writes);
      int fd = open(argv[2], O_WRONLY | O_APPEND | O_CREAT, 0644);
      if (fd < 0 || write(fd, line, (size_t)n) != n || close(fd) != 0) die(argv[2]);
      bytes += (uint64_t)n;
    }
  } else {
    fprintf(stderr, "usage: writer rand FILE BLOCK SECONDS | writer append FILE LINES\n");
    return 2;
  }
  printf("%llu %llu %.6f\n", (unsigned long long)bytes, (unsigned long long)writes, now() - start);
  return 0;
}
