// agent PORT: runs commands for the host over a virtio-serial port, and measures how the machine feels meanwhile. It is
// one process whose memory is locked, so that it goes on answering where nothing else does.
//
// From the host:  "R ID LENGTH\n" and a command for sh; "S MS CGROUP\n": measure each MS milliseconds, 0 stops;
//                 "X\n": kill what is in that cgroup.
// To the host:    "O ID LENGTH\n" and output of the command; "E ID CODE\n" or "K ID SIGNAL\n": how it ended;
//                 "P BEGAN ENDED\n": a shell was asked for /bin/true and answered; "M AT AVAILABLE FREE LIVES\n": memory, in KiB,
//                 and whether anybody is in the cgroup.
// Times are milliseconds of CLOCK_MONOTONIC, which is the clock of the kernel's log and of its traces.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS 32
#define PING_PAUSE_MS 200

struct command {
  int id;
  pid_t pid;
  int output;
  int status;
  int ended;
};

static struct command commands[COMMANDS];
static int port;
static char request[65536];
static size_t requested;
static char output[16384];
static pid_t ping;
static double ping_began, ping_due;
static double measure_every, measure_due;
static int child_ended[2];
static char events_file[512], kill_file[512];

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

static void tell(const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(port, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;
    bytes += written;
    length -= (size_t)written;
  }
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
  char line[160];
  __builtin_va_list values;
  __builtin_va_start(values, format);
  int length = vsnprintf(line, sizeof line, format, values);
  __builtin_va_end(values);
  tell(line, (size_t)length);
}

// What runs here is no more protected than what anybody runs.
static pid_t start(const char *text, int stdout_to) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  int score = open("/proc/self/oom_score_adj", O_WRONLY);
  if (score >= 0 && write(score, "0", 1) == 1) close(score);
  setsid();
  int null = open("/dev/null", O_RDWR);
  dup2(null, 0);
  dup2(stdout_to < 0 ? null : stdout_to, 1);
  dup2(stdout_to < 0 ? null : stdout_to, 2);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGCHLD, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  execl("/bin/sh", "sh", "-c", text, NULL);
  _exit(127);
}

static void run(int id, const char *text) {
  for (struct command *command = commands; command < commands + COMMANDS; command++) {
    if (command->id != 0) continue;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) break;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    pid_t pid = start(text, ends[1]);
    close(ends[1]);
    if (pid < 0) {
      close(ends[0]);
      break;
    }
    *command = (struct command){.id = id, .pid = pid, .output = ends[0]};
    return;
  }
  say("E %d 126\n", id);
}

static void pass_output(struct command *command) {
  for (;;) {
    ssize_t length = read(command->output, output, sizeof output);
    if (length <= 0) return;
    say("O %d %zd\n", command->id, length);
    tell(output, (size_t)length);
  }
}

static void reap(void) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == ping) {
      double ended = now();
      say("P %.1f %.1f\n", ping_began, ended);
      ping = 0;
      ping_due = ended + PING_PAUSE_MS;
      continue;
    }
    for (struct command *command = commands; command < commands + COMMANDS; command++) {
      if (command->id == 0 || command->pid != pid) continue;
      pass_output(command);
      if (WIFSIGNALED(status)) say("K %d %d\n", command->id, WTERMSIG(status));
      else say("E %d %d\n", command->id, WEXITSTATUS(status));
      close(command->output);
      command->id = 0;
    }
  }
}

static int is_cgroup_populated(void) {
  int events = open(events_file, O_RDONLY | O_CLOEXEC);
  if (events < 0) return 0;
  char text[128];
  ssize_t length = read(events, text, sizeof text - 1);
  close(events);
  if (length <= 0) return 0;
  text[length] = 0;
  return strstr(text, "populated 1") != NULL;
}

// Without a program, for which there may be no memory.
static void kill_cgroup(void) {
  int file = open(kill_file, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  ssize_t written = write(file, "1", 1);
  (void)written;
  close(file);
}

static void measure_memory(double at) {
  static int meminfo = -1;
  if (meminfo < 0) meminfo = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
  char text[512];
  ssize_t length = pread(meminfo, text, sizeof text - 1, 0);
  if (length <= 0) return;
  text[length] = 0;
  const char *free_kib = strstr(text, "MemFree:"), *available = strstr(text, "MemAvailable:");
  if (free_kib == NULL || available == NULL) return;
  say("M %.1f %ld %ld %d\n", at, atol(available + 13), atol(free_kib + 8), is_cgroup_populated());
}

// Returns the milliseconds until something is due.
static int do_what_is_due(void) {
  if (measure_every == 0) return -1;
  double at = now();
  if (at >= measure_due) {
    measure_memory(at);
    measure_due = at + measure_every;
  }
  if (ping == 0 && at >= ping_due) {
    ping_began = at;
    ping = start("/bin/true; exit 0", -1);
    if (ping < 0) {
      // No process to be had: nobody's shell answers. The next attempt counts from the first.
      ping = 0;
      say("P %.1f -1\n", at);
      ping_due = at + PING_PAUSE_MS;
    }
  }
  double due = measure_due;
  if (ping == 0 && ping_due < due) due = ping_due;
  double left = due - now();
  return left < 1 ? 1 : (int)left;
}

// Takes one whole request off the buffer.
static int take_request(void) {
  char *end = memchr(request, '\n', requested);
  if (end == NULL) return 0;
  size_t used = (size_t)(end - request) + 1;
  int id, every;
  static char cgroup[400];
  size_t length;
  *end = 0;
  if (sscanf(request, "R %d %zu", &id, &length) == 2) {
    *end = '\n';
    if (length > sizeof request - 64 || requested < used + length) return 0;
    static char text[sizeof request];
    memcpy(text, request + used, length);
    text[length] = 0;
    used += length;
    run(id, text);
  } else if (strcmp(request, "X") == 0) {
    kill_cgroup();
  } else if (sscanf(request, "S %d %399s", &every, cgroup) == 2) {
    snprintf(events_file, sizeof events_file, "%s/cgroup.events", cgroup);
    snprintf(kill_file, sizeof kill_file, "%s/cgroup.kill", cgroup);
    measure_every = every;
    measure_due = ping_due = now();
  }
  requested -= used;
  memmove(request, request + used, requested);
  return 1;
}

static void on_child(int number) {
  (void)number;
  int kept = errno;
  ssize_t written = write(child_ended[1], "", 1);
  (void)written;
  errno = kept;
}

static void open_port(const char *path) {
  struct timespec pause = {0, 100000000};
  while ((port = open(path, O_RDWR | O_CLOEXEC)) < 0) nanosleep(&pause, NULL);
  struct termios terminal;
  if (tcgetattr(port, &terminal) != 0) return;
  cfmakeraw(&terminal);
  tcsetattr(port, TCSANOW, &terminal);
}

int main(int count, char **arguments) {
  if (count != 2 || mlockall(MCL_CURRENT | MCL_FUTURE) != 0 || pipe2(child_ended, O_CLOEXEC | O_NONBLOCK) != 0) {
    perror("agent PORT");
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);
  struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
  sigaction(SIGCHLD, &action, NULL);
  open_port(arguments[1]);
  say("READY\n");
  for (;;) {
    struct pollfd polled[COMMANDS + 2] = {{.fd = port, .events = POLLIN}, {.fd = child_ended[0], .events = POLLIN}};
    for (int i = 0; i < COMMANDS; i++) {
      polled[i + 2] = (struct pollfd){.fd = commands[i].id == 0 ? -1 : commands[i].output, .events = POLLIN};
    }
    poll(polled, COMMANDS + 2, do_what_is_due());
    if (polled[0].revents & POLLIN) {
      ssize_t length = read(port, request + requested, sizeof request - requested);
      if (length > 0) requested += (size_t)length;
      while (take_request()) continue;
    } else if (polled[0].revents & POLLHUP) {
      // Nobody listens yet.
      struct timespec pause = {0, 50000000};
      nanosleep(&pause, NULL);
    }
    for (int i = 0; i < COMMANDS; i++) {
      if (polled[i + 2].revents & POLLIN) pass_output(&commands[i]);
    }
    char drained[64];
    while (read(child_ended[0], drained, sizeof drained) > 0) continue;
    reap();
  }
}
