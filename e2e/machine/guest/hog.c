// hog fast MEGABYTES        takes so much as fast as it can, then sleeps
// hog leak PER_SECOND       takes so many megabytes each second, up to 2 GB
// hog bomb EACH             takes so many megabytes, then forks children that do the same, for as long as it lives
// hog hold MEGABYTES        has so much, and sleeps: somebody who does no harm
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MEBI (1L << 20)
#define PAGE 4096
#define LEAK_STEPS_PER_SECOND 20
#define LEAK_TOTAL (2048 * MEBI)
#define FORK_PAUSE_MS 50

static char *reserve(long bytes) {
  char *block = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (block != MAP_FAILED) return block;
  perror("mmap");
  exit(1);
}

static void touch(char *block, long from, long to) {
  for (long at = from; at < to; at += PAGE) block[at] = 1;
}

static void pause_ms(long ms) {
  struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&pause, NULL);
}

static void take_all(long bytes) {
  touch(reserve(bytes), 0, bytes);
}

static void leak(long per_second) {
  char *block = reserve(LEAK_TOTAL);
  long step = per_second / LEAK_STEPS_PER_SECOND;
  for (long at = 0; at + step <= LEAK_TOTAL; at += step) {
    touch(block, at, at + step);
    pause_ms(1000 / LEAK_STEPS_PER_SECOND);
  }
}

static void fork_on(long each) {
  signal(SIGCHLD, SIG_IGN);
  char *block = reserve(each);
  for (;;) {
    touch(block, 0, each);
    pause_ms(FORK_PAUSE_MS);
    // A child writes its own copy of each page.
    (void)!fork();
  }
}

int main(int count, char **arguments) {
  if (count != 3) return 64;
  long bytes = atol(arguments[2]) * MEBI;
  if (strcmp(arguments[1], "fast") == 0 || strcmp(arguments[1], "hold") == 0) take_all(bytes);
  else if (strcmp(arguments[1], "leak") == 0) leak(bytes);
  else if (strcmp(arguments[1], "bomb") == 0) fork_on(bytes);
  else return 64;
  for (;;) pause();
}
