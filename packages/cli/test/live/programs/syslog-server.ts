// Binds a Unix datagram socket, which Node itself can not, and prints each datagram as a line of JSON.
import { writeSync } from 'node:fs';
import koffi from 'koffi';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const LARGEST_BYTES = 64 * 1024;

const [path = ''] = process.argv.slice(2);
const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const recv = libc.func('long recv(int fd, void *buffer, size_t length, int flags)');

const fd = socket(AF_UNIX, SOCK_DGRAM, 0) as number;
const family = Buffer.alloc(2);
new Uint16Array(family.buffer, family.byteOffset, 1)[0] = AF_UNIX;
const address = Buffer.concat([family, Buffer.from(`${path}\0`)]);
if (bind(fd, address, address.length) !== 0) {
  throw new Error(`bind ${path}: errno ${koffi.errno()}`);
}
writeSync(1, 'ready\n');

const buffer = Buffer.alloc(LARGEST_BYTES);
for (;;) {
  const length = recv(fd, buffer, buffer.length, 0) as number;
  writeSync(1, `${JSON.stringify(buffer.toString('utf8', 0, length))}\n`);
}
