/** Reads a directory without a string for each name; getdents64(2). */
export interface DirectoryCalls {
  /** Fills the buffer with the next entries of an open directory; returns their bytes, 0 at the end, and -1 for an error. */
  readonly readEntries: (fd: number, buffer: Buffer) => number;
}

/** Rejects where koffi, which is optional, is not installed or does not load, or the C library has no such call. */
export async function loadDirectoryCalls(): Promise<DirectoryCalls> {
  const { default: koffi } = await import('koffi');
  const getdents64 = koffi
    .load(null)
    .func('long getdents64(int fd, void *buffer, size_t length)') as unknown as (
    fd: number,
    buffer: Buffer,
    length: number,
  ) => number;
  return { readEntries: (fd, buffer) => getdents64(fd, buffer, buffer.length) };
}
