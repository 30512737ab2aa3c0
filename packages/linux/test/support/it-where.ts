/** A test that needs something of the machine: skipped, with the reason in its title, where `lack` names one. */
export function itWhere(lack: string | undefined, title: string, body: Mocha.Func | Mocha.AsyncFunc): void {
  if (lack === undefined) {
    it(title, body);
  } else {
    it.skip(`${title} (skipped: ${lack})`, body);
  }
}
