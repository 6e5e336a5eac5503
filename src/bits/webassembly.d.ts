/** The part of the WebAssembly JavaScript interface that is used here; the DOM's types would bring a browser along. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum: number });
    readonly buffer: ArrayBuffer;
  }
}
