/** Calls of the C library that Node has no functions for. Rejects where koffi does not load. */

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const O_RDWR = 2;

/** Maps a file as shared memory and touches every page. */
export async function mapShared(path: string, bytes: number): Promise<void> {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  const open = libc.func('int open(const char *path, int flags)');
  const mmap = libc.func(
    'void *mmap(void *address, size_t length, int protection, int flags, int fd, long offset)',
  );
  const memset = libc.func('void *memset(void *to, int value, size_t length)');
  const fd = open(path, O_RDWR) as number;
  if (fd === -1) {
    throw new Error(`open ${path}: errno ${koffi.errno()}`);
  }
  memset(mmap(null, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), 1, bytes);
}

/** Becomes another program; does not return. */
export async function execute(path: string, args: readonly string[]): Promise<never> {
  const { default: koffi } = await import('koffi');
  const execv = koffi.load(null).func('int execv(const char *path, const char **args)');
  execv(path, [...args, null]);
  throw new Error(`execv ${path}: errno ${koffi.errno()}`);
}
