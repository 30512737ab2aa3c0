// A crowd of processes with so many megabytes each, one after the other, and a parent that outlives them: crowd COUNT MEGABYTES
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int count = argc > 1 ? atoi(argv[1]) : 0;
    size_t bytes = (size_t)(argc > 2 ? atoi(argv[2]) : 0) << 20;
    for (int i = 0; i < count; i++) {
        if (fork() == 0) {
            // Volatile: a compiler may leave out what nobody reads.
            volatile char *memory = malloc(bytes);
            for (size_t at = 0; memory != NULL && at < bytes; at += 4096) {
                memory[at] = 1;
            }
            pause();
            _exit(0);
        }
        usleep(20000);
    }
    for (int i = 0; i < count; i++) {
        wait(NULL);
    }
    pause();
}
