// Which versions of the C and C++ libraries programs need that nobody here has compiled.
import { readFileSync } from 'node:fs';

/** The release of GCC that brought a version of libstdc++'s symbols, https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html. */
const GCC_OF = {
  20: '5',
  21: '5',
  22: '6',
  23: '7',
  24: '7',
  25: '8',
  26: '9',
  27: '9',
  28: '10',
  29: '11',
  30: '12',
};

/** Entries for Depends: the newest version that any of the files asks for. */
export function libraryDependencies(files) {
  const contents = files.map((file) => readFileSync(file, 'latin1'));
  const newest = (pattern) =>
    Math.max(...contents.flatMap((text) => [...text.matchAll(pattern)].map(([, minor]) => Number(minor))));
  const glibc = newest(/GLIBC_2\.(\d+)/g);
  const libstdcxx = newest(/GLIBCXX_3\.4\.(\d+)/g);
  const gcc = libstdcxx < 20 ? '5' : GCC_OF[libstdcxx];
  if (gcc === undefined) {
    throw new Error(
      `GLIBCXX_3.4.${libstdcxx} is newer than scripts/debian/elf-needs.mjs; add its GCC there.`,
    );
  }
  return [`libc6 (>= 2.${glibc})`, 'libgcc-s1', `libstdc++6 (>= ${gcc})`];
}
