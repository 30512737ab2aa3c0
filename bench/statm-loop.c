/* The yardstick: opens, reads and closes statm of every process, as often as it is told to; prints processes,
 * milliseconds and milliseconds of processor time per pass. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now_ms(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  long passes = argc > 1 ? atol(argv[1]) : 1;
  unsigned long long total = 0;
  for (long pass = 0; pass < passes; pass++) {
    double began = now_ms(CLOCK_MONOTONIC), began_cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID);
    long count = 0;
    DIR *proc = opendir("/proc");
    if (proc == NULL) {
      perror("/proc");
      return 1;
    }
    for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
      if (!isdigit((unsigned char)entry->d_name[0])) continue;
      char path[300], text[256];
      snprintf(path, sizeof path, "/proc/%s/statm", entry->d_name);
      int fd = open(path, O_RDONLY | O_CLOEXEC);
      if (fd == -1) continue;
      ssize_t length = read(fd, text, sizeof text - 1);
      close(fd);
      if (length <= 0) continue;
      text[length] = '\0';
      char *rest;
      strtoull(text, &rest, 10);
      total += strtoull(rest, NULL, 10);
      count++;
    }
    closedir(proc);
    double took = now_ms(CLOCK_MONOTONIC) - began, took_cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID) - began_cpu;
    printf("%ld %.3f %.3f\n", count, took, took_cpu);
  }
  return total == 0;
}
