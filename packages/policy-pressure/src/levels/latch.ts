/** What begins at a level and is over only beyond a margin, so that it does not flicker. */
export class Latch {
  #isOn = false;

  get isOn(): boolean {
    return this.#isOn;
  }

  /** `begins` and `ends`: what the latest figure says by itself. */
  update(begins: boolean, ends: boolean): boolean {
    this.#isOn = this.#isOn ? !ends : begins;
    return this.#isOn;
  }
}
