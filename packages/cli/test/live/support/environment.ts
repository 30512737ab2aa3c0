/** The environment for a process of a user: another one may not write to the directory of the coverage figures. */
export function environmentOf(uid: number | undefined): NodeJS.ProcessEnv {
  return uid === undefined ? process.env : { ...process.env, NODE_V8_COVERAGE: undefined };
}
