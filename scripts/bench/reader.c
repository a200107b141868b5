/*
 * Reads a file in one of two ways and prints "BYTES READS SECONDS".
 *
 * usage: reader seq FILE BLOCK [direct]                    once from start to end, in blocks
 *        reader rand FILE BLOCK READERS SECONDS [direct]   that many threads, each at random multiples of BLOCK
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *path;
static size_t block;
static int flags = O_RDONLY;
static uint64_t blocks;
static atomic_int stop;
static atomic_ullong reads;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void *aligned(size_t size) {
  void *p;
  if (posix_memalign(&p, 4096, size) != 0) die("posix_memalign");
  return p;
}

static void *random_reads(void *seed) {
  uint64_t state = (uint64_t)(uintptr_t)seed * 0x9e3779b97f4a7c15u + 1;
  char *buffer = aligned(block);
  int fd = open(path, flags);
  if (fd < 0) die(path);
  while (!stop) {
    state ^= state << 13; /* xorshift64 */
    state ^= state >> 7;
    state ^= state << 17;
    if (pread(fd, buffer, block, (off_t)(state % blocks * block)) != (ssize_t)block) die("pread");
    reads++;
  }
  close(fd);
  free(buffer);
  return NULL;
}

static void sequential(void) {
  char *buffer = aligned(block);
  int fd = open(path, flags);
  if (fd < 0) die(path);
  double start = now();
  unsigned long long bytes = 0, count = 0;
  for (ssize_t n; (n = read(fd, buffer, block)) != 0; count++) {
    if (n < 0) die("read");
    bytes += (unsigned long long)n;
  }
  printf("%llu %llu %.6f\n", bytes, count, now() - start);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: reader seq FILE BLOCK [direct] | rand FILE BLOCK READERS SECONDS [direct]\n");
    return 2;
  }
  path = argv[2];
  block = strtoul(argv[3], NULL, 10);
  if (strcmp(argv[argc - 1], "direct") == 0) flags |= O_DIRECT;
  if (strcmp(argv[1], "seq") == 0) {
    sequential();
    return 0;
  }
  int readers = atoi(argv[4]);
  struct stat st;
  if (stat(path, &st) != 0) die(path);
  blocks = (uint64_t)st.st_size / block;
  pthread_t threads[readers];
  double start = now();
  for (int i = 0; i < readers; i++) pthread_create(&threads[i], NULL, random_reads, (void *)(uintptr_t)(i + 1));
  struct timespec wait = {.tv_sec = atoi(argv[5])};
  nanosleep(&wait, NULL);
  stop = 1;
  double seconds = now() - start;
  unsigned long long count = reads;
  for (int i = 0; i < readers; i++) pthread_join(threads[i], NULL);
  printf("%llu %llu %.6f\n", count * block, count, seconds);
  return 0;
}
